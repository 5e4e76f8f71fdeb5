# SPDX-License-Identifier: GPL-2.0-or-later
"""What targets hold: compared with what the workload knows, smaps_rollup, the cgroup's files and
free(1)."""

import json
import os
import signal
import subprocess
import time

import lib
import pytest
from test_memory_faults import fallbacks, fault, let_go, start

MIB = 1 << 20
PAGE = 4096
HUGE = 2 * MIB
ONE_PERCENT = 0.01

# Holds memory of every kind, 2, 3 and 5 units of 8 MiB, and waits.
KINDS = """
import mmap, os, sys
unit = 8 << 20
def touch(m, n):
    for i in range(0, n, 4096):
        m[i] = 1
anon = mmap.mmap(-1, 2 * unit, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
shmem = mmap.mmap(-1, 3 * unit, flags=mmap.MAP_SHARED | mmap.MAP_ANONYMOUS)
f = open(sys.argv[1], "rb")
file = mmap.mmap(f.fileno(), 5 * unit, prot=mmap.PROT_READ)
def hold():
    touch(anon, 2 * unit)
    touch(shmem, 3 * unit)
    sum(file[i] for i in range(0, 5 * unit, 4096))
    print("holding 1", flush=True)
print("pid", os.getpid(), flush=True)
sys.stdin.readline()
hold()
sys.stdin.readline()
"""


def rollup(*pids):
    """The sum of the processes' smaps_rollup, in bytes. Read it while the recorder is running,
    because the recorder shares pages of the C library with them."""
    total = {}
    for pid in pids:
        for line in lib.read(f"/proc/{pid}/smaps_rollup").splitlines()[1:]:
            name, value = line.split(":")
            total[name] = total.get(name, 0) + int(value.split()[0]) * 1024
    return total


def memory(run, label="it"):
    return run.target(label)["memory"]


def assert_as_rollup(got, kernel):
    """The two were read at different moments, while nothing changed."""
    for ours, theirs in (("rss_bytes", "Rss"), ("pss_bytes", "Pss"), ("pss_anon_bytes", "Pss_Anon"),
                         ("rss_anon_bytes", "Anonymous")):
        assert got[ours] == pytest.approx(kernel[theirs], rel=ONE_PERCENT), (ours, got, kernel)
    assert got["private_bytes"] == pytest.approx(
        kernel["Private_Clean"] + kernel["Private_Dirty"], rel=ONE_PERCENT)
    assert got["rss_anon_bytes"] + got["rss_file_bytes"] + got["rss_shmem_bytes"] == got["rss_bytes"]


def assert_host(run):
    """No holder has more than is used, and every used byte has an owner."""
    for host in (run["host_memory"], run["host_memory"]["start"]):
        owners = [host[f"{who}_bytes"] for who in ("targets", "vm_manager", "container_manager",
                                                   "rest")]
        assert sum(owners) == host["used_bytes"], host
        assert host["targets_bytes"] <= host["used_bytes"] <= host["total_bytes"]
        assert host["used_bytes"] + host["available_bytes"] == host["total_bytes"]
    held = sum(t["memory"]["held_bytes"] for t in run["targets"])
    assert held <= run["host_memory"]["used_bytes"]
    # By PSS, which includes page cache: never more than is not free.
    pss = sum(t["memory"]["pss_bytes"] for t in run["targets"])
    assert pss <= run["host_memory"]["total_bytes"] - run["host_memory"]["free_bytes"]


def test_resident_as_the_kernel_says(record, cgroup):
    group = cgroup()
    process = start(group.spawn, fault("touch", 50_000))
    with record("--cgroup", f"it={group.path}", "--only", "memory") as rec:
        let_go(process)
        kernel = rollup(process.pid)
    got = memory(rec.run)
    assert_as_rollup(got, kernel)
    assert_host(rec.run)
    assert got["processes"] == 1
    assert got["rss_anon_bytes"] - got["start"]["rss_anon_bytes"] == 50_000 * PAGE
    assert got["page_table_bytes"] >= 50_000 * 8
    assert got["guest_ram_bytes"] is None and got["vmm_bytes"] is None


