# SPDX-License-Identifier: GPL-2.0-or-later
"""Block IO through the page cache: written back later, and charged to the task that dirtied the
page."""

import os
import subprocess
import sys

import blockdev
import lib
import pytest
import runc
from blockdev import MIB, ONLY, blockio, exact, plain


@pytest.fixture
def container(tmp_path):
    made = []

    def make(suffix=""):
        where = tmp_path / f"c{len(made)}"
        where.mkdir()
        made.append(runc.Container(str(where), suffix))
        return made[-1]

    yield make
    for each in made:
        each.remove()


def test_written_back_after_its_end(record, container):
    """The container has been removed when a kernel thread writes back its dirty pages."""
    box = container()
    os.sync()
    with record(*ONLY) as rec:
        box.start(["/bin/sh", "-c", "sleep 0.5; exec /loads/blockio bwrite /left 64 1048576"], wait=True)
        box.remove()
        os.sync()
    target = next(t for t in rec.run["targets"] if box.cgroup == t["cgroup"])
    block = target["block"]
    exact(block)
    assert not target["running"]
    assert 0.95 * 64 * MIB <= plain(block) <= 1.02 * 64 * MIB, block
    assert block["by"]["writeback"] >= 0.95 * 64 * MIB, block["by"]


def test_two_at_once(record, cgroup, tmp_path):
    """Two targets write their files alternately, one page at a time: each is charged for its own
    pages."""
    groups = [cgroup("-a"), cgroup("-b")]
    sizes = [24, 8]
    os.sync()
    labels = [f"--cgroup={label}=/{g.name}" for label, g in zip("ab", groups)]
    with record(*labels, *ONLY) as rec:
        writers = [g.spawn([lib.load("blockio"), "bwritew", str(tmp_path / g.name[-1]),
                            str(n * 256), "4096"], stdin=subprocess.PIPE)
                   for g, n in zip(groups, sizes)]
        for w in writers:
            w.stdin.write("\n")
            w.stdin.flush()
        for w in writers:
            assert w.wait(60) == 0
        os.sync()
    for label, size in zip("ab", sizes):
        block = rec.run.target(label)["block"]
        exact(block)
        assert abs(plain(block) / (size * MIB) - 1) <= 0.05, (label, block)


def test_one_target_within_another(record, cgroup, tmp_path):
    """A process and its cgroup are both targets: what the process writes is charged to the process,
    both by direct IO and through the page cache, even where the kernel knows only the cgroup."""
    group = cgroup()
    os.sync()
    direct, cached = str(tmp_path / "direct"), str(tmp_path / "cached")
    writers = [group.spawn([lib.load("blockio"), what, path, "8", str(MIB)], stdin=subprocess.PIPE)
               for what, path in (("writew", direct), ("bwritew", cached))]
    pids = [f"--process={i}={w.pid}" for i, w in enumerate(writers)]
    with record(*pids, f"--cgroup=out=/{group.name}", *ONLY) as rec:
        for w in writers:
            w.stdin.write("\n")
            w.stdin.flush()
        for w in writers:
            assert w.wait(60) == 0
        os.sync()
    for label in "01":
        block = rec.run.target(label)["block"]
        assert abs(plain(block) / (8 * MIB) - 1) <= 0.02, (label, block)
    assert plain(rec.run.target("out")["block"]) <= 0.02 * 8 * MIB


def test_who_syncs_does_not_pay(record, cgroup, tmp_path):
    """One target writes, another one's sync writes it back: it is charged to the writer."""
    writer, syncer = cgroup("-w"), cgroup("-s")
    path = str(tmp_path / "file")
    os.sync()
    with record(f"--cgroup=w=/{writer.name}", f"--cgroup=s=/{syncer.name}", *ONLY) as rec:
        blockio(writer, "bwrite", path, 16, MIB)
        code = "import os,sys;fd=os.open(sys.argv[1],os.O_WRONLY);os.fsync(fd)"
        assert syncer.spawn([sys.executable, "-c", code, path]).wait(30) == 0
    w, s = (rec.run.target(x)["block"] for x in "ws")
    assert abs(plain(w) / (16 * MIB) - 1) <= 0.02, (w, s)
    assert s["write"]["bytes"] - s["meta_bytes"] <= 0.02 * 16 * MIB, s
    assert s["wait_ns"] > 0 and s["waits"] > 0  # … but it slept for the IO


def test_a_neighbour_who_reads_does_not_pay(record, cgroup, tmp_path_factory):
    """One target writes to a loop device through the host's page cache. Before that is written
    back, another target reads beside it, in the same MiB of the device's file."""
    made = blockdev.Loop(tmp_path_factory.mktemp("beside"), mib=16)
    writer, reader = cgroup("-w"), cgroup("-r")
    code = ("import os,sys;fd=os.open(sys.argv[1],os.O_RDONLY|os.O_DIRECT);import mmap;"
            "m=mmap.mmap(-1,65536);[os.preadv(fd,[m],i<<20) for i in range(8)]")
    try:
        with record(f"--cgroup=w=/{writer.name}", f"--cgroup=r=/{reader.name}", *ONLY) as rec:
            # The first half of each MiB; the other target reads in the second half.
            writes = "import os,sys;fd=os.open(sys.argv[1],os.O_WRONLY|os.O_DIRECT);import mmap;" \
                "m=mmap.mmap(-1,524288);[os.pwritev(fd,[m],(i<<20)+524288) for i in range(8)]"
            assert writer.spawn([sys.executable, "-c", writes, made.dev]).wait(30) == 0
            assert reader.spawn([sys.executable, "-c", code, made.dev]).wait(30) == 0
            os.sync()
    finally:
        made.remove()
    w, r = (rec.run.target(x)["block"] for x in "wr")
    assert abs(plain(w) / (4 * MIB) - 1) <= 0.05, (w, r)
    assert r["write"]["bytes"] - r["meta_bytes"] <= 65536, r


def test_many_small_files(record, cgroup, tmp_path):
    """The owner of each is remembered until it is written back."""
    group, count = cgroup(), 20000
    os.sync()
    code = ("import os,sys\nfor i in range(int(sys.argv[2])):\n"
            "  fd=os.open(f'{sys.argv[1]}/{i}',os.O_CREAT|os.O_WRONLY);os.write(fd,b'x'*4096);os.close(fd)")
    with record(f"--cgroup=t=/{group.name}", *ONLY) as rec:
        assert group.spawn([sys.executable, "-c", code, str(tmp_path), str(count)]).wait(60) == 0
        os.sync()
    block = rec.run.target("t")["block"]
    exact(block)
    assert 0.95 <= plain(block) / (count * 4096) <= 1.02, block
    assert not any(d["what"].startswith("owners of") for d in rec.run["degraded"])
