# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of block IO share."""

COUNT, BYTES = 64, 65536
BLOCK = ("--only", "block")


def plain(block, kind):
    """What was no metadata, at least: that belongs to whoever touched it first, and may have been read or
    written."""
    return block[kind]["bytes"] - block["meta_bytes"]


def is_plain(block, kind, wanted):
    """Whether it is that many bytes besides metadata: exactly, where there was none."""
    return plain(block, kind) <= wanted <= block[kind]["bytes"]
