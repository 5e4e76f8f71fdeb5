# SPDX-License-Identifier: GPL-2.0-or-later
"""An idle guest: the polling of its halts is separate from its work."""

import time

import conftest
import lib
import pytest
import tracing

SECONDS = 4


@pytest.fixture(scope="module")
def idle(guest, targets):
    """KVM's counter and schedstat are read before, during and after the window: how long it takes
    to get from the window's start to the first reading within it depends on the machine."""
    vcpu = guest.vcpu()
    halts = tracing.Halts("idle", vcpu)
    with lib.Meter(guest.polled_ns, every=0.1, within_ns=50_000_000) as polled, \
            lib.Meter(lambda: guest.on_cpu_ns(vcpu), every=0.1, within_ns=50_000_000) as used:
        with conftest.recording(*targets, "--split", "off", "--only", "cpu", name="idle") as rec:
            halts.mark("in")
            time.sleep(SECONDS)
            halts.mark("out")
        for meter in (polled, used):
            meter.wait_past(rec.run)
    by_trace = halts.polled_ns(rec.run)
    halts.remove()
    return rec.run, used, polled, by_trace


def test_an_idle_guest_is_cheap(idle, note):
    run, used, polled, (least, most) = idle
    vcpu = run.target("vm")["cpu"]["roles"]["vcpu"]
    total = sum(v or 0 for v in vcpu.values())
    note("idle: ms/s", f"{total / 1e6 / SECONDS:.1f}")
    note("idle: poll / KVM's count", f"{vcpu['poll_ns'] / 1e6:.1f}/{polled.over(run) / 1e6:.1f} ms")
    assert total <= 1.05 * used.around(run) + 40e6 and total < 0.5 * run["window"]["wall_ns"]
    note("idle: poll, least and most by the trace", f"{least / 1e6:.1f}, {most / 1e6:.1f} ms")
    assert least > 0 and 0.98 * least <= vcpu["poll_ns"] <= 1.02 * most, (vcpu, least, most)


def test_polling_is_in_the_rows(idle):
    """In every second it is separate from work."""
    run = idle[0]
    rows = [target["cpu"]["roles"]["vcpu"]["poll_ns"] or 0 for row in run["intervals"]
            for target in row["targets"] if target["label"] == "vm" and "vcpu" in target["cpu"]["roles"]]
    whole = run.target("vm")["cpu"]["roles"]["vcpu"]["poll_ns"]
    assert len(rows) >= SECONDS and sum(rows) == pytest.approx(whole, rel=0.02), (rows, whole)


def test_books(idle):
    assert idle[0]["books"]["error_ppm"] <= 1000
