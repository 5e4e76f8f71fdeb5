# SPDX-License-Identifier: GPL-2.0-or-later
"""Docker as Debian installs it: published ports, restart, rename, exec, limits, the host's network;
against the cgroups' files, docker's own statistics and the containers' access logs."""

import json
import os

import pytest

import image
import lib
from room import Daemon, ab, answers, run

IMAGE = "vtxt-image"
BRIDGE = "172.17.0.1"
LIMIT = 64 << 20


class Docker:
    def __init__(self, directory, tar):
        self.daemon = Daemon(["/usr/sbin/dockerd", "--exec-opt", "native.cgroupdriver=cgroupfs",
                              "--storage-driver", "overlay2"], directory / "dockerd.log")
        self.daemon.wait("dockerd", lambda: os.path.exists("/run/docker.sock") and answers(
            "http://d/_ping", "--unix-socket", "/run/docker.sock"))
        self("import", tar, IMAGE)
        self.made = []

    def __call__(self, *argv):
        return run("/usr/bin/docker", *argv)

    def start(self, name, *options, argv=()):
        self("run", "-d", "--name", name, "--ulimit", "nofile=9000:9000", *options, IMAGE,
             *(argv or image.HTTPD))
        self.made.append(name)
        return name

    def inspect(self, name):
        return json.loads(self("inspect", name))[0]

    def pid(self, name):
        return self.inspect(name)["State"]["Pid"]

    def address(self, name):
        return self.inspect(name)["NetworkSettings"]["IPAddress"]

    def stats(self, name):
        """docker stats, unrounded."""
        return json.loads(run("curl", "-sf", "--unix-socket", "/run/docker.sock",
                              f"http://d/containers/{name}/stats?stream=false&one-shot=true"))

    def cpu_ns(self, name):
        return self.stats(name)["cpu_stats"]["cpu_usage"]["total_usage"]

    def log(self, name):
        """Lines of its access log."""
        path = f"/proc/{self.pid(name)}/root/var/log/access.log"
        return lib.read(path).count("\n") if os.path.exists(path) else 0

    def remove(self, name):
        self("rm", "-f", name)
        self.made.remove(name)

    def stop(self):
        for name in list(self.made):
            self.remove(name)
        self.daemon.stop()
        for where in lib.hierarchies().values():
            if os.path.isdir(f"{where}/docker"):
                os.rmdir(f"{where}/docker")


@pytest.fixture(scope="module")
def docker(module_dir, tar):
    engine = Docker(module_dir, tar)
    yield engine
    engine.stop()


@pytest.fixture
def start(docker):
    made = []

    def make(name, *options, **kwargs):
        made.append(docker.start(name, *options, **kwargs))
        return made[-1]

    yield make
    for name in made:
        if name in docker.made:
            docker.remove(name)


def role_ns(target, role):
    return sum(v or 0 for k, v in target["cpu"]["roles"].get(role, {}).items() if k.endswith("_ns"))


def device(pid):
    """The host's end of a container's only veth, by its peer's index."""
    peer = lib.read(f"/proc/{pid}/root/sys/class/net/eth0/iflink").strip()
    return next(link["ifname"] for link in json.loads(run("ip", "-j", "link"))
                if link["ifindex"] == int(peer))


def link_bytes(name):
    stats = json.loads(run("ip", "-s", "-j", "link", "show", name))[0]["stats64"]
    return {way: stats[way]["bytes"] for way in ("rx", "tx")}


