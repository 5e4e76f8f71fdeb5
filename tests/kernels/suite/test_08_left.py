# SPDX-License-Identifier: GPL-2.0-or-later
"""No part of a recording is left in this kernel, even if the recorder is killed."""

import json
import signal
import time

import conftest
import lab
import lib
import pytest


def bpf_objects():
    """Names of programs and maps. (A link cannot exist without its program.)"""
    progs, maps = (json.loads(lab.must(["bpftool", "-j", kind, "list"]) or "[]")
                   for kind in ("prog", "map"))
    return tuple(sorted(o.get("name", "?") for o in found) for found in (progs, maps))


def links():
    return len(json.loads(lab.must(["bpftool", "-j", "link", "list"]) or "[]"))


def on_devices():
    """Queueing disciplines, and packet sockets: a header, then one per line."""
    return (lab.must(["tc", "qdisc", "show"]), len(lib.read("/proc/net/packet").splitlines()) - 1)


def everything():
    return bpf_objects(), links(), on_devices()


def ours(objects):
    return [name for name in objects[0] if name.startswith("vtx_")]


def test_left_after_being_killed(targets):
    """It is killed when everything is attached and the clocks are running: its command has been
    started."""
    before = everything()
    assert not ours(before[0])
    recording = conftest.recording(*targets, name="killed")
    recording.check, recording.may_end = False, (-signal.SIGKILL,)
    with pytest.raises(FileNotFoundError): # there is no run file
        with recording:
            amid = everything()
            recording.process.kill()
            recording.process.wait(timeout=60)
    assert len(ours(amid[0])) > 30 and amid[1] > before[1] + 20, amid
    # Requests are counted at devices, through tcx links or packet sockets.
    assert amid[2][1] > before[2][1] or amid[1] > len(ours(amid[0])) - 10, amid
    end = time.monotonic() + 30
    while everything() != before:
        assert time.monotonic() < end, (everything(), before)
        time.sleep(0.5)
