# SPDX-License-Identifier: GPL-2.0-or-later
"""A second guest beside the first: its threads have no names, and it is rebooted and given a second
vCPU while both are recorded. Tests which threads are vCPUs, vhost's worker and KVM's own, and that
neither guest is charged for the other."""

import json
import os
import re

import conftest
import cputime
import lab
import lib
import pytest
import vms

SECONDS = 2
REQUESTS = 20


class Story:
    """What happened, by independent sources: each is read twice before and twice after, so that the
    recording is within the outer readings and contains the inner ones."""

    def __init__(self, first, second):
        self.first, self.second = first, second
        self.used = self.cpus = self.plugged = None
        self.readings = []

    def read(self):
        vhost = lib.schedstat(self.second.vhost())
        self.readings.append({"vhost": vhost[0], "vhost slices": vhost[2],
                              "threads": self.second.on_cpu_ns(),
                              "vcpus": self.second.on_cpu_ns(*self.second.vcpus()),
                              "first threads": self.first.on_cpu_ns()})

    def grown(self, name):
        """The least and the most by which it grew during the recording."""
        at = [reading[name] for reading in self.readings]
        return at[2] - at[1], at[3] - at[0]


def start_second():
    made = lab.Guest("l2b", "tap1", "198.19.0.3", names=False, again=True)
    made.plug_in()
    made.start()  # it boots while the programs load, and then has to boot again
    # QEMU creates its devices one after another; the timer is among the last.
    lab.wait("its worker", made.vhost_if_there, 20)
    lab.wait("its timer", lambda: timers_of(made), 20)
    return made


def tell(first, second):
    outside = outside_of(second)

    def used_ns():
        return second.cgroup.usage_ns() + sum(lib.schedstat(tid)[0] for tid in outside)

    told = Story(first, second)
    told.read()
    with lib.Meter(used_ns, every=0.1, within_ns=5_000_000) as meter:
        with conftest.recording("--vm", f"vm={first.pid}", "--vm", f"second={second.pid}",
                                "--only", "cpu,http", name="tree") as rec:
            told.read()
            second.plug_vcpu()
            second.reset() # with the second vCPU, which it uses from now on
            lab.ab(f"http://{second.ip}/", REQUESTS, "-s", "10")
            told.cpus = int(second.order("burn-all", SECONDS, seconds=15))
            told.plugged = lib.schedstat(second.vcpus()[1])[0]
            told.read()
        told.read()
        meter.wait_past(rec.run)
    told.used = (meter.within(rec.run), meter.around(rec.run))
    steady = [vms.while_steady(lambda vm=vm: listed(vm), vm) for vm in (second, first)]
    return rec.run, told, steady


@pytest.fixture(scope="module")
def story(guest):
    """Under emulation, a guest with two vCPUs may wait forever for the other one to wake: then
    another guest is tried."""
    for left in (2, 1, 0):
        second = start_second()
        try:
            yield tell(guest, second)
            return
        except lab.Infra:
            if not left:
                raise
        finally:
            second.remove()


@pytest.fixture(scope="module")
def second(story):
    return story[1].second


def listed(guest):
    """The entry of a guest in `virtax list`, and its threads by number."""
    done = lib.virtax("list", "--json")
    assert done.returncode == 0, done.stderr
    targets = {t["pid"]: t for t in json.loads(done.stdout)["targets"]}
    assert guest.pid in targets, done.stdout
    return {t["tid"]: t for t in targets[guest.pid]["threads"]}


def kvm_s_own(guest):
    """{number: name} of what KVM runs for this guest: kernel threads, or threads of its process."""
    ours = {str(guest.pid), *map(str, guest.threads())}
    found = {tid: name for tid, name in guest.threads().items() if name.startswith("kvm-nx")}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            name = lib.read(f"/proc/{pid}/comm").strip()
            group = lib.read(f"/proc/{pid}/cgroup")
        except OSError:
            continue
        number = re.fullmatch(r"(?:kvm-nx-lpage-recovery-|kvm-pit/)(\d+)", name)
        cut = name == "kvm-nx-lpage-re" and guest.cgroup.name in group
        if cut or (number and number[1] in ours):
            found[int(pid)] = name
    return found


def timers_of(guest):
    return [tid for tid, name in kvm_s_own(guest).items() if name.startswith("kvm-pit")]


def outside_of(guest):
    """Kernel threads that work for it but are not in its cgroup: always the timer's; on 5.10 with
    cgroup v2 the others too, because KVM and vhost put them into QEMU's v1 cgroups only."""
    return [tid for tid in {guest.vhost(), *kvm_s_own(guest)} - set(guest.threads())
            if guest.cgroup.name not in lib.read(f"/proc/{tid}/cgroup")]


def role_ns(run, label, role, *modes):
    of = run.target(label)["cpu"]["roles"][role]
    return sum(of[f"{mode}_ns"] or 0 for mode in modes)


