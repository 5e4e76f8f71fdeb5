# SPDX-License-Identifier: GPL-2.0-or-later
"""Using a page: hover, zoom, keys, the choice of series and targets, themes, paper, large runs."""

import os

import pytest

from runs import COMPARISONS, load, save, with_rows, with_targets

MODES = ("guest", "user", "kernel", "poll", "softirq", "hardirq")
TIP = "document.getElementById('tip').hidden ? '' : document.getElementById('tip').textContent"
LAST_TICK = "Array.from(document.querySelectorAll('#time svg .axis')).pop().textContent"


def box(browser, selector):
    """Scrolls there, and returns x, y, width, height on the screen. Scrolling hides the tip, a frame later."""
    return browser.run("""new Promise(done => { const n = document.querySelector('%s');
        n.closest('figure').scrollIntoView({block: 'center'});
        requestAnimationFrame(() => requestAnimationFrame(() => { const r = n.getBoundingClientRect();
            done([r.x, r.y, r.width, r.height]); })); })""" % selector)


@pytest.fixture(scope="session", name="long_run")
def fixture_long_run(page, tmp_path_factory):
    """Ten minutes of three targets, a row each second."""
    run = with_rows(load("tests/golden/three.json"), 600)
    run["stages"] = []
    return page("report", save(run, tmp_path_factory.mktemp("runs") / "long.json")), run


def test_hover(browser, long_run):
    path, run = long_run
    browser.open(path)
    assert os.path.getsize(path) < 1.5e6
    used = sum(1 for t in range(3) for m in MODES if any(
        role.get(m + "_ns") for i in run["intervals"] for role in i["targets"][t]["cpu"]["roles"].values()))
    assert browser.count("#time path.area") == used
    x, y, width, height = box(browser, "#time rect.cover")
    browser.mouse("mouseMoved", x + width / 2, y + height / 2)
    tip = browser.run(TIP)
    assert "vm" in tip and "CPUs busy" in tip and "300 s" in tip.replace("299 s", "300 s").replace("5 min 0 s", "300 s")
    browser.mouse("mouseMoved", 5, 5)
    assert browser.run(TIP) == ""
    x, y, width, height = box(browser, "#request rect.seg")
    browser.mouse("mouseMoved", x + width / 2, y + height / 2)
    assert "workload user" in browser.run(TIP)


def test_zoom_by_mouse(browser, long_run):
    browser.open(long_run[0])
    x, y, width, height = box(browser, "#time rect.cover")
    before = browser.run(LAST_TICK)
    middle = y + height / 2
    browser.mouse("mousePressed", x + width * 0.25, middle, button="left", clickCount=1)
    browser.mouse("mouseMoved", x + width * 0.5, middle, button="left")
    browser.mouse("mouseReleased", x + width * 0.5, middle, button="left", clickCount=1)
    ticks = [float(t) for t in browser.run(LAST_TICK).replace("time since the start", "").split(" s") if t]
    assert 145 <= min(ticks) <= 200 and 260 <= max(ticks) <= 305
    for clicks in (1, 2):
        browser.mouse("mousePressed", x + 50, middle, button="left", clickCount=clicks)
        browser.mouse("mouseReleased", x + 50, middle, button="left", clickCount=clicks)
    assert browser.run(LAST_TICK) == before


def test_keys(browser, long_run):
    """All that the mouse does, for a keyboard; values are announced."""
    browser.open(long_run[0])
    before = browser.run(LAST_TICK)
    browser.run("document.querySelector('#time .chart').focus()")
    browser.key("ArrowRight")
    browser.key("ArrowRight")
    said = browser.run("document.getElementById('live').textContent")
    assert "container" in said and "CPUs busy" in said
    browser.key("+")
    assert browser.run(LAST_TICK) != before
    assert browser.run("document.activeElement.matches('#time .chart')")
    browser.key("0")
    assert browser.run(LAST_TICK) == before


def test_series(browser, long_run):
    """Each choice is drawn, and the table has the numbers of the rows."""
    path, run = long_run
    browser.open(path)
    names = browser.run("Array.from(document.querySelectorAll('#series-kind option'), o => o.textContent)")
    assert {"CPU by mode", "requests per second", "CPU per request", "network, sent"} <= set(names)
    for i, name in enumerate(names):
        browser.run(f"(() => {{ const s = document.getElementById('series-kind'); s.value = {i};"
                    "s.dispatchEvent(new Event('change')); })()")
        assert browser.count("#time svg path.area, #time svg path.line") > 0, name
    i = names.index("requests per second")
    browser.run(f"(() => {{ const s = document.getElementById('series-kind'); s.value = {i};"
                "s.dispatchEvent(new Event('change'));"
                "document.querySelector('#time details').open = true; })()")
    browser.run("new Promise(done => setTimeout(done, 50))")
    shown = browser.run("Array.from(document.querySelectorAll('#time tbody tr'), "
                        "r => Array.from(r.querySelectorAll('td'), d => d.dataset.v))")
    assert len(shown) == 600
    for row, cells in zip(run["intervals"], shown):
        assert [str(t["requests"]["count"]) for t in row["targets"]] == cells


