# SPDX-License-Identifier: GPL-2.0-or-later
"""Memory that several processes map: held once, whichever targets they belong to; and no part of a
guest's RAM counts as overhead, whichever process maps it."""

import os
import subprocess

import lib
import pytest
from test_memory import (BACKENDS, HUGE, MIB, ONE_PERCENT, RAM, assert_host, huge_pages,  # noqa: F401
                         memory, qemu)

# Maps a whole file, touches one byte in every so many when it is released, and waits.
MAPPER = """
import mmap, os, sys
print("pid", os.getpid(), flush=True)
sys.stdin.readline()
m = mmap.mmap(os.open(sys.argv[1], os.O_RDWR), 0)
for i in range(0, len(m), int(sys.argv[2])): m[i] = 1
print("holding 1", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def memfd():
    """memfd(bytes, flags=0): the path of a new file in memory."""
    made = []

    def make(size, flags=0):
        made.append(os.memfd_create("vtxt", flags))
        os.ftruncate(made[-1], size)
        return f"/proc/{os.getpid()}/fd/{made[-1]}"

    yield make
    for fd in made:
        os.close(fd)


def mapper(group, path, step=4096):
    return lib.Process(group.spawn(["/usr/bin/python3", "-c", MAPPER, path, str(step)],
                                   stdin=subprocess.PIPE))


def hold(process):
    process.go()
    process.until("holding")


def grown(run, label, what):
    got = memory(run, label)
    return got[what] - got["start"][what]


def ram_of(pid):
    """The path of the memfd that a QEMU uses for RAM."""
    where = f"/proc/{pid}/fd"
    found = [fd for fd in os.listdir(where) if "memory-backend-memfd" in os.readlink(f"{where}/{fd}")]
    assert len(found) == 1
    return f"{where}/{found[0]}"


def in_scope(cgroup, vm):
    """The cgroup that libvirt would have created for it: everything in it belongs to the VM."""
    scope = cgroup().child("machine-qemu\\x2d1\\x2dx.scope")
    scope.add(vm.pid)
    return scope


def test_a_helper_maps_the_guest_s_memory(record, qemu, cgroup):  # noqa: F811
    """As virtiofsd does: there it is the guest's memory, too. The helper's own memory is
    overhead."""
    vm = qemu("vtxt-vm", "-m", "192", *BACKENDS["memfd"], "-machine", "memory-backend=r")
    process = mapper(in_scope(cgroup, vm), ram_of(vm.pid))
    with record("--vm", f"vm={vm.pid}", "--only", "memory") as rec:
        hold(process)
    got = memory(rec.run, "vm")
    assert got["processes"] == 2 and got["guest_ram_bytes"] == RAM
    assert grown(rec.run, "vm", "rss_bytes") >= RAM
    assert abs(grown(rec.run, "vm", "vmm_bytes")) <= 4 * MIB, got
    assert grown(rec.run, "vm", "held_bytes") == pytest.approx(0, abs=4 * MIB)
    assert_host(rec.run)


def test_two_cgroups_share_a_file(record, cgroup, memfd):
    """600 MB that both have mapped: resident in each, held once."""
    size, groups = 600 * MIB, (cgroup("-a"), cgroup("-b"))
    path = memfd(size)
    processes = [mapper(group, path) for group in groups]
    with record("--cgroup", f"a={groups[0].path}", "--cgroup", f"b={groups[1].path}", "--only",
                "memory") as rec:
        for process in processes:
            hold(process)
    for label in "ab":
        assert grown(rec.run, label, "rss_shmem_bytes") == pytest.approx(size, rel=ONE_PERCENT)
        assert grown(rec.run, label, "held_bytes") == pytest.approx(size / 2, rel=ONE_PERCENT)
    host = rec.run["host_memory"]
    tables = 2 * size // 512
    assert host["targets_bytes"] - host["start"]["targets_bytes"] == pytest.approx(
        size + tables, rel=ONE_PERCENT)
    assert_host(rec.run)


FORK = """
import mmap, os, sys
m = mmap.mmap(-1, 600 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
print("pid", os.getpid(), flush=True)
sys.stdin.readline()
for i in range(0, len(m), 4096): m[i] = 1
if not os.fork():
    for path in sys.argv[1:]:
        open(path, "w").write("0")
    print("holding 1", flush=True)
sys.stdin.readline()
"""


def test_a_fork_into_another_cgroup(record, cgroup):
    """Memory that a child in another cgroup has from its parent is held once by the two
    together."""
    size, parent, child = 600 * MIB, cgroup("-a"), cgroup("-b")
    joins = [os.path.join(where, "cgroup.procs") for where in child.dirs.values()]
    process = lib.Process(parent.spawn(["/usr/bin/python3", "-c", FORK, *joins],
                                       stdin=subprocess.PIPE))
    with record("--cgroup", f"a={parent.path}", "--cgroup", f"b={child.path}", "--only",
                "memory") as rec:
        hold(process)
    assert memory(rec.run, "b")["rss_anon_bytes"] >= size
    host = rec.run["host_memory"]
    assert host["targets_bytes"] - host["start"]["targets_bytes"] == pytest.approx(
        size + 2 * size // 512, rel=2 * ONE_PERCENT)
    assert_host(rec.run)


# ---- hugetlb, which is not in PSS ----------------------------------------------------------------


@pytest.fixture
def pool(huge_pages):  # noqa: F811
    if not huge_pages:
        pytest.skip("no 100 huge pages to be had: this machine's memory is too full or fragmented")


def test_two_cgroups_share_hugetlb(record, pool, cgroup, memfd):
    size, groups = 60 * HUGE, (cgroup("-a"), cgroup("-b"))
    path = memfd(size, os.MFD_HUGETLB)
    processes = [mapper(group, path, HUGE) for group in groups]
    with record("--cgroup", f"a={groups[0].path}", "--cgroup", f"b={groups[1].path}", "--only",
                "memory") as rec:
        for process in processes:
            hold(process)
    got = [memory(rec.run, label) for label in "ab"]
    assert [g["hugetlb_bytes"] for g in got] == [size, size]
    assert [g["hugetlb_pss_bytes"] for g in got] == [size // 2, size // 2]
    host = rec.run["host_memory"]
    assert host["targets_bytes"] - host["start"]["targets_bytes"] == pytest.approx(
        size, abs=4 * MIB)
    assert_host(rec.run)


HUGE_FORK = """
import mmap, os, sys
m = mmap.mmap(-1, int(sys.argv[1]), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x40000)
print("pid", os.getpid(), flush=True)
sys.stdin.readline()
for i in range(0, len(m), 2 << 20): m[i] = 1
if not os.fork():
    for i in range(0, len(m) // 2, 2 << 20): m[i] = 2
    print("holding 1", flush=True)
sys.stdin.readline()
"""


def test_a_fork_shares_hugetlb(record, pool, cgroup):
    """A child that has copied half of it: half as much again is held, not twice all of it."""
    size, group = 60 * HUGE, cgroup()
    process = lib.Process(group.spawn(["/usr/bin/python3", "-c", HUGE_FORK, str(size)],
                                      stdin=subprocess.PIPE))
    with record("--cgroup", f"it={group.path}", "--only", "memory") as rec:
        hold(process)
    got = memory(rec.run)
    assert got["hugetlb_bytes"] == 2 * size
    assert got["hugetlb_pss_bytes"] == size + size // 2, got
    assert_host(rec.run)


def test_a_helper_maps_hugetlb_ram(record, pool, qemu, cgroup):  # noqa: F811
    vm = qemu("vtxt-vm", "-m", "128", "-object",
              "memory-backend-memfd,id=r,size=128M,prealloc=on,hugetlb=on,share=on", "-machine",
              "memory-backend=r")
    process = mapper(in_scope(cgroup, vm), ram_of(vm.pid), HUGE)
    with record("--vm", f"vm={vm.pid}", "--only", "memory") as rec:
        hold(process)
    got = memory(rec.run, "vm")
    assert got["guest_ram_bytes"] == got["hugetlb_pss_bytes"] == 128 * MIB
    assert got["hugetlb_bytes"] == 256 * MIB and got["vmm_bytes"] == got["rss_bytes"]
    assert_host(rec.run)
