# SPDX-License-Identifier: GPL-2.0-or-later
"""What targets hold, in the difficult cases: released pages, main threads that have exited,
processes that cannot be read, targets that end; what is freed on exit; and that every null has its
reason."""

import os
import platform
import re
import signal
import subprocess
import time

import lib
import pytest
from test_memory import (BACKENDS, MIB, ONE_PERCENT, PAGE, RAM, assert_host, memory,  # noqa: F401
                         qemu, rollup)
from test_memory_faults import fault, let_go, start

SIZE = 200 * MIB

HOLDER = """
import ctypes, mmap, os, sys, threading, time
m = mmap.mmap(-1, %d, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
m.madvise(mmap.MADV_NOHUGEPAGE)
def touch():
    for i in range(0, len(m), 4096): m[i] = 1
def said(): print("holding 1", flush=True)
print("pid", os.getpid(), flush=True)
sys.stdin.readline()
""" % SIZE


def holder(spawner, then):
    return lib.Process(spawner(["/usr/bin/python3", "-c", HOLDER + then], stdin=subprocess.PIPE))


def hold(process):
    process.go()
    process.until("holding")


def grown(got, what):
    return got[what] - got["start"][what]


def test_let_go_of(record, cgroup):
    """After MADV_FREE the pages are resident but available, and so not held."""
    group = cgroup()
    process = holder(group.spawn, "touch(); m.madvise(mmap.MADV_FREE); said(); sys.stdin.readline()")
    with record("--cgroup", f"it={group.path}", "--only", "memory") as rec:
        hold(process)
    got = memory(rec.run)
    assert grown(got, "rss_anon_bytes") >= 0.99 * SIZE
    # The last few wait on each CPU's list to be moved.
    assert got["lazy_free_bytes"] == pytest.approx(SIZE, abs=MIB)
    assert grown(got, "held_bytes") == pytest.approx(SIZE // 512, abs=2 * MIB)
    assert grown(got, "returns_bytes") <= 3 * MIB
    assert_host(rec.run)


def test_main_thread_has_ended(record, cgroup):
    """pthread_exit in main(): the other threads still have the memory."""
    number = 60 if platform.machine() == "x86_64" else 93
    group = cgroup()
    process = holder(group.spawn, f"""
def work():
    time.sleep(0.3)
    touch(); said(); sys.stdin.readline(); os._exit(0)
threading.Thread(target=work).start()
ctypes.CDLL(None).syscall({number}, 0)
""")
    process.go()
    process.until("holding")
    assert lib.read(f"/proc/{process.pid}/stat").rpartition(")")[2].split()[0] == "Z"
    with record("--cgroup", f"it={group.path}", "--only", "memory", "-i", "0.2") as rec:
        time.sleep(0.5)
    for got in (memory(rec.run), memory(rec.run)["start"]):
        assert got["processes"] == 1
        assert got["rss_anon_bytes"] >= SIZE and got["held_bytes"] >= SIZE, got
    rows = [r["targets"][0]["memory"]["rss_bytes"] for r in rec.run["intervals"]]
    assert all(r is None or r >= SIZE for r in rows), rows


UNREADABLE = """#!/bin/sh
[ "$1" = record ] || exec "{virtax}" "$@"
exec unshare -m --propagation private sh -c '
mount --bind /proc/$$/mem /proc/{pid}/smaps_rollup && exec "{virtax}" "$@"' sh "$@"
"""


def test_what_cannot_be_read_is_not_nothing(record, cgroup, tmp_path, monkeypatch):
    """A process that exists, but whose page tables give an error (another file is mounted over
    them): null, with the reason, for the target and in the host's sum."""
    group, wrapper = cgroup(), tmp_path / "virtax"
    process = start(group.spawn, fault("touch", 1000))
    wrapper.write_text(UNREADABLE.format(virtax=lib.VIRTAX, pid=process.pid))
    wrapper.chmod(0o755)
    monkeypatch.setattr(lib, "VIRTAX", str(wrapper))
    with record("--cgroup", f"it={group.path}", "--only", "memory") as rec:
        let_go(process)
    got, run = memory(rec.run), rec.run
    assert got["rss_bytes"] is got["pss_bytes"] is got["held_bytes"] is got["processes"] is None
    assert got["faults"]["user"] == 1000
    assert run["host_memory"]["targets_bytes"] is run["host_memory"]["rest_bytes"] is None
    assert_said(run)
    assert any(d["what"] == "memory held by it" for d in run["degraded"]), run["degraded"]


def test_newest_figures_of_who_ended(record, cgroup):
    """It grew after the walk at the start and ended: the run must not have what it held at the
    start."""
    group = cgroup()
    process = start(group.spawn, fault("touch", 50_000))
    with record("--cgroup", f"it={group.path}", "--only", "memory", "-i", "0.1") as rec:
        let_go(process)
        time.sleep(0.5)
        process.popen.send_signal(signal.SIGKILL)
        process.popen.communicate()
        time.sleep(0.3)
    got = memory(rec.run)
    assert got["sampled_at_ns"] > got["start"]["sampled_at_ns"]
    assert grown(got, "rss_anon_bytes") >= 0.99 * 50_000 * PAGE
    said = any(d["what"] == "PSS of it" for d in rec.run["degraded"])
    assert (got["pss_bytes"] is None) == said


def taken():
    """Memory that only its holders can free: the host's anonymous and shared memory and page
    tables. (Free memory varies by hundreds of MB where the kernel reclaims page cache ahead of
    need.)"""
    lines = (line.split() for line in lib.read("/proc/meminfo").splitlines())
    return sum(int(value) * 1024 for name, value, *_ in lines
               if name in ("AnonPages:", "Shmem:", "PageTables:"))


def test_what_returns(record, cgroup, tmp_path):
    """Killing a target frees as much as the run says: anonymous and shared memory, not the file."""
    path, group = tmp_path / "file", cgroup()
    path.write_bytes(b"x" * SIZE)
    process = holder(group.spawn, f"""
s = mmap.mmap(-1, {SIZE // 2}, flags=mmap.MAP_SHARED | mmap.MAP_ANONYMOUS)
f = open({str(path)!r}, "rb")
f = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)
touch(); m2 = s
for i in range(0, len(s), 4096): s[i] = 1
sum(f[i] for i in range(0, len(f), 4096))
said(); sys.stdin.readline()
""")
    with record("--cgroup", f"it={group.path}", "--only", "memory") as rec:
        hold(process)
    got = memory(rec.run)
    assert got["rss_file_bytes"] >= SIZE and got["private_bytes"] >= 2.4 * SIZE
    assert got["returns_bytes"] == pytest.approx(1.5 * SIZE * (1 + 1 / 512), abs=8 * MIB)
    before = taken()
    process.popen.kill()
    process.popen.wait()
    # Each CPU keeps a part of the counts to itself for some seconds.
    wanted = pytest.approx(got["returns_bytes"], abs=8 * MIB)
    lib.wait_until("as much was given back", lambda: before - taken() == wanted)


def test_memory_besides_what_it_boots_with(record, qemu):  # noqa: F811
    """A cold-plugged dimm is RAM in addition to -m; memory shared by ivshmem is not."""
    vm = qemu("vtxt-vm", "-m", "96,slots=2,maxmem=1G",
              "-object", "memory-backend-ram,id=d,size=64M,prealloc=on",
              "-device", "pc-dimm,memdev=d",
              "-object", "memory-backend-memfd,id=s,size=32M,prealloc=on,share=on",
              "-device", "ivshmem-plain,memdev=s")
    with record("--vm", f"vm={vm.pid}", "--only", "memory") as rec:
        pass
    got = memory(rec.run, "vm")
    assert got["guest_ram_size_bytes"] == (96 + 64) * MIB
    assert 64 * MIB <= got["guest_ram_bytes"] <= (64 + 96) * MIB
    assert got["vmm_bytes"] >= 32 * MIB


def test_more_backends_than_can_be_told(record, qemu):  # noqa: F811
    more = [w for i in range(17) for w in ("-object", f"memory-backend-ram,id=b{i},size=1M")]
    vm = qemu("vtxt-vm", "-m", "64", *more)
    with record("--vm", f"vm={vm.pid}", "--only", "memory") as rec:
        pass
    got = memory(rec.run, "vm")
    assert got["guest_ram_bytes"] is got["vmm_bytes"] is None and got["pss_bytes"] > 0
    assert any(d["what"] == "guest memory of vm" for d in rec.run["degraded"])


FROZEN = """#!/bin/sh
[ "$1" = record ] || exec "{virtax}" "$@"
cat /proc/meminfo >"{where}/meminfo"
exec unshare -m --propagation private sh -c '
mount --bind "{where}/meminfo" /proc/meminfo && free -b >"{where}/free" && exec "{virtax}" "$@"' sh "$@"
"""


def test_host_to_the_byte(record, cgroup, tmp_path, monkeypatch):
    """If both read the same /proc/meminfo, the numbers are exactly those of free(1)."""
    where, wrapper = tmp_path / "frozen", tmp_path / "frozen" / "virtax"
    where.mkdir()
    wrapper.write_text(FROZEN.format(virtax=lib.VIRTAX, where=where))
    wrapper.chmod(0o755)
    monkeypatch.setattr(lib, "VIRTAX", str(wrapper))
    with record("--cgroup", f"it={cgroup().path}", "--only", "memory") as rec:
        pass
    lines = lib.read(where / "free").splitlines()
    said = dict(zip(lines[0].split(), map(int, lines[1].split()[1:])))
    swap = list(map(int, lines[2].split()[1:]))
    for host in (rec.run["host_memory"], rec.run["host_memory"]["start"]):
        assert host["total_bytes"] == said["total"] and host["free_bytes"] == said["free"]
        assert host["available_bytes"] == said["available"]
        assert host["used_bytes"] == said["total"] - said["available"]
        assert host["shmem_bytes"] == said["shared"]
        assert host["buffers_bytes"] + host["cached_bytes"] == said["buff/cache"]
        assert [host["swap_total_bytes"], host["swap_used_bytes"]] == swap[:2]


# ---- every null has a reason ---------------------------------------------------------------------

HELD = "(PSS of|memory held by) {label}"
WHY_NULL = [  # the number, the kinds to which it applies, the required entry of `degraded`
    (r"faults\.guest", None, "page faults of the guest of {label}"),
    (r"faults\.(read|write|exec|cow)", None, "accesses of page faults|page_fault_.*"),
    (r"faults\.(user|kernel)", None, "page_fault_.*|page-faults"),
    (r"fault_(ns|error_ns)", None, "time in page faults"),
    (r"fault_wait_ns", None, "major-faults"),
    (r"(guest_ram\w*|vmm)_bytes", "vm", "guest memory of {label}|" + HELD),
    (r"balloon_bytes", "vm", "memory in balloons"),
    (r"ksm_bytes", None, "pages merged by KSM|" + HELD),
    (r"memcg", "vm container cgroup", "memory charged to {label}"),
    (r"memcg\.\w+", None, "parts of memory charged to {label}"),
    (r"\w+_bytes|processes", None, HELD),
]


def nulls(what, prefix=""):
    for name, value in what.items():
        if isinstance(value, dict) and name != "start":
            yield from nulls(value, f"{prefix}{name}.")
        elif value is None:
            yield prefix + name


def assert_said(run):
    said = [d["what"] for d in run["degraded"]]
    for target in run["targets"]:
        for name in nulls(target["memory"]):
            kinds, why = next((k, w) for n, k, w in WHY_NULL if re.fullmatch(n, name))
            if kinds and target["kind"] not in kinds.split():
                continue  # does not apply
            why = why.format(label=re.escape(target["label"]))
            assert any(re.fullmatch(why, w) for w in said), (target["label"], name, said)


@pytest.mark.parametrize("how", ["plain", "exact", "off", "events", "no controller"])
def test_no_null_without_a_word(record, cgroup, spawn, qemu, monkeypatch, how):  # noqa: F811
    if how == "events":
        monkeypatch.setenv("VIRTAX_FAULTS", "event")
    group = cgroup(without=("memory",) if how == "no controller" else ())
    start(group.spawn, fault("touch", 1000))
    tree = start(spawn, fault("touch", 1000))
    vm = qemu("vtxt-vm", "-m", "192", *BACKENDS["anonymous"], "-machine", "memory-backend=r")
    cgroup("-vm").add(vm.pid)
    args = ["--split", how] if how in ("exact", "off") else []
    with record("--cgroup", f"it={group.path}", "--process", f"tree={tree.pid}", "--vm",
                f"vm={vm.pid}", "--only", "memory", *args) as rec:
        pass
    assert_said(rec.run)
    assert memory(rec.run, "vm")["balloon_bytes"] is None
    assert (memory(rec.run)["faults"]["read"] is None) == (how == "events")
