# SPDX-License-Identifier: GPL-2.0-or-later
"""A VM is charged for its whole tree: QEMU's threads, its helpers, processes that start or change
during the recording. No target is charged for processes that only look like part of it. Compared
with the kernel's account of QEMU's cgroup and what the workloads report."""

import os
import subprocess
import time

import pytest

import lib
import vms

SECONDS = 1.5


@pytest.fixture
def fake_vm(cgroup, tmp_path):
    """See tests/workloads/fakevm.c."""
    def make(name, work):
        group = cgroup()
        path = lib.copy_as(lib.load("fakevm"), str(tmp_path / group.name), "qemu-system-x86_64")
        return group, lib.Process(group.spawn(
            [path, "-name", f"guest={name},debug-threads=on"], stdin=subprocess.PIPE,
            env={**os.environ, "VTXT_VM": work}))
    return make


def io_by_all(vm):
    """A little IO of the kinds that create QEMU's workers and io_uring's."""
    vm.qemu_io("d0", "read 0 256k")
    vm.qemu_io("d1", "write 64k 256k")
    vm.qemu_io("d1", "flush")


def roles_hold(run, label, used_ns):
    """99 % of what the cgroup used is in a role of the VM, and not more than all of it."""
    target = run.target(label)
    run.check_cpu(label, used_ns, 0.01)
    roles = vms.role_ns(target)
    assert set(roles) <= {"vcpu", "emulator", "iothread", "vhost", "kvm"}, roles
    return roles


# ---- a real QEMU ---------------------------------------------------------------------------------


def test_reboot_and_hotplug(qemu, record):
    """A guest that computes is reset during the recording and gets a second vCPU: it is the same
    process and the same target. The time of the new thread counts as vcpu."""
    vm = qemu(busy=True)
    with lib.Meter(vm.group.usage_ns) as meter:
        with record("--vm", f"vm={vm.pid}") as recording:
            time.sleep(SECONDS / 2)
            vm.qmp("system_reset")
            io_by_all(vm)
            vm.plug_vcpu()
            lib.wait_until("second vCPU", lambda: "CPU 1/TCG" in vm.threads().values())
            time.sleep(SECONDS)
        meter.wait_past(recording.run)
    roles = roles_hold(recording.run, "vm", meter.over(recording.run))
    assert roles["vcpu"] > 0.8 * sum(roles.values()), roles
    assert roles["iothread"] > 0 and roles["emulator"] > 0
    target = recording.run.target("vm")
    assert target["pid"] == vm.pid and target["roles"]["vcpu"]["threads"] == 2


def test_two_vms_and_their_names(qemu, record):
    """One computes; the other does not boot, and its threads have no names: neither is charged for
    the other."""
    busy, idle = qemu(busy=True), qemu(names=False)
    with lib.Meter(busy.group.usage_ns) as one, lib.Meter(idle.group.usage_ns) as two:
        with record("--vm", f"busy={busy.name}", "--vm", f"idle={idle.name}") as recording:
            for _ in range(10):
                io_by_all(idle)
                time.sleep(SECONDS / 10)
        for meter in (one, two):
            meter.wait_past(recording.run)
    run = recording.run
    roles = roles_hold(run, "busy", one.over(run))
    assert roles["vcpu"] > 0.9 * sum(roles.values()), roles
    ours, used = run.target("idle")["cpu"], two.over(run)
    assert ours["total_ns"] < 0.1 * run.target("busy")["cpu"]["total_ns"]
    # It is so little that the interrupts it was hit by are a large part of it.
    assert ours["total_ns"] + ours["irq_victim_ns"] + ours["tracer_victim_ns"] >= 0.95 * used
    assert set(vms.role_ns(run.target("idle"))) <= {"vcpu", "emulator", "iothread"}


# ---- threads that change -------------------------------------------------------------------------


def test_thread_that_changes_its_role(fake_vm, record):
    """It takes a vCPU's name while it runs, without leaving the CPU: the time after that counts as
    vcpu."""
    name = lib.PREFIX + "turn"
    group, vm = fake_vm(name, "turn=400")
    before = group.usage_ns()
    with record("--vm", f"vm={name}") as recording:
        vm.go()
        vm.until("main")
        used = group.usage_ns() - before
    vm.end()
    recording.run.check_cpu("vm", used, 0.02)
    for role in ("vcpu", "iothread"):
        recording.run.check_role("vm", role, 400e6, 0.03)