def test_shared_pages_count_once(record, cgroup):
    """A parent and four children with the same 20,000 pages: resident five times, held once."""
    group = cgroup()
    process = group.spawn([lib.load("family"), "-n", "20000", "-k", "4"],
                          stdin=subprocess.PIPE)
    for _ in range(5):
        assert process.stdout.readline().startswith("pid")
    lib.wait_until("all of them wait", lambda: all(
        lib.read(f"/proc/{pid}/stat").rpartition(")")[2].split()[0] == "S" for pid in group.pids()))
    with record("--cgroup", f"it={group.path}", "--only", "memory") as rec:
        kernel = rollup(*group.pids())
    got, shared = memory(rec.run), 20_000 * PAGE
    assert_as_rollup(got, kernel)
    assert_host(rec.run)
    assert got["processes"] == 5
    assert 5 * shared <= got["rss_bytes"] <= 5 * (shared + 20 * MIB)
    assert shared <= got["pss_bytes"] <= shared + 5 * 20 * MIB
    assert got["private_bytes"] <= 5 * 20 * MIB


def test_kinds(record, cgroup, tmp_path):
    group, unit = cgroup(), 8 * MIB
    path = tmp_path / "file"
    path.write_bytes(b"x" * (5 * unit))
    process = lib.Process(group.spawn(["/usr/bin/python3", "-c", KINDS, str(path)],
                                      stdin=subprocess.PIPE))
    with record("--cgroup", f"it={group.path}", "--only", "memory") as rec:
        process.go()
        process.until("holding")
        kernel = rollup(process.pid)
    got = memory(rec.run)
    assert_as_rollup(got, kernel)
    grown = {k: got[k] - got["start"][k] for k in got["start"] if k.endswith("_bytes")
             and got[k] is not None}
    slack = 2 * MIB
    for kind, units in (("anon", 2), ("shmem", 3), ("file", 5)):
        assert grown[f"rss_{kind}_bytes"] == pytest.approx(units * unit, abs=slack), (kind, grown)
    assert grown["pss_shmem_bytes"] == pytest.approx(3 * unit, abs=slack)
    # Page cache is not held, since it can be reclaimed.
    assert grown["held_bytes"] == pytest.approx(5 * unit, abs=slack)


def test_huge_pages(record, cgroup):
    if "[never]" in lib.read("/sys/kernel/mm/transparent_hugepage/enabled"):
        pytest.skip("no huge pages here")
    group = cgroup()
    process, failed = start(group.spawn, fault("huge", 60)), fallbacks()
    with record("--cgroup", f"it={group.path}", "--only", "memory") as rec:
        let_go(process)
        kernel = rollup(process.pid)
    got = memory(rec.run)
    assert got["thp_bytes"] == kernel["AnonHugePages"]
    assert got["thp_bytes"] == 60 * HUGE or fallbacks() > failed, "no huge pages, and none were refused"
    assert got["rss_anon_bytes"] - got["start"]["rss_anon_bytes"] == 60 * HUGE


def memory_dir(group):
    """The memory controller's directory for this cgroup, and whether it has v2's files."""
    for key, where in group.dirs.items():
        if "memory" in key.split(","):
            return where, False
    assert os.path.exists(os.path.join(group.path, "memory.current")), "no memory controller"
    return group.path, True


