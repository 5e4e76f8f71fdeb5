# SPDX-License-Identifier: GPL-2.0-or-later
"""Nothing of a recording is left in this kernel, were it killed in its middle."""

import json
import subprocess
import time

import lab
import lib


def bpf_objects():
    """Names of programs and maps. (A link cannot be there without its program.)"""
    progs, maps = (json.loads(lab.must(["bpftool", "-j", kind, "list"]) or "[]")
                   for kind in ("prog", "map"))
    return tuple(sorted(o.get("name", "?") for o in found) for found in (progs, maps))


def ours(objects):
    return [name for name in objects[0] if name.startswith("vtx_")]


def test_left_after_being_killed(targets):
    before = bpf_objects()
    assert not ours(before)
    process = subprocess.Popen([lib.VIRTAX, "record", *targets, "-q", "-o", "/dev/null"],
                               stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        lib.wait_until("loaded", lambda: process.poll() is not None or len(ours(bpf_objects())) > 30,
                       lab.LOAD_SECONDS, every=0.5)
        assert process.poll() is None, process.stderr.read()
        process.kill()
        process.communicate(timeout=60)
    finally:
        process.kill()
    end = time.monotonic() + 30
    while bpf_objects() != before:
        assert time.monotonic() < end, (bpf_objects(), before)
        time.sleep(0.5)
