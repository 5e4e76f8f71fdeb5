# SPDX-License-Identifier: GPL-2.0-or-later
"""Everybody can read it: contrast, names of controls, tables beside charts, the order of headings."""

import pytest

CONTRAST = r"""(() => {
    const paint = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
    const rgb = c => { paint.clearRect(0, 0, 1, 1); paint.fillStyle = c; paint.fillRect(0, 0, 1, 1);
        return Array.from(paint.getImageData(0, 0, 1, 1).data); };
    const light = c => { const [r, g, b] = c.map(v => v / 255).map(v => v <= .04045 ? v / 12.92 :
        ((v + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b; };
    const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((m, n) => n - m); return (x + .05) / (y + .05); };
    const ground = n => { for (; n; n = n.parentElement) { const c = rgb(getComputedStyle(n).backgroundColor);
        if (c[3] > 250) return c; } return [255, 255, 255]; };
    const bad = []; let seen = 0;
    for (const n of document.querySelectorAll('body *')) {
        const svg = n.closest('svg');
        const own = Array.from(n.childNodes).some(c => c.nodeType === 3 && c.textContent.trim());
        if (!own || !n.getClientRects().length || n.closest('#tip, .unseen, script, noscript')) continue;
        const s = getComputedStyle(n), c = rgb(svg ? s.fill : s.color), r = ratio(c, ground(svg ? svg.parentElement : n));
        seen++;
        if (r < 4.5) bad.push([n.tagName, n.className.baseVal || n.className, n.textContent.slice(0, 30), r]);
    }
    for (const n of document.querySelectorAll('rect.seg, rect.fall, rect.bucket, path.area, path.line, path.shift')) {
        if (n.matches('.h-idle, .h-other')) continue;
        const s = getComputedStyle(n), r = ratio(rgb(s.fill === 'none' ? s.stroke : s.fill), ground(n.closest('div')));
        seen++;
        if (r < 3) bad.push([n.tagName, n.className.baseVal, r]);
    }
    return {bad, seen};
})()"""

NAMES = r"""(() => {
    const bad = [];
    const label = n => n.getAttribute('aria-label') || (n.labels && n.labels.length && n.labels[0].textContent.trim()) ||
        n.textContent.trim();
    for (const n of document.querySelectorAll('button, select, input, summary, a, [tabindex="0"], [role="img"]'))
        if (!(n.matches('select, input') ? n.getAttribute('aria-label') || (n.labels && n.labels.length) : label(n)))
            bad.push(n.outerHTML.slice(0, 80));
    for (const n of document.querySelectorAll('svg'))
        if (!n.closest('[aria-label]') || (n.getAttribute('role') === 'img' && n.getAttribute('aria-label').length < 10))
            bad.push('svg: ' + n.outerHTML.slice(0, 80));
    for (const n of document.querySelectorAll('table'))
        if (!n.querySelector('caption') || !n.querySelector('th[scope=col]') || !n.querySelector('th[scope=row]'))
            bad.push('table: ' + n.textContent.slice(0, 60));
    for (const n of document.querySelectorAll('th'))
        if (!n.textContent.trim()) bad.push('empty: ' + n.closest('table').textContent.slice(0, 60));
    for (const n of document.querySelectorAll('[role=presentation]'))
        if (n.hasAttribute('aria-label')) bad.push('label without a role: ' + n.outerHTML.slice(0, 80));
    const places = Array.from(document.querySelectorAll('section, [role=region]'), n => n.getAttribute('aria-label') ||
        document.getElementById(n.getAttribute('aria-labelledby')).textContent);
    bad.push(...places.filter((p, i) => places.indexOf(p) !== i).map(p => 'two places: ' + p));
    for (const n of document.querySelectorAll('section'))
        if (!document.getElementById(n.getAttribute('aria-labelledby'))) bad.push('section: ' + n.id);
    const ids = Array.from(document.querySelectorAll('[id]'), n => n.id);
    bad.push(...ids.filter((id, i) => ids.indexOf(id) !== i).map(id => 'twice: ' + id));
    let level = 0;
    for (const n of document.querySelectorAll('h1, h2, h3')) {
        if (+n.tagName[1] > level + 1) bad.push('heading: ' + n.textContent);
        level = +n.tagName[1];
    }
    return bad;
})()"""

FULL = ("report", "tests/golden/full.json")
ALL = [FULL, ("report", "tests/golden/stages.json"), ("report", "tests/golden/losses.json"),
       ("report", "tests/golden/unknowns.json"), ("report", "tests/golden/joined.json"),
       ("report", "tests/golden/profile.json")]


def pages():
    from runs import COMPARISONS
    return ALL + [("compare", *COMPARISONS["pages"]), ("compare", *COMPARISONS["steps"]),
                  ("compare", *COMPARISONS["joined"])]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("command", pages(), ids=lambda c: c[0] + "-" + c[1].split("/")[-1])
def test_contrast_and_names(browser, page, command, dark):
    browser.open(page(*command), dark=dark)
    browser.run("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    browser.run("new Promise(done => setTimeout(done, 50))")
    found = browser.run(CONTRAST)
    assert found["seen"] > 30 and found["bad"] == []
    assert browser.run(NAMES) == []


def test_every_chart_has_a_table(browser, page):
    """In the figure, or beside it."""
    browser.open(page(*FULL))
    assert browser.run("Array.from(document.querySelectorAll('section')).filter(s => s.querySelector('svg') && "
                       "!s.querySelector('table, #time details')).length") == 0


def test_a_keyboard_reaches_everything(browser, page):
    browser.open(page(*FULL))
    seen = set()
    for _ in range(60):
        browser.call("Input.dispatchKeyEvent", type="keyDown", key="Tab", windowsVirtualKeyCode=9)
        browser.call("Input.dispatchKeyEvent", type="keyUp", key="Tab", windowsVirtualKeyCode=9)
        seen.add(browser.run("(n => n.id || n.className || n.tagName)(document.activeElement)"))
    assert {"theme", "series-kind", "chart", "copy"} <= seen
