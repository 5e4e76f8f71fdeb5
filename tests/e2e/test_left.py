# SPDX-License-Identifier: GPL-2.0-or-later
"""Nothing is left behind: programs, links, maps, qdiscs, cgroups, namespaces, files and settings
are the same after a recording as before, however it ended."""

import json
import os
import signal
import subprocess
import time

import pytest

import lib
from runc import Container
from veth import Veth

SETTINGS = ("kernel/bpf_stats_enabled", "kernel/perf_event_paranoid", "kernel/sched_schedstats",
            "kernel/perf_event_max_sample_rate", "net/core/bpf_jit_enable", "net/ipv4/ip_forward")


def show(*argv):
    """The output of a tool that fails if something vanishes while it lists: then it is run
    again."""
    for _ in range(25):
        done = subprocess.run(argv, capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL)
        if done.returncode == 0:
            return json.loads(done.stdout or "[]")
        time.sleep(0.1)
    raise AssertionError((argv, done.stderr))


def bpf_ids():
    return {(kind, x["id"], x.get("name", "")) for kind in ("prog", "map", "link")
            for x in show("bpftool", "-j", kind, "show")}


def qdiscs(netns=()):
    return sorted(f"{q.get('dev')} {q['kind']} {q['handle']}"
                  for q in show("tc", *netns, "-j", "qdisc", "show"))


def tree(*tops):
    return {os.path.join(d, name) for top in tops for d, below, files in os.walk(top)
            for name in below + files}


def ours(where):
    """What a tool of this name would leave in a directory that other programs use as well."""
    return sorted(n for n in os.listdir(where) if "virtax" in n or "vtx_" in n)


def system(net, cwd):
    return {
        "bpf": bpf_ids(),
        "qdiscs": qdiscs(),
        "qdiscs inside": qdiscs(("-n", net.name)),
        "devices": sorted(d["ifname"] for d in show("ip", "-j", "link", "show")),
        "cgroups": {d for where in lib.hierarchies().values() for d, _, _ in os.walk(where)},
        "netns": sorted(os.listdir("/run/netns")),
        "mounts": lib.read("/proc/self/mounts"),
        "files": tree(cwd),
        "elsewhere": {d: ours(d) for d in ("/tmp", "/run", "/var/tmp", "/dev/shm", "/run/lock")
                      if os.path.isdir(d)},
        "settings": {s: lib.read(f"/proc/sys/{s}") for s in SETTINGS
                     if os.path.exists(f"/proc/sys/{s}")},
    }


def differences(before, after):
    """What exists now and did not before. (What has disappeared was removed by other programs.)"""
    found = {}
    for key in before:
        if isinstance(before[key], set):
            if after[key] - before[key]:
                found[key] = after[key] - before[key]
        elif before[key] != after[key]:
            found[key] = (before[key], after[key])
    return found


def assert_as_before(net, cwd, before):
    """The kernel frees programs and maps a moment after their last user has exited."""
    end = time.monotonic() + 5
    while True:
        found = differences(before, system(net, cwd))
        if not found:
            return
        assert time.monotonic() < end, found
        time.sleep(0.1)


@pytest.fixture(scope="module")
def net():
    veth = Veth()
    yield veth
    veth.remove()


@pytest.fixture(scope="module")
def box(net, module_dir):
    """A container with a device of its own, so that the network is watched as well."""
    container = Container(str(module_dir / "box"), "-left", netns=net.netns)
    container.start(["/loads/spin", "-p", "10000", "-b", "500"])
    yield container
    container.remove()


@pytest.fixture
def cwd(tmp_path):
    path = tmp_path / "cwd"
    path.mkdir()
    return str(path)


