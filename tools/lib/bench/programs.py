# SPDX-License-Identifier: GPL-2.0-or-later
"""The BPF programs of a process, and what the kernel counts of them, by bpf(2)."""

import collections
import contextlib
import ctypes
import os
import re

Count = collections.namedtuple("Count", "name runs ns missed verified tag")

NUMBER = {"x86_64": 321, "aarch64": 280}  # of the system call
GET_FD_BY_ID, GET_INFO, ENABLE_STATS = 13, 15, 32
RUN_TIME = 0

libc = ctypes.CDLL(None, use_errno=True)


class Info(ctypes.Structure):
    """struct bpf_prog_info. Kernels before 5.16 leave `verified` 0."""

    _fields_ = [("type", ctypes.c_uint32), ("id", ctypes.c_uint32), ("tag", ctypes.c_uint8 * 8),
                ("skip1", ctypes.c_uint8 * 48), ("name", ctypes.c_char * 16),
                ("skip2", ctypes.c_uint8 * 112), ("ns", ctypes.c_uint64), ("runs", ctypes.c_uint64),
                ("missed", ctypes.c_uint64), ("verified", ctypes.c_uint32),
                ("skip3", ctypes.c_uint8 * 12)]


def bpf(command, attr):
    """bpf(2); attr: the words of its union."""
    room = ctypes.create_string_buffer(attr, 128)
    got = libc.syscall(NUMBER[os.uname().machine], command, room, 128)
    if got < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"bpf({command}): {os.strerror(number)}")
    return got


@contextlib.contextmanager
def run_time_statistics():
    """The kernel counts runs and run time. By a descriptor and not by the sysctl: however this process
    ends, that turns it off again."""
    fd = bpf(ENABLE_STATS, RUN_TIME.to_bytes(4, "little"))
    try:
        yield
    finally:
        os.close(fd)


def ids_of(pid, kind="prog_id"):
    """The programs (or maps, "map_id") that a process holds, itself or by a link."""
    found = set()
    for fd in os.listdir(f"/proc/{pid}/fdinfo"):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/fdinfo/{fd}", encoding="utf-8") as f:
            found |= {int(n) for n in re.findall(rf"^{kind}:\s*(\d+)", f.read(), re.MULTILINE)}
    return found


def info_of(number):
    fd = bpf(GET_FD_BY_ID, number.to_bytes(4, "little"))
    try:
        info = Info()
        bpf(GET_INFO, fd.to_bytes(4, "little") + ctypes.sizeof(info).to_bytes(4, "little") +
            ctypes.addressof(info).to_bytes(8, "little"))
        return info
    finally:
        os.close(fd)


def counts_of(pid):
    """{id: Count} of the programs of a process, totals since they were loaded."""
    found = {}
    for number in ids_of(pid):
        info = info_of(number)
        found[number] = Count(info.name.decode() or "(unnamed)", info.runs, info.ns, info.missed,
                              info.verified, bytes(info.tag).hex())
    return found


def counts_between(before, after):
    """{name: (runs, ns)} of what ran in between; programs of one name are added up."""
    found = {}
    for number, now in after.items():
        then = before.get(number)
        runs, ns = (now.runs - then.runs, now.ns - then.ns) if then else (now.runs, now.ns)
        if runs:
            had = found.get(now.name, (0, 0))
            found[now.name] = (had[0] + runs, had[1] + ns)
    return found