def test_names_in_a_forked_helper_mean_nothing(fake_vm, record):
    """A process that QEMU forked counts as emulator, even with a vCPU's name."""
    name = lib.PREFIX + "forks"
    _, vm = fake_vm(name, "helper=300 vcpu=200")
    with record("--vm", f"vm={name}") as recording:
        vm.go()
        vm.until("main")
    said = vm.end()
    recording.run.check_role("vm", "vcpu", said["vcpu"], 0.03)
    recording.run.check_role("vm", "emulator", said["main"] + said["helper"], 0.05)


# ---- helpers and look-alikes ---------------------------------------------------------------------


def with_socket(qemu, path, server=False):
    how = ",server=on,wait=off" if server else ""
    return qemu("-chardev", f"socket,id=c0,path={path}{how}", "-serial", "chardev:c0")


def work(helper):
    """Lets a stand-in do its work; returns the CPU time that it reports."""
    helper.go()
    helper.until("cpu")
    return helper.first["cpu"]


def test_helper_by_its_socket(qemu, spawn, tmp_path, record):
    """Started before QEMU, in no cgroup of a target; a second program of the same kind serves no
    VM."""
    path = tmp_path / "fs.sock"
    helper = vms.helper(spawn, tmp_path, "virtiofsd", "once", path, 400)
    stranger = vms.helper(spawn, tmp_path, "virtiofsd", "-", "-", 300)
    helper.until("ready")
    vm = with_socket(qemu, path)
    with record("--vm", f"vm={vm.pid}") as recording:
        before = vm.group.usage_ns()
        used = work(helper)
        work(stranger)
        qemu_used = vm.group.usage_ns() - before
    total = recording.run.target("vm")["cpu"]["total_ns"]
    assert total == pytest.approx(used + qemu_used, rel=0.05, abs=20e6), (used, qemu_used)
    assert vms.role_ns(recording.run.target("vm"))["emulator"] >= 0.97 * used


def test_helper_that_comes_later(qemu, spawn, tmp_path, record):
    """Plugged into a running VM: found when it starts or, if it has no socket yet, soon after."""
    path = tmp_path / "tpm.sock"
    vm = with_socket(qemu, path, server=True)
    time.sleep(3.5)  # no longer young: only the start of the helper causes another scan
    with record("--vm", f"vm={vm.pid}") as recording:
        time.sleep(0.2)
        helper = vms.helper(spawn, tmp_path, "swtpm", "connect", path, 500, "--ctrl",
                            f"type=unixio,path={path}")
        helper.until("ready")
        time.sleep(1.2)
        used = work(helper)
    roles = vms.role_ns(recording.run.target("vm"))
    assert roles["emulator"] >= 0.97 * used, roles


def test_look_alikes_are_nobody_s(qemu, cgroup, spawn, tmp_path, record):
    """Processes that choose the names of the kernel's threads for this VM."""
    vm, group = qemu(), cgroup("-fakes")
    fakes = [vms.helper(group.spawn, tmp_path, "sleeper", "-", "-", 300, VTXT_COMM=comm)
             for comm in (f"vhost-{vm.pid}", f"kvm-pit/{vm.pid}")]
    before = vm.group.usage_ns()
    with record("--vm", f"vm={vm.pid}") as recording:
        for fake in fakes:
            work(fake)
        used = vm.group.usage_ns() - before
    run = recording.run
    assert run.target("vm")["cpu"]["total_ns"] <= used + 30e6
    assert not {"vhost", "kvm"} & set(vms.role_ns(run.target("vm")))
    assert run["host_cpu"]["other_ns"] >= 590e6


@pytest.mark.parametrize("comm", ["vhost-1", "CPU 5/KVM"])
def test_look_alike_in_the_vm_s_own_scope(fake_vm, cgroup, tmp_path, record, comm):
    """There it belongs to the VM, but as a helper: it is neither a kernel thread nor a thread of
    QEMU. The same holds for one that starts during the recording, when only the cgroup is known."""
    scope = cgroup().child("machine-qemu\\x2d1\\x2dx.scope")
    _, vm = fake_vm(lib.PREFIX + "scope", "vcpu=1")
    scope.add(vm.pid)
    early = vms.helper(scope.spawn, tmp_path, "sleeper", "-", "-", 300, VTXT_COMM=comm)
    with record("--vm", f"vm={vm.pid}") as recording:
        used = work(early)
        late = vms.helper(scope.spawn, tmp_path, "sleeper", "-", "-", 300, VTXT_COMM=comm)
        used += work(late)
    vm.end()
    roles = vms.role_ns(recording.run.target("vm"))
    assert roles.get("vhost", 0) == 0 and roles.get("vcpu", 0) < 20e6, roles
    assert roles["emulator"] >= 0.97 * used, roles
