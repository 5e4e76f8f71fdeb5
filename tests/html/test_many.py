# SPDX-License-Identifier: GPL-2.0-or-later
"""Very many targets: the page stays small, most of them are brief in it, and nothing is lost in its sums."""

import copy
import json
import os
import subprocess

import pytest

from runs import VIRTAX, load, save, with_rows, with_targets
from test_numbers import CELLS, check

MOST_BYTES = 1.5e6
DATA = "document.getElementById('data').textContent"


def labelled(targets, n):
    """n copies of targets, in turn."""
    found = [copy.deepcopy(targets[i % len(targets)]) for i in range(n)]
    for i, target in enumerate(found):
        target["label"] = f"copy-{i}"
    return found


@pytest.fixture(scope="module", name="many")
def fixture_many(page, tmp_path_factory):
    """300 targets with everything, in two stages; every tenth has more CPU time."""
    run, stages = load("tests/golden/full.json"), load("tests/golden/stages.json")["stages"]
    run["targets"], run["intervals"] = labelled(run["targets"], 300), []
    for target in run["targets"][::10]:
        for role in target["cpu"]["roles"].values():
            for mode in role:
                role[mode] *= 2 if mode.endswith("_ns") and role[mode] else 1
        target["cpu"]["total_ns"] *= 2
    run["stages"] = [dict(s, targets=labelled(s["targets"], 300)) for s in stages[:2]]
    path = save(run, tmp_path_factory.mktemp("runs") / "many.json")
    # Costs of a request are computed from what they are made of.
    done = subprocess.run([VIRTAX, "report", path, "--format", "json"], check=True, capture_output=True, text=True)
    return page("report", path), json.loads(done.stdout)


def test_numbers(browser, many):
    """What is shown of whole and of brief targets is the run's."""
    path, run = many
    assert os.path.getsize(path) < MOST_BYTES
    browser.open(path)
    for i in (10, 11, 12, 250):
        browser.run("(() => { const f = document.getElementById('find'); f.value = 'copy-%d';"
                    "f.dispatchEvent(new Event('input')); document.querySelector('.choices input').click(); })()" % i)
    cells = json.loads(browser.run(CELLS))
    check(cells, run)
    assert len([c for c in cells if c[0].endswith(".cpu.total_ns")]) >= 100
    assert any(c[0].startswith("targets.250.per_request.cpu.") for c in cells)
    data = json.loads(browser.run(DATA))
    whole = [i for i, t in enumerate(data["targets"]) if not t.get("brief")]
    assert 10 <= len(whole) < 290 and len(data["targets"]) == 300
    # The most expensive are whole.
    least = min(run["targets"][i]["cpu"]["total_ns"] for i in whole)
    assert all(t["cpu"]["total_ns"] <= least for i, t in enumerate(run["targets"]) if i not in whole)
    for target, shown in zip(run["targets"], data["targets"]):
        for role, modes in shown["cpu"]["roles"].items():
            for mode, ns in modes.items():
                assert ns == target["cpu"]["roles"][role][mode]
    assert browser.count("#stages table tbody tr") > 0 and browser.messages == []


def test_a_thousand(page, tmp_path):
    for path in ("tests/golden/two.json", "tests/golden/joined.json"):
        run = with_targets(load(path), 1000)
        assert os.path.getsize(page("report", save(run, tmp_path / os.path.basename(path)))) < MOST_BYTES, path


def test_series_of_the_others(browser, page, tmp_path):
    """Ten minutes of 40 targets: some have a series, and the sum of the others is one more."""
    run = with_rows(load("tests/golden/three.json"), 600)
    run["targets"], run["stages"] = labelled(run["targets"], 40), []
    for row in run["intervals"]:
        row["targets"] = labelled(row["targets"], 40)
    path = page("report", save(run, tmp_path / "run.json"))
    assert os.path.getsize(path) < MOST_BYTES
    browser.open(path)
    series = json.loads(browser.run(DATA))["series"]["targets"]
    assert len(series) < 40 and series[-1]["target"] is None and series[-1]["others"] == 41 - len(series)
    for i, row in enumerate(run["intervals"]):
        cell = [s["requests"][i] if isinstance(s["requests"], list) else s["requests"] for s in series]
        assert sum(cell) == sum(t["requests"]["count"] for t in row["targets"])
    assert "other targets, together" in browser.run("document.getElementById('time').textContent")
    assert browser.count("#time path.area") > 0 and browser.messages == []
