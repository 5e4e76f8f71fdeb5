# SPDX-License-Identifier: GPL-2.0-or-later
"""Memory: page faults of a process on this kernel, and a guest that touches memory for the first
time."""

import subprocess
import time

import conftest
import lab
import lib
import pytest

COUNTS = [23, 1000, 20_000]


@pytest.fixture
def group():
    made = lib.Cgroup(lib.cgroup_name("-fault"))
    yield made
    made.remove()


def start(group, mode, n, *more):
    """Starts a workload, which waits at its gate: everything else that it needs is in memory."""
    process = lib.Process(group.spawn([lib.load("fault"), "-m", mode, "-n", str(n), *more],
                                      stdin=subprocess.PIPE))
    process.until("ready")
    return process, dict(process.first)


def let_go(process, before):
    """Releases the workload; returns the faults that it and its children took, by their own
    counters."""
    for name in before:
        process.first.pop(name, None)
    process.go()
    process.until("children_major")
    return sum(process.first[k] - before[k] for k in ("self_minor", "children_minor"))


def counted(group, process, before, split, name):
    with conftest.recording("--cgroup", f"it={group.path}", "--only", "memory", "--split", split,
                            name=name) as rec:
        grown = let_go(process, before)
        time.sleep(1)  # emulated clock readings take too long for a short window
    return rec.run.target("it")["memory"], grown


@pytest.mark.parametrize("split", ["sample", "exact"])
@pytest.mark.parametrize("n", COUNTS)
def test_faults_of_a_process(group, note, n, split):
    process, before = start(group, "touch", n)
    memory, grown = counted(group, process, before, split, f"faults-{n}-{split}")
    got = memory["faults"]
    note(f"faults, {split}, of {n}", got["user"])
    assert process.first["minor"] == n and grown >= n
    assert (got["user"], got["kernel"], got["minor"], got["major"]) == (n, 0, n, 0), got
    assert (got["write"], got["read"]) == (n, 0), got
    assert memory["fault_ns"] is not None and memory["fault_wait_ns"] == 0


def test_faults_of_a_tree(group, note):
    """Children forked during the recording: the faults of their parent and their copies count as
    well."""
    process, before = start(group, "touch", 500, "-k", "10")
    memory, grown = counted(group, process, before, "sample", "faults-tree")
    got = memory["faults"]
    note("faults of a tree", f"{got['minor']}/{grown}")
    assert process.first["minor"] >= 5000
    assert got["minor"] == grown, got
    # The kernel does not count exceptions without effect (newer kernels first try with faults
    # disabled).
    assert grown <= got["user"] + got["kernel"] <= 1.02 * grown, got


# ---- a guest ---------------------------------------------------------------------------------------

MIB = 1 << 20
HUGE = 2 * MIB
THP = "/sys/kernel/mm/transparent_hugepage/enabled"


def resident(guest):
    """The sum of smaps' Rss over QEMU's mappings that have the size of the guest's memory, in
    bytes."""
    found, inside = 0, False
    for line in lib.read(f"/proc/{guest.pid}/smaps").splitlines():
        word = line.split()[0]
        if "-" in word:
            start, end = (int(x, 16) for x in word.split("-"))
            inside = end - start == 192 * MIB
        elif inside and word == "Rss:":
            found += int(line.split()[1]) * 1024
    return found


@pytest.fixture(scope="module", params=["never", "always"])
def touched(request, guest):
    """The guest fills memory that it has never used, backed by small pages of the host and by huge
    ones. Free memory that it has used before is taken first."""
    before = lib.read(THP)
    with open(THP, "w", encoding="ascii") as f:
        f.write(request.param)
    try:
        assert "touched" in guest.order("mem", 24 if request.param == "never" else 8)
        with conftest.recording("--vm", f"vm={guest.pid}", "--only", "memory",
                                name=f"guest-memory-{request.param}") as rec:
            start = resident(guest)
            assert "touched" in guest.order("mem", 16)
            end = resident(guest)
    finally:
        with open(THP, "w", encoding="ascii") as f:
            f.write(before.split("[")[1].split("]")[0])
    return rec.run, request.param, start, end


def test_memory_a_guest_fills(touched, note):
    run, thp, start, end = touched
    memory = run.target("vm")["memory"]
    faults, before = memory["faults"], memory["start"]
    grown = memory["guest_ram_bytes"] - before["guest_ram_bytes"]
    note(f"guest RAM, 16 MiB, THP {thp}", f"{grown / MIB:.1f} MiB")
    note(f"guest faults, THP {thp}", faults["guest"])
    assert memory["guest_ram_size_bytes"] == 192 * MIB
    assert memory["guest_ram_bytes"] == pytest.approx(end, abs=HUGE)
    assert before["guest_ram_bytes"] == pytest.approx(start, abs=HUGE)
    assert grown == pytest.approx(16 * MIB, abs=HUGE)
    # One for each page, small or huge, and those of emulated devices.
    pages = grown // (4096 if thp == "never" else HUGE)
    assert pages <= faults["guest"] <= pages + 32, faults


def test_its_hypervisor_holds_no_more(touched, note):
    run, thp, *_ = touched
    memory = run.target("vm")["memory"]
    grown = memory["vmm_bytes"] - memory["start"]["vmm_bytes"]
    note(f"VMM, THP {thp}", f"{memory['vmm_bytes'] / MIB:.1f} MiB, {grown / 1024:+.0f} KiB")
    assert abs(grown) <= 64 * 1024
    assert 0 < memory["vmm_bytes"] < memory["rss_bytes"]


def test_the_hosts_memory_has_owners(touched):
    host = touched[0]["host_memory"]
    owners = [host[f"{who}_bytes"] for who in ("targets", "vm_manager", "container_manager", "rest")]
    assert sum(owners) == host["used_bytes"]
    assert 0 < host["targets_bytes"] <= host["used_bytes"] <= host["total_bytes"]


def test_what_a_container_is_charged(container, note):
    """On v1 and on v2 the numbers are those of the cgroup's own files."""
    with conftest.recording("--container", f"web={container.name}", "--only", "memory",
                            name="container-memory") as rec:
        pass
    memory = rec.run.target("web")["memory"]
    charged = memory["memcg"] and memory["memcg"]["current_bytes"]
    paths = [f"{where}{container.cgroup}/{name}" for where in lib.hierarchies().values()
             for name in ("memory.current", "memory.usage_in_bytes")]
    theirs = [int(lib.read(path)) for path in paths if lab.os.path.exists(path)]
    note("container charged", charged)
    assert bool(theirs) == (charged is not None), (paths, memory["memcg"])
    if theirs: # some kernels no longer have v1's controller
        assert charged == pytest.approx(theirs[0], rel=0.05)
    assert memory["processes"] >= 2 and 0 < memory["pss_bytes"] <= memory["rss_bytes"]
