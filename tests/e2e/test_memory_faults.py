# SPDX-License-Identifier: GPL-2.0-or-later
"""Page faults: as many as the workload took, of the kind that it took, charged to the target that
took them. The workload knows them by construction (this many pages touched for the first time) and
from getrusage."""

import os
import subprocess

import lib
import pytest
import runc

COUNTS = [23, 1000, 100_000]
THP = "/sys/kernel/mm/transparent_hugepage/enabled"


def fault(mode, n, *more):
    return [lib.load("fault"), "-m", mode, "-n", str(n), *map(str, more)]


def start(spawner, argv):
    """Starts a workload, which waits at its gate: everything else that it needs is in memory."""
    process = lib.Process(spawner(argv, stdin=subprocess.PIPE))
    process.until("ready")
    return process


def let_go(process):
    """Releases the workload; returns the faults it took, by its own counters."""
    for name in ("minor", "major", "self_minor", "self_major", "children_minor",
                 "children_major"):
        process.first.pop(name, None)
    process.go()
    process.until("children_major")
    return process.first


def recorded(record, args, process):
    with record(*args, "--only", "memory") as rec:
        said = let_go(process)
    return rec.run, said


def faults(run, label="it"):
    return run.target(label)["memory"]["faults"]


def assert_exceptions(got, grown):
    """As many as the kernel counts. The kernel does not count exceptions without effect: newer
    kernels first try an access with faults disabled."""
    assert grown <= got["user"] + got["kernel"] <= 1.02 * grown, (got, grown)


@pytest.mark.parametrize("split", ["sample", "exact", "off"])
@pytest.mark.parametrize("n", COUNTS)
def test_new_pages(record, cgroup, n, split):
    """N pages touched for the first time are N faults: in user mode, writes, minor."""
    group = cgroup()
    process = start(group.spawn, fault("touch", n))
    run, said = recorded(record, ["--cgroup", f"it={group.path}", "--split", split], process)
    got = faults(run)
    assert said["minor"] == n and said["major"] == 0
    assert (got["user"], got["minor"], got["major"]) == (n, n, 0), (got, run["self"])
    assert (got["write"], got["read"], got["exec"], got["cow"]) == (n, 0, 0, 0), got
    assert (got["kernel"], got["guest"]) == (0, 0), got


@pytest.mark.parametrize("n", COUNTS)
def test_pages_of_zeros(record, cgroup, n):
    group = cgroup()
    process = start(group.spawn, fault("read", n))
    run, said = recorded(record, ["--cgroup", f"it={group.path}"], process)
    got = faults(run)
    assert (got["user"], got["read"], got["write"]) == (n, n, 0), got
    assert got["minor"] == said["minor"] == n


@pytest.mark.parametrize("n", COUNTS)
def test_within_a_system_call(record, cgroup, n):
    """The kernel touches the pages on behalf of the process: faults in kernel mode."""
    group = cgroup()
    process = start(group.spawn, fault("kernel", n))
    run, said = recorded(record, ["--cgroup", f"it={group.path}"], process)
    got = faults(run)
    assert (got["kernel"], got["user"], got["write"]) == (n, 0, n), got
    assert got["minor"] == said["minor"] == n


def fallbacks():
    """How often a huge page was requested and none was available."""
    return lib.values(lib.read("/proc/vmstat"))["thp_fault_fallback"]


@pytest.mark.parametrize("n", [23, 400])
def test_huge_pages(record, cgroup, n):
    """One fault for 2 MiB where a huge page is available (the kernel may run out of them)."""
    if "[never]" in lib.read(THP):
        pytest.skip("no huge pages here")
    group = cgroup()
    process, failed = start(group.spawn, fault("huge", n)), fallbacks()
    run, said = recorded(record, ["--cgroup", f"it={group.path}"], process)
    got = faults(run)
    assert got["user"] == got["minor"] == got["write"] == said["minor"] >= n, got
    assert said["minor"] == n or fallbacks() > failed, "no huge pages, and none were refused"


@pytest.mark.parametrize("n", COUNTS[:2])
def test_executed_pages(record, cgroup, tmp_path, n):
    """Jumps to N pages of a file that are not mapped yet."""
    group = cgroup()
    process = start(group.spawn, fault("exec", n, "-f", tmp_path / "code"))
    run, said = recorded(record, ["--cgroup", f"it={group.path}"], process)
    got = faults(run)
    assert (got["user"], got["exec"], got["read"], got["write"]) == (n, n, 0, 0), got
    assert got["minor"] == said["minor"] == n


