# SPDX-License-Identifier: GPL-2.0-or-later
"""Targets that start while everything is recorded; KVM's module is also loaded during the
recording."""

import json

import lib
import pytest


def test_both_are_found(whole):
    container, guest, run, _ = whole
    kinds = {(t["kind"], t["pid"]) for t in run["targets"]}
    assert ("vm", guest.pid) in kinds
    assert any(t["kind"] == "container" and container.cgroup in (t["cgroup"] or "")
               for t in run["targets"]), run["targets"]


def test_guest_time_from_the_first_entry(whole):
    """The kvm module was not loaded when the programs were attached."""
    _, guest, run, usage = whole
    vm = next(t for t in run["targets"] if t["pid"] == guest.pid)
    vcpu = vm["cpu"]["roles"]["vcpu"]
    assert vcpu["guest_ns"] > 0.2 * usage["vcpu"], (vcpu, usage)
    assert sum(v or 0 for v in vcpu.values()) <= 1.02 * usage["vcpu"]


def test_a_worker_that_comes_later_is_found(whole):
    """vhost's worker starts when the guest's driver sets up its device. Before 6.4 it is a kernel
    thread without an owner, which is reported when it gets its name."""
    _, guest, run, usage = whole
    vm = next(t for t in run["targets"] if t["pid"] == guest.pid)
    vhost = vm["cpu"]["roles"]["vhost"]
    ours = sum(v or 0 for key, v in vhost.items() if key.endswith("_ns"))
    # Emulated, its many short slices end late and are often interrupted.
    assert 0.5 * usage["vhost"] < ours <= 1.5 * usage["vhost"], (vhost, usage)


def test_list_knows_every_thread(whole):
    container, guest, _, _ = whole
    done = lib.virtax("list", "--json")
    assert done.returncode == 0, done.stderr
    found = {t["kind"]: t for t in json.loads(done.stdout)["targets"]}
    roles = {k: v["threads"] for k, v in found["vm"]["roles"].items()}
    assert found["vm"]["pid"] == guest.pid and found["vm"]["name"] == "l2"
    assert roles["vcpu"] == 1 and roles["vhost"] == 1 and roles["iothread"] >= 1, roles
    assert found["vm"]["netdevs"] == [guest.tap]
    assert found["container"]["netdevs"] == [container.veth.dev]
    assert container.name in (found["container"]["name"], found["container"]["id"])


@pytest.mark.parametrize("kind", ["vm", "container"])
def test_its_life_is_on_the_bill(whole, kind, note):
    """It is found by its exec or by the creation of its cgroup, not at once: the time that it may
    have used until then is missing, and the run reports how long that was."""
    container, guest, run, usage = whole
    target = next(t for t in run["targets"] if t["kind"] == kind)
    assert target["pid"] == {"vm": guest.pid, "container": container.pid}[kind]
    cpu, late_ns = target["cpu"], run["self"]["bind_delay_ns"]
    ours = cpu["total_ns"] + cpu["irq_victim_ns"] + cpu["tracer_victim_ns"]
    note("found after", f"{late_ns / 1e6:.0f} ms")
    assert 0 < late_ns < run["window"]["wall_ns"] / 4
    assert 0.5 * usage[kind] < ours <= 1.05 * usage[kind], (usage, cpu)
    assert ours + late_ns * run["window"]["cpus"] >= 0.95 * usage[kind], (usage, cpu)
