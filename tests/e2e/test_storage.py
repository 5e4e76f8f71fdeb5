# SPDX-License-Identifier: GPL-2.0-or-later
"""What targets keep on disks, compared with stat and du."""

import os
import subprocess

import blockdev
import lib
import pytest
import runc
from blockdev import MIB


class Qemu:
    """A QEMU whose guest never starts; its monitor makes it do things."""

    def __init__(self, *drives):
        argv = ["qemu-system-x86_64", "-name", "guest=store", "-M", "q35", "-S", "-nodefaults",
                "-no-user-config", "-display", "none", "-m", "64", "-monitor", "stdio"]
        self.process = subprocess.Popen(argv + [x for d in drives for x in ("-drive", d)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def order(self, text, answer):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            if answer in line:
                return
        raise AssertionError("the monitor ended")

    def end(self):
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def qemu():
    made = []

    def start(*drives):
        made.append(Qemu(*drives))
        made[-1].order("info status", "VM status")
        return made[-1]

    yield start
    for each in made:
        each.end()


def sizes(path):
    st = os.stat(path)
    return {"apparent_bytes": st.st_size, "allocated_bytes": st.st_blocks * 512}


def test_images_with_their_chain(record, qemu, tmp_path):
    """A sparse image with an overlay, and a plain image; log and pid files are not images."""
    base, top, data = (str(tmp_path / n) for n in ("base.raw", "top.qcow2", "data.img"))
    for path, mib in ((base, 64), (data, 16)):
        with open(path, "wb") as f:
            f.truncate(mib * MIB)
            f.write(bytes(MIB))
    with open(data, "r+b") as f:  # as a guest may write it: this does not make the image a qcow2
        f.write(b"QFI\xfb\0\0\0\3" + (512).to_bytes(8, "big") + bytes(3) + b"\x0b" + bytes(4) + b"\xff" * 4)
        f.seek(512)
        f.write(b"/etc/shadow")
    vm = qemu(f"file={base},if=none,id=d0,format=raw", f"file={data},if=none,id=d1,format=raw")
    vm.order(f"snapshot_blkdev d0 {top} qcow2", "Formatting")
    vm.order('qemu-io d0 "write 0 3M"', "wrote")
    with record("--vm", f"v={vm.process.pid}", "--only", "block") as rec:
        pass
    storage = rec.run.target("v")["storage"]
    files = {f["path"]: f for f in storage["files"]}
    assert set(files) == {base, top, data}
    for path, file in files.items():
        assert {k: file[k] for k in sizes(path)} == sizes(path)
    assert (files[top]["kind"], files[top]["format"], files[top]["backing"]) == \
        ("image", "qcow2", base)
    assert files[top]["virtual_bytes"] == 64 * MIB
    assert (files[base]["kind"], files[base]["format"]) == ("backing", "raw")
    assert files[data]["kind"] == "image" and files[data]["apparent_bytes"] == 16 * MIB
    assert files[data]["format"] == "raw" and not files[data].get("backing")
    for name in ("apparent_bytes", "allocated_bytes"):
        assert storage[name] == sum(sizes(p)[name] for p in files) == rec.run["storage"][name]
    assert storage["allocated_bytes"] < storage["apparent_bytes"]


def test_a_block_device(record, qemu, tmp_path):
    loop = blockdev.Loop(tmp_path, mib=32)
    try:
        vm = qemu(f"file={loop.dev},if=none,id=d0,format=raw")
        with record("--vm", f"v={vm.process.pid}", "--only", "block") as rec:
            pass
        vm.end()
    finally:
        loop.remove()
    (file,) = rec.run.target("v")["storage"]["files"]
    assert (file["path"], file["kind"]) == (loop.dev, "device")
    assert file["apparent_bytes"] == file["allocated_bytes"] == 32 * MIB


def du(path):
    return int(subprocess.check_output(["du", "-s", "-x", "-B1", path], text=True).split()[0])


def tree(path, files):
    os.makedirs(os.path.join(path, "sub"))
    for name, size in files.items():
        with open(os.path.join(path, name), "wb") as f:
            f.write(b"x" * size)
    return path


class Layered(runc.Container):
    """A container on an overlay of two layers; each test adds the upper one."""

    def __init__(self, directory, lowers):
        super().__init__(str(directory))
        self.upper = tree(str(directory / "upper"), {"mine": 3 * MIB})
        os.makedirs(directory / "work")
        self.merged = os.path.join(str(directory), "rootfs")
        blockdev.run("mount", "-t", "overlay", "overlay", "-o",
                     f"lowerdir={':'.join(lowers)},upperdir={self.upper},"
                     f"workdir={directory / 'work'}", self.merged)

    def remove(self):
        super().remove()
        subprocess.run(["umount", self.merged], check=False, capture_output=True)


def test_layers_of_containers(record, tmp_path):
    """Two containers share a layer: it is in the size of both, and once in the sum."""
    shared = tree(str(tmp_path / "shared"), {"a": 5 * MIB, "sub/b": 12345})
    os.link(os.path.join(shared, "a"), os.path.join(shared, "c"))
    own = [tree(str(tmp_path / f"own{i}"), {"x": (i + 1) * MIB}) for i in range(2)]
    boxes = []
    try:
        for i in range(2):
            (tmp_path / f"c{i}").mkdir()
            boxes.append(Layered(tmp_path / f"c{i}", [own[i], shared]))
            boxes[-1].start(["/bin/sh", "-c", "echo more >/new; sleep 60"])
        lib.wait_until("written", lambda: all(os.path.exists(os.path.join(b.upper, "new"))
                                              for b in boxes))
        with record(*[f"--container={i}={b.name}" for i, b in enumerate(boxes)],
                    "--only", "block") as rec:
            pass
        theirs = {p: du(p) for p in [shared, *own, *[b.upper for b in boxes]]}
    finally:
        for box in boxes:
            box.remove()
    for i, box in enumerate(boxes):
        storage = rec.run.target(str(i))["storage"]
        files = {f["path"]: f for f in storage["files"]}
        assert {p: f["kind"] for p, f in files.items()} == \
            {box.upper: "writable", own[i]: "layer", shared: "layer"}
        for path, file in files.items():
            assert file["allocated_bytes"] == theirs[path], (path, file, theirs)
            assert file["shared"] == (path == shared)
        assert files[shared]["apparent_bytes"] == 5 * MIB + 12345  # two names of one file
        assert storage["allocated_bytes"] == sum(theirs[p] for p in files)
        assert storage["own_bytes"] == storage["allocated_bytes"] - theirs[shared]
    assert rec.run["storage"]["allocated_bytes"] == sum(theirs.values())


def test_a_plain_directory_without_what_is_mounted_in_it(record, tmp_path):
    """The host's /usr is bind-mounted into the container and does not belong to it."""
    box = runc.Container(str(tmp_path))
    with open(tmp_path / "rootfs" / "file", "wb") as f:
        f.write(bytes(2 * MIB))
    try:
        box.start(["/bin/sh", "-c", "sleep 60"])
        with record("--container", f"c={box.name}", "--only", "block") as rec:
            pass
        theirs = du(str(tmp_path / "rootfs"))
    finally:
        box.remove()
    (file,) = rec.run.target("c")["storage"]["files"]
    assert (file["path"], file["kind"]) == (str(tmp_path / "rootfs"), "root")
    assert abs(file["allocated_bytes"] - theirs) <= 64 << 10  # directories created for the mounts
    assert file["apparent_bytes"] == 2 * MIB


def test_one_that_has_ended(record, tmp_path):
    box = runc.Container(str(tmp_path))
    try:
        box.start(["/bin/sh", "-c", "sleep 60"])
        with record("--container", f"c={box.name}", "--only", "block") as rec:
            box.remove()
    finally:
        box.remove()
    target = rec.run.target("c")
    assert not target["running"]
    assert target["storage"]["files"][0]["path"] == str(tmp_path / "rootfs")


def test_who_has_none(record, cgroup):
    group = cgroup()
    with record("--cgroup", f"t=/{group.name}", "--only", "block") as rec:
        pass
    assert rec.run.target("t")["storage"] is None
    assert any(d["what"] == "storage of t" for d in rec.run["degraded"])
