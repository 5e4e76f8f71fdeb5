# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest with nothing to do: what its halts polled is apart from what it worked."""

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
    assert total <= 1.05 * used + 40e6 and total < 0.5e9 * SECONDS
    assert vcpu["poll_ns"] == pytest.approx(polled, rel=0.25, abs=20e6)


def test_books(idle):
    assert idle[0]["books"]["error_ppm"] <= 1000
