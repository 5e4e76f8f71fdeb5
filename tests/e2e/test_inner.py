# SPDX-License-Identifier: GPL-2.0-or-later
"""Targets that must be found by what they are. VMs of other programs than QEMU, known by the VM of KVM's
that they hold, and by nothing else: the program is tests/workloads/guestvm.c, under several names. And
containers within containers, as docker in docker, kind or a runtime in a CI job leave them: each is
compared with cpu.stat of its cgroup, which for an outer one includes the inner ones."""

import json
import os
import subprocess
import time

import pytest

import lib
import vms
from runc import Container

TOLERANCE = 0.005
EXITS, SPIN = 20000, 20000
NO_KVM = "no KVM that runs a guest on this machine (/dev/kvm)"


def has_kvm():
    """Can guestvm run a guest here?"""
    return subprocess.run([lib.load("guestvm"), "1", "1"], input="\n", stdout=subprocess.PIPE,
                          check=False, text=True).returncode != 77


def start(group, directory, program, *argv):
    binary = lib.copy_as(lib.load("guestvm"), str(directory), program)
    return lib.Process(group.spawn([binary, *argv], stdin=subprocess.PIPE))


def check_vm(run, label, vm, used_ns):
    """The VM has all of its cgroup's time, and as many exits as its guest was told to make."""
    target = run.target(label)
    run.check_cpu(label, used_ns, 0.01)
    assert target["kind"] == "vm" and target["accel"] == "kvm", target
    assert target["kvm"]["userspace"]["IO"]["count"] == vm["returned"] == EXITS
    roles = vms.role_ns(target)
    assert set(roles) <= {"vcpu", "emulator", "kvm"}, roles
    assert roles["vcpu"] > 0.9 * sum(roles.values()), roles
    guest_ns = target["cpu"]["roles"]["vcpu"]["guest_ns"]
    said = [d for d in run["degraded"] if d["what"] == f"guest mode of {label}"]
    if target["kvm"]["exits"] is None:  # a KVM that reports no entry: unknown, and said so
        assert guest_ns is None and len(said) == 1, (target, said)
        assert target["kvm"]["exit_ns"] is None
    else:
        assert guest_ns > 0 and not said and target["kvm"]["exits"] >= EXITS
    return target


def used_by(group, before):
    return group.usage_ns() - before


def test_a_program_of_its_own(cgroup, tmp_path, record):
    """One thread is all there is: it becomes a vCPU when it enters the guest."""
    if not has_kvm():
        assert not [t for t in vms.listed().values() if t["runtime"] == "tiny-vmm"]
        pytest.skip(NO_KVM)
    group = cgroup()
    vm = start(group, tmp_path, "tiny-vmm", str(EXITS), str(SPIN))
    listed = vms.listed()[vm.pid]
    assert (listed["kind"], listed["name"], listed["runtime"], listed["accel"]) == (
        "vm", f"tiny-vmm-{vm.pid}", "tiny-vmm", "kvm")
    assert [t["why"] for t in listed["threads"] if t["tid"] == vm.pid] == [
        "the VMM's main thread; it may be a vCPU that has not run yet"]
    before = group.usage_ns()
    with record("--vm", f"vm={vm.pid}") as recording:
        vm.go()
        vm.until("cpu")
        used = used_by(group, before)
    target = check_vm(recording.run, "vm", vm.end(), used)
    at = target["memory"]
    assert at["guest_ram_size_bytes"] == 64 << 20
    assert 0 < at["guest_ram_bytes"] < 8 << 20


def test_names_and_threads(cgroup, tmp_path, record):
    """A VMM that names its vCPU's thread, and its VM on its command line."""
    if not has_kvm():
        pytest.skip(NO_KVM)
    group, name = cgroup(), lib.PREFIX + "named"
    vm = start(group, tmp_path, "firecracker", "-t", "-w", f"--id={name}", str(EXITS), str(SPIN))
    before = group.usage_ns()
    with record("--vm", f"vm={name}") as recording:
        vm.go()
        vm.until("cpu")
        used = used_by(group, before)
    target = check_vm(recording.run, "vm", vm.end(), used)
    assert target["name"] == target["id"] == name and target["runtime"] == "firecracker"
    assert target["cgroup"].endswith(group.name)


