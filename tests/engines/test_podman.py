# SPDX-License-Identifier: GPL-2.0-or-later
"""podman, crun and LXC as Debian installs them: names, pods, CPU time by the cgroups' own files."""

import json
import os
import subprocess
import time

import pytest

import image
import lib
from room import ab, answers, run

IMAGE = "vtxt-image"


def hybrid():
    """Both versions of cgroups: then crun 1.8 refuses to run."""
    return len(lib.hierarchies()) > 1


def cpu_cgroup(pid):
    """The directory that has the CPU time of a process: of v1's cpuacct, else of v2."""
    by_name = {line.split(":")[1]: line.split(":")[2] for line in
               lib.read(f"/proc/{pid}/cgroup").splitlines()}
    for key, where in lib.hierarchies().items():
        for names, path in by_name.items():
            if "cpuacct" in names.split(",") and "cpuacct" in key.split(","):
                return where + path
    return lib.hierarchies()["unified"] + by_name[""]


def usage_in(where):
    if os.path.exists(f"{where}/cpuacct.usage"):
        return int(lib.read(f"{where}/cpuacct.usage"))
    return int(lib.read(f"{where}/cpu.stat").split()[1]) * 1000


def usage_ns(pid):
    return usage_in(cpu_cgroup(pid))


def listed():
    done = lib.virtax("list", "--json")
    assert done.returncode == 0, done.stderr
    return {t["name"]: t for t in json.loads(done.stdout)["targets"]}


class Podman:
    def __init__(self, tar):
        os.makedirs("/etc/containers", exist_ok=True)
        with open("/etc/containers/containers.conf", "w", encoding="ascii") as f:
            f.write('[containers]\ndefault_ulimits = ["nofile=9000:9000", "nproc=9000:9000"]\n')
        self.options = ["--cgroup-manager=cgroupfs", *(["--runtime=runc"] if hybrid() else [])]
        self("import", tar, IMAGE)

    def __call__(self, *argv):
        return run("podman", *self.options, *argv)

    def start(self, name, *options, argv=()):
        self("run", "-d", "--name", name, *options, IMAGE, *(argv or image.HTTPD))

    def pid(self, name):
        return int(self("inspect", "-f", "{{.State.Pid}}", name))

    def stop(self):
        self("pod", "rm", "-f", "-a", "-t", "0")
        self("rm", "-f", "-a", "-t", "0")


@pytest.fixture(scope="module")
def podman(tar):
    engine = Podman(tar)
    yield engine
    engine.stop()
    for where in lib.hierarchies().values():
        for below, _, _ in os.walk(f"{where}/libpod_parent", topdown=False):
            os.rmdir(below)


def test_a_published_container(podman, record):
    """The load at the published port is the count at its device; conmon is not in its time."""
    podman.start("web", "-p", "18083:80")
    pid, url = podman.pid("web"), "http://127.0.0.1:18083/"
    lib.wait_until(url, lambda: answers(url))
    before = usage_ns(pid)
    with record("--container=web") as rec:
        ab(url, 3000)
        podman("exec", "web", "/loads/spin", "-u", "200")
        used = usage_ns(pid) - before
    target = rec.run.target("web")
    assert target["requests"]["count"] == 3000 and target["runtime"] == "podman"
    rec.run.check_role("web", "workload", used, 0.02)
    podman("rm", "-f", "-t", "0", "web")


