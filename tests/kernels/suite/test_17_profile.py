# SPDX-License-Identifier: GPL-2.0-or-later
"""The profile on this kernel: sums, names, what tasks wait for, and a KVM guest's vCPU."""

import collections

import conftest
import lib
import pytest


@pytest.fixture(scope="module")
def profiled(container, guest, targets):
    with conftest.recording(*targets, "--profile", "--off-cpu", "--only", "cpu", name="profile") as rec:
        container.execute(["/loads/stacks", "user", "2500"])
        container.execute(["/loads/stacks", "read", "700"])
        guest.order("burn", 1)
    done = lib.virtax("report", "--format", "folded", rec.file)
    assert done.returncode == 0, done.stderr
    rows = [line.rpartition(" ") for line in done.stdout.splitlines()]
    return rec.run, [(*stack.split(";", 3), int(ns)) for stack, _, ns in rows]


def share(rows, label, mode, function):
    times = [(ns, function in stack.split(";")) for t, _, m, stack, ns in rows if (t, m) == (label, mode)]
    return sum(ns for ns, there in times if there) / sum(ns for ns, _ in times)


def test_sums_are_the_bills(profiled):
    run, rows = profiled
    sums = collections.Counter()
    for label, role, mode, _, ns in (row for row in rows if row[2] != "waits"):
        sums[label, role, mode] += ns
    assert sums == {(t["label"], role, mode[:-3]): ns for t in run["targets"]
                    for role, modes in t["cpu"]["roles"].items() for mode, ns in modes.items()
                    if mode.endswith("_ns") and ns}


def test_functions(profiled, note):
    rows = profiled[1]
    seventy = share(rows, "web", "user", "burn_seventy")
    note("profile: share of a function with 70 %", f"{seventy:.0%}")
    assert seventy / (seventy + share(rows, "web", "user", "burn_thirty")) == pytest.approx(0.7, abs=0.12)
    assert share(rows, "web", "kernel", "vfs_read") > 0.3


def test_waiting_for_a_cpu_is_the_ledgers(profiled):
    run, rows = profiled
    for target in run["targets"]:
        waited = sum(ns for label, _, mode, stack, ns in rows if (label, mode) == (target["label"], "waits")
                     and stack.split(";")[0] in ("[run_queue]", "[throttled]"))
        assert waited == pytest.approx(target["sched"]["wait_ns"], rel=0.02), target["label"]


def test_vcpu(profiled):
    """The guest's time is one stack; what KVM does for its exits has the functions of the kernel."""
    rows = profiled[1]
    assert [stack for t, role, mode, stack, _ in rows
            if (t, role, mode) == ("vm", "vcpu", "guest")] == ["[guest]"]
    handled = [stack for t, role, mode, stack, _ in rows if (t, role, mode) == ("vm", "vcpu", "kernel")]
    assert any("kvm" in f or "vcpu" in f for stack in handled for f in stack.split(";")), handled