def test_one_that_starts_during_the_recording(cgroup, tmp_path, record):
    """Nothing is known of it but that one of its threads enters a guest: then it is looked at."""
    if not has_kvm():
        pytest.skip(NO_KVM)
    group = cgroup()
    with record() as recording:
        vm = start(group, tmp_path, "later-vmm", str(4 * EXITS), str(SPIN))
        vm.go()
        vm.until("cpu")
    run, said = recording.run, vm.end()
    target = next(t for t in run["targets"] if t["pid"] == vm.pid)
    assert target["kind"] == "vm" and target["runtime"] == "later-vmm"
    assert 0 < run["self"]["bind_delay_ns"] < 300e6
    delay_ns = run["self"]["bind_delay_ns"]
    total = target["cpu"]["total_ns"] + target["cpu"]["irq_victim_ns"]
    assert total >= 0.95 * said["cpu"] - delay_ns - 50e6, (target["cpu"], said)


def test_in_a_container(cgroup, tmp_path, record):
    """The VM is a target of its own there too; the container's column says what of it is the VM's."""
    if not has_kvm():
        pytest.skip(NO_KVM)
    ident = os.urandom(32).hex()
    group = cgroup().child(f"docker-{ident}.scope")
    shell = lib.Process(group.spawn([lib.load("spin"), "-g", "-u", "200"], stdin=subprocess.PIPE))
    vm = start(group, tmp_path, "tiny-vmm", str(EXITS), str(SPIN))
    before = group.usage_ns()
    with record() as recording:
        vm.go()
        shell.go()
        vm.until("cpu")
        shell.end()
        used = used_by(group, before)
    run = recording.run
    vm.end()
    label = {t["id"] or t["pid"]: t["label"] for t in run["targets"]}
    box, inner = (run.target(label[key])["cpu"] for key in (ident, vm.pid))
    assert box["inner_ns"] == inner["total_ns"] > 0
    total = box["sched_exec_ns"] + inner["sched_exec_ns"]
    assert abs(total - used) <= 0.01 * used, (box, inner, used)


def test_who_holds_no_vm(spawn):
    """An error says what to do instead."""
    sleeper = spawn(["sleep", "60"])
    done = lib.virtax("record", "--vm", str(sleeper.pid), "-d", "0.1")
    lib.assert_error(done, 2, "holds no VM", "virtax list", "--process")
    assert sleeper.pid not in {t["pid"] for t in
                               json.loads(lib.virtax("list", "--json").stdout)["targets"]}


# ---- containers within containers ----------------------------------------------------------------


def some_id():
    return os.urandom(32).hex()


def gated(group, cpu_ms):
    return lib.Process(group.spawn([lib.load("spin"), "-g", "-u", str(cpu_ms)],
                                   stdin=subprocess.PIPE))


def work(*processes):
    for process in processes:
        process.go()
    for process in processes:
        process.end()


def label_of(run, ident):
    return next(t["label"] for t in run["targets"] if t["id"] == ident)


def check(run, outer, inner, outer_ns, inner_ns):
    """The inner one's time is its cgroup's; with it, the outer one's is its cgroup's."""
    mine, its = (run.target(label)["cpu"] for label in (outer, inner))
    run.check_cpu(inner, inner_ns, TOLERANCE)
    run.check_cpu(outer, outer_ns - inner_ns, TOLERANCE)
    assert mine["inner_ns"] == its["total_ns"], (mine, its)
    assert its["inner_ns"] == 0


@pytest.fixture
def scopes(cgroup):
    """A docker container, one that a docker within it runs, and one in a kind node within that."""
    outer = cgroup().child(f"docker-{some_id()}.scope")
    inner = outer.child(f"docker/{some_id()}")
    pod = inner.child("kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/"
                      f"cri-containerd-{some_id()}.scope")
    return {group.name.split("-")[-1].split("/")[-1].removesuffix(".scope"): group
            for group in (outer, inner, pod)}


def test_each_is_listed(scopes):
    """By the processes that are in no container further in."""
    load = {ident: gated(group, 1) for ident, group in scopes.items()}
    listed = {t["id"]: t for t in json.loads(lib.virtax("list", "--json").stdout)["targets"]}
    assert set(scopes) <= set(listed)
    for (ident, process), runtime in zip(load.items(), ("docker", "docker", "containerd")):
        assert {t["pid"] for t in listed[ident]["threads"]} == {process.pid}, listed[ident]
        assert listed[ident]["runtime"] == runtime
    work(*load.values())


