# SPDX-License-Identifier: GPL-2.0-or-later
"""The flame graph of a profile: its frames add up to the bill, and can be searched, zoomed and reached by keys."""

import collections
import json
import os

import pytest

from runs import load, save
from test_names import NAMES

PROFILE = "tests/golden/profile.json"
ROWS = """Array.from(document.querySelectorAll('table.functions tbody tr'), r => [r.firstElementChild.textContent,
    +r.children[1].dataset.v, +r.children[3].dataset.v])"""
FRAMES = """Array.from(document.querySelectorAll('#profile g.frame'), g => [g.__data__.node.name, g.__data__.node.depth,
    +g.firstChild.getAttribute('width'), g.firstChild.getAttribute('class'), g.getAttribute('class')])"""
NOTE = "document.querySelector('#profile figure .note').textContent"


def stacks_of(run, target):
    """[(functions from the outermost on, role, mode, ns)]"""
    profile, found = run["profile"], []
    for stack in profile["stacks"]:
        if stack["target"] != target:
            continue
        names, frame = [], stack["frame"]
        while frame is not None:
            names.insert(0, profile["strings"][profile["frames"][frame]["name"]])
            frame = profile["frames"][frame]["up"]
        found.append((names, stack["role"], stack["mode"], stack["ns"]))
    return found


def functions(run, target):
    """{name: [self, total]}, ns of a request"""
    count, found = run["targets"][target]["requests"]["count"], collections.defaultdict(lambda: [0, 0])
    for names, _, _, ns in stacks_of(run, target):
        found[names[-1]][0] += ns / count
        for name in set(names):
            found[name][1] += ns / count
    return found


def choose(browser, target):
    browser.run(f"(() => {{ const s = document.getElementById('flame-target'); s.value = {target};"
                "s.dispatchEvent(new Event('change')); })()")


@pytest.mark.parametrize("target", [0, 1])
def test_frames_and_table(browser, page, target):
    run = load(PROFILE)
    browser.open(page("report", PROFILE))
    choose(browser, target)
    drawn = browser.run(FRAMES)
    root = next(f for f in drawn if f[1] == 0)
    assert root[0] == run["targets"][target]["label"] and root[2] > 900
    # Widths of functions are their shares of the target's CPU time.
    count, whole = run["targets"][target]["requests"]["count"], run["targets"][target]["cpu"]["total_ns"]
    truth, widths = functions(run, target), collections.Counter()
    for name, depth, width, _, _ in drawn:
        widths[name] += width if depth > 1 else 0
    for name, (own, total) in truth.items():
        if total * count / whole > 0.02 and name.isprintable():
            assert widths[name] == pytest.approx(root[2] * total * count / whole, rel=0.02, abs=2), name
    rows = browser.run(ROWS)
    assert rows == sorted(rows, key=lambda r: -r[1])
    for name, own, total in rows:
        if "\\" not in name:
            assert [own, total] == pytest.approx(truth[name], rel=1e-9), name
    assert sum(own for _, own, _ in rows) == pytest.approx(run["targets"][target]["per_request"]["cpu_ns"], rel=1e-6)
    assert browser.messages == []


def test_modes_have_colours(browser, page):
    """A leaf has the colour of the mode in which it was seen; targets and roles have none."""
    run = load(PROFILE)
    modes = collections.defaultdict(set)
    for target in (0, 1):
        for names, _, mode, _ in stacks_of(run, target):
            modes[names[-1]].add("m-" + mode)
    browser.open(page("report", PROFILE))
    for target in (0, 1):
        choose(browser, target)
        for name, depth, _, colour, _ in browser.run(FRAMES):
            assert (colour == "sum") == (depth < 2)
            assert depth < 2 or name not in modes or colour in modes[name], name


def test_search_and_zoom(browser, page):
    run = load(PROFILE)
    browser.open(page("report", PROFILE))
    choose(browser, 0)
    browser.run("(() => { const f = document.getElementById('flame-find'); f.value = 'TCP_';"
                "f.dispatchEvent(new Event('input')); })()")
    ns = sum(n for names, _, _, n in stacks_of(run, 0) if any("tcp_" in name for name in names))
    share = 100 * ns / run["targets"][0]["cpu"]["total_ns"]
    assert f"{share:.1f} %" in browser.run(NOTE) and "of a request" in browser.run(NOTE)
    hits = [f[0] for f in browser.run(FRAMES) if "hit" in f[4].split()]
    assert hits and all("tcp_" in name for name in hits)
    assert all("tcp_" in row[0] for row in browser.run(ROWS))
    browser.run("(() => { const f = document.getElementById('flame-find'); f.value = '';"
                "f.dispatchEvent(new Event('input')); })()")
    name = next(f[0] for f in browser.run(FRAMES) if f[1] == 3)
    browser.run("""(() => { const g = Array.from(document.querySelectorAll('#profile g.frame')).find(
        n => n.__data__.node.depth === 3); g.dispatchEvent(new MouseEvent('click')); })()""")
    widths = {(f[0], f[1]): f[2] for f in browser.run(FRAMES)}
    assert widths[(name, 3)] == pytest.approx(widths[("container", 0)]) and len({d for _, d in widths}) >= 4
    browser.run("Array.from(document.querySelectorAll('#profile .tools button')).pop().click()")
    assert {f[1] for f in browser.run(FRAMES)} >= {0, 1, 2, 3} and browser.messages == []


