# SPDX-License-Identifier: GPL-2.0-or-later
"""Apache under ab in both targets: the number of requests, and who worked for them. At the end,
some requests from the container's network to the guest, whose packets are forwarded in softirqs."""

import conftest
import cputime
import lab
import pytest
import tracing

REQUESTS = 100  # with one connection each, and as many again over keep-alive connections


@pytest.fixture(scope="module")
def http(container, guest, targets):
    vhost, vcpu = guest.vhost(), guest.vcpu()
    tids = {"vhost": [vhost], "vcpu": [vcpu], "emulator": [guest.pid]}

    def by_role():
        return {role: guest.on_cpu_ns(*of) for role, of in tids.items()}

    halts = tracing.Halts("http", vcpu)
    with conftest.recording(*targets, name="http") as rec:
        halts.mark("in")
        before, polled = by_role(), guest.polled_ns()
        done = {}
        for label, ip in (("vm", lab.L2_IP), ("web", container.ip)):
            url = f"http://{ip}/"
            done[label] = lab.ab(url, REQUESTS) + lab.ab(url, REQUESTS, "-k")
        done["vm"] += lab.ab(f"http://{lab.L2_IP}/", REQUESTS // 2, within=container.within)
        worked = {role: ns - before[role] for role, ns in by_role().items()}
        polled = guest.polled_ns() - polled
        halts.mark("out")
    polled = (polled, *halts.polled_ns(rec.run))
    halts.remove()
    return rec.run, done, worked, polled


@pytest.mark.parametrize("label", ["vm", "web"])
def test_every_request_is_counted(http, label, note):
    run, done, *_ = http
    requests = run.target(label)["requests"]
    note(f"{label} requests", f"{requests['count']}/{done[label]}")
    assert requests["count"] == done[label]
    assert requests["status"]["2xx"] == done[label]
    assert requests["latency_ns"]["p50"] > 0


@pytest.mark.parametrize("label", ["vm", "web"])
def test_its_layers_add_up_to_a_request(http, label):
    per = http[0].target(label)["per_request"]
    parts = [v for role in per["cpu"].values() for v in role.values() if v is not None]
    assert sum(parts) == pytest.approx(per["cpu_ns"], rel=0.001)


def test_books(http, note):
    books = http[0]["books"]
    note("books ppm", books["error_ppm"])
    assert books["error_ppm"] <= 1000


def test_every_thread_is_in_its_role(http, note):
    """vhost's worker is a kernel thread before 6.4, a thread of QEMU since. The sum must be right,
    and no thread's time may be in another role."""
    run, _, worked, _ = http
    off, clock = cputime.compare(run, "vm", sum(worked.values()), 0.03)
    note("http: VM / schedstat", f"{off:+.2%}")
    note("http: VM by the scheduler's clock", f"{clock:+.2%}")
    for role in ("vhost", "vcpu"):
        modes = run.target("vm")["cpu"]["roles"][role]
        ours = sum(v or 0 for k, v in modes.items() if k not in ("softirq_ns", "hardirq_ns"))
        note(f"http: {role} / schedstat, less interrupts", f"{ours / worked[role]:.2f}")
        least = 0.97 * worked[role] - cputime.not_billed_ns(run, "vm")
        assert least <= ours <= 1.03 * worked[role], (role, modes, worked, least)
        assert ours > 0.1 * worked[role], (role, modes, worked)


@pytest.mark.parametrize("label", ["vm", "web"])
def test_softirqs_for_its_device_are_its_own(http, label):
    roles = http[0].target(label)["cpu"]["roles"].values()
    assert sum(r["softirq_ns"] for r in roles) > 0, roles


def test_poll_is_what_the_trace_shows(http, note):
    """A guest waits for the next request: KVM polls before it gives up the CPU."""
    run, _, _, (kvm_ns, least, most) = http
    poll_ns = run.target("vm")["cpu"]["roles"]["vcpu"]["poll_ns"]
    note("poll / KVM's count", f"{poll_ns / 1e6:.0f}/{kvm_ns / 1e6:.0f} ms")
    note("poll, least and most by the trace", f"{least / 1e6:.0f}, {most / 1e6:.0f} ms")
    assert least > 5e6 and kvm_ns > 5e6, (poll_ns, kvm_ns, least)
    assert 0.98 * least <= poll_ns <= 1.02 * most, (poll_ns, least, most)


def test_network_counts(http):
    for label, done in http[1].items():
        net = http[0].target(label)["net"]
        assert net["rx_packets"] > done and net["tx_bytes"] > done * 2000, (label, net)