def test_each_has_its_own_time(scopes, record):
    """Nothing is counted twice, and each column says how much of its cgroup's time is inner ones'."""
    load = [gated(group, 300 + 100 * i) for i, group in enumerate(scopes.values())]
    before = [group.usage_ns() for group in scopes.values()]
    with record() as recording:
        work(*load)
        used = [group.usage_ns() - b for group, b in zip(scopes.values(), before)]
    run = recording.run
    outer, inner, pod = (label_of(run, ident) for ident in scopes)
    check(run, inner, pod, used[1], used[2])
    run.check_cpu(outer, used[0] - used[1], TOLERANCE)
    cpu = {label: run.target(label)["cpu"] for label in (outer, inner, pod)}
    assert cpu[outer]["inner_ns"] == cpu[inner]["total_ns"] + cpu[pod]["total_ns"]
    text = lib.virtax("report", recording.file).stdout
    assert "inner targets' CPU" in text


def test_only_the_outer_one_is_named(scopes, record):
    """Then what is within it is part of it."""
    outer, inner, _ = scopes.values()
    load = [gated(group, 300) for group in (outer, inner)]
    before = outer.usage_ns()
    with record("--container", f"o={list(scopes)[0]}") as recording:
        work(*load)
        used = outer.usage_ns() - before
    recording.run.check_cpu("o", used, TOLERANCE)
    assert recording.run.target("o")["cpu"]["inner_ns"] == 0


def test_an_inner_one_that_starts_later(scopes, record):
    """Until it is found its time is the outer one's: the sum is right at any moment."""
    outer, inner, _ = scopes.values()
    first = gated(outer, 200)
    before = outer.usage_ns()
    with record() as recording:
        second = gated(inner, 600)
        inner.child("sub")  # a new cgroup: the recorder looks again
        work(second)
        work(first)
        used = outer.usage_ns() - before
    run = recording.run
    mine, its = (run.target(label_of(run, ident))["cpu"] for ident in list(scopes)[:2])
    assert mine["inner_ns"] == its["total_ns"] > 300e6
    total = mine["sched_exec_ns"] + its["sched_exec_ns"]
    assert total == pytest.approx(used, rel=2 * TOLERANCE), (mine, its, used)


def test_a_cgroup_in_some_hierarchies_only(cgroup, record):
    """An older runtime within a container creates no cgroup in v2 where v1 has the controllers: in v2
    its container is where the outer one is."""
    outer = cgroup().child(f"docker-{some_id()}.scope")
    inner = outer.child(f"docker/{some_id()}")
    if len(inner.dirs) > 1:
        os.rmdir(inner.dirs["unified"])
        os.rmdir(os.path.dirname(inner.dirs["unified"]))
        del inner.dirs["unified"]
    idents = [g.name.split("-")[-1].split("/")[-1].removesuffix(".scope") for g in (outer, inner)]
    load = [gated(outer, 300)]
    process = lib.Process(outer.spawn([lib.load("spin"), "-g", "-u", "500"],
                                      stdin=subprocess.PIPE))
    inner.add(process.pid)
    before = outer.usage_ns(), inner.usage_ns()
    with record() as recording:
        work(process, *load)
        used = outer.usage_ns() - before[0], inner.usage_ns() - before[1]
    run = recording.run
    check(run, *(label_of(run, ident) for ident in idents), *used)


def test_runc_in_a_cgroup_of_runc(tmp_path, record):
    """Cgroups of any name: both are known from the runtime's state."""
    outer = Container(str(tmp_path / "outer"), "-outer")
    inner = Container(str(tmp_path / "inner"), "-inner")
    inner.cgroup = f"{outer.cgroup}/job/inner"
    try:
        outer.start(["/loads/spin", "-w", "20000", "-p", "10000", "-b", "3000"])
        inner.start(["/loads/spin", "-w", "20000", "-p", "10000", "-b", "5000"])
        with lib.Meter(outer.usage_ns) as out, lib.Meter(inner.usage_ns) as its:
            with record("--container", outer.name, "--container", inner.name) as recording:
                time.sleep(2)
            for meter in (out, its):
                meter.wait_past(recording.run)
        run = recording.run
        outer_ns, inner_ns = out.over(run), its.over(run)
        mine, own = (run.target(c.name)["cpu"] for c in (outer, inner))
        assert mine["inner_ns"] == own["total_ns"]
        # Both sleep often: by the scheduler's clock the same switches give the kernel's number.
        assert own["sched_exec_ns"] == pytest.approx(inner_ns, rel=0.01)
        assert mine["sched_exec_ns"] == pytest.approx(outer_ns - inner_ns, rel=0.01)
    finally:
        inner.remove()
        outer.remove()
