# SPDX-License-Identifier: GPL-2.0-or-later
"""Shared by the tests of block IO: work of known size, and what is true of every `block`."""


import lib

COUNT, BYTES = 96, 65536
ONLY = ("--only", "block")


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
