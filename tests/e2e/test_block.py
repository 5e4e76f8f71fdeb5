# SPDX-License-Identifier: GPL-2.0-or-later
"""Block IO: work of known size on the right bill, by the kernel's own disk statistics and by fio."""

import json
import os
import subprocess
import sys

import blockdev
import lib
import pytest
import runc
from blockdev import MIB

COUNT, BYTES = 96, 65536
ONLY = ("--only", "block")


def plain(block, kind="write"):
    """What was no metadata, at least: that belongs to whoever touched it first, at a time of its own, and
    may have been read or written."""
    return block[kind]["bytes"] - block["meta_bytes"]


def is_plain(block, wanted, kind="write"):
    """Whether it is that many bytes besides metadata: exactly, where there was none."""
    return plain(block, kind) <= wanted <= block[kind]["bytes"]


def blockio(group, what, path, count=COUNT, size=BYTES):
    process = group.spawn([lib.load("blockio"), what, path, str(count), str(size)])
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0, (what, path)
    assert lib.values(out)["bytes"] == count * size


@pytest.fixture(scope="module", params=[False, True], ids=["cached", "direct"])
def loop(request, tmp_path_factory):
    """A loop device with ext4 on it; direct: what is asked of it goes past the host's cache."""
    made = blockdev.Loop(tmp_path_factory.mktemp("loop"), direct=request.param)
    made.mkfs()
    yield made
    made.remove()


def exact(block):
    """What must be true of every `block`. (A kernel that does not tell of a request's end leaves it
    out of the histograms, and it is counted how many those were.)"""
    kinds = ("read", "write", "flush", "discard")
    hists = [(block[k]["latency_ns"] or {"hist": []})["hist"] for k in kinds]
    counts = {k: sum(n for _, n in hist) for k, hist in zip(kinds, hists)}
    assert sum(counts.values()) + block["unseen_ops"] == sum(block[k]["ops"] for k in kinds)
    for kind in kinds:
        assert 0 <= block[kind]["ops"] - counts[kind] <= block["unseen_ops"]
        assert sum(d[f"{kind}_ops"] for d in block["devices"]) == block[kind]["ops"]
        if kind != "flush":
            assert sum(d[f"{kind}_bytes"] for d in block["devices"]) == block[kind]["bytes"]
    queued = sum(n for _, n in (block["queue_latency_ns"] or {"hist": []})["hist"])
    assert queued + block["unseen_ops"] == sum(block[k]["ops"] for k in ("read", "write", "discard"))
    assert block["unseen_ops"] <= 0.05 * sum(block[k]["ops"] for k in kinds) + 1
    by = block["by"]
    assert by["writeback"] == by["blkcg"] + by["memcg"] + by["dirtier"]
    assert by["direct"] + by["writeback"] == sum(block[k]["bytes"]
                                                 for k in ("read", "write", "discard"))


# ---- past the page cache ------------------------------------------------------------------------