def test_cgroup_charge(record, cgroup):
    group = cgroup()
    where, v2 = memory_dir(group)
    process = start(group.spawn, fault("touch", 30_000))
    with record("--cgroup", f"it=/{group.name}", "--only", "memory") as rec:
        let_go(process)
    current = int(lib.read(os.path.join(where, "memory.current" if v2 else
                                        "memory.usage_in_bytes")))
    stat = lib.values("\n".join(lib.read(os.path.join(where, "memory.stat")).splitlines()))
    got = memory(rec.run)["memcg"]
    assert got["current_bytes"] == pytest.approx(current, rel=ONE_PERCENT)
    assert got["anon_bytes"] == pytest.approx(stat["anon" if v2 else "total_rss"], rel=ONE_PERCENT)
    grown = got["anon_bytes"] - memory(rec.run)["start"]["memcg"]["anon_bytes"]
    assert grown == pytest.approx(30_000 * PAGE, rel=ONE_PERCENT)
    assert 30_000 * 8 <= got["kernel_bytes"] < got["current_bytes"]


def free():
    """The first line of free(1), in bytes."""
    out = subprocess.run(["free", "-b"], check=True, capture_output=True, text=True).stdout
    names, values = (line.split() for line in out.splitlines()[:2])
    return dict(zip(names, map(int, values[1:])))


def assert_seen(host, meter, when_ns):
    """The host's numbers lie within what free reported around that moment, because other programs
    start and exit."""
    near = [v for t, v in meter.samples if abs(t - when_ns) < 5e8]
    near.append([v for t, v in meter.samples if t <= when_ns][-1])
    for ours, theirs in (("used_bytes", lambda v: v["total"] - v["available"]),
                         ("available_bytes", lambda v: v["available"]),
                         ("free_bytes", lambda v: v["free"]), ("total_bytes", lambda v: v["total"])):
        slack = 0 if ours == "total_bytes" else 16 * MIB
        seen = [theirs(v) for v in near]
        assert min(seen) - slack <= host[ours] <= max(seen) + slack, (ours, host, near)


def test_host_in_the_words_of_free(record, cgroup):
    """Before and after a target has taken 600 MB, of which it is known how much it holds."""
    process = start(cgroup().spawn, fault("touch", 150_000))
    with lib.Meter(free, every=0.05, within_ns=10**9) as meter:
        time.sleep(0.5)
        with record("--process", f"it={process.pid}", "--only", "memory") as rec:
            time.sleep(0.6)
            let_go(process)
            time.sleep(0.6)
        time.sleep(0.5)
    assert_host(rec.run)
    host, begin = rec.run["host_memory"], rec.run.window_ns()[0]
    # /proc/meminfo is read right after the memory of the targets, whose time is recorded.
    held = memory(rec.run)
    assert_seen(host["start"], meter, begin + held["start"]["sampled_at_ns"])
    assert_seen(host, meter, begin + held["sampled_at_ns"])
    grown = host["targets_bytes"] - host["start"]["targets_bytes"]
    assert grown == pytest.approx(150_000 * (PAGE + 8), rel=ONE_PERCENT)


def test_rows(record, cgroup):
    """Levels in the time series, before and after the target has grown."""
    group = cgroup()
    process = start(group.spawn, fault("touch", 10_000))
    with record("--cgroup", f"it={group.path}", "--only", "memory", "-i", "0.2") as rec:
        lib.wait_until("a row before", lambda: subprocess.run(["sleep", "0.5"], check=True))
        let_go(process)
        lib.wait_until("a row after", lambda: subprocess.run(["sleep", "0.5"], check=True))
    rows = [r["targets"][0]["memory"] for r in rec.run["intervals"]]
    levels = [r["rss_bytes"] for r in rows if r["rss_bytes"] is not None]
    assert levels[-1] - levels[0] == pytest.approx(10_000 * PAGE, rel=ONE_PERCENT)
    assert sum(r["faults"]["user"] for r in rows) == 10_000
    assert sum(r["faults"]["minor"] for r in rows) == 10_000
    # The last row has the final walk, whatever that costs.
    assert any(r["pss_bytes"] is not None for r in rows[:-1])


