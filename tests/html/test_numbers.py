# SPDX-License-Identifier: GPL-2.0-or-later
"""The numbers of the tables are those of the run file, and what is shown is their rounded form."""

import json
import re
import subprocess

import pytest

from runs import COMPARISONS, GOLDEN, ROOT, VIRTAX, at, load

CELLS = """JSON.stringify(Array.from(document.querySelectorAll('td[data-path]'),
    td => [td.dataset.path, td.dataset.v, td.firstElementChild.textContent]))"""
SCALE = {"": 1, "ns": 1, "µs": 1e3, "ms": 1e6, "s": 1e9, "B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12,
         "PB": 1e15}


def value_of(text):
    """What a person reads: "1.24 ms" is 1240000 ± half of the last digit."""
    found = re.fullmatch(r"([−-]?)(<?)([\d\u202f]+(?:\.\d+)?) ?([^\d\s/]*)(?:/s)?", text)
    assert found, text
    sign, below, digits, unit = found.groups()
    digits = digits.replace("\u202f", "")
    half = 0.5 * 10.0 ** -len(digits.partition(".")[2]) * SCALE[unit]
    value = float(digits) * SCALE[unit]
    return (-value if sign else value), (value if below else half)


def check(cells, tree):
    for path, raw, text in cells:
        truth = at(tree, path)
        assert float(raw) == float(truth), path
        value, half = value_of(text)
        assert abs(value - truth) <= half * 1.001 + 1e-9 * abs(truth), (path, text, truth)


@pytest.mark.parametrize("path", GOLDEN)
def test_run(browser, page, path):
    # Numbers that older files lack and virtax computes (costs of a request) are in what it writes.
    run = json.loads(subprocess.run([VIRTAX, "report", path, "--format", "json"], cwd=ROOT, check=True,
                                    capture_output=True, text=True).stdout)
    browser.open(page("report", path))
    cells = json.loads(browser.run(CELLS))
    check(cells, run)
    shown = {c[0] for c in cells}
    for i, target in enumerate(run["targets"]):
        assert f"targets.{i}.cpu.total_ns" in shown
        for role, modes in (target["per_request"] or {"cpu": {}})["cpu"].items():
            for mode, ns in modes.items():
                assert not ns or f"targets.{i}.per_request.cpu.{role}.{mode}" in shown
        for part, ns in (target.get("inside") or {"rest": {}})["rest"].items():
            assert not ns or f"targets.{i}.per_request.inside.rest.{part}" in shown
        for reason in (target.get("kvm") or {}).get("reasons", ()):
            assert f"targets.{i}.kvm.reasons.{reason}.count" in shown


@pytest.mark.parametrize("name", COMPARISONS)
def test_comparison(browser, page, name):
    done = subprocess.run([VIRTAX, "compare", *COMPARISONS[name], "--format", "json"], cwd=ROOT, check=False,
                          capture_output=True, text=True)
    comparison = json.loads(done.stdout)
    browser.open(page("compare", *COMPARISONS[name]))
    cells = json.loads(browser.run(CELLS))
    check(cells, comparison)
    shown = {c[0] for c in cells}
    assert all(f"rows.{i}.shift" in shown for i in range(len(comparison["rows"])))
    assert all(f"lines.{i}.marginal_ns" in shown for i in range(len(comparison["lines"])))
    layers = {row["group"] for row in comparison["waterfall"]}
    assert browser.count("rect.fall.sum") == 2 * len(comparison["waterfall_totals"]) >= 2 * len(layers)


def test_unknown_is_not_zero(browser, page):
    """What was not measured is "?", and what does not exist is "–"."""
    run = load("tests/golden/unknowns.json")
    assert run["targets"][0]["sched"]["wait_ns"] is None
    browser.open(page("report", "tests/golden/unknowns.json"))
    text = browser.run("document.querySelector('#targets tbody tr').textContent")
    assert "?" in text and "0 ns" not in text


def test_copied_csv(browser, page):
    """The copy has the exact numbers, and texts that are formulas are defused."""
    browser.open(page("report", "tests/golden/hostile.json"))
    browser.run("navigator.clipboard.writeText = text => { window.copied = text; return Promise.resolve(); }")
    browser.run("document.querySelector('#targets .copy').click()")
    lines = browser.run("window.copied").split("\r\n")
    run = load("tests/golden/hostile.json")
    assert lines[0].startswith("target,requests,rate,CPU per request")
    assert len(lines) == len(run["targets"]) + 2
    for line, target in zip(lines[1:], run["targets"]):
        assert str(target["cpu"]["total_ns"]) in line.split(",")
        assert not line.startswith(("=", "+", "-", "@")) and "\x1b" not in line