def test_stages_are_marked(browser, page, tmp_path):
    run = with_rows(load("tests/golden/three.json"), 30)
    for at, name in ((0, "warm"), (10, "load"), (20, "</script>")):
        run["stages"].append({"name": name, "at_ns": at * 1000000000, "length_ns": 10000000000,
                              "host_cpu": run["host_cpu"], "targets": []})
    browser.open(page("report", save(run, tmp_path / "run.json")))
    assert browser.run("Array.from(document.querySelectorAll('#time .stagename'), n => n.textContent)") == \
        ["warm", "load", "</script>"]


def test_many_rows(browser, page, tmp_path):
    """10,000 rows draw no more than fits on the screen."""
    sizes, one = [], load("tests/golden/three.json")
    for part in (one, *one["intervals"]):
        del part["targets"][1:]
    for rows in (600, 10000):
        run = with_rows(one, rows)
        seconds = browser.open(page("report", save(run, tmp_path / f"{rows}.json")))
        print(f"{rows} rows: {seconds:.2f} s")
        assert browser.count("#time path.area") > 0
        sizes.append(browser.run("document.querySelector('#time svg').outerHTML.length"))
    assert sizes[1] < 2 * sizes[0]


def test_many_targets(browser, page, tmp_path):
    """Of a thousand targets the charts show some, and others can be chosen."""
    browser.open(page("report", save(with_targets(load("tests/golden/two.json"), 1000), tmp_path / "run.json")))
    assert browser.count("#targets tbody tr") == 100
    bars = browser.count("#request rect.seg")
    browser.run("(() => { const f = document.getElementById('find'); f.value = 'copy-99';"
                "f.dispatchEvent(new Event('input')); })()")
    assert browser.count(".choices input") == 11
    browser.run("document.querySelectorAll('.choices input')[3].click()")
    assert browser.count("#request rect.seg") == bars // 6 * 7
    assert browser.messages == []


def test_what_does_not_differ_is_folded(browser, page):
    """The table of a comparison has what differs; the rest is one line, which opens; the copy has all."""
    command = ("compare", *COMPARISONS["pages"])
    browser.open(page(*command))
    data = browser.run("JSON.parse(document.getElementById('data').textContent).comparison.rows.map(r => r.verdict)")
    same = data.count("same")
    assert 0 < same < len(data)
    assert browser.count("#shifts .table > .scroll tbody tr") == len(data) - same
    folded = browser.count("#shifts details.same:not([open])")
    said = browser.run("Array.from(document.querySelectorAll('#shifts details.same summary'), n => parseInt(n.textContent))")
    assert folded == len(said) > 0 and sum(said) == same == browser.count("#shifts details.same tbody tr")
    browser.run("navigator.clipboard.writeText = text => { window.copied += text; return Promise.resolve(); }")
    browser.run("window.copied = ''; document.querySelectorAll('#shifts .copy').forEach(b => b.click())")
    tables = browser.count("#shifts .table")
    assert browser.run("window.copied").count("\r\n") == len(data) + tables


def test_theme(browser, page):
    browser.open(page("report", "tests/golden/two.json"))
    ground = "getComputedStyle(document.body).backgroundColor"
    light = browser.run(ground)
    browser.run("(() => { const s = document.getElementById('theme'); s.value = 'dark';"
                "s.dispatchEvent(new Event('change')); })()")
    assert browser.run(ground) != light
    browser.open(page("report", "tests/golden/two.json"), dark=True)
    assert browser.run(ground) != light


def test_paper(browser, page):
    """Printed: what can only be clicked is left out, and the charts are there."""
    browser.open(page("report", "tests/golden/two.json"), dark=True)
    browser.call("Emulation.setEmulatedMedia", media="print", features=[])
    assert browser.run("getComputedStyle(document.getElementById('nav')).display") == "none"
    # Light, also on a dark screen and with the dark theme chosen.
    for theme in ("", "dark"):
        browser.run(f"document.documentElement.setAttribute('data-theme', '{theme}')")
        for scheme in ("dark", "light"):
            browser.call("Emulation.setEmulatedMedia", media="print", features=[
                {"name": "prefers-color-scheme", "value": scheme}])
            assert browser.run("getComputedStyle(document.querySelector('.fig')).backgroundColor") == \
                "rgb(255, 255, 255)"
            assert browser.run("getComputedStyle(document.querySelector('.legend')).color") == "rgb(68, 68, 68)"
    paper = browser.call("Page.printToPDF")["data"]
    assert len(paper) > 20000
