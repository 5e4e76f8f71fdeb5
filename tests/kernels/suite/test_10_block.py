# SPDX-License-Identifier: GPL-2.0-or-later
"""Block IO of a container and of a guest, compared with the kernel's count by cgroup and with what
was requested."""

import os
import re
import shutil
import subprocess

import blockdev
import conftest
import lab
import lib
import pytest
import runc
from diskio import BLOCK, BYTES, COUNT, is_plain, plain

WRITTEN_BACK = 16 << 20
V2 = os.environ.get("CGROUP") == "v2"


def kernels_count(container):
    """{"rbytes", "wbytes"} of the container's cgroup, over all devices: io.stat, or the count of
    v1's blkio throttling."""
    path = container.cgroup.lstrip("/")
    found = {"rbytes": 0, "wbytes": 0}
    if V2:
        where = os.path.join(lib.hierarchies()["unified"], path, "io.stat")
        lines = re.findall(r"\b(rbytes|wbytes)=(\d+)", lib.read(where))
    else:
        mount = next(m for key, m in lib.hierarchies().items() if "blkio" in key.split(","))
        where = os.path.join(mount, path, "blkio.throttle.io_service_bytes")
        lines = [({"Read": "rbytes", "Write": "wbytes"}[what], n) for what, n in
                 re.findall(r"^\d+:\d+ (Read|Write) (\d+)", lib.read(where), re.M)]
    for name, value in lines:
        found[name] += int(value)
    return found


def blockio(container, *words):
    return container.execute(["/loads/blockio", *map(str, words)])


@pytest.fixture(scope="module")
def direct(container):
    """The container writes and reads an existing file, bypassing the page cache."""
    blockio(container, "write", "/direct", COUNT, BYTES)
    os.sync()
    with conftest.recording("--container", f"web={container.name}", *BLOCK, name="direct") as rec:
        before = kernels_count(container)
        blockio(container, "write", "/direct", COUNT, BYTES)
        blockio(container, "read", "/direct", COUNT, BYTES)
        after = kernels_count(container)
    return rec.run, {k: after[k] - before[k] for k in after}


def test_direct_io_to_the_byte(direct, note):
    block = direct[0].target("web")["block"]
    note("O_DIRECT: written, read", f"{block['write']['bytes']}, {block['read']['bytes']}")
    assert is_plain(block, "write", COUNT * BYTES), block
    assert block["write"]["ops"] >= COUNT
    # The program itself may have to be read.
    extra = block["read"]["bytes"] - COUNT * BYTES
    assert 0 <= extra <= 256 << 10, block
    assert block["by"]["direct"] >= 2 * COUNT * BYTES


def test_kernels_count_to_the_byte(direct, note):
    run, stat = direct
    block = run.target("web")["block"]
    ours = {"rbytes": block["read"]["bytes"], "wbytes": block["write"]["bytes"]}
    note("io.stat, blkio", f"{stat['rbytes']}, {stat['wbytes']}")
    if not any(stat.values()):
        assert not V2, "io.stat of the container's cgroup is empty"
        pytest.skip("v1's blkio counts only where it throttles, which kernels after 5.10 start on demand")
    # IO attributed by its dirtier (a block of metadata) is charged to the root cgroup there.
    assert ours["rbytes"] == stat["rbytes"], (ours, stat, block)
    assert ours["wbytes"] - block["by"]["dirtier"] == stat["wbytes"], (ours, stat, block)


def test_every_request_is_in_the_histograms(direct):
    block = direct[0].target("web")["block"]
    in_hists = sum(n for kind in ("read", "write") for _, n in block[kind]["latency_ns"]["hist"])
    ops = block["read"]["ops"] + block["write"]["ops"]
    assert in_hists + block["unseen_ops"] == ops and block["unseen_ops"] <= 2, block
    assert sum(n for _, n in block["queue_latency_ns"]["hist"]) == in_hists