def test_keys(browser, page):
    """Arrows move from frame to frame and say what they are; Enter and Escape zoom; / searches."""
    browser.open(page("report", PROFILE))
    browser.run("document.querySelector('#profile .chart').focus()")
    said = []
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowLeft", "ArrowUp"):
        browser.key(key)
        said.append(browser.run("document.getElementById('live').textContent"))
    assert said[0].startswith("vcpu: ") and "of all" in said[0]
    assert said[1].startswith("[guest]: ") and said[3] == said[1] and said[4] == said[0] and said[2] != said[1]
    browser.key("ArrowDown")
    browser.key("Enter")
    assert next(f for f in browser.run(FRAMES) if f[0] == "[guest]")[2] > 900
    browser.key("Escape")
    browser.key("Home")
    assert next(f for f in browser.run(FRAMES) if f[0] == "[guest]")[2] < 900
    browser.key("/")
    assert browser.run("document.activeElement.id") == "flame-find" and browser.messages == []


def test_waiting(browser, page):
    """What was waited for, by reason, in place of CPU time; its sums are those of the run file."""
    run = load(PROFILE)
    browser.open(page("report", PROFILE))
    choose(browser, 0)
    browser.run("(() => { const s = document.getElementById('flame-what'); s.value = 'waits';"
                "s.dispatchEvent(new Event('change')); })()")
    drawn = {f[0]: f for f in browser.run(FRAMES)}
    waits = [w for w in run["profile"]["waits"] if w["target"] == 0]
    whole = sum(w["ns"] for w in waits)
    for wait in waits:
        if wait["ns"] > whole / 100:
            frame = drawn[wait["for"].replace("_", " ")]
            assert frame[1] == 1 and frame[2] / drawn["container"][2] == pytest.approx(wait["ns"] / whole, abs=0.01)
    count = run["targets"][0]["requests"]["count"]
    assert sum(row[1] for row in browser.run(ROWS)) == pytest.approx(whole / count, rel=0.001)
    assert "waited in a request" in browser.run(NOTE) and browser.messages == []


def test_very_many_stacks(browser, page, tmp_path):
    """The page stays small, and what it leaves out is in a frame of its own: the sum is the bill."""
    run = load(PROFILE)
    profile, whole = run["profile"], run["targets"][0]["cpu"]["total_ns"]
    n, depth = 3000, 20
    profile["strings"] = [f"function_{i}" for i in range(4000)]
    profile["frames"] = [{"name": (i * 7 + d) % 4000, "up": i * depth + d - 1 if d else None}
                         for i in range(n) for d in range(depth)]
    profile["stacks"] = [{"target": 0, "role": "workload", "mode": "user", "frame": (i + 1) * depth - 1,
                          "ns": whole // n + (whole % n if not i else 0), "samples": 1} for i in range(n)]
    made = page("report", save(run, tmp_path / "run.json"))
    assert os.path.getsize(made) < 1.5e6
    browser.open(made)
    data = json.loads(browser.run("document.getElementById('data').textContent"))["profile"]
    assert sum(data["stacks"]["ns"]) == whole and len(data["frame_up"]) < 21000
    assert "[smaller stacks]" in [f[0] for f in browser.run(FRAMES)]
    assert browser.count("#profile g.frame") < 20000 and browser.messages == []


def test_very_many_waits(browser, page, tmp_path):
    """What the page leaves out is in a frame of its own, under its reason: the sum is that of the run."""
    run = load(PROFILE)
    profile, n, depth = run["profile"], 1000, 20
    first = len(profile["frames"])
    profile["frames"] += [{"name": (i + d) % len(profile["strings"]), "up": first + i * depth + d - 1 if d else None}
                          for i in range(n) for d in range(depth)]
    profile["waits"] = [{"target": 0, "role": "workload", "for": ("futex", "pipe")[i % 2], "ns": 1000000 + i, "count": 1,
                         "frame": first + (i + 1) * depth - 1} for i in range(n)]
    truth = {kind: sum(w["ns"] for w in profile["waits"] if w["for"] == kind) for kind in ("futex", "pipe")}
    browser.open(page("report", save(run, tmp_path / "run.json")))
    page_profile = json.loads(browser.run("document.getElementById('data').textContent"))["profile"]
    waits = page_profile["waits"]
    names = [page_profile["names"][page_profile["frame_name"][f]] for f in waits["frame"]]
    assert names.count("[smaller stacks]") == 2 and 2 < len(names) < n
    for kind, ns in truth.items():
        shown = [n for n, r in zip(waits["ns"], waits["reason"]) if page_profile["reasons"][r] == kind]
        assert sum(shown) == ns
    choose(browser, 0)
    browser.run("(() => { const s = document.getElementById('flame-what'); s.value = 'waits';"
                "s.dispatchEvent(new Event('change')); })()")
    assert [f[1] for f in browser.run(FRAMES) if f[0] == "[smaller stacks]"] == [2, 2] and browser.messages == []


def test_hostile_names(browser, page, tmp_path):
    """Names of functions are text: no markup, nothing that turns the text around, none that is not there."""
    run = load(PROFILE)
    run["profile"]["strings"] = [f"{NAMES[i % len(NAMES)]}{i}" for i in range(len(run["profile"]["strings"]))]
    browser.open(page("report", save(run, tmp_path / "run.json")))
    assert browser.count("script") == 3 and browser.count("#profile img, #profile [onclick]") == 0
    assert browser.count("#profile g.frame") > 10 and browser.messages == []
    text = browser.run("document.getElementById('profile').textContent")
    for c in "\u2028\u2029\u202e\u2066\x1b\x07\u200b\ufeff":
        assert c not in text, hex(ord(c))
    browser.resize(400)
    assert browser.run("document.documentElement.scrollWidth") <= 400


def test_without_a_profile(browser, page):
    browser.open(page("report", "tests/golden/two.json"))
    assert browser.count("#profile") == 0
