# SPDX-License-Identifier: GPL-2.0-or-later
"""A joined run's page begins with the VM against the container, like with like, and its steps add up."""

import json

import pytest

from runs import load, save

JOINED = "tests/golden/joined.json"
COMMANDS = [("report", JOINED), ("compare", "--by", "target", JOINED)]
TABLE = """JSON.stringify(Array.from(document.querySelectorAll('#like table.parts tbody tr'), r => [r.className,
    r.firstElementChild.textContent, Array.from(r.querySelectorAll('td'), d => +d.dataset.v)]))"""


def layers(target):
    """{layer: ns}, the guest's time by what it was spent on; the same as docs/METRICS.md defines, by hand."""
    found = {}
    for role, modes in target["cpu"]["roles"].items():
        for mode, ns in modes.items():
            found[f"{role} {mode[:-3]}"] = ns or 0
    inside = target.get("inside")
    if inside:
        assert found.pop("vcpu guest") == inside["total_ns"]
        names = {"work": "workload", "rest": "guest"}
        for part, role in names.items():
            for mode, ns in inside[part].items():
                role_mode = "guest nested" if mode == "nested_ns" else f"{role} {mode[:-3]}"
                found[role_mode] = found.get(role_mode, 0) + (ns or 0)
    count = target["requests"]["count"]
    return {layer: ns / count for layer, ns in found.items() if ns}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c[0])
def test_steps(browser, page, command):
    box, vm = load(JOINED)["targets"]
    before, after = layers(box), layers(vm)
    browser.open(page(*command))
    assert browser.run("document.querySelector('#main > section').id") == "like"
    rows = json.loads(browser.run(TABLE))
    parts = [(name.strip(), numbers) for kind, name, numbers in rows if kind == "strong"]
    steps = {name.strip().replace("user + kernel", "task"): numbers for kind, name, numbers in rows if not kind}
    assert set(steps) == set(before) | set(after)
    for layer, (start, end, difference) in steps.items():
        assert start == pytest.approx(before.get(layer, 0), abs=1e-3), layer
        assert end == pytest.approx(after.get(layer, 0), abs=1e-3), layer
        assert abs(difference - (end - start)) <= 1, layer
    *parts, (_, whole) = parts
    assert [name for name, _ in parts] == ["the same work", "the guest's kernel", "virtax in the guest",
                                           "KVM", "QEMU and vhost", "host interrupts"]
    # To the nanosecond: steps, parts, the whole.
    assert sum(numbers[2] for numbers in steps.values()) == sum(numbers[2] for _, numbers in parts) == whole[2]
    assert whole[2] == whole[1] - whole[0] == pytest.approx(sum(after.values()) - sum(before.values()), abs=1)
    assert browser.count("#like rect.fall.part") == len(parts) and browser.count("#like rect.fall.sum") == 2
    assert browser.messages == []


def test_each_row_begins_where_the_last_ended(browser, page):
    browser.open(page(*COMMANDS[0]))
    bars = browser.run("""Array.from(document.querySelectorAll('#like rect.fall'), r => [r.getAttribute('class'),
        +r.getAttribute('x'), +r.getAttribute('x') + +r.getAttribute('width')])""")
    layer_bars = [b for b in bars if "part" not in b[0]]
    for (_, _, end), (kind, begin, last) in zip(layer_bars, layer_bars[1:]):
        assert abs((last if "sum" in kind else begin) - end) < 1.5, bars


def test_without_a_join(browser, page):
    browser.open(page("report", "tests/golden/two.json"))
    assert browser.count("#like") == 0


def test_less_has_a_minus_sign(browser, page, tmp_path):
    """All scripts of the page share their functions: the one that writes differences is the same everywhere."""
    run = load(JOINED)
    cpu = run["targets"][0]["cpu"]
    mode = max(("user_ns", "kernel_ns"), key=lambda m: cpu["roles"]["workload"][m] or 0)
    added = 10 * cpu["total_ns"]
    cpu["total_ns"] += added
    cpu["roles"]["workload"][mode] += added
    browser.open(page("report", save(run, tmp_path / "run.json")))
    cells = json.loads(browser.run("""JSON.stringify(Array.from(document.querySelectorAll(
        '#like table.parts tbody tr'), r => [r.lastElementChild.textContent, +r.lastElementChild.dataset.v]))"""))
    assert any(ns < 0 for _, ns in cells)
    for text, ns in cells:
        assert text[0] == ("±" if ns == 0 else "+" if ns > 0 else "−"), (text, ns)