@pytest.fixture(scope="module")
def written_back(container):
    """A container writes through the page cache; another process calls sync later."""
    os.sync()
    with conftest.recording("--container", f"web={container.name}", *BLOCK, name="back") as rec:
        blockio(container, "bwritet", "/buffered", 16, WRITTEN_BACK // 16)
        os.sync()
    return rec.run


def test_written_back_by_another(written_back, note):
    block = written_back.target("web")["block"]
    by = block["by"]
    note("written back", f"{block['write']['bytes'] / WRITTEN_BACK:.1%}")
    note("by", " ".join(f"{k} {v >> 10}k" for k, v in by.items() if v))
    written = block["write"]["bytes"]
    assert 0.95 * WRITTEN_BACK <= written - block["meta_bytes"], block
    assert written <= 1.02 * WRITTEN_BACK + block["meta_bytes"], block
    assert by["direct"] + by["writeback"] == sum(block[k]["bytes"] for k in
                                                 ("read", "write", "discard")), block
    if V2:
        assert by["blkcg"] >= 0.95 * WRITTEN_BACK, by
    else:
        assert by["dirtier"] >= 0.95 * WRITTEN_BACK, by


LEFT = 64 << 20


class Writer(runc.Container):
    """A container with its files on the disk that writes through the page cache and ends. It begins
    when `go` exists."""

    def __init__(self, suffix, count, size):
        self.home = f"/var/tmp/writer{suffix}"
        os.makedirs(self.home)
        super().__init__(self.home, suffix)
        self.argv = ["/bin/sh", "-c", "while [ ! -e /go ]; do sleep 0.1; done; "
                     f"exec /loads/blockio bwrite /left {count} {size}"]

    def up(self):
        self.start(self.argv)
        return self

    def go(self):
        with open(f"{self.home}/rootfs/go", "w", encoding="ascii"):
            pass

    def end(self):
        lab.wait("container ended", lambda: self.status() == "stopped", 60)

    def remove(self):
        super().remove()
        shutil.rmtree(self.home, ignore_errors=True)


@pytest.fixture
def writer():
    made = []

    def make(*args):
        made.append(Writer(*args))
        return made[-1].up()

    yield make
    for each in made:
        each.remove()


def targets_block(run, box):
    return next(t for t in run["targets"] if t["cgroup"] == box.cgroup)["block"]


def test_written_back_after_its_end(writer, note):
    """The container and its cgroup have been removed when the kernel writes its data back."""
    os.sync()
    box = writer("-gone", LEFT >> 20, 1 << 20)
    with conftest.recording("--container", f"gone={box.name}", *BLOCK, name="gone") as rec:
        box.go()
        box.end()
        runc.Container.remove(box)  # its files stay
        gone = [where for where in lib.hierarchies().values()
                if os.path.exists(os.path.join(where, box.cgroup.lstrip("/")))]
        os.sync()
    assert not gone, gone
    block = targets_block(rec.run, box)
    note("after its end", f"{plain(block, 'write') / LEFT:.1%}")
    assert 0.95 * LEFT <= plain(block, "write") <= 1.02 * LEFT, (block, rec.run["host_block"])
    assert block["by"]["writeback"] >= 0.95 * LEFT, block["by"]
    if not V2:
        assert block["by"]["dirtier"] >= 0.95 * LEFT, block["by"]


def test_two_at_once(writer, note):
    """Both write page by page at the same time; each is charged for its own share."""
    sizes = (12, 4)
    os.sync()
    boxes = [writer(f"-{i}", n << 8, 4096) for i, n in enumerate(sizes)]
    with conftest.recording(*[f"--container={i}={b.name}" for i, b in enumerate(boxes)], *BLOCK,
                            name="two") as rec:
        for box in boxes:
            box.go()
        for box in boxes:
            box.end()
        os.sync()
    parts = [plain(targets_block(rec.run, b), "write") / (n << 20) for b, n in zip(boxes, sizes)]
    note("two at once", " ".join(f"{p:.1%}" for p in parts))
    assert all(abs(p - 1) <= 0.05 for p in parts), (parts, rec.run["host_block"])


def test_one_target_within_another(note):
    """A process and its cgroup are both targets; with v2 the kernel knows only the cgroup at
    writeback."""
    group, path, size = lib.Cgroup(lib.cgroup_name("-out")), "/var/tmp/within", 8 << 20
    os.sync()
    process = group.spawn([lib.load("blockio"), "bwritew", path, str(size >> 20), str(1 << 20)],
                          stdin=subprocess.PIPE)
    try:
        with conftest.recording(f"--process=in={process.pid}", f"--cgroup=out=/{group.name}", *BLOCK,
                                name="within") as rec:
            process.stdin.write("\n")
            process.stdin.flush()
            assert process.wait(60) == 0
            os.sync()
    finally:
        group.remove()
        os.unlink(path)
    inner, outer = (rec.run.target(x)["block"] for x in ("in", "out"))
    note("one within another", f"{plain(inner, 'write') / size:.1%}, {plain(outer, 'write') / size:.1%}")
    assert abs(plain(inner, "write") / size - 1) <= 0.05, (inner, outer)
    assert plain(outer, "write") <= 0.05 * size, outer


@pytest.mark.parametrize("direct", [False, True], ids=["cached", "direct"])
def test_journal_and_flushes_apart_on_a_loop_device(writer, direct, note):
    """ext4 with a journal on a loop device: data is charged to its owners, the journal's writes and
    flushes to its thread. At the top, the loop device's IO below does not count again."""
    lab.must(["modprobe", "loop"])
    os.makedirs("/var/tmp/loop", exist_ok=True)
    made = blockdev.Loop("/var/tmp/loop", mib=24, direct=direct)
    group = lib.Cgroup(lib.cgroup_name("-loop"))
    try:
        made.mkfs("-J", "size=4")
        path = f"{made.where}/file"
        with conftest.recording("--cgroup", f"t=/{group.name}", *BLOCK, "--block", "both",
                                name=f"loop-{'direct' if direct else 'cached'}") as rec:
            before = made.stats()
            process = group.spawn([lib.load("blockio"), "bwritets", path, "8", "65536"])
            assert process.wait(60) == 0
            after = made.stats()
            os.sync()
    finally:
        made.remove()
        group.remove()
    target = rec.run.target("t")
    top, host = target["block_top"], rec.run["host_block_top"]["unattributed"]
    note("journal on a loop device: metadata, flushes",
         f"{host['meta_bytes']}, {host['flush_ops']}")
    # Metadata that is written back through the device's own pages is not marked as metadata.
    assert 0 <= top["write"]["bytes"] - 8 * 65536 <= 65536, top
    assert {d["name"] for d in top["devices"]} == {made.name}, top
    # (Before 6.8 and its backports a journal does not mark its writes as metadata. That such marks
    # are counted is tested on the machine itself.)
    assert host["write_bytes"] >= 8 * 2 * 4096 and host["flush_ops"] >= 8, host
    assert after["flush_ops"] - before["flush_ops"] >= 8, (before, after)
    if any(d["what"] == "owners of IO through loop devices" for d in rec.run["degraded"]):
        assert os.uname().release.startswith("5.10."), "modules lack types only on old kernels"
    else:
        assert target["block"]["write"]["bytes"] >= 8 * 65536, target["block"]


def test_metadata_is_apart(written_back):
    """(This file system has no journal: inodes and maps are written like data, but are marked.)"""
    host = written_back["host_block"]
    assert sum(host[p]["meta_bytes"] for p in ("targets", "other", "unattributed")) > 0, host


def test_guest_disk(guest, targets, note):
    """As the lab's guest is configured: cache=none, with an IO thread."""
    guest.order("disk", COUNT)
    os.sync()
    with conftest.recording(*targets, *BLOCK, name="disk") as rec:
        said = guest.order("disk", COUNT)
    if f"wrote {COUNT}" not in said:
        raise lab.Infra(f"guest: {said!r}")
    block = rec.run.target("vm")["block"]
    note("guest's disk: requests", block["write"]["ops"])
    assert is_plain(block, "write", COUNT * BYTES), block
    assert block["write"]["ops"] == COUNT, block
    assert block["by"]["direct"] >= COUNT * BYTES, block
    web = rec.run.target("web")["block"]
    assert web["write"]["bytes"] == 0, web
    files = rec.run.target("vm")["storage"]["files"]
    assert [(f["path"], f["kind"], f["apparent_bytes"], f["format"]) for f in files] == \
        [(f"/var/tmp/l2-{i}.raw", "image", 4 << 20, "raw") for i in range(len(lab.DRIVES))] + \
        [("/var/tmp/l2.raw", "image", 32 << 20, "raw")], files


@pytest.mark.parametrize("cache", ["none", "writeback"])
def test_guests_ways_to_the_disk(guest, targets, cache, note):
    """The guest writes 64 times 64 KiB to each of its drives of this kind."""
    drives = [f"vd{'bcdef'[i]}" for i, how in enumerate(lab.DRIVES) if f"cache={cache}" in how]
    for name in drives:
        guest.order("disk", COUNT, name)
    os.sync()
    with conftest.recording(*targets, *BLOCK, name=f"guest-{cache}") as rec:
        said = [guest.order("disk", COUNT, name) for name in drives]
        os.sync()
    if any(f"wrote {COUNT}" not in s for s in said):
        raise lab.Infra(f"guest: {said!r}")
    block, all_bytes = rec.run.target("vm")["block"], len(drives) * COUNT * BYTES
    note(f"guest, cache={cache}: requests, bytes", f"{block['write']['ops']}, {plain(block, 'write')}")
    assert is_plain(block, "write", all_bytes), block
    if cache == "none":
        assert block["write"]["ops"] - block["meta_ops"] == len(drives) * COUNT, block
        assert block["by"]["direct"] >= all_bytes, block
    else:
        assert block["by"]["writeback"] >= 0.95 * all_bytes, block
    assert rec.run.target("web")["block"]["write"]["bytes"] == 0


def test_disk_statistics(written_back):
    """All requests of the host, of any owner, on the device to which they went."""
    device = blockdev.device(written_back["host_block"], "vda")
    assert device["write_bytes"] >= WRITTEN_BACK
