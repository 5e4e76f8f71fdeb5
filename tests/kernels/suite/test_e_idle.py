# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest with nothing to do: what its halts polled is apart from what it worked."""

import time

import conftest
import pytest


@pytest.fixture(scope="module")
def idle(guest, targets):
    names = ("halt_poll_success_ns", "halt_poll_fail_ns")
    with conftest.recording(*targets, "--split", "off", "--only", "cpu", name="idle") as rec:
        before = [guest.debugfs(n) for n in names]
        start = guest.on_cpu_ns(guest.vcpu())
        time.sleep(4)
        used = guest.on_cpu_ns(guest.vcpu()) - start
        after = [guest.debugfs(n) for n in names]
    assert None not in before, "this kernel does not count its polling"
    return rec.run, sum(after) - sum(before), used


def test_poll_is_what_kvm_says(idle, note):
    run, kvm_ns, _ = idle
    poll_ns = run.target("vm")["cpu"]["roles"]["vcpu"]["poll_ns"]
    note("poll / KVM's count", f"{poll_ns / 1e6:.1f}/{kvm_ns / 1e6:.1f} ms")
    assert poll_ns == pytest.approx(kvm_ns, rel=0.25, abs=2e6)


def test_an_idle_guest_is_cheap(idle):
    run, _, used = idle
    vcpu = run.target("vm")["cpu"]["roles"]["vcpu"]
    assert sum(v or 0 for v in vcpu.values()) <= 1.05 * used + 20e6
    assert run["books"]["error_ppm"] <= 1000