def test_who_ends_early(record, cgroup):
    """The run has what it held when it was last seen, and when that was; all of its faults are
    counted."""
    group = cgroup()
    process = start(group.spawn, fault("touch", 10_000))
    with record("--cgroup", f"it={group.path}", "--only", "memory", "-i", "0.1") as rec:
        let_go(process)
        lib.wait_until("rows", lambda: subprocess.run(["sleep", "0.5"], check=True))
        process.popen.send_signal(signal.SIGKILL)
        process.popen.communicate()
        lib.wait_until("rows", lambda: subprocess.run(["sleep", "0.5"], check=True))
    got, run = memory(rec.run), rec.run
    assert got["rss_anon_bytes"] >= 10_000 * PAGE and got["processes"] == 1
    assert got["sampled_at_ns"] < run["window"]["wall_ns"] - 0.3e9
    assert got["faults"]["user"] == 10_000
    assert run["host_memory"]["targets_bytes"] == 0
    last = run["intervals"][-1]["targets"][0]["memory"]
    assert last["rss_bytes"] == 0


def test_who_ends_early_in_a_cgroup_that_is_charged(record, cgroup):
    """Likewise if the cgroup exists until the end: it is empty, and the run says that it holds
    nothing."""
    group, empty = cgroup(), cgroup("-empty")
    memory_dir(group)
    process = start(group.spawn, fault("touch", 10_000))
    with record("--cgroup", f"it=/{group.name}", "--cgroup", f"empty=/{empty.name}", "--only",
                "memory", "-i", "0.1") as rec:
        let_go(process)
        lib.wait_until("rows", lambda: subprocess.run(["sleep", "0.5"], check=True))
        process.popen.kill()
        process.popen.communicate()
    got = memory(rec.run)
    assert got["processes"] == 1 and got["rss_anon_bytes"] >= 10_000 * PAGE
    assert got["memcg"]["anon_bytes"] >= 10_000 * PAGE
    nothing = memory(rec.run, "empty")
    assert nothing["processes"] == nothing["rss_bytes"] == nothing["pss_bytes"] == 0
    assert nothing["faults"]["user"] == 0 and nothing["memcg"]["anon_bytes"] == 0


def test_forked_after_the_recording_began(record, spawn):
    """--process: only the ledger has seen the children."""
    script = ("import os, sys, time, mmap\n"
              "print('pid', os.getpid(), flush=True)\n"
              "sys.stdin.readline()\n"
              "if not os.fork():\n"
              "    m = mmap.mmap(-1, 5000 * 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)\n"
              "    for i in range(5000): m[i * 4096] = 1\n"
              "    print('child', os.getpid(), flush=True)\n"
              "sys.stdin.readline()\n")
    process = lib.Process(spawn(["/usr/bin/python3", "-c", script]))
    with record("--process", f"it={process.pid}", "--only", "memory") as rec:
        process.go()
        process.until("child")
        kernel = rollup(process.pid, process.first["child"])
    got = memory(rec.run)
    assert got["processes"] == 2
    assert_as_rollup(got, kernel)


# ---- VMs -----------------------------------------------------------------------------------------


@pytest.fixture
def qemu(spawn):
    """qemu(*args): a QEMU without a system to boot, which stays in its BIOS; returns when it has
    its memory."""

    def make(name, *args):
        process = spawn(["qemu-system-x86_64", "-name", f"guest={name}", "-M", "q35", "-accel",
                         "tcg,tb-size=32", "-nodefaults", "-no-user-config", "-display", "none",
                         "-qmp", "stdio", *args], stderr=subprocess.DEVNULL)
        process.stdin.write('{"execute": "qmp_capabilities"}\n{"execute": "query-status"}\n')
        process.stdin.flush()
        while '"running"' not in (said := process.stdout.readline()):
            assert said, "QEMU ended"
        return process

    return make


RAM = 192 * MIB
BACKENDS = {
    "anonymous": ["-object", "memory-backend-ram,id=r,size=192M,prealloc=on"],
    "memfd": ["-object", "memory-backend-memfd,id=r,size=192M,prealloc=on,share=on"],
    "json": ["-object", json.dumps({"qom-type": "memory-backend-ram", "id": "r", "size": RAM,
                                    "prealloc": True})],
}