def test_direct_io_on_the_disk(record, cgroup, tmp_path):
    """N x B bytes, each a request, and none of them anybody else's."""
    group, path = cgroup(), str(tmp_path / "file")
    blockdev.fill(path, COUNT * BYTES // MIB)
    blockio(group, "read", path, 1)  # the program itself is in memory then
    with record("--cgroup", f"t=/{group.name}", *ONLY) as rec:
        blockio(group, "write", path)
        blockio(group, "read", path)
    block = rec.run.target("t")["block"]
    exact(block)
    assert is_plain(block, COUNT * BYTES), block
    assert 0 <= block["write"]["ops"] - COUNT <= block["meta_ops"]
    # One that the device has no room for may be issued by a kernel thread: once seen, on a busy host.
    assert block["by"]["direct"] >= 0.9 * 2 * COUNT * BYTES
    assert block["read"]["bytes"] == COUNT * BYTES, block
    assert block["layer"] == "bottom"


def test_a_partition(record, cgroup, tmp_path_factory):
    """At the top it is the partition that was asked; below, the same bytes once."""
    made = blockdev.Loop(tmp_path_factory.mktemp("part"), mib=16, direct=True)
    group = cgroup()
    try:
        part = made.partition(start=2048, sectors=16384)
        with record("--cgroup", f"t=/{group.name}", *ONLY, "--block", "both") as rec:
            blockio(group, "write", f"/dev/{part}", 32)
            blockio(group, "read", f"/dev/{part}", 32)
    finally:
        made.remove()
    target = rec.run.target("t")
    top, bottom = target["block_top"], target["block"]
    exact(top)
    exact(bottom)
    ours = blockdev.device(top, part)
    assert ours["write_bytes"] == ours["read_bytes"] == 32 * BYTES == top["write"]["bytes"], top
    assert is_plain(bottom, 32 * BYTES), bottom
    assert not any(d["name"].startswith("loop") for d in bottom["devices"]), bottom


def test_direct_io_on_a_loop_device(record, cgroup, loop):
    """Seen twice, as what it is on the loop device and as what that asks of the disk; on the loop
    device it is what the kernel counts there."""
    group, path = cgroup(), os.path.join(loop.where, "file")
    blockdev.fill(path, COUNT * BYTES // MIB)
    os.sync()
    with record("--cgroup", f"t=/{group.name}", *ONLY, "--block", "both") as rec:
        before = loop.stats()
        blockio(group, "write", path)
        blockio(group, "read", path)
        between = loop.stats()
        os.sync()
        after = loop.stats()
    target = rec.run.target("t")
    top, bottom = target["block_top"], target["block"]
    for block in (top, bottom):
        exact(block)
    assert (top["layer"], bottom["layer"]) == ("top", "bottom")
    assert is_plain(top, COUNT * BYTES) and top["read"]["bytes"] >= COUNT * BYTES
    assert between["write_bytes"] - before["write_bytes"] == COUNT * BYTES
    assert between["read_bytes"] - before["read_bytes"] == COUNT * BYTES
    assert blockdev.device(top, loop.name)["read_bytes"] == COUNT * BYTES
    assert loop.name not in [d["name"] for d in bottom["devices"]]
    # Of the whole host the loop device has neither more nor less than the kernel counted.
    whole = blockdev.device(rec.run["host_block_top"], loop.name)
    for name in ("read_ops", "read_bytes", "write_bytes", "discard_bytes"):
        assert whole[name] == after[name] - before[name], (name, whole, before, after)
    # Below it everything arrives, by a kernel thread: 1 % may be the file system's own.
    assert 1.0 <= bottom["write"]["bytes"] / (COUNT * BYTES) <= 1.01, bottom
    assert bottom["by"]["writeback"] >= COUNT * BYTES


def test_the_default_is_one_layer(record, cgroup, loop):
    group, path = cgroup(), os.path.join(loop.where, "file")
    blockdev.fill(path, COUNT * BYTES // MIB)
    with record("--cgroup", f"t=/{group.name}", *ONLY) as rec:
        blockio(group, "writes", path, 16)
        os.sync()
    target = rec.run.target("t")
    assert "block_top" not in target and "host_block_top" not in rec.run.doc
    written = target["block"]["write"]["bytes"]
    assert 16 * BYTES <= written <= 16 * BYTES * 1.05 + target["block"]["meta_bytes"], target["block"]
    with record("--cgroup", f"t=/{group.name}", *ONLY, "--block", "top") as rec:
        blockio(group, "write", path, 16)
    block = rec.run.target("t")["block"]
    assert block["layer"] == "top" and is_plain(block, 16 * BYTES)
    assert {d["name"] for d in block["devices"]} == {loop.name}


def fio(group, path, *options):
    """fio's own totals: {"read": {"ops", "bytes"}, "write": …}."""
    process = group.spawn(["fio", "--name=t", f"--filename={path}", "--output-format=json",
                           "--size=16m", "--group_reporting", *options], stderr=subprocess.PIPE)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    job = json.loads(out[out.index("{"):])["jobs"][0]
    return {k: {"ops": job[k]["total_ios"], "bytes": job[k]["io_bytes"]} for k in ("read", "write")}


@pytest.mark.parametrize("engine", ["psync", "libaio", "io_uring"])
def test_fio_agrees(record, cgroup, loop, engine):
    """Random reads and writes, several at once."""
    group, path = cgroup(), os.path.join(loop.where, "fio")
    blockdev.fill(path, 16)
    with record("--cgroup", f"t=/{group.name}", *ONLY, "--block", "top") as rec:
        theirs = fio(group, path, f"--ioengine={engine}", "--rw=randrw", "--bs=16k", "--direct=1",
                     "--iodepth=8", "--numjobs=2", "--thread", "--overwrite=0")
    block = rec.run.target("t")["block"]
    ours = blockdev.device(block, loop.name)
    assert theirs["read"]["bytes"] + theirs["write"]["bytes"] == 2 * 16 * MIB
    for kind in ("read", "write"):
        assert 0 <= ours[f"{kind}_bytes"] - theirs[kind]["bytes"] <= block["meta_bytes"], \
            (kind, theirs, block)
        # Neighbours may have been merged into one request.
        assert 0.8 * theirs[kind]["ops"] <= ours[f"{kind}_ops"] <= theirs[kind]["ops"] + \
            block["meta_ops"]


def test_merged_and_split(record, cgroup, loop):
    """A write larger than the device takes at once, and many small ones that it takes together."""
    group, path = cgroup(), os.path.join(loop.where, "big")
    blockdev.fill(path, 32)
    with record("--cgroup", f"t=/{group.name}", *ONLY, "--block", "top") as rec:
        before = loop.stats()
        blockio(group, "write", path, 2, 8 * MIB)
        theirs = fio(group, path, "--ioengine=libaio", "--rw=write", "--bs=4k", "--direct=1",
                     "--iodepth=32", "--iodepth_batch=32", "--iodepth_batch_complete_min=32")
        after = loop.stats()
    block = rec.run.target("t")["block"]
    ours = blockdev.device(block, loop.name)
    wanted = 16 * MIB + theirs["write"]["bytes"]
    assert 0 <= ours["write_bytes"] - wanted <= block["meta_bytes"]
    assert after["write_bytes"] - before["write_bytes"] >= wanted
    ops = ours["write_ops"]
    assert 4 < ops < theirs["write"]["ops"], ops  # some were split, others merged
    assert abs(ops - (after["write_ops"] - before["write_ops"])) <= 4


# ---- through the page cache ---------------------------------------------------------------------


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
    """The container is gone when a kernel thread writes what it left in memory."""
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
    """Files written in turns, a page of each: what is written back is on each one's own bill."""
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
    """A process is a target and its cgroup as well: what it writes is the process's, past the page
    cache and through it, also where the kernel knows only the cgroup."""
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
    """What one wrote another makes the kernel write: it stays the first one's."""
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
    assert s["wait_ns"] > 0 and s["waits"] > 0  # … but it slept for it


def test_a_neighbour_who_reads_does_not_pay(record, cgroup, tmp_path_factory):
    """One writes to a loop device through the host's cache; before that is written back, another
    reads what lies beside it, in the same MiB of the device's file."""
    made = blockdev.Loop(tmp_path_factory.mktemp("beside"), mib=16)
    writer, reader = cgroup("-w"), cgroup("-r")
    code = ("import os,sys;fd=os.open(sys.argv[1],os.O_RDONLY|os.O_DIRECT);import mmap;"
            "m=mmap.mmap(-1,65536);[os.preadv(fd,[m],i<<20) for i in range(8)]")
    try:
        with record(f"--cgroup=w=/{writer.name}", f"--cgroup=r=/{reader.name}", *ONLY) as rec:
            # The first half of each MiB; the other's reads lie in the second.
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
    """Each of them is remembered until it is written back."""
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


# ---- flushes, times -----------------------------------------------------------------------------


def test_flushes_are_their_owners(record, cgroup, tmp_path_factory):
    """Without a journal each fsync is a flush by the one who calls it."""
    made = blockdev.Loop(tmp_path_factory.mktemp("flush"), mib=64)
    group = cgroup()
    code = ("import os,sys;fd=os.open(sys.argv[1],os.O_RDONLY);"
            "[os.fsync(fd) for _ in range(11)]")
    try:
        with record("--cgroup", f"t=/{group.name}", *ONLY, "--block", "top") as rec:
            before = made.stats()
            assert group.spawn([sys.executable, "-c", code, made.dev]).wait(30) == 0
            after = made.stats()
    finally:
        made.remove()
    block = rec.run.target("t")["block"]
    assert after["flush_ops"] - before["flush_ops"] == 11
    assert block["flush"]["ops"] == 11 and block["flush"]["bytes"] == 0
    assert sum(n for _, n in block["flush"]["latency_ns"]["hist"]) == 11


def test_the_journal_is_shown_apart(record, cgroup, loop):
    """fsync on a file system with a journal: a thread that serves everybody commits."""
    group, path = cgroup(), os.path.join(loop.where, "journal")
    with record("--cgroup", f"t=/{group.name}", *ONLY, "--block", "top") as rec:
        before = loop.stats()
        blockio(group, "bwritets", path, 8, 4096)
        after = loop.stats()
    block = rec.run.target("t")["block"]
    shared = rec.run["host_block"]["unattributed"]
    assert is_plain(block, 8 * 4096), block
    assert shared["meta_bytes"] >= 8 * 3 * 4096 and shared["flush_ops"] >= 8, shared
    assert after["flush_ops"] - before["flush_ops"] >= shared["flush_ops"] >= 8


def blkio_limit(group, name, device, value):
    where = group._of("blkio")  # pylint: disable=protected-access
    if where:
        with open(os.path.join(where, f"blkio.throttle.{name}_device"), "w", encoding="ascii") as f:
            f.write(f"{device[0]}:{device[1]} {value}")
    else:
        with open(os.path.join(group.path, "io.max"), "w", encoding="ascii") as f:
            f.write(f"{device[0]}:{device[1]} {name.replace('read_', 'r').replace('write_', 'w')}"
                    f"={value}")


def test_a_slow_device(record, cgroup, tmp_path_factory):
    """What goes to the disk below a loop device is held to 512 KiB a second: each 64 KiB take the
    loop device 125 ms, and the one who asked for them sleeps as long."""
    made = blockdev.Loop(tmp_path_factory.mktemp("slow"), mib=32, direct=True)
    group, count, each_ns = cgroup(), 12, 125e6
    try:
        blkio_limit(group, "write_bps", blockdev.number(made.file), 512 << 10)
        with record("--cgroup", f"t=/{group.name}", *ONLY, "--block", "both") as rec:
            blockio(group, "write", made.dev, count, 64 << 10)
    finally:
        made.remove()
    target = rec.run.target("t")
    slow = blockdev.device(target["block_top"], made.name)
    bottom, latency = target["block"]["write"], target["block_top"]["write"]["latency_ns"]
    assert slow["write_ops"] == bottom["ops"] == count
    assert abs(slow["device_ns"] / count / each_ns - 1) <= 0.1, slow
    assert sum(n for upper, n in latency["hist"] if 0.75 <= upper / each_ns <= 1.25) >= \
        count - 2, latency
    assert bottom["device_ns"] < 0.1 * slow["device_ns"]  # the disk itself is not slow
    assert abs(target["block"]["wait_ns"] / slow["device_ns"] - 1) <= 0.05, target["block"]


@pytest.mark.parametrize("layer", ["bottom", "top"])
def test_a_device_that_makes_no_requests(record, cgroup, layer):
    """Its bios are counted in their place, those that it has to split as well; the kernel counts the
    same."""
    made, group = blockdev.Zram(), cgroup()
    try:
        with record("--cgroup", f"t=/{group.name}", *ONLY, "--block", layer) as rec:
            before = made.stats()
            blockio(group, "write", made.dev, 48, 65536)
            blockio(group, "read", made.dev, 16, 4096)
            blockio(group, "bwrites", made.dev, 4, 65536)
            after = made.stats()
    finally:
        made.remove()
    block = rec.run.target("t")["block"]
    exact(block)
    ours = blockdev.device(block, made.name)
    assert ours["write_bytes"] == 52 * 65536 and ours["read_bytes"] >= 16 * 4096
    assert ours["write_bytes"] == after["write_bytes"] - before["write_bytes"]
    assert ours["read_bytes"] == after["read_bytes"] - before["read_bytes"]


# ---- the whole host -----------------------------------------------------------------------------


def test_all_of_the_disk(record, cgroup, tmp_path):
    """Everybody's requests together are the kernel's count, within what ends at the very edges."""
    group, path = cgroup(), str(tmp_path / "file")
    number = blockdev.number(path.rsplit("/", 1)[0])
    name = os.path.basename(os.path.realpath(f"/sys/dev/block/{number[0]}:{number[1]}"))
    os.sync()
    outer = blockdev.stats(*number)
    with record("--cgroup", f"t=/{group.name}", *ONLY) as rec:
        inner = blockdev.stats(*number)
        blockio(group, "bwrite", path, 32, MIB)
        os.sync()
        inner_end = blockdev.stats(*number)
    outer_end = blockdev.stats(*number)
    ours = blockdev.device(rec.run["host_block"], name)
    for kind in ("read_bytes", "write_bytes", "discard_bytes"):
        assert inner_end[kind] - inner[kind] <= ours[kind] <= outer_end[kind] - outer[kind], \
            (kind, ours, inner, inner_end, outer, outer_end)
    parts = rec.run["host_block"]
    total = sum(parts[p]["write_bytes"] for p in ("targets", "managers", "other", "unattributed"))
    assert total == sum(d["write_bytes"] for d in parts["devices"])


def test_rows_add_up(record, cgroup, tmp_path):
    group, path = cgroup(), str(tmp_path / "file")
    with record("--cgroup", f"t=/{group.name}", *ONLY, "-i", "0.1") as rec:
        for _ in range(4):
            blockio(group, "write", path, 16)
    block = rec.run.target("t")["block"]
    rows = [row["targets"][0]["block"] for row in rec.run["intervals"]]
    for kind in ("read", "write", "discard"):
        for number in ("ops", "bytes"):
            assert sum(r[kind][number] for r in rows) == block[kind][number]


def test_not_asked_for(record, cgroup, tmp_path):
    group = cgroup()
    with record("--cgroup", f"t=/{group.name}", "--only", "cpu") as rec:
        blockio(group, "write", str(tmp_path / "file"), 4)
    assert rec.run.target("t")["block"] is None and rec.run["host_block"] is None
    assert any(d["what"].startswith("block") for d in rec.run["degraded"])


def test_a_wrong_layer_is_refused():
    lib.assert_error(lib.virtax("record", "--block", "middle"), 2, "--block", "'middle'", "bottom")
