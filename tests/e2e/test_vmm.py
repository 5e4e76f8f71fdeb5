# SPDX-License-Identifier: GPL-2.0-or-later
"""VMs of other programs than QEMU: known by the VM of KVM's that they hold, and by nothing else. The
program is tests/workloads/guestvm.c, under several names."""

import json
import os
import subprocess

import lib
import vms

EXITS, SPIN = 20000, 20000


def has_kvm():
    """Without KVM there is no VM to be found; then these tests show that nothing is."""
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
        return
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
        return
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
        return
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
        return
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
