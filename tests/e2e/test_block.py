# SPDX-License-Identifier: GPL-2.0-or-later
"""Block IO: work of known size is charged to the right target, checked against the kernel's own
disk statistics and fio."""

import json
import os
import subprocess
import sys

import blockdev
import lib
import pytest
from blockdev import BYTES, COUNT, MIB, ONLY, blockio, exact, is_plain


@pytest.fixture(scope="module", params=[False, True], ids=["cached", "direct"])
def loop(request, tmp_path_factory):
    """A loop device with ext4. direct: its IO bypasses the host's page cache."""
    made = blockdev.Loop(tmp_path_factory.mktemp("loop"), direct=request.param)
    made.mkfs()
    yield made
    made.remove()


# ---- direct IO ----------------------------------------------------------------------------------


def test_direct_io_on_the_disk(record, cgroup, tmp_path):
    """N requests of B bytes each; none of them is charged to anyone else."""
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
    # A request for which the device has no room may be issued by a kernel thread: seen once, on a
    # busy host.
    assert block["by"]["direct"] >= 0.9 * 2 * COUNT * BYTES
    assert block["read"]["bytes"] == COUNT * BYTES, block
    assert block["layer"] == "bottom"


def test_a_partition(record, cgroup, tmp_path_factory):
    """At the top, the partition has the requests; below, the same bytes count once."""
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
    """Counted on both layers: as IO of the loop device, and as the IO that it causes on the disk.
    On the loop device the count is the kernel's."""
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
    # For the whole host, the loop device's count is exactly the kernel's.
    whole = blockdev.device(rec.run["host_block_top"], loop.name)
    for name in ("read_ops", "read_bytes", "write_bytes", "discard_bytes"):
        assert whole[name] == after[name] - before[name], (name, whole, before, after)
    # Below it everything arrives, issued by a kernel thread: 1 % may be the file system's own.
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
    """Random reads and writes by several jobs at once."""
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
    """A write larger than the device accepts at once, and many small ones that are merged."""
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


# ---- flushes, times -----------------------------------------------------------------------------


def test_flushes_are_their_owners(record, cgroup, tmp_path_factory):
    """Without a journal, each fsync is a flush of its caller."""
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
    """fsync on a file system with a journal: a kernel thread that serves all tasks commits it."""
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
    """The IO of a loop device to the disk below is limited to 512 KiB a second, so each 64 KiB take
    the loop device 125 ms, and the requester sleeps as long."""
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
    """Its bios are counted instead, including those that have to be split; the kernel counts the
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
    """All requests of the host together are the kernel's count, except for those that end at the
    very edges of the window."""
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
