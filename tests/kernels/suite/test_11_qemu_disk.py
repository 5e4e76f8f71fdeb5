# SPDX-License-Identifier: GPL-2.0-or-later
"""Block IO of a QEMU whose guest never runs, in every way in which QEMU can use the disk."""

import os
import subprocess

import blockdev
import conftest
import lab
import lib
import pytest
from diskio import BLOCK, BYTES, COUNT, is_plain, plain

WAYS = ("cache=none,aio=threads", "cache=none,aio=native", "cache=none,aio=io_uring",
        "cache=writeback,aio=threads", "cache=writeback,aio=io_uring")


class IdleVm:
    """A QEMU whose guest never starts. Its monitor writes to its disk, in the way in which the
    guest's own writes would go."""

    def __init__(self, drive, loop=None):
        self.disk, self.file = loop or "/var/tmp/ways.raw", None
        if not loop:
            self.file = self.disk
            with open(self.disk, "wb") as f:
                f.write(bytes(COUNT * BYTES))
                os.fsync(f.fileno())
        self.cgroup = lib.Cgroup(lib.cgroup_name("-ways"))
        self.process = self.cgroup.spawn(
            ["qemu-system-x86_64", "-name", "guest=ways", "-M", "q35", "-accel", "kvm", "-S",
             "-nodefaults", "-no-user-config", "-display", "none", "-m", "64", "-monitor", "stdio",
             "-drive", f"file={self.disk},if=none,id=d0,format=raw,{drive}"],
            stdin=subprocess.PIPE, stderr=subprocess.STDOUT)

    def write(self):
        for i in range(COUNT):
            self.process.stdin.write(f'qemu-io d0 "write -P 7 {i * BYTES} {BYTES}"\n')
        self.process.stdin.flush()
        for line in self.process.stdout:
            if f"wrote {BYTES}/{BYTES} bytes at offset {(COUNT - 1) * BYTES}" in line:
                return
        raise lab.Infra("qemu: its monitor ended")

    def remove(self):
        self.process.kill()
        self.cgroup.remove()
        if self.file:
            os.unlink(self.file)


def test_an_image_on_a_loop_device(container, note):
    """Both bypass the page cache: what goes to the disk below is charged to the VM, once."""
    lab.must(["modprobe", "loop"])
    os.makedirs("/var/tmp/loop", exist_ok=True)
    made = blockdev.Loop("/var/tmp/loop", mib=8, direct=True)
    vm = None
    try:
        vm = IdleVm("cache=none,aio=threads", made.dev)
        with conftest.recording("--vm", f"vm={vm.process.pid}", *BLOCK, "--block", "both",
                                name="ways-loop") as rec:
            vm.write()
            os.sync()
    finally:
        if vm:
            vm.remove()
        made.remove()
    target = rec.run.target("vm")
    top, bottom = target["block_top"], target["block"]
    note("image on a loop device: top, bottom", f"{plain(top, 'write')}, {plain(bottom, 'write')}")
    assert is_plain(top, "write", COUNT * BYTES), top
    assert {d["name"] for d in top["devices"]} == {made.name}, top
    assert COUNT * BYTES <= plain(bottom, "write") <= 1.02 * COUNT * BYTES, bottom
    (file,) = target["storage"]["files"]
    assert (file["path"], file["kind"]) == (made.dev, "device"), file


@pytest.mark.parametrize("drive", WAYS)
def test_qemus_ways_to_the_disk(container, drive, note):
    vm = IdleVm(drive)
    try:
        name = f"ways-{WAYS.index(drive)}"
        with conftest.recording("--vm", f"vm={vm.process.pid}", *BLOCK, name=name) as rec:
            vm.write()
            os.sync()
    finally:
        vm.remove()
    block = rec.run.target("vm")["block"]
    note(f"{drive}: requests", block["write"]["ops"])
    assert is_plain(block, "write", COUNT * BYTES), block
    if "none" in drive:
        # (Metadata may have been read or written.)
        assert block["write"]["ops"] - block["meta_ops"] <= COUNT <= block["write"]["ops"], block
        assert block["by"]["direct"] >= COUNT * BYTES, block
    else:
        assert block["by"]["writeback"] >= COUNT * BYTES, block