@pytest.mark.parametrize("kind", BACKENDS)
def test_guest_memory_apart_from_the_vmm(record, qemu, kind):
    """QEMU has touched all of its guest's memory, so that is known to the byte; the rest is
    overhead."""
    vm = qemu("vtxt-vm", "-m", "192", *BACKENDS[kind], "-machine", "memory-backend=r")
    with record("--vm", f"vm={vm.pid}", "--only", "memory") as rec:
        kernel = rollup(vm.pid)
    got = memory(rec.run, "vm")
    assert got["guest_ram_size_bytes"] == got["guest_ram_bytes"] == RAM, got
    assert got["rss_bytes"] == pytest.approx(kernel["Rss"], rel=ONE_PERCENT)
    assert got["pss_bytes"] == pytest.approx(kernel["Pss"], rel=ONE_PERCENT)
    assert got["vmm_bytes"] == pytest.approx(kernel["Rss"] - RAM, rel=ONE_PERCENT)
    assert got["pss_anon_bytes"] == pytest.approx(kernel["Pss_Anon"], rel=ONE_PERCENT)
    assert got["pss_shmem_bytes"] == pytest.approx(kernel["Pss_Shmem"], rel=ONE_PERCENT, abs=MIB)
    assert (got["rss_shmem_bytes"] >= RAM) == (kind == "memfd")
    assert_host(rec.run)


@pytest.fixture
def huge_pages():
    """A pool of 100 huge pages of 2 MiB, for the duration of the test."""
    where = "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"
    before = int(lib.read(where))

    def resize(n):
        with open(where, "w", encoding="ascii") as f:
            f.write(str(n))
        return int(lib.read(where)) == n

    made = resize(before + 100)
    yield made
    lib.wait_until("the pool as it was", lambda: resize(before))


def test_guest_memory_in_hugetlb(record, huge_pages, qemu):
    """It is in no Rss or Pss, but it is the guest's memory, and held."""
    if not huge_pages:
        pytest.skip("no 100 huge pages to be had: this machine's memory is too full or fragmented")
    vm = qemu("vtxt-vm", "-m", "192", "-object",
              "memory-backend-memfd,id=r,size=192M,prealloc=on,hugetlb=on", "-machine",
              "memory-backend=r")
    with record("--vm", f"vm={vm.pid}", "--only", "memory") as rec:
        kernel = rollup(vm.pid)
    got = memory(rec.run, "vm")
    assert got["guest_ram_bytes"] == got["guest_ram_hugetlb_bytes"] == got["hugetlb_bytes"] == RAM
    assert got["rss_bytes"] == pytest.approx(kernel["Rss"], rel=ONE_PERCENT)
    assert got["vmm_bytes"] == got["rss_bytes"]
    assert got["held_bytes"] > RAM and rec.run["host_memory"]["hugetlb_bytes"] >= RAM
    assert_host(rec.run)


def test_guest_memory_not_touched_is_not_held(record, qemu):
    vm = qemu("vtxt-vm", "-m", "1G")
    with record("--vm", f"vm={vm.pid}", "--only", "memory") as rec:
        pass
    got = memory(rec.run, "vm")
    assert got["guest_ram_size_bytes"] == 1024 * MIB
    assert 0 < got["guest_ram_bytes"] < 100 * MIB
    assert got["guest_ram_bytes"] + got["vmm_bytes"] == got["rss_bytes"]


def test_list_shows_what_is_resident(qemu):
    vm = qemu("vtxt-vm", "-m", "192", *BACKENDS["anonymous"], "-machine", "memory-backend=r")
    found = json.loads(lib.virtax("list", "--json").stdout)["targets"]
    found = [t for t in found if t["pid"] == vm.pid]
    assert found[0]["rss_bytes"] == pytest.approx(rollup(vm.pid)["Rss"], rel=ONE_PERCENT)
    table = lib.virtax("list").stdout.splitlines()
    assert "RESIDENT" in table[0]
