# SPDX-License-Identifier: GPL-2.0-or-later
"""The stacks of a recording, as `--format folded` prints them."""

import collections
import subprocess

import lib


def folded(recording):
    """[(label, role, mode, [frames], ns)], and that its sums are the bills, to the ns."""
    done = lib.virtax("report", "--format", "folded", recording.file)
    assert done.returncode == 0, done.stderr
    assert not lib.CONTROL.search(done.stdout)
    rows, sums = [], collections.Counter()
    for line in done.stdout.splitlines():
        stack, _, ns = line.rpartition(" ")
        label, role, mode, *frames = stack.split(";")
        assert frames, line
        rows.append((label, role, mode, frames, int(ns)))
        sums[label, role, mode] += int(ns)
    bills = {(t["label"], role, mode[:-3]): ns for t in recording.run["targets"]
             for role, modes in t["cpu"]["roles"].items() for mode, ns in modes.items()
             if mode.endswith("_ns") and ns}
    assert sums == bills
    return rows


def share(rows, mode, function):
    """The part of a mode's time whose stacks have the function."""
    times = [(ns, any(f == function for f in frames)) for _, _, m, frames, ns in rows if m == mode]
    return sum(ns for ns, there in times if there) / sum(ns for ns, _ in times)


def build_id_of(path):
    notes = subprocess.run(["readelf", "-n", path], check=True, text=True, capture_output=True)
    return notes.stdout.partition("Build ID: ")[2].split()[0]
