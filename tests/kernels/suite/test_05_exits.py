# SPDX-License-Identifier: GPL-2.0-or-later
"""Exits from the guest by reason: a program in the guest causes a known number of exits for a known
reason. The other sources are the kernel's own trace of the same event and KVM's counter."""

import statistics

import conftest
import lab
import pytest
import tracing

CPUID, READS = 4500, 750
IO = 2 * READS  # ports: one for the address, one for the data
STRAY = 600  # starting a program executes CPUID some dozen times; the guest's devices use ports


TURNS = 3 # without, with, without: one alone means little on a busy machine


def leave(guest):
    """The time in ns that a CPUID and a port access took in the guest."""
    return (int(guest.order("exits", "cpuid", CPUID // TURNS)) / (CPUID // TURNS),
            int(guest.order("exits", "io", READS // TURNS)) / (IO // TURNS))


def medians(turns):
    return [statistics.median(turn[i] for turn in turns) for i in range(2)]


@pytest.fixture(scope="module")
def left(guest, targets):
    leave(guest)  # the first time, its pages have to be read
    without = [leave(guest) for _ in range(TURNS)]
    exits = tracing.Trace("exits", "kvm_exit")

    def counts():
        return {"KVM": guest.debugfs("exits"), "trace": exits.count()}

    outer = counts()
    with conftest.recording(*targets, "--split", "exact", "--only", "cpu", name="exits") as rec:
        inner = counts()
        recorded = medians([leave(guest) for _ in range(TURNS)])
        inner = {k: n - inner[k] for k, n in counts().items()}
    outer = {k: n - outer[k] for k, n in counts().items()}
    exits.remove()
    without = medians(without + [leave(guest) for _ in range(TURNS)])
    return rec.run.target("vm"), without, recorded, inner, outer


def test_every_exit_is_counted(left, note):
    """One may be in progress at the end: it is counted at the next entry."""
    vm, _, _, inner, outer = left
    ours = vm["kvm"]["exits"]
    note("exits: ours, traced, KVM's count", f"{ours}, {inner['trace']}, {inner['KVM']}")
    assert inner["trace"] - 1 <= ours <= outer["trace"], (vm["kvm"], inner, outer)


def test_as_many_as_kvm_counts(left, guest):
    """A KVM that does not count guest_mode (before 5.13) counts more exits than it traces, by about
    one per timer interrupt of the guest: there its counter is only an upper bound, and the lower one
    is its trace."""
    vm, _, _, inner, outer = left
    ours, least = vm["kvm"]["exits"], inner["KVM"] - 3 # not read at the same time
    if not guest.counts("guest_mode"):
        least = inner["trace"] - 3
    assert least <= ours <= outer["KVM"], (vm["kvm"], inner, outer)


def test_known_reasons(left):
    kvm = left[0]["kvm"]
    reasons, userspace = kvm["reasons"], kvm["userspace"]
    assert CPUID <= reasons["CPUID"]["count"] <= CPUID + STRAY, reasons
    io = reasons.get("IOIO") or reasons["IO_INSTRUCTION"]
    assert IO <= io["count"] <= IO + STRAY, reasons
    assert IO <= userspace["IO"]["count"] <= IO + STRAY, userspace
    assert not {"UNREAD", "OTHER"} & reasons.keys(), reasons


def test_the_way_to_qemu_is_longer(left):
    kvm = left[0]["kvm"]
    reasons, userspace = kvm["reasons"], kvm["userspace"]
    cpuid, io = (e["ns"] / e["count"] for e in (reasons["CPUID"], userspace["IO"]))
    assert io > 1.5 * cpuid, (reasons, userspace)


def test_reasons_add_up(left):
    kvm = left[0]["kvm"]
    for of, count, ns in (("reasons", "exits", "exit_ns"),
                          ("userspace", "userspace_exits", "userspace_ns")):
        assert sum(e["count"] for e in kvm[of].values()) == kvm[count]
        assert sum(e["ns"] for e in kvm[of].values()) == kvm[ns]
    assert kvm["userspace_ns"] <= kvm["exit_ns"]


def test_host_time_of_exits_is_the_vcpus_outside_the_guest(left, note):
    """From an exit to the next entry a vCPU is in user, kernel or polling; only the exits that were
    being handled at the start and at the end are missing."""
    vm = left[0]
    vcpu = vm["cpu"]["roles"]["vcpu"]
    outside = sum(vcpu[m] or 0 for m in ("user_ns", "kernel_ns", "poll_ns"))
    note("host time of exits / vCPU outside the guest", f"{vm['kvm']['exit_ns'] / outside:.3f}")
    assert vm["kvm"]["exit_ns"] == pytest.approx(outside, rel=0.02), (vm["kvm"], vcpu)


def test_what_recording_adds_to_an_exit(left, note):
    """Everything is slow under emulation, so only the ratio means something: that of two emulated
    handlers to an emulated exit."""
    _, without, recorded, *_ = left
    for name, before, after in zip(("CPUID", "port"), without, recorded):
        note(f"{name} exit: µs without, with", f"{before / 1e3:.1f}, {after / 1e3:.1f}")
        assert after < 3 * before, (name, before, after)
    assert recorded[0] > 0.5 * without[0]
