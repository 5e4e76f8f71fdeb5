# SPDX-License-Identifier: GPL-2.0-or-later
"""Nothing of a recording is left in this kernel, however it ended."""

import json
import signal
import subprocess
import time

import lab
import lib
import pytest


def bpf_objects():
    """Names of programs and maps. (A link cannot be there without its program.)"""
    progs, maps = (json.loads(lab.must(["bpftool", "-j", kind, "list"]) or "[]")
                   for kind in ("prog", "map"))
    return tuple(sorted(o.get("name", "?") for o in found) for found in (progs, maps))


def ours(objects):
    return [name for name in objects[0] if name.startswith("vtx_")]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_left(targets, how):
    before = bpf_objects()
    assert not ours(before)
    process = subprocess.Popen([lib.VIRTAX, "record", *targets, "-q", "-o", "/dev/null"],
                               stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        lib.wait_until("loaded", lambda: process.poll() is not None or len(ours(bpf_objects())) > 30,
                       lab.LOAD_SECONDS, every=0.5)
        assert process.poll() is None, process.stderr.read()
        process.send_signal(how)
        process.communicate(timeout=60)
    finally:
        process.kill()
    end = time.monotonic() + 30
    while bpf_objects() != before:
        assert time.monotonic() < end, (bpf_objects(), before)
        time.sleep(0.5)
