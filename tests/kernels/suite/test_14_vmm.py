# SPDX-License-Identifier: GPL-2.0-or-later
"""A VMM of a hundred lines, tests/workloads/guestvm.c: no name or file tells that it is one, only the VM
of KVM's that it holds. The other sources are its own count of exits, and its cgroup's CPU time."""

import json
import subprocess

import conftest
import lab
import lib
import pytest

EXITS, SPIN = 3000, 20000


@pytest.fixture(scope="module")
def tiny(guest, tmp_path_factory):
    """(its pid, what list says of it, the target in the run, what it says itself). `guest`: KVM is
    loaded."""
    del guest
    group = lib.Cgroup(lib.cgroup_name("-tiny"))
    binary = lib.copy_as(lib.load("guestvm"), str(tmp_path_factory.mktemp("vmm")), "tiny-vmm")
    vm = lib.Process(group.spawn([binary, str(EXITS), str(SPIN)], stdin=subprocess.PIPE))
    listed = json.loads(lib.virtax("list", "--json", timeout=lab.LOAD_SECONDS).stdout)
    before = group.usage_ns()
    with conftest.recording("--vm", f"tiny={vm.pid}", "--only", "cpu", name="tiny") as rec:
        vm.go()
        vm.until("cpu")
        used = group.usage_ns() - before
    yield vm.pid, listed, rec.run, used, vm.end()
    group.remove()


def test_is_listed(tiny):
    pid, listed, *_ = tiny
    found = [t for t in listed["targets"] if t["pid"] == pid]
    assert [(t["kind"], t["runtime"], t["accel"]) for t in found] == [("vm", "tiny-vmm", "kvm")]


def test_time_is_what_its_cgroup_used(tiny, note):
    """guest + user + kernel + poll, to 1 %. Until its only thread has entered the guest, it is not
    known to be a vCPU."""
    _, _, run, used, _ = tiny
    run.check_cpu("tiny", used, 0.01)
    roles = run.target("tiny")["cpu"]["roles"]
    assert set(roles) <= {"vcpu", "emulator", "kvm"}, roles
    sums = {name: sum(ns or 0 for ns in role.values()) for name, role in roles.items()}
    assert sums["vcpu"] > 0.9 * sum(sums.values()), roles
    assert roles["vcpu"]["guest_ns"] > 0
    note("tiny VMM: of its cgroup's time", f"{run.target('tiny')['cpu']['total_ns'] / used:.4f}")


def test_exits_are_those_asked_for(tiny):
    _, _, run, _, said = tiny
    kvm = run.target("tiny")["kvm"]
    assert kvm["userspace"]["IO"]["count"] == said["returned"] == EXITS, kvm
    assert kvm["exits"] >= EXITS, kvm
    assert sum(e["count"] for e in kvm["reasons"].values()) == kvm["exits"]
