# SPDX-License-Identifier: GPL-2.0-or-later
"""Nothing of a recording is left in this kernel, however it ended."""

import json
import signal
import subprocess

import lab
import lib
import pytest


def bpf_objects():
    """Names of programs, and how many maps and links there are."""
    found = {kind: json.loads(lab.must(["bpftool", "-j", kind, "list"]) or "[]")
             for kind in ("prog", "map", "link")}
    return sorted(p.get("name", "") for p in found["prog"]), len(found["map"]), len(found["link"])


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_left(targets, how):
    before = bpf_objects()
    assert not any(name.startswith("vtx_") for name in before[0])
    process = subprocess.Popen([lib.VIRTAX, "record", *targets, "-q", "-o", "/dev/null"],
                               stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    lib.wait_until("attached", lambda: process.poll() is not None or bpf_objects()[2] > before[2]
                   or len(bpf_objects()[0]) > len(before[0]) + 30, lab.LOAD_SECONDS, every=0.5)
    assert process.poll() is None, process.stderr.read()
    process.send_signal(how)
    process.communicate(timeout=60)
    lib.wait_until("all gone", lambda: bpf_objects() == before, 30, every=0.5)
