# SPDX-License-Identifier: GPL-2.0-or-later
"""Names from outside stay names: no markup, no script, nothing that turns the text around."""

import copy

import pytest

from runs import load, save

NAMES = ["</script><script>alert(1)</script>", "<!--<script>", "\"><img src=x onerror=alert(1)>", "' onclick='x",
         "\u2028\u2029", "\u202egnp.exe\u2066", "a" * 300, "&lt;b&gt;&amp;", "]]>", "\\u003c/script", "@DATA@@TITLE@",
         "\x1b[2J\x07", "{{7*7}}${7*7}", "\ud7ff\ufeff\u200b", "שלום עולם"]


@pytest.fixture(scope="session", name="hostile")
def fixture_hostile(page, tmp_path_factory):
    """[(names, page)…]: a few names in each page, as all that a run has names of."""
    folder, made = tmp_path_factory.mktemp("hostile"), []
    for first in range(0, len(NAMES), 5):
        names, run = NAMES[first:first + 5], load("tests/golden/full.json")
        run["targets"] = [dict(copy.deepcopy(run["targets"][1]), label=name, name=name, runtime=name, cgroup=name,
                               id=name, netdevs=[name]) for name in names]
        for row in run["intervals"]:
            row["targets"] = [dict(row["targets"][1], label=name) for name in names]
        for target, name in zip(run["targets"], names):
            for layer in ("block", "block_top"):
                for device in (target.get(layer) or {}).get("devices", ()):
                    device["name"] = name
            run["degraded"].append({"what": name, "why": name, "costs": name})
            run["host"]["tunables"][name] = name
        run["label"] = run["host"]["hostname"] = names[0]
        made.append((names, page("report", save(run, folder / f"{first}.json"))))
    return made


def visible(name):
    return "".join(c for c in name if c.isprintable() and c not in "\u2066")


def test_names(browser, hostile):
    sizes = set()
    for names, path in hostile:
        browser.open(path)
        sizes.add(browser.run("document.querySelectorAll('*').length"))
        assert browser.count("script") == 3 and browser.count("img, b b, [onclick]") == 0, names
        assert browser.count("#request rect.seg") > 10, names
        text = browser.run("document.getElementById('main').textContent + document.title + "
                           "document.getElementById('head').textContent")
        for c in "\u2028\u2029\u202e\u2066\x1b\x07\u200b\ufeff":
            assert c not in text, (names, hex(ord(c)))
        for name in names:
            assert len(name) > 40 or visible(name) in text, name
        label = browser.run("JSON.parse(document.getElementById('data').textContent).run.label")
        assert label == names[0]
        for width in (1280, 400):
            browser.resize(width)
            assert browser.run("document.documentElement.scrollWidth") <= width, (names, width)
        assert browser.messages == [], names
    assert max(sizes) - min(sizes) < 40, "a name has become markup"


def test_groups(browser, page, tmp_path):
    """The same for labels of runs that are compared."""
    paths = []
    for i in range(1, 9):
        run = load(f"tests/golden/compare/ab-{i:02}.json")
        run["label"] = NAMES[0] if i % 2 else NAMES[2]
        paths.append(save(run, tmp_path / f"{i}.json"))
    browser.open(page("compare", *paths))
    assert browser.messages == [] and browser.count("script") == 3 and browser.count("img") == 0
    assert browser.count("g.forest") > 3
    assert NAMES[0][:20] in browser.run("document.getElementById('groups').textContent")
