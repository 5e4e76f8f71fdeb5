# SPDX-License-Identifier: GPL-2.0-or-later
"""VMs for the tests of their trees: a real QEMU, driven through QMP, whose guest is a boot sector;
and stand-ins for helpers."""

import itertools
import json
import os
import socket
import subprocess

import lib

# Loops with interrupts disabled: the vCPU is busy forever.
BOOT_SECTOR = bytes((0xFA, 0xEB, 0xFE)).ljust(510, b"\0") + b"\x55\xaa"


_serial = itertools.count()


class Qemu:
    """`qemu-system-x86_64` under TCG. Its disk, on an iothread, boots a guest that computes (if
    `busy`) or fails to boot; a second disk uses io_uring."""

    def __init__(self, directory, group, name, *more, names=True, busy=False, paused=False):
        self.directory, self.name, self.group = str(directory), name, group
        os.makedirs(self.directory, exist_ok=True)
        self.qmp_path = os.path.join(self.directory, "qmp")
        disks = [os.path.join(self.directory, f"{disk}.raw") for disk in ("d0", "d1")]
        for path in disks:
            with open(path, "wb") as f:
                f.write(BOOT_SECTOR if busy else b"")
                f.truncate(4 << 20)
        argv = ["qemu-system-x86_64", "-name",
                f"guest={name},debug-threads={'on' if names else 'off'}", "-M", "q35", "-accel",
                "tcg,thread=multi", "-smp", "1,maxcpus=2", "-m", "64", "-nodefaults", "-display",
                "none", "-qmp", f"unix:{self.qmp_path},server=on,wait=off",
                "-object", "iothread,id=io0",
                "-drive", f"file={disks[0]},if=none,id=d0,format=raw,aio=threads",
                "-device", "virtio-blk-pci,drive=d0,iothread=io0,bootindex=0",
                "-drive", f"file={disks[1]},if=none,id=d1,format=raw,cache=none,aio=io_uring",
                "-device", "virtio-blk-pci,drive=d1", *more]
        self.process = group.spawn(argv + (["-S"] if paused else []), stderr=subprocess.STDOUT)
        self._qmp = None
        lib.wait_until("QMP", self._connect)

    def _connect(self):
        assert self.process.poll() is None, self.process.stdout.read()
        try:
            s = socket.socket(socket.AF_UNIX)
            s.connect(self.qmp_path)
        except OSError:
            s.close()
            return False
        self._qmp = s.makefile("rw", encoding="utf-8")
        s.close()  # self._qmp keeps it open
        assert "QMP" in json.loads(self._qmp.readline())
        self.qmp("qmp_capabilities")
        return True

    def qmp(self, command, **arguments):
        """The response to one command; events are skipped."""
        self._qmp.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self._qmp.flush()
        while True:
            said = json.loads(self._qmp.readline())
            assert "error" not in said, said
            if "return" in said:
                return said["return"]

    def qemu_io(self, drive, what):
        """Makes QEMU do IO on a drive, as its guest would. (It prints to QEMU's output.)"""
        return self.qmp("human-monitor-command", **{"command-line": f'qemu-io {drive} "{what}"'})

    def plug_vcpu(self):
        for cpu in self.qmp("query-hotpluggable-cpus"):
            if "qom-path" not in cpu:
                self.qmp("device_add", driver=cpu["type"], id="new", **{
                    key.replace("_", "-"): value for key, value in cpu["props"].items()})
                return
        raise AssertionError("no vCPU left to plug")

    @property
    def pid(self):
        return self.process.pid

    def threads(self):
        """{tid: name}"""
        return lib.threads(self.pid)

    def close(self):
        if self._qmp:
            self._qmp.close()


def helper(spawn, directory, program, how, path, ms, *argv, **env):
    """Starts a stand-in for a helper: see tests/workloads/helper.c. Returns when it has printed its
    pid."""
    binary = lib.copy_as(lib.load("helper"), os.path.join(str(directory), f"bin{next(_serial)}"), program)
    return lib.Process(spawn([binary, *argv], stdin=subprocess.PIPE, env={
        **os.environ, "VTXT_HELPER": f"{how} {path} {ms}", **env}))


def listed():
    """{pid: the output of `virtax list` about it}"""
    done = lib.virtax("list", "--json")
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return {t["pid"]: t for t in json.loads(done.stdout)["targets"]}


def while_steady(take, *watched):
    """(The result of take(), {tid: name} of each VM), from a moment in which no thread of theirs
    started or ended: QEMU starts workers of its own at any time."""
    def once():
        before = [vm.threads() for vm in watched]
        got = take()
        return (got, *before) if before == [vm.threads() for vm in watched] else None

    return lib.wait_until("threads that stay", once)


def threads_of(target):
    """{tid: the entry of the thread}; the counts by role must agree with the threads."""
    counts = {}
    for thread in target["threads"]:
        counts[thread["role"]] = counts.get(thread["role"], 0) + 1
    assert counts == {k: v["threads"] for k, v in target["roles"].items()}, target
    return {t["tid"]: t for t in target["threads"]}


def role_ns(target):
    """{role: CPU time} of a target of the run."""
    return {role: sum(v or 0 for key, v in modes.items() if key.endswith("_ns"))
            for role, modes in target["cpu"]["roles"].items()}
