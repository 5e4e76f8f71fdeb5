# SPDX-License-Identifier: GPL-2.0-or-later
"""Every page renders: nothing in the console, no request, charts drawn, nothing wider than the screen."""

import html
import json
import os
import subprocess

import pytest

from runs import COMPARISONS, GOLDEN, ROOT, VIRTAX, load


def check_quiet(browser, path):
    assert browser.messages == []
    assert browser.run("document.documentElement.getAttribute('data-ready')") == "yes"
    asked = [r for r in browser.requests if not r.startswith("data:")]
    assert asked == ["file://" + os.path.realpath(path)]


def layers(target):
    """The known layers of a request with time in them, or of the whole run if no requests are known."""
    return [(role, mode, ns) for role, modes in target.items() for mode, ns in modes.items() if ns]


def served(run):
    found = [t for t in run["targets"] if t["per_request"]]
    return [layers(t["per_request"]["cpu"]) for t in found] or [layers(t["cpu"]["roles"]) for t in run["targets"]]


def check_widths(browser, path):
    """Nothing is wider than the screen, and drawing again says nothing either."""
    for width, dark in ((1280, False), (400, True)):
        browser.resize(width, dark)
        assert browser.run("document.documentElement.scrollWidth") <= width
    check_quiet(browser, path)


@pytest.mark.parametrize("path", GOLDEN)
def test_run(browser, page, path):
    run, made = load(path), page("report", path)
    browser.open(made)
    check_widths(browser, made)
    assert browser.count("#request rect.seg") == sum(len(t) for t in served(run))
    if len([t for t in served(run) if t]) > 1 or len(served(run)) > 1:
        assert browser.count("#request rect.fall.sum") == 2
    assert browser.count("#books rect.seg") > 3
    hists = sum(1 for t in run["targets"] for n, count in (t["requests"]["latency_ns"] or {}).get("hist", ()) if count)
    assert browser.count("#latency rect.bucket") == hists
    assert browser.count("section") >= (4 if run["targets"] else 3)


@pytest.mark.parametrize("name", COMPARISONS)
def test_comparison(browser, page, name):
    made = page("compare", *COMPARISONS[name])
    browser.open(made)
    check_widths(browser, made)
    data = json.loads(browser.run("document.getElementById('data').textContent"))
    rows = [r for r in data["comparison"]["rows"] if r["base_median"] > 0]
    assert browser.count("g.forest") == len(rows)
    # Each run is a dot; what is 0 has no place on a logarithmic scale.
    dots = sum(1 for r, both in zip(data["comparison"]["rows"], data["dots"]) if r["base_median"] > 0
               for values in both for v in values if v > 0)
    assert browser.count("circle.dot") == dots
    for r, (base, group) in zip(data["comparison"]["rows"], data["dots"]):
        assert (len(base), len(group)) == (min(r["base_n"], 64), min(r["n"], 64))
    assert bool(browser.count("#request rect.seg")) == bool(data["comparison"]["waterfall_totals"])
    assert bool(browser.count("#lines rect.seg")) == (name == "steps")


def test_sentence_is_the_reports(page):
    """It stands in the page's markup, so it is there without the script, too."""
    for path in GOLDEN:
        with open(page("report", path), encoding="utf-8") as f:
            body = f.read().split("<body>")[1]
        shown = subprocess.run([VIRTAX, "report", path], cwd=ROOT, check=True, capture_output=True, text=True,
                               env={"LC_ALL": "C.UTF-8", "COLUMNS": "300"}).stdout
        for place in ("id=\"sentence\">", "id=\"trust\" data-level="):
            text = html.unescape(body.split(place)[1].split("</", maxsplit=1)[0].split(">")[-1])
            assert len(text) > 5 and text[:60].strip() in shown, path


def test_policy(page):
    """Only these scripts and this style may run, and nothing may be loaded."""
    with open(page("report", GOLDEN[0]), encoding="utf-8") as f:
        text = f.read()
    policy = text.split("Content-Security-Policy\" content=\"")[1].split("\"")[0]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "*" not in policy
    assert "http" not in policy and policy.count("sha256-") == 3
    assert "Michael Bostock" in text and "BSD-3-Clause" in text
