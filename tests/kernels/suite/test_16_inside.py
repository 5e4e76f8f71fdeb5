# SPDX-License-Identifier: GPL-2.0-or-later
"""The guest under real KVM records itself while the host records it; joined, the guest's burner is on
its name. The other source is the CPU time of its cgroup by the guest's own kernel."""

import json
import os
import subprocess

import conftest
import lab
import lib
import pytest

BURN_SECONDS = 4


@pytest.fixture(scope="module")
def joined(guest, targets):
    """The VM of the joined run, the burner of the guest's own run, and its cpu.stat in ns."""
    with conftest.recording(*targets, name="inside-host") as rec:
        said = guest.order("inside", BURN_SECONDS, seconds=lab.LOAD_SECONDS)
    usage, brace, text = said.partition("{")
    if not brace:
        raise lab.Infra(f"guest: inside: {said[-300:]}")
    path = os.path.join(lab.OUT, "inside-guest.json")
    with open(path, "w", encoding="utf-8") as f:
        f.write(brace + text)
    whole = os.path.join(lab.OUT, "inside.json")
    done = subprocess.run([lib.VIRTAX, "join", rec.file, f"vm={path}", "-o", whole], check=False,
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    with open(whole, encoding="utf-8") as f:
        vm = next(t for t in json.load(f)["targets"] if t["label"] == "vm")
    burner = next(t for t in json.loads(brace + text)["targets"] if t["label"] == "burn")
    return vm, burner, int(usage.split("usage_usec")[1]) * 1000


def test_the_parts_add_up(joined):
    vm, _, _ = joined
    inside = vm["inside"]
    parts = sum(inside["work"].values()) + sum(inside["rest"].values())
    assert parts == inside["total_ns"] == vm["cpu"]["roles"]["vcpu"]["guest_ns"], inside


def test_the_guest_finds_its_burner(joined, note):
    """The guest's kernel counts interrupts and handlers as time of the task that they hit."""
    _, burner, usage = joined
    cpu = burner["cpu"]
    ours = cpu["total_ns"] + cpu["irq_victim_ns"] + cpu["tracer_victim_ns"]
    note("inside the guest: burner, its cpu.stat, ns", f"{ours}, {usage}")
    assert abs(ours - usage) <= 0.02 * usage, (cpu, usage)


def test_the_burner_is_on_its_name(joined, note):
    """Its guest time is what the guest charged to it, less the exits that hit it."""
    vm, burner, _ = joined
    inside, wall = vm["inside"], burner["cpu"]["total_ns"]
    work = sum(inside["work"].values())
    note("joined: burner's guest time, wall time, error, ns", f"{work}, {wall}, {inside['join']['error_ns']}")
    assert wall - inside["join"]["error_ns"] <= 1.01 * work <= 1.02 * wall, (inside, wall)
    assert [t["label"] for t in inside["guest_targets"]] == ["burn"], inside
