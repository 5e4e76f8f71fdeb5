# SPDX-License-Identifier: GPL-2.0-or-later
"""What the recorder costs, in counts that do not depend on how busy the machine is: program runs for a
request and for a switch, cache lines that a switch touches, instructions that the verifier processed. The
budgets are in tests/e2e/budgets; `tools/bench --only budgets` measures them anew."""

import os
import sys

import pytest

import lib

sys.path.insert(0, os.path.join(lib.ROOT, "tools", "lib"))
from bench import budgets  # pylint: disable=wrong-import-position
from bench.lines import switches  # pylint: disable=wrong-import-position

HOW = "measure it with tools/bench --only budgets"


def compare(kind, measured):
    """Nothing above its budget, nothing without one."""
    most = budgets.read_budgets()
    missing = [name for name in measured if (kind, name) not in most]
    assert not missing, f"no budget for {kind} of {missing} ({HOW})"
    over = {name: (n, most[kind, name]) for name, n in measured.items() if n > most[kind, name]}
    assert not over, f"{kind}: measured, allowed: {over} ({HOW})"


@pytest.fixture(scope="module")
def requests():
    return budgets.measure_requests()


def test_runs_a_request(requests):
    runs, _ = requests
    assert any(n >= 0.9 for name, n in runs.items() if name != "all")  # a request is a packet at least
    compare("a-request", runs)


def test_verified(requests):
    """Every program has a line, so none is added unnoticed. Kernels before 5.16 report no number; tests/bpf
    has budgets for all kernels."""
    _, verified = requests
    compare("verified", verified)


def test_runs_a_switch():
    runs = budgets.measure_a_switch()
    assert runs >= 0.9  # vtx_switch itself
    compare("a-switch", {"all": runs})


@pytest.fixture(scope="module")
def touched():
    return switches.measure()


def test_lines(touched):
    compare("lines", {between.replace(" → ", "-"): switches.lines_of(t)[1] for between, t in touched.items()})


def test_lines_are_those_of_the_tasks(touched):
    """The programs ran on the tasks they were given: the arriving task's number is read, and tasks of a
    target need more than others."""
    for between, (_, arrives) in switches.BETWEEN.items():
        assert (arrives, "pid") in {(r.label, r.what(offset)) for r, offset, _, _ in touched[between]}
    members = {between: {(r.label.split()[0], r.what(o)) for r, o, _, _ in t if o >= 0}
               for between, t in touched.items()}
    assert len(members["target → target"]) > len(members["other → other"])