@pytest.mark.parametrize("n", COUNTS)
def test_copy_on_write(record, cgroup, n):
    """A forked child writes to what its parent has touched: N copies, and the faults that a new
    process needs anyway, which parent and child know together."""
    group = cgroup()
    process = start(group.spawn, fault("cow", n))
    before = dict(process.first)
    run, said = recorded(record, ["--cgroup", f"it={group.path}"], process)
    got = faults(run)
    grown = sum(said[k] - before[k] for k in ("self_minor", "children_minor"))
    assert n <= said["minor"] <= n + 20
    assert got["minor"] == grown, (got, said)
    assert n <= got["cow"] <= grown and got["cow"] <= got["write"], got
    assert_exceptions(got, grown)


@pytest.fixture
def cold_file(tmp_path):
    """cold_file(n): a file of n strides of 2 MiB whose pages are on disk only."""
    made = []

    def make(n):
        where = os.environ.get("VIRTAX_TEST_DISK", str(tmp_path))
        path = os.path.join(where, lib.cgroup_name("-cold"))
        made.append(path)
        with open(path, "wb") as f:
            for i in range(n):
                f.seek(i << 21)
                f.write(b"x" * 4096)
            f.truncate(n << 21)
            f.flush()
            os.fsync(f.fileno())
            os.posix_fadvise(f.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return path

    yield make
    for path in made:
        os.unlink(path)


@pytest.mark.parametrize("split", ["sample", "exact"])
@pytest.mark.parametrize("n", [23, 1000])
def test_pages_from_disk(record, cgroup, cold_file, n, split):
    """Pages that have to be read first are major faults, and the time until they arrive is
    waiting."""
    group, path = cgroup(), cold_file(n)
    process = start(group.spawn, fault("file", n, "-f", path))
    run, said = recorded(record, ["--cgroup", f"it={group.path}", "--split", split], process)
    got, memory = faults(run), run.target("it")["memory"]
    if said["major"] == 0:
        pytest.fail("the file was in memory: not dropped, or on a tmpfs (set VIRTAX_TEST_DISK)")
    assert got["major"] == said["major"] == n, (got, said)
    assert got["minor"] == said["minor"] and got["user"] == n, (got, said)
    assert got["read"] == n, got
    # With few pages, each may have arrived before a task had to sleep for it.
    assert (n < 1000 or memory["fault_wait_ns"] > 0), memory
    # It sleeps for each page: the time that it neither ran nor waited for a CPU. (Interrupts that
    # work for it do so while it sleeps.)
    cpu = run.target("it")["cpu"]
    cpu_ns = cpu["total_ns"] - sum(r[m] or 0 for r in cpu["roles"].values()
                                   for m in ("softirq_ns", "hardirq_ns"))
    assert memory["fault_wait_ns"] + cpu_ns <= 1.01 * run["window"]["wall_ns"]
    if n >= 1000:
        # It sleeps for nothing but its pages.
        assert memory["fault_wait_ns"] == pytest.approx(said["asleep_ns"], rel=0.05, abs=1e6), (
            memory, said, cpu, run["self"]["unseen_switches"])


def test_no_waiting_without_major_faults(record, cgroup):
    group = cgroup()
    process = start(group.spawn, fault("touch", 1000))
    run, _ = recorded(record, ["--cgroup", f"it={group.path}"], process)
    assert run.target("it")["memory"]["fault_wait_ns"] == 0


@pytest.mark.parametrize("n", [23, 10_000])
def test_a_process_tree(record, spawn, n):
    """Children forked during the recording, with --process: each takes N faults, and those of a
    fork."""
    process = start(spawn, fault("touch", n, "-k", 5))
    before = dict(process.first)
    run, said = recorded(record, ["--process", f"it={process.pid}"], process)
    got = faults(run)
    grown = sum(said[k] - before[k] for k in ("self_minor", "children_minor"))
    assert said["minor"] >= 5 * n
    assert got["minor"] == grown, (got, said)
    assert_exceptions(got, grown)


def test_in_a_container(record, module_dir):
    """By runc; the workload is released through a fifo in its file system."""
    box = runc.Container(os.path.join(str(module_dir), "box"))
    os.makedirs(os.path.join(box.directory, "rootfs"), exist_ok=True)
    gate = os.path.join(box.directory, "rootfs", "gate")
    os.mkfifo(gate)
    fd = os.open(gate, os.O_RDWR)

    def said():
        return lib.values(lib.read(os.path.join(box.directory, "log")))

    try:
        box.start(["/bin/sh", "-c", "exec /loads/fault -m touch -n 20000 </gate"])
        lib.wait_until("waiting at its gate", lambda: "ready" in said())
        with record("--container", f"it={box.name}", "--only", "memory") as rec:
            os.write(fd, b"\n")
            lib.wait_until("done", lambda: said()["minor"] == 20_000)
    finally:
        os.close(fd)
        box.remove()
    got = faults(rec.run)
    assert (got["user"], got["minor"], got["write"]) == (20_000, 20_000, 20_000), got


def test_others_faults_are_not_on_the_bill(record, cgroup, spawn):
    group = cgroup()
    still = start(group.spawn, fault("touch", 23))
    other = start(spawn, fault("touch", 20_000))
    with record("--cgroup", f"it={group.path}", "--only", "memory") as rec:
        assert let_go(other)["minor"] == 20_000
    got = faults(rec.run)
    assert (got["user"], got["kernel"], got["minor"]) == (0, 0, 0), got
    still.go()


@pytest.mark.parametrize("n", [500])
def test_short_processes(record, cgroup, n):
    """Processes that start and exit between two rows: all of their faults, as the kernel adds them
    up for their parent."""
    group = cgroup()
    process = start(group.spawn, fault("touch", 20, "-k", n))
    before = dict(process.first)
    run, said = recorded(record, ["--cgroup", f"it={group.path}", "-i", "5"], process)
    got = faults(run)
    grown = sum(said[k] - before[k] for k in ("self_minor", "children_minor"))
    assert said["minor"] >= 20 * n
    assert got["minor"] == grown, (got, said)
    assert_exceptions(got, grown)


def kernel_ns(run):
    return sum(r["kernel_ns"] for r in run.target("it")["cpu"]["roles"].values())


@pytest.mark.parametrize("split", ["sample", "exact"])
def test_time_in_faults(record, cgroup, split):
    """A workload that only takes faults: nearly all of its kernel time is spent in faults, and not
    more than all. A workload without faults has none."""
    group, calm = cgroup("-a"), cgroup("-b")
    process = start(group.spawn, fault("touch", 400_000))
    spin = lib.Process(calm.spawn([lib.load("spin"), "-g", "-w", "300"], stdin=subprocess.PIPE))
    with record("--cgroup", f"it={group.path}", "--cgroup", f"calm={calm.path}", "--split", split,
                "--only", "memory") as rec:
        spin.go()
        let_go(process)
        spin.end()
    memory, run = rec.run.target("it")["memory"], rec.run
    assert faults(run)["user"] == 400_000
    bar = memory["fault_error_ns"]
    assert (bar == 0) == (split == "exact")
    assert 0.75 * kernel_ns(run) - bar <= memory["fault_ns"] <= kernel_ns(run), (memory, bar)
    quiet = run.target("calm")["memory"]
    assert quiet["fault_ns"] <= 0.02 * run.target("calm")["cpu"]["total_ns"] + 1e6


def test_by_software_events(record, cgroup, monkeypatch):
    """On kernels without tracepoints for faults: the same counts, but not by kind of access."""
    monkeypatch.setenv("VIRTAX_FAULTS", "event")
    group = cgroup()
    process = start(group.spawn, fault("touch", 1000))
    run, _ = recorded(record, ["--cgroup", f"it={group.path}"], process)
    got = faults(run)
    assert (got["user"], got["kernel"], got["minor"]) == (1000, 0, 1000), got
    assert got["read"] is None and got["write"] is None and got["cow"] is None


def test_not_asked_for(record, cgroup):
    group = cgroup()
    with record("--cgroup", f"it={group.path}", "--only", "cpu") as rec:
        pass
    assert rec.run.target("it")["memory"] is None
    assert any(d["what"] == "memory" for d in rec.run["degraded"])
