# SPDX-License-Identifier: GPL-2.0-or-later
"""An idle guest: the polling of its halts is separate from its work."""

import time

import conftest
import pytest

SECONDS = 4


@pytest.fixture(scope="module")
def idle(guest, targets):
    with conftest.recording(*targets, "--split", "off", "--only", "cpu", name="idle") as rec:
        polled, start = guest.polled_ns(), guest.on_cpu_ns(guest.vcpu())
        time.sleep(SECONDS)
        used, polled = guest.on_cpu_ns(guest.vcpu()) - start, guest.polled_ns() - polled
    return rec.run, used, polled


def test_an_idle_guest_is_cheap(idle, note):
    run, used, polled = idle
    vcpu = run.target("vm")["cpu"]["roles"]["vcpu"]
    total = sum(v or 0 for v in vcpu.values())
    note("idle: ms/s", f"{total / 1e6 / SECONDS:.1f}")
    note("idle: poll / KVM's count", f"{vcpu['poll_ns'] / 1e6:.1f}/{polled / 1e6:.1f} ms")
    assert total <= 1.05 * used + 40e6 and total < 0.5e9 * SECONDS
    assert vcpu["poll_ns"] > 0 and polled > 0
    assert vcpu["poll_ns"] == pytest.approx(polled, rel=0.25, abs=4e6)


def test_polling_is_in_the_rows(idle):
    """In every second it is separate from work."""
    run = idle[0]
    rows = [target["cpu"]["roles"]["vcpu"]["poll_ns"] or 0 for row in run["intervals"]
            for target in row["targets"] if target["label"] == "vm" and "vcpu" in target["cpu"]["roles"]]
    whole = run.target("vm")["cpu"]["roles"]["vcpu"]["poll_ns"]
    assert len(rows) >= SECONDS and sum(rows) == pytest.approx(whole, rel=0.02), (rows, whole)


def test_books(idle):
    assert idle[0]["books"]["error_ppm"] <= 1000
