# SPDX-License-Identifier: GPL-2.0-or-later
"""Block IO in tests: loop devices with a file system, the kernel's own count of the requests to a
device, work of known size, and what is true of every `block`."""

import os
import subprocess
import time

import lib

SECTOR = 512
MIB = 1 << 20
COUNT, BYTES = 96, 65536
ONLY = ("--only", "block")


def run(*argv):
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60,
                          stdin=subprocess.DEVNULL)
    assert done.returncode == 0, (argv, done.returncode, done.stderr)
    return done.stdout.strip()


def number(path):
    """(major, minor) of the device that holds a file."""
    dev = os.stat(path).st_dev
    return os.major(dev), os.minor(dev)


def stats(major, minor):
    """Completed requests and bytes of a device, by the kernel's own count."""
    for line in lib.read("/proc/diskstats").splitlines():
        field = line.split()
        if (int(field[0]), int(field[1])) == (major, minor):
            n = [int(x) for x in field[3:]] + [0] * 6
            return {"read_ops": n[0], "read_bytes": n[2] * SECTOR, "write_ops": n[4],
                    "write_bytes": n[6] * SECTOR, "discard_ops": n[11],
                    "discard_bytes": n[13] * SECTOR, "flush_ops": n[15]}
    raise AssertionError(f"{major}:{minor} has no statistics")


class Loop:
    """A loop device on a file of `mib` MiB; `direct`: it bypasses the host's page cache."""

    def __init__(self, directory, mib=160, direct=False):
        self.file = os.path.join(str(directory), "loop.img")
        self.where = None
        with open(self.file, "wb") as f:
            for _ in range(mib):  # written now, so that nothing has to be allocated later
                f.write(bytes(MIB))
            os.fsync(f.fileno())
        self.dev = run("losetup", "-f", "--show",
                       f"--direct-io={'on' if direct else 'off'}", self.file)
        rdev = os.stat(self.dev).st_rdev
        self.major, self.minor = os.major(rdev), os.minor(rdev)
        self.name = os.path.basename(self.dev)

    def mkfs(self, *options):
        run("mkfs.ext4", "-q", "-F", "-b", "4096", "-E", "lazy_itable_init=0,lazy_journal_init=0,nodiscard",
            *options, self.dev)
        self.where = self.file + ".mnt"
        os.makedirs(self.where, exist_ok=True)
        run("mount", "-t", "ext4", "-o", "noatime,nodiscard", self.dev, self.where)
        return self.where

    def partition(self, start, sectors):
        """Adds a partition and returns its name. Its bounds are given to the kernel directly, since
        the kernel may support no kind of partition table."""
        run("losetup", "-d", self.dev)
        lib.wait_until("loop device free", lambda: not os.path.exists(
            f"/sys/block/{self.name}/loop/backing_file"))
        run("losetup", "-P", "--direct-io=on", self.dev, self.file)
        run("addpart", self.dev, "1", str(start), str(sectors))
        part = f"{self.name}p1"
        if not os.path.exists(f"/dev/{part}"):
            major, minor = map(int, lib.read(f"/sys/block/{self.name}/{part}/dev").split(":"))
            os.mknod(f"/dev/{part}", 0o600 | 0o060000, os.makedev(major, minor))
        return part

    def stats(self):
        return stats(self.major, self.minor)

    def remove(self):
        if self.where and os.path.ismount(self.where):
            lib.wait_until("umount", lambda: subprocess.run(
                ["umount", self.where], capture_output=True, check=False).returncode == 0)
        subprocess.run(["losetup", "-d", self.dev], check=False, capture_output=True)
        lib.wait_until("loop device free", lambda: not os.path.exists(
            f"/sys/block/{self.name}/loop/backing_file"))
        os.unlink(self.file)


class Zram:
    """A disk in compressed memory: its driver takes bios and creates no requests for them."""

    CONTROL = "/sys/class/zram-control"

    def __init__(self, mib=64):
        self.index = lib.read(f"{self.CONTROL}/hot_add").strip()
        self.name = f"zram{self.index}"
        with open(f"/sys/block/{self.name}/disksize", "w", encoding="ascii") as f:
            f.write(str(mib * MIB))
        self.dev = f"/dev/{self.name}"
        self.major, self.minor = map(int, lib.read(f"/sys/block/{self.name}/dev").split(":"))
        if not os.path.exists(self.dev):
            os.mknod(self.dev, 0o600 | 0o060000, os.makedev(self.major, self.minor))

    def stats(self):
        return stats(self.major, self.minor)

    def remove(self):
        with open(f"{self.CONTROL}/hot_remove", "w", encoding="ascii") as f:
            f.write(self.index)
        if os.path.exists(self.dev):
            os.unlink(self.dev)


def fill(path, mib):
    """Creates a file that is completely allocated and on the disk only, not in the page cache."""
    with open(path, "wb") as f:
        for _ in range(mib):
            f.write(os.urandom(1024) * 1024)
        os.fsync(f.fileno())
        os.posix_fadvise(f.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    time.sleep(0.05)


def device(block, name):
    """The numbers of one device in a `block` or `host_block`."""
    found = [d for d in block["devices"] if d["name"] == name]
    assert len(found) == 1, (name, block["devices"])
    return found[0]


# ---- work of known size, and its numbers -----------------------------------------------------------


def plain(block, kind="write"):
    """A lower bound of the bytes other than metadata. Metadata belongs to the task that touched it
    first, at some other time, and may have been read or written."""
    return block[kind]["bytes"] - block["meta_bytes"]


def is_plain(block, wanted, kind="write"):
    """Is this the number of bytes without metadata? Exact if there was no metadata."""
    return plain(block, kind) <= wanted <= block[kind]["bytes"]


def blockio(group, what, path, count=COUNT, size=BYTES):
    process = group.spawn([lib.load("blockio"), what, path, str(count), str(size)])
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0, (what, path)
    assert lib.values(out)["bytes"] == count * size


def exact(block):
    """Asserts what must be true of every `block`. (If a kernel does not report the end of a
    request, the request is missing from the histograms, but it is counted.)"""
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