def test_a_pod(podman, record):
    """Its containers are targets of their own; --pod is their sum."""
    podman("pod", "create", "--name", "vtxtpod", "--infra-image", IMAGE, "--infra-command",
           "/bin/sleep 1000")
    for name in ("one", "two"):
        podman.start(name, "--pod", "vtxtpod", argv=["/bin/sleep", "1000"])
    pids = {name: podman.pid(name) for name in ("one", "two")}
    assert {"one", "two"} <= set(listed())
    before = {name: usage_ns(pid) for name, pid in pids.items()}
    with record("--container=one", "--container=two") as rec:
        for name, ms in (("one", "300"), ("two", "500")):
            podman("exec", name, "/loads/spin", "-u", ms)
        used = {name: usage_ns(pid) - before[name] for name, pid in pids.items()}
    for name in pids:
        rec.run.check_role(name, "workload", used[name], 0.02)
    parent = os.path.dirname(cpu_cgroup(pids["one"]))
    before = usage_in(parent)
    with record("--pod=it=vtxtpod") as rec:
        for name in pids:
            podman("exec", name, "/loads/spin", "-u", "200")
        used = usage_in(parent) - before
    assert used > 380e6
    rec.run.check_role("it", "workload", used, 0.02)
    podman("pod", "rm", "-f", "-t", "0", "vtxtpod")


def test_crun(root, tmp_path, record):
    """A bundle of its own. On a machine with both versions of cgroups v2 is hidden from it."""
    bundle, name = str(tmp_path), "vtxt-crun-it"
    run("crun", "spec", cwd=bundle)
    with open(f"{bundle}/config.json", encoding="utf-8") as f:
        config = json.load(f)
    config["process"].update(terminal=False, args=["/loads/spin", "-w", "20000", "-p", "10000", "-b",
                                                   "5000"], rlimits=[])
    config["root"] = {"path": root, "readonly": True}
    config["linux"]["cgroupsPath"] = "/vtxt-crun/it"
    with open(f"{bundle}/config.json", "w", encoding="utf-8") as f:
        json.dump(config, f)
    hide = 'umount /sys/fs/cgroup/unified && ' if hybrid() else ""
    crun = ["unshare", "-m", "sh", "-c", hide + 'exec crun --cgroup-manager=cgroupfs "$@"', "crun"]
    with open(f"{bundle}/log", "wb") as log:
        subprocess.run([*crun, "run", "-d", "--pid-file", f"{bundle}/pid", name], cwd=bundle,
                       check=True, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    pid = int(lib.read(f"{bundle}/pid"))
    try:
        assert listed()[name]["runtime"] == "crun"
        with lib.Meter(lambda: usage_ns(pid)) as meter:
            with record(f"--container={name}") as rec:
                time.sleep(1)
            meter.wait_past(rec.run)
        rec.run.check_role(name, "workload", meter.over(rec.run), 0.03)
    finally:
        run(*crun, "delete", "-f", name)
        for where in lib.hierarchies().values():
            if os.path.isdir(f"{where}/vtxt-crun"):
                os.rmdir(f"{where}/vtxt-crun")


def test_lxc(root, record):
    """LXC's own cgroups: the payload is the container, the monitor is not in it."""
    name, where = "vtxtlxc", "/var/lib/lxc/vtxtlxc"
    os.makedirs(where)
    with open(f"{where}/config", "w", encoding="ascii") as f:
        f.write(f"lxc.uts.name = {name}\nlxc.rootfs.path = dir:{root}\nlxc.net.0.type = empty\n"
                "lxc.mount.auto = proc:mixed\nlxc.init.cmd = /bin/sleep 1000\n"
                "lxc.apparmor.profile = unconfined\n")
    run("lxc-start", "-n", name, "-l", "INFO", "-o", f"{where}/log")
    try:
        pid = int(run("lxc-info", "-n", name, "-p", "-H"))
        assert listed()[name]["runtime"] == "lxc" and listed()[name]["pid"] == pid
        before = usage_ns(pid)
        with record(f"--container={name}") as rec:
            run("lxc-attach", "-n", name, "--", "/loads/spin", "-u", "400")
            used = usage_ns(pid) - before
        rec.run.check_role(name, "workload", used, 0.02)
        assert used > 380e6
    finally:
        run("lxc-stop", "-k", "-n", name)
        for mount in lib.hierarchies().values():  # lxc-attach leaves it empty
            if os.path.isdir(f"{mount}/lxc.pivot"):
                os.rmdir(f"{mount}/lxc.pivot")