def start(box, cwd, *more):
    """Starts a recording; returns when its command has been started."""
    process = subprocess.Popen(
        [lib.VIRTAX, "record", "--container", f"box={box.name}", "-o", "run.json", *more],
        cwd=cwd, env={**os.environ, "TMPDIR": cwd}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return process


def attached(process, before):
    """Waits until the recorder has its programs in the kernel and listens for signals."""
    def descriptors():
        where = f"/proc/{process.pid}/fd"
        found = []
        for fd in os.listdir(where):
            try:
                found.append(os.readlink(os.path.join(where, fd)))
            except FileNotFoundError:
                pass
        return found

    lib.wait_until("programs attached", lambda: "anon_inode:[signalfd]" in descriptors(), 20)
    links = [d for d in descriptors() if d == "anon_inode:bpf_link"]
    assert len(links) > 10, "nothing is attached: this test would prove nothing"
    assert len({i for i in bpf_ids() - before["bpf"] if i[0] == "link"}) >= len(links)


def end(process, number=None):
    if number:
        process.send_signal(number)
    try:
        return process.communicate(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise


def assert_whole(cwd, out):
    """An interrupted recording is just a shorter one: reported, saved, balanced."""
    run = lib.Run(lib.read(os.path.join(cwd, "run.json")))
    run.check_schema()
    run.check_books()
    assert run.target("box")["cpu"]["total_ns"] > 0
    assert "box" in out
    os.unlink(os.path.join(cwd, "run.json"))


@pytest.mark.parametrize("number", [None, signal.SIGINT, signal.SIGTERM])
def test_after_a_recording(net, box, cwd, number):
    before = system(net, cwd)
    process = start(box, cwd, "-d", "60" if number else "2")
    attached(process, before)
    time.sleep(0.5)
    out, err = end(process, number)
    assert process.returncode == 0, err
    assert err == ""
    assert_whole(cwd, out)
    assert_as_before(net, cwd, before)


def test_after_being_killed(net, box, cwd):
    before = system(net, cwd)
    process = start(box, cwd, "-d", "60")
    attached(process, before)
    time.sleep(0.5)
    end(process, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert_as_before(net, cwd, before)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_after_serving(net, box, cwd, number):
    before = system(net, cwd)
    process = subprocess.Popen(
        [lib.VIRTAX, "serve", "--container", f"box={box.name}", "--listen", ":0"], cwd=cwd,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    attached(process, before)
    assert "http://127.0.0.1:" in process.stderr.readline()
    out, err = end(process, number)
    assert (process.returncode, out, err) == (0 if number == signal.SIGTERM else -number, "", "")
    assert_as_before(net, cwd, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_command_does_not_outlive_the_recording(net, box, cwd, number):
    before = system(net, cwd)
    process = start(box, cwd, "--", "sh", "-c", "echo $$ >pid; exec sleep 300")
    pidfile = os.path.join(cwd, "pid")
    pid = int(lib.wait_until("command", lambda: os.path.exists(pidfile) and lib.read(pidfile)))
    time.sleep(0.5)
    out, _ = end(process, number)
    try:
        lib.wait_until("command gone", lambda: not os.path.exists(f"/proc/{pid}"), 3)
    except AssertionError:
        os.kill(pid, signal.SIGKILL)
        raise
    os.unlink(pidfile)
    assert_whole(cwd, out)
    assert_as_before(net, cwd, before)


def test_after_a_failed_start(net, box, cwd):
    """Programs that were loaded before the failure have been removed."""
    before = system(net, cwd)
    process = start(box, cwd, "--", "/nonexistent/command")
    end(process)
    assert process.returncode == 127
    if os.path.exists(os.path.join(cwd, "run.json")):
        os.unlink(os.path.join(cwd, "run.json"))
    assert_as_before(net, cwd, before)


def test_after_the_other_commands(net, box, cwd):
    before = system(net, cwd)
    for argv in (("list",), ("list", "--json"), ("check",), ("check", "--json"), ("schema",)):
        done = lib.virtax(*argv, cwd=cwd, env={**os.environ, "TMPDIR": cwd})
        assert done.returncode == 0, (argv, done.stderr)
    assert_as_before(net, cwd, before)


def test_two_recordings_at_once(net, box, cwd, tmp_path):
    """Neither disturbs the other, and the one that ends second leaves nothing behind either."""
    before = system(net, cwd)
    other = tmp_path / "other"
    other.mkdir()
    first = start(box, cwd, "-d", "3")
    second = start(box, str(other), "-d", "4")
    for process, where in ((first, cwd), (second, str(other))):
        out, err = end(process)
        assert process.returncode == 0, err
        assert_whole(where, out)
    assert_as_before(net, cwd, before)


# ---- the programs in tools/, ended by a signal

LABS = "/run/virtax-lab"


def labs():
    """The directories of existing labs, and the cgroups of benchmarks."""
    found = set(os.listdir(LABS)) if os.path.isdir(LABS) else set()
    for where in lib.hierarchies().values():
        found |= {d for d in os.listdir(where) if d.startswith("virtax-bench-")}
    return found - {"slots"}


def with_mark(mark):
    """The processes with this in their environment."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as f:
                if mark.encode() in f.read().split(b"\0"):
                    found.append((pid, lib.read(f"/proc/{pid}/cmdline").replace("\0", " ")))
        except OSError:
            pass
    return found


TOOLS = {
    "lab": ("lab", "up", "container"),
    "demo": ("demo", "--only", "container", "--seconds", "5"),
    "study": ("study", "--only", "container", "--seconds", "1", "--repeat", "2"),
    "throughput": ("bench", "--only", "throughput"),
    "switch": ("bench", "--only", "switch"),
    "budgets": ("bench", "--only", "budgets"),
    "block": ("bench", "--only", "block"),
    "footprint": ("bench", "--only", "footprint"),
    "others": ("bench", "--only", "others"),
}


@pytest.mark.parametrize("delay", [0, 0.3, 2.5])
@pytest.mark.parametrize("name", TOOLS)
def test_after_a_tool_is_ended(net, cwd, name, delay):
    """SIGTERM ends it at several moments after it has begun to create something; the signal goes to
    the program and to its process group, as timeout(1) sends it."""
    before, there = system(net, cwd), labs()
    mark = f"VIRTAX_TEST_LEFT={os.getpid()}-{name}-{delay}"
    process = subprocess.Popen(
        [os.path.join(lib.ROOT, "tools", TOOLS[name][0]), *TOOLS[name][1:]], cwd=cwd,
        env={**os.environ, "TMPDIR": cwd, **dict([mark.split("=")])}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    try:
        lib.wait_until("something created", lambda: labs() - there or process.poll() is not None, 30)
        time.sleep(delay)
        lab_is_up = process.poll() == 0
        process.send_signal(signal.SIGTERM)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    if name == "lab" and "lab=" in out:  # it came up before the signal
        lab = out.split("lab=")[1].split()[0]
        subprocess.run([os.path.join(lib.ROOT, "tools", "lab"), "down", lab], check=True, timeout=60)
    else:
        assert not lab_is_up and process.returncode == 143, (process.returncode, out, err)
    assert not with_mark(mark)
    assert_as_before(net, cwd, before)


def test_after_the_kernels_are_ended(net, cwd):
    """tools/kernels, while it prepares and while a machine runs; its cache stays."""
    if os.uname().machine != "x86_64":
        return  # it reports that it runs on x86 only
    before, mark = system(net, cwd), f"VIRTAX_TEST_LEFT={os.getpid()}-kernels"
    process = subprocess.Popen(
        [os.path.join(lib.ROOT, "tools", "kernels"), "--cgroup", "v2", "newest"], cwd=cwd,
        env={**os.environ, "TMPDIR": cwd, **dict([mark.split("=")])}, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    time.sleep(4)
    process.send_signal(signal.SIGTERM)
    os.killpg(process.pid, signal.SIGTERM)
    assert process.wait(60) == 143
    lib.wait_until("no process left", lambda: not with_mark(mark), 10)
    assert not [n for n in os.listdir(os.path.join(lib.ROOT, ".cache", "kernels"))
                if n.startswith("new.")]
    assert_as_before(net, cwd, before)
