# SPDX-License-Identifier: GPL-2.0-or-later
"""The differential flame graph: both sides add up to the waterfall, and colour shows which function differs."""

import collections
import json
import subprocess

import pytest

from runs import ROOT, VIRTAX, load, some

RUNS = some("tests/golden/compare/func-*.json")
FRAMES = """Array.from(document.querySelectorAll('#functions g.frame'), g => { const d = g.__data__; return [d.node.name,
    d.node.depth, d.width, d.node.base, d.node.now, g.firstChild.getAttribute('class')]; })"""


def compared():
    done = subprocess.run([VIRTAX, "compare", "--functions", "--format", "json", *RUNS], cwd=ROOT, check=True,
                          capture_output=True, text=True)
    return json.loads(done.stdout)


def own_times(label):
    """{outermost to innermost: mean ns of a request}, from the run files."""
    found, runs = collections.Counter(), [r for r in map(load, RUNS) if r["label"] == label]
    for run in runs:
        profile, count = run["profile"], run["targets"][0]["requests"]["count"]
        for stack in profile["stacks"]:
            names, frame = [], stack["frame"]
            while frame is not None:
                names.insert(0, profile["strings"][profile["frames"][frame]["name"]])
                frame = profile["frames"][frame]["up"]
            found[stack["role"], *names] += stack["ns"] / count / len(runs)
    return found


@pytest.fixture
def opened(browser, page):
    browser.open(page("compare", "--functions", *RUNS))
    return browser


def test_both_sides_add_up(opened):
    drawn, truth = opened.run(FRAMES), compared()
    root, total = next(f for f in drawn if f[1] == 0), truth["waterfall_totals"][0]
    assert root[3] == pytest.approx(total["base_ns"], abs=5)
    assert root[4] == pytest.approx(total["group_ns"], abs=5)
    # Each frame has the time of its stacks; widths are means of both sides.
    base, group = own_times(truth["base"]), own_times(total["group"])
    for name in ("sign_reply", "tcp_sendmsg"):
        frame = next(f for f in drawn if f[0] == name)
        want = [sum(ns for path, ns in side.items() if name in path) for side in (base, group)]
        assert frame[3:5] == pytest.approx(want, rel=0.001, abs=2), name
        assert frame[2] / root[2] == pytest.approx(sum(want) / (root[3] + root[4]), abs=0.005)


def test_what_differs(opened):
    """The function that got slower is coloured, on top of the table, and those of one side are there."""
    drawn, truth = opened.run(FRAMES), compared()
    classes = {f[0]: f[5] for f in drawn if f[1] > 1}
    assert classes["sign_reply"] == "m-higher2" and classes["main"] == "m-same"
    first = max(truth["functions"], key=lambda f: abs(f["ns"]))
    row = opened.run("Array.from(document.querySelector('#functions tbody tr').children, c => c.textContent)")
    assert (row[0], row[-1]) == (first["function"], first["self"]["verdict"]) == ("sign_reply", "higher")
    one_sided = [f["function"] for f in truth["functions"] if f["in"] != "both"]
    assert one_sided and all(name in classes for name in one_sided)


def test_search_and_zoom(opened):
    opened.run("(() => { const i = document.querySelector('#functions input'); i.value = 'sign_r';"
               "i.dispatchEvent(new Event('input')); })()")
    assert opened.count("#functions g.frame.hit") == 1
    opened.run("document.querySelector('#functions g.frame.hit').dispatchEvent(new Event('click'))")
    assert next(f for f in opened.run(FRAMES) if f[0] == "sign_reply")[2] > 900
    assert opened.messages == []


def test_without_functions(browser, page):
    browser.open(page("compare", *RUNS))
    assert browser.count("#functions") == 0 and browser.messages == []