def test_vcpus_without_names(story, second, note):
    """A vCPU is a thread that runs the guest or, like the one that was plugged in, waits in KVM to
    be started."""
    threads = story[2][0][0]
    vcpus = [t for t in threads.values() if t["role"] == "vcpu"]
    note("why it is a vCPU", vcpus[0]["why"] if vcpus else "-")
    assert len(vcpus) == 2, threads
    for thread in vcpus:
        assert "KVM" not in thread["comm"], thread
        assert re.match(r"in KVM_RUN on kvm-vcpu:[01]$|in the guest|has been in the guest",
                        thread["why"]), thread
    assert not [t for t in threads.values() if "not run yet" in t["why"]]


def test_vhost_and_kvm_in_their_roles(story, guest, second, note):
    """On both sides of 6.4 and 6.13, in which they became threads of the process."""
    for vm, (threads, names) in zip((second, guest), story[2]):
        worker = threads[vm.vhost()]
        assert worker["role"] == "vhost", worker
        assert [t["tid"] for t in threads.values() if t["role"] == "vhost"] == [vm.vhost()]
        own = kvm_s_own(vm)
        assert {t["tid"] for t in threads.values() if t["role"] == "kvm"} == set(own), (own, threads)
        assert set(names) <= set(threads)
    note("vhost's worker", worker["why"])
    outside = [lib.read(f"/proc/{tid}/comm").strip() for tid in outside_of(guest)]
    note("outside of QEMU's cgroup", ", ".join(sorted(outside)))
    note("KVM's own", ", ".join(sorted(own.values())) or "none")


def test_everything_has_a_role(story, note):
    """99 % of what QEMU's cgroup and its kernel threads elsewhere used is in a role, across the
    reset."""
    run, told, *_ = story
    least, most = told.used  # the readings just within the window, and those just around it
    ours, target = cputime.as_the_kernel_bills(run, "second"), run.target("second")
    clock, late = target["cpu"]["sched_exec_ns"], 1e6 * target["sched"]["switches"]
    note("second VM / its cgroup", f"{ours / least - 1:+.2%} to {ours / most - 1:+.2%}")
    note("second VM by the scheduler's clock", f"{clock / least - 1:+.2%} to {clock / most - 1:+.2%}")
    assert 0.99 * least <= clock <= 1.01 * most, (least, clock, most, target["cpu"])
    assert 0.99 * least <= ours + late and ours <= 1.01 * most, (least, ours, most, target["cpu"])
    assert run.target("second")["pid"] == told.second.pid
    assert len(run["targets"]) == 2


def test_time_is_in_the_role(story):
    """The time of vhost's worker and of the vCPUs, less interrupts, is in these roles. The worker
    has many short slices, and ours end a little later than the scheduler's."""
    run, told, *_ = story
    vhost = role_ns(run, "second", "vhost", "user", "kernel")
    least, most = told.grown("vhost")
    late = 10 * lib.LATE_NS * told.grown("vhost slices")[1]  # emulated: 43 us per slice on 6.1
    assert 0.97 * least - cputime.not_billed_ns(run, "second") <= vhost, (vhost, least, run["targets"])
    assert 0.1 * least < vhost <= 1.03 * most + late, (vhost, least, most, late)
    vcpu = role_ns(run, "second", "vcpu", "guest", "user", "kernel", "poll")
    assert role_ns(run, "second", "vcpu", "guest") > 0.5 * vcpu
    least, most = told.grown("vcpus")
    taken = cputime.not_billed_ns(run, "second")
    assert 0.97 * least - taken <= vcpu <= 1.03 * most, (vcpu, least, most, taken)


def test_the_plugged_vcpu_ran(story):
    """Otherwise the tests prove nothing about a vCPU that is plugged in."""
    _, told, *_ = story
    assert told.cpus == 2
    assert told.plugged > 0.2 * SECONDS * 1e9, told.plugged


def test_the_other_vm_paid_nothing(story):
    run, told, *_ = story
    ours = run.target("vm")["cpu"]["total_ns"]
    softirqs = sum(r["softirq_ns"] for r in run.target("vm")["cpu"]["roles"].values())
    most = told.grown("first threads")[1]
    assert ours - softirqs <= 1.03 * most, (ours, softirqs, most)


def test_requests_after_the_reset(story):
    """The lab's own request, whether the guest serves, counts as well if its response is a 200."""
    run = story[0]
    got = {label: run.target(label)["requests"]["count"] for label in ("second", "vm")}
    assert REQUESTS <= got["second"] <= REQUESTS + 400 and got["vm"] == 0, got


def test_books(story, note):
    note("books ppm, a second VM", story[0]["books"]["error_ppm"])
    assert story[0]["books"]["error_ppm"] <= 1000
