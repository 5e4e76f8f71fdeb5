# SPDX-License-Identifier: GPL-2.0-or-later
"""Many targets: what a row costs depends on how many of them ran, not on how many there are."""

import os
import subprocess

import pytest

import lib

TARGETS = 1000


class Crowd:
    """Cgroups with a process each, below one cgroup."""

    def __init__(self, top, active):
        self.n = TARGETS
        self.names = [f"t{i}" for i in range(TARGETS)]
        self.args = [word for i, name in enumerate(self.names)
                     for word in ("--cgroup", f"{name}={top.path}/{i}")]
        self.process = subprocess.Popen(
            [lib.load("crowd"), "-n", str(TARGETS), "-a", str(active), "-p", "300", top.path],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == f"ready {TARGETS}\n"

    def end(self):
        self.process.stdin.close()
        assert self.process.wait(timeout=60) == 0
        self.process.stdout.close()


@pytest.fixture
def crowd(cgroup):
    made = []

    def make(active):
        made.append(Crowd(cgroup("-crowd"), active))
        return made[-1]

    yield make
    for one in made:
        one.end()


def record(tmp_path, crowd, *more):
    path = tmp_path / "run.json"
    done = lib.virtax("record", *crowd.args, *more, "-q", "-o", str(path), timeout=120)
    assert done.returncode == 0, done.stderr
    run = lib.Run(lib.read(path))
    run.check_schema()
    run.check_books()
    return run, path


def test_rows_of_idle_targets(tmp_path, crowd):
    """Ten of a thousand targets run."""
    run, path = record(tmp_path, crowd(active=10), "-d", "4.2", "-i", "0.5")
    assert len(run["targets"]) == TARGETS and len(run["intervals"]) >= 6
    assert run["rows"] == "changes"
    assert os.path.getsize(path) <= 4 << 20
    assert run["self"]["max_rss_bytes"] <= 40 << 20
    # Once they have settled, a row names those that ran and their memory, and hardly another.
    for row in run["intervals"][2:-1]:
        assert len(row["targets"]) <= 100, len(row["targets"])
    for i in range(10):
        in_rows = [t["cpu"]["total_ns"] for row in run["intervals"] for t in row["targets"]
                   if t["label"] == f"t{i}" and "cpu" in t]
        assert sum(in_rows) == run.target(f"t{i}")["cpu"]["total_ns"] > 0


def test_rows_add_up(tmp_path, crowd):
    """Whatever rows leave out, what they have adds up to the totals, which are read completely. (The
    window is a little longer than its rows: the last one is filled a second time.)"""
    run, path = record(tmp_path, crowd(active=TARGETS), "-d", "3.006", "-i", "0.5")
    assert 10e6 < run["intervals"][-1]["length_ns"]
    assert sum(row["length_ns"] for row in run["intervals"]) == run["window"]["wall_ns"]
    sums = dict.fromkeys((t["label"] for t in run["targets"]), 0)
    for row in run["intervals"]:
        for target in row["targets"]:
            sums[target["label"]] += target.get("cpu", {}).get("total_ns", 0)
    assert sums == {t["label"]: t["cpu"]["total_ns"] for t in run["targets"]}
    # Reading and writing it again loses nothing.
    again = lib.virtax("report", str(path), "--format", "json")
    assert again.returncode == 0 and again.stdout == run.text
    assert os.path.getsize(path) <= 5 << 20
    assert run["self"]["max_rss_bytes"] <= 40 << 20