def test_two_published(docker, start, record):
    """One is visited through docker-proxy, one by its rule: both are counted at their own devices."""
    proxied = start("proxied", "-p", "18081:80")
    direct = start("direct", "-p", "18082:80")
    urls = {proxied: "http://127.0.0.1:18081/", direct: f"http://{BRIDGE}:18082/"}
    for url in urls.values():
        lib.wait_until(url, lambda u=url: answers(u))
    logs = {name: docker.log(name) for name in urls}
    used = {name: docker.cpu_ns(name) for name in urls}
    dev = {name: device(docker.pid(name)) for name in urls}
    sent = {name: link_bytes(dev[name]) for name in urls}
    with record(*(f"--container={n}" for n in urls)) as rec:
        for name, n in ((proxied, 3000), (direct, 4000)):
            ab(urls[name], n)
        for name in urls:
            used[name] = docker.cpu_ns(name) - used[name]
            now = link_bytes(dev[name])
            sent[name] = {way: now[way] - sent[name][way] for way in now}
    for name, n in ((proxied, 3000), (direct, 4000)):
        target = rec.run.target(name)
        assert target["netdevs"] == [dev[name]]
        assert target["requests"]["count"] == n == docker.log(name) - logs[name]
        rec.run.check_role(name, "workload", used[name], 0.02)
        # what the host's end sends is what the target receives
        assert target["net"]["rx_bytes"] == pytest.approx(sent[name]["tx"], rel=0.02)
        assert target["net"]["tx_bytes"] == pytest.approx(sent[name]["rx"], rel=0.02)
    # docker-proxy works for one of them only, as much as a request costs a proxy
    assert role_ns(rec.run.target(proxied), "runtime") > 20 * role_ns(rec.run.target(direct), "runtime")


def test_restart_rename_exec(docker, start, record):
    """It stays the same target: its id does not change."""
    name = start("first", argv=["/bin/sleep", "1000"])
    ident = docker.inspect(name)["Id"]
    with record(f"--container=it={name}") as rec:
        before = docker.cpu_ns(name)
        docker("exec", name, "/loads/spin", "-u", "300")
        first = docker.cpu_ns(name) - before
        docker("rename", name, "second")
        docker("restart", "-t", "0", "second")
        before = docker.cpu_ns("second")
        docker("exec", "second", "/loads/spin", "-u", "400")
        second = docker.cpu_ns("second") - before
    docker("rename", "second", name)
    target = rec.run.target("it")
    assert target["id"] == ident and target["runtime"] == "docker"
    assert first > 280e6 and second > 380e6
    total = role_ns(target, "workload") + target["cpu"]["irq_victim_ns"]
    # what its first process and runc's helpers use at starts is not in what was read above
    assert 0.98 * (first + second) <= total <= (first + second) * 1.02 + 200e6, target["cpu"]
    listed = {t["id"]: t["name"] for t in json.loads(lib.virtax("list", "--json").stdout)["targets"]}
    assert listed[ident] == name


def test_limits(docker, start, record):
    """--cpus: throttled as docker says; --memory: what docker says is used."""
    name = start("limited", "--cpus", "0.1", "--memory", str(LIMIT), argv=["/bin/sleep", "1000"])
    before = docker.stats(name)["cpu_stats"]
    with record(f"--container={name}") as rec:
        docker("exec", name, "/loads/spin", "-u", "300")
        after = docker.stats(name)
    target, cpu = rec.run.target(name), after["cpu_stats"]
    was, now = before["throttling_data"], cpu["throttling_data"]
    assert now["throttled_periods"] - was["throttled_periods"] >= 3
    assert target["sched"]["throttled_periods"] == pytest.approx(
        now["throttled_periods"] - was["throttled_periods"], abs=2)
    assert target["sched"]["throttled_ns"] == pytest.approx(
        now["throttled_time"] - was["throttled_time"], rel=0.1)
    rec.run.check_role(name, "workload", cpu["cpu_usage"]["total_usage"]
                       - before["cpu_usage"]["total_usage"], 0.02)
    assert after["memory_stats"]["limit"] == LIMIT
    held = target["memory"]["memcg"]["current_bytes"]
    assert held == pytest.approx(after["memory_stats"]["usage"], abs=1 << 20)


def test_hosts_network(docker, start, record):
    """Requests are counted on the device that is named; the host's other traffic is not its own."""
    name = start("hosted", "--network", "host")
    url = "http://127.0.0.1:80/"
    lib.wait_until(url, lambda: answers(url))
    logged = docker.log(name)
    with record(f"--container={name}", "--http", f"{name}:lo:80") as rec:
        ab(url, 2000)
    target = rec.run.target(name)
    assert target["netdevs"] == []
    assert target["requests"]["count"] == 2000 == docker.log(name) - logged
