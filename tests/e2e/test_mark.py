# SPDX-License-Identifier: GPL-2.0-or-later
"""Stages: time that is spent between two marks is in that stage, and nothing of a mark is left
behind."""

import ctypes
import os
import signal
import socket
import subprocess
import time

import pytest

import lib

CLONE_NEWNET = 0x40000000


@pytest.fixture(autouse=True, scope="module")
def alone():
    """Abstract names belong to a network namespace: in a private one, other recordings on this
    machine do not interfere."""
    libc = ctypes.CDLL(None, use_errno=True)
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    try:
        assert libc.unshare(CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
        yield
        assert libc.setns(home, CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
    finally:
        os.close(home)


def mark(*args):
    return lib.virtax("mark", *args)


def spin(group, cpu_ms):
    """Burns CPU time in the cgroup; returns what the scheduler reports, in ns."""
    done = subprocess.run(["sh", "-c", f"echo 0 > {group.path}/cgroup.procs; exec "
                           f"{lib.load('spin')} -u {cpu_ms}"], check=True, capture_output=True,
                          text=True, timeout=60)
    return lib.values(done.stdout)["cpu_ns"]


def sockets():
    """Abstract names of recordings in this network namespace."""
    return [line.split("@")[1].strip() for line in lib.read("/proc/net/unix").splitlines()
            if "@virtax-mark/" in line]


def test_every_number_by_stage(record, cgroup):
    group = cgroup()
    with record("--cgroup", f"web={group.path}", "--split", "exact") as rec:
        used = [spin(group, 60)]
        assert mark("manager").returncode == 0
        used.append(spin(group, 120))
        assert mark('serving "it"\033').returncode == 0
        used.append(spin(group, 180))
        lib.assert_error(mark("manager"), 2, "manager", "of that name")
        lib.assert_error(mark("start"), 2, "start", "of that name")
    run = rec.run
    stages = run["stages"]
    assert [s["name"] for s in stages] == ["start", "manager", 'serving "it"\033']
    assert stages[0]["at_ns"] == 0
    for before, after in zip(stages, stages[1:]):
        assert before["at_ns"] + before["length_ns"] == after["at_ns"]
    last = stages[-1]
    assert last["at_ns"] + last["length_ns"] == run["window"]["wall_ns"]
    # Compared with the scheduler, stage by stage; each stage also starts a shell.
    for stage, cpu_ns in zip(stages, used):
        cpu = stage["targets"][0]["cpu"]
        taken = cpu["irq_victim_ns"] + cpu["tracer_victim_ns"]  # charged to the spinner
        assert cpu["total_ns"] + taken > 0.97 * cpu_ns, (stage["name"], cpu, cpu_ns)
        assert cpu["total_ns"] < 1.05 * cpu_ns + 5e6, (stage["name"], cpu, cpu_ns)
    whole = run.target("web")
    for role, modes in whole["cpu"]["roles"].items():
        for mode, ns in modes.items():
            parts = [s["targets"][0]["cpu"]["roles"].get(role, {}).get(mode, 0) for s in stages]
            assert sum(parts) == ns, (role, mode)
    for key in ("wait_ns", "switches"):
        assert sum(s["targets"][0]["sched"][key] for s in stages) == whole["sched"][key]
    # In each stage host and targets balance, except for the time it takes to read CPU after CPU.
    for stage in stages:
        spent = sum(v for v in stage["host_cpu"].values()) + stage["targets"][0]["cpu"]["total_ns"]
        assert abs(spent / (run["window"]["cpus"] * stage["length_ns"]) - 1) < 0.01
    report = lib.virtax("report", rec.file)
    assert report.returncode == 0 and "Stages" in report.stdout
    assert not lib.CONTROL.search(report.stdout)
    by_stage = lib.virtax("compare", "--by", "stage", rec.file, "--base", "manager")
    assert by_stage.returncode == 0 and "start against manager" in by_stage.stdout


# Grows by 200 MB each time it gets a line.
GROWING = """
import mmap, os, sys
print("pid", os.getpid(), flush=True)
held = []
for _ in sys.stdin:
    held.append(mmap.mmap(-1, 200 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))
    for i in range(0, 200 << 20, 4096): held[-1][i] = 1
    print(f"grown{len(held)} 1", flush=True)
"""


def test_owners_of_memory_by_stage(record, cgroup):
    """Each stage shows the memory held at its end, by the target and by others on the host."""
    group = cgroup()
    process = lib.Process(group.spawn(["/usr/bin/python3", "-c", GROWING], stdin=subprocess.PIPE))
    with record("--cgroup", f"it={group.path}", "--only", "memory") as rec:
        for n, name in enumerate(("one", "two"), 1):
            process.go()
            process.until(f"grown{n}")
            assert mark(name).returncode == 0
        process.go()
        process.until("grown3")
    run, step = rec.run, (200 << 20) * (1 + 1 / 512)
    first = run["host_memory"]["start"]["targets_bytes"]
    assert [s["name"] for s in run["stages"]] == ["start", "one", "two"]
    for n, stage in enumerate(run["stages"], 1):
        host, held = stage["host_memory"], stage["targets"][0]["memory"]
        assert host["targets_bytes"] - first == pytest.approx(n * step, rel=0.01), n
        assert held["held_bytes"] == host["targets_bytes"]
        assert sum(host[f"{who}_bytes"] for who in ("targets", "vm_manager", "container_manager",
                                                    "rest")) == host["used_bytes"]


def test_without_a_mark(record, cgroup):
    with record("--cgroup", cgroup().path) as rec:
        pass
    assert rec.run["stages"] == []


def test_nothing_to_mark():
    lib.assert_error(mark("x"), 1, "no recording")
    lib.assert_error(mark(), 2, "no name given")
    lib.assert_error(mark(""), 2, "1 to 100")
    lib.assert_error(mark("x" * 101), 2, "1 to 100")
    lib.assert_error(mark("a", "b"), 2, "one name")
    lib.assert_error(mark("--pid", "0", "a"), 2, "--pid")


def nobody(code):
    """Runs Python code as the user nobody; returns its output."""
    drop = "import os; os.setgroups([]); os.setresgid(*[65534]*3); os.setresuid(*[65534]*3); "
    done = subprocess.run(["/usr/bin/python3", "-c", drop + code], capture_output=True, text=True,
                          timeout=30, check=False)
    return done.stdout + done.stderr


def test_only_root(record, cgroup):
    with record("--cgroup", cgroup().path, "-i", "0.1") as rec:
        name = sockets()[0]
        said = nobody("import socket\n"
                      "s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(b''); "
                      "s.settimeout(5)\n"
                      f"s.sendto(b'evil', b'\\0{name}'); print(s.recv(200))")
        assert "only root" in said, said
        time.sleep(0.3)  # it accepts marks again with the next row
        assert mark("good").returncode == 0
        # Invalid names: empty, too long, with a zero byte.
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        with sock:
            for text in (b"", b"x" * 5000, b"a\0b"):
                sock.sendto(text, "\0" + name)
                time.sleep(0.3)
        assert mark("still").returncode == 0
    assert [s["name"] for s in rec.run["stages"]] == ["start", "good", "still"]


def test_nobody_answers_in_its_place(record, cgroup):
    """A socket with a recording's name, taken by another process, is not mistaken for a
    recording."""
    squatter = subprocess.Popen(
        ["/usr/bin/python3", "-c", "import os, socket, time\nos.setresuid(*[65534]*3)\n"
         "s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\n"
         "s.bind('\\0virtax-mark/%d' % os.getpid()); print('up', flush=True); time.sleep(60)"],
        stdout=subprocess.PIPE, text=True)
    try:
        assert squatter.stdout.readline() == "up\n"
        lib.assert_error(mark("x"), 1, "no recording")
        with record("--cgroup", cgroup().path) as rec:
            assert mark("x").returncode == 0
        assert len(rec.run["stages"]) == 2
    finally:
        squatter.kill()
        squatter.communicate()


def test_two_recordings(record, cgroup):
    group = cgroup()
    with record("--cgroup", group.path) as one, record("--cgroup", group.path) as two:
        lib.assert_error(mark("x"), 2, "2 recordings", "--pid")
        assert mark("--pid", str(two.process.pid), "x").returncode == 0
    assert one.run["stages"] == []
    assert [s["name"] for s in two.run["stages"]] == ["start", "x"]


def test_killed_leaves_no_name(cgroup):
    process = subprocess.Popen([lib.VIRTAX, "record", "-q", "--cgroup", cgroup().path])
    try:
        lib.wait_until("the socket", sockets)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert sockets() == []
    lib.assert_error(mark("x"), 1, "no recording")
