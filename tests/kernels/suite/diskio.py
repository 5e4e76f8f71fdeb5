# SPDX-License-Identifier: GPL-2.0-or-later
"""Shared by the tests of block IO."""

COUNT, BYTES = 64, 65536
BLOCK = ("--only", "block")


def plain(block, kind):
    """A lower bound of the bytes other than metadata. Metadata belongs to the task that touched it
    first, and may have been read or written."""
    return block[kind]["bytes"] - block["meta_bytes"]


def is_plain(block, kind, wanted):
    """Is this the number of bytes without metadata? Exact if there was no metadata."""
    return plain(block, kind) <= wanted <= block[kind]["bytes"]
