# SPDX-License-Identifier: GPL-2.0-or-later
"""One target computes, then the other: compared with schedstat, cpu.stat or cpuacct, and with what
the guest itself reports."""

import time

import conftest
import cputime
import lab
import pytest
import tracing

SECONDS = 3


@pytest.fixture(scope="module")
def burn(container, guest, targets):
    vcpu, sources = guest.vcpu(), {}
    entries = tracing.Trace("burn", "kvm_entry", "kvm_exit")
    with conftest.recording(*targets, "--split", "exact", "--only", "cpu", name="burn") as rec:
        def read():
            return {"vm": guest.cgroup.usage_ns(), "web": container.usage_ns(),
                    "vcpu": guest.on_cpu_ns(vcpu), "threads": guest.on_cpu_ns()}

        entries.set("trace_marker", "in")
        start = read()
        said = guest.order("burn", SECONDS)
        middle = read()
        container.execute(["/loads/spin", "-w", str(SECONDS * 1000)])
        end = read()
        entries.set("trace_marker", "out")
    sources["guest"] = entries.guest_ns(vcpu)
    entries.remove()
    for name, at in start.items():
        sources[name] = end[name] - at
    sources["web by the guest's time"] = middle["web"] - start["web"]
    sources["vcpu by the container's time"] = end["vcpu"] - middle["vcpu"]
    return rec.run, sources, said


def off(ours, theirs):
    return (ours - theirs) / theirs


def test_books(burn, note):
    note("books ppm, exact", burn[0]["books"]["error_ppm"])
    assert burn[0]["books"]["error_ppm"] <= 1000


def test_container_against_its_cgroup(burn, note):
    run, sources, _ = burn
    diff, clock = cputime.compare(run, "web", sources["web"], 0.01)
    note("container / cgroup", f"{diff:+.2%}")
    note("container by the scheduler's clock", f"{clock:+.2%}")


def test_vm_against_its_threads(burn, note):
    run, sources, _ = burn
    diff, clock = cputime.compare(run, "vm", sources["threads"], 0.01)
    note("VM / schedstat", f"{diff:+.2%}")
    note("VM by the scheduler's clock", f"{clock:+.2%}")


def test_vcpu_thread(burn, note):
    """guest + user + kernel + poll of the vCPU compared with its thread's schedstat. What
    interrupts and our handlers took is known for the whole VM; nearly all of it is the vCPU's
    here."""
    run, sources, _ = burn
    cpu = run.target("vm")["cpu"]
    role = cpu["roles"]["vcpu"]
    ours = sum(role[m] or 0 for m in ("guest_ns", "user_ns", "kernel_ns", "poll_ns"))
    taken = cpu["tracer_victim_ns"]
    if not run.tunable("irq_time_accounting"):
        taken += cpu["irq_victim_ns"]
    note("vCPU / schedstat", f"{off(ours + taken, sources['vcpu']):+.2%}")
    assert off(ours, sources["vcpu"]) <= 0.01, (role, sources)
    assert off(ours + taken, sources["vcpu"]) >= -0.01, (role, taken, sources)


def test_guest_time_is_what_the_trace_shows(burn, note):
    """From kvm_entry to kvm_exit by the timestamps of the kernel's own trace. These include our
    handler at the entry and interrupts, because on AMD the exit is traced after interrupts have
    been enabled."""
    run, sources, _ = burn
    cpu = run.target("vm")["cpu"]
    inner, outer = sources["guest"]
    ours = cpu["roles"]["vcpu"]["guest_ns"]
    taken = cpu["irq_victim_ns"] + cpu["tracer_victim_ns"]
    note("guest / trace", f"{off(ours, inner):+.2%}")
    note("guest + interrupts + handlers / trace", f"{off(ours + taken, inner):+.2%}")
    assert inner > 0.5 * SECONDS * 1e9, sources
    assert ours <= 1.02 * outer, (ours, sources)
    assert ours + taken >= 0.98 * inner, (ours, cpu, sources)


def test_guest_time_is_what_the_guest_used(burn, note):
    """The guest's scheduler counts the time that its tasks ran, on a clock that continues while the
    host works for it: that is more than guest mode, and at most guest mode plus exits. (Its ticks
    would be too coarse.)"""
    run, sources, said = burn
    cpu = run.target("vm")["cpu"]
    role = cpu["roles"]["vcpu"]
    busy_ns = lab.busy_ns(said)
    with_exits = sum(role[m] or 0 for m in ("guest_ns", "user_ns", "kernel_ns"))
    note("guest / guest's busy", f"{off(role['guest_ns'], busy_ns):+.2%}")
    note("guest + exits / guest's busy", f"{off(with_exits + cpu['irq_victim_ns'], busy_ns):+.2%}")
    assert role["guest_ns"] <= 1.02 * busy_ns, (role, busy_ns)
    # The excess is what the vCPU did while the container computed, which is known, and the shell
    # around the burn.
    ours, idle = with_exits + cpu["irq_victim_ns"], sources["vcpu by the container's time"]
    assert 0.98 * busy_ns <= ours <= 1.06 * busy_ns + idle, (cpu, busy_ns, idle)


def test_everything_of_the_vm_has_a_role(burn, note):
    """99 % of what QEMU's cgroup used is in a named role (a vhost kernel thread may be in another
    cgroup)."""
    run, sources, _ = burn
    share = cputime.as_the_kernel_bills(run, "vm") / sources["vm"]
    note("VM / its cgroup", f"{share - 1:+.2%}")
    assert share >= 0.99, (run.target("vm")["cpu"], sources)


def test_nothing_is_on_the_others_bill(burn):
    """Each computed for seconds while the other was idle: both totals are about one burn, not
    two."""
    run, sources, _ = burn
    assert sources["web by the guest's time"] < 0.05 * SECONDS * 1e9
    total = {label: run.target(label)["cpu"]["total_ns"] for label in ("vm", "web")}
    assert total["web"] <= 1.02 * sources["web"], (total, sources)
    assert total["vm"] <= 1.02 * sources["threads"], (total, sources)


def test_throttled_by_a_limit(container, note):
    """Half a CPU: the number in cpu.stat of this version of cgroups, to the nanosecond."""
    with conftest.recording("--container", f"web={container.name}", "--only", "cpu",
                            name="throttled") as rec:
        container.limit(50000)
        try:
            before = container.throttled()
            container.execute(["/loads/spin", "-w", "2000"])
            time.sleep(0.3)  # a period is counted at its end
            after = container.throttled()
        finally:
            container.limit(-1)
    sched = rec.run.target("web")["sched"]
    note("throttled, s", f"{(after['ns'] - before['ns']) / 1e9:.2f}")
    assert after["periods"] - before["periods"] >= 3, "the limit did not bite"
    assert sched["throttled_ns"] == after["ns"] - before["ns"]
    assert sched["throttled_periods"] == after["periods"] - before["periods"]
