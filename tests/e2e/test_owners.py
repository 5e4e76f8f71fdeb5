# SPDX-License-Identifier: GPL-2.0-or-later
"""Owners: trees of processes, cgroups, containers and VMs that start, change and exit."""

import json
import os
import signal
import subprocess
import time

import pytest

import lib
from runc import Container

TOLERANCE = 0.005


def total_ns(run, label):
    return run.target(label)["cpu"]["total_ns"]


def assert_late_by_little(run, total, used):
    """A target that started during the recording may lack the time it used until the recorder had
    bound it: at most the delay that the run reports, which is short."""
    delay_ns = run["self"]["bind_delay_ns"]
    assert 0 < delay_ns < 200e6
    assert used * 0.98 - delay_ns <= total <= used * 1.02, (total, used, delay_ns)


def spin(group, cpu_ms, *more):
    process = group.spawn([lib.load("spin"), "-u", str(cpu_ms), *more])
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return lib.values(out)


# ---- processes -----------------------------------------------------------------------------------


def test_process_tree(cgroup, record):
    """--process means the whole tree: threads, children, the programs they execute, daemons that
    detached."""
    group = cgroup()
    tree = group.spawn([lib.load("tree"), "-g", "-b", "300"], stdin=subprocess.PIPE)
    lib.wait_until("tree started", lambda: lib.read(f"/proc/{tree.pid}/comm") == "tree\n")
    before = group.usage_ns()
    with record("--process", f"tree={tree.pid}") as recording:
        out, _ = tree.communicate("\n", timeout=60)
    assert lib.values(out)["workers"] == 7
    used = group.usage_ns() - before
    assert used >= 7 * 300e6
    recording.run.check_cpu("tree", used, TOLERANCE)
    target = recording.run.target("tree")
    assert target["kind"] == "process" and target["pid"] == tree.pid


def test_process_tree_that_has_grown_already(cgroup, record):
    """Descendants that existed before the recording belong to the tree as well."""
    group = cgroup()
    script = "sh -c '%s -w 3000 & %s -w 3000 & wait' & wait" % ((lib.load("spin"),) * 2)
    shell = group.spawn(["sh", "-c", script])
    lib.wait_until("grandchildren", lambda: len(group.pids()) == 4)
    with lib.Meter(group.usage_ns) as meter:
        time.sleep(0.1)
        with record("--process", f"old={shell.pid}") as recording:
            time.sleep(2)
        meter.wait_past(recording.run)
    recording.run.check_cpu("old", meter.over(recording.run), TOLERANCE)


def test_execute_keeps_the_owner(cgroup, record):
    """A process that executes another program is still the target."""
    group = cgroup()
    shell = group.spawn(["sh", "-c", f"read -r x; exec {lib.load('spin')} -u 600"],
                        stdin=subprocess.PIPE)
    lib.wait_until("shell", lambda: lib.read(f"/proc/{shell.pid}/comm") == "sh\n")
    before = group.usage_ns()
    with record("--process", f"x={shell.pid}") as recording:
        shell.communicate("\n", timeout=60)
    recording.run.check_cpu("x", group.usage_ns() - before, TOLERANCE)


def test_reused_pid_is_somebody_else(cgroup, record):
    """The pid of a target that has exited is reused by an unrelated process, which is not charged
    to the target."""
    mine, other = cgroup("-mine"), cgroup("-other")
    first = lib.Process(mine.spawn([lib.load("spin"), "-g", "-u", "300"], stdin=subprocess.PIPE))
    before = mine.usage_ns()
    with record("--process", f"mine={first.pid}", "--cgroup", f"other={other.path}") as recording:
        first.go()
        lib.wait_until("zombie", lambda: lib.read(f"/proc/{first.pid}/stat").split()[2] == "Z")
        time.sleep(0.3)  # the recorder may look at it in this state
        first.end()
        again = other.spawn([lib.load("samepid"), str(first.pid), lib.load("spin"), "-u", "600"])
        out, _ = again.communicate(timeout=60)
        assert lib.values(out)["pid"] == first.pid, "the pid was not reused"
    recording.run.check_cpu("mine", mine.usage_ns() - before, TOLERANCE)
    recording.run.check_cpu("other", other.usage_ns(), TOLERANCE)


def test_totals_of_what_exited_stay(cgroup, record):
    group = cgroup()
    process = lib.Process(group.spawn([lib.load("spin"), "-g", "-u", "400"],
                                      stdin=subprocess.PIPE))
    before = group.usage_ns()
    with record("--process", f"gone={process.pid}") as recording:
        process.go()
        process.end()
        used = group.usage_ns() - before
        time.sleep(1.5)
    recording.run.check_cpu("gone", used, TOLERANCE)


# ---- cgroups -------------------------------------------------------------------------------------


def test_tasks_that_enter_and_leave(cgroup, record, spawn, cpus):
    """A spinner that nothing wakes moves from outside any target into one, into another, and out
    again."""
    here, there = cgroup("-here"), cgroup("-there")
    spinner = lib.Process(spawn([lib.load("spin"), "-c", str(cpus[-1])]))
    outside = {key: os.path.dirname(where) for key, where in here.dirs.items()}
    with record("--cgroup", f"here={here.path}", "--cgroup", f"there={there.path}") as recording:
        time.sleep(0.7)
        here.add(spinner.pid)
        time.sleep(2.5)
        there.add(spinner.pid)
        time.sleep(2.5)
        for where in outside.values():
            with open(os.path.join(where, "cgroup.procs"), "w", encoding="ascii") as f:
                f.write(str(spinner.pid))
        time.sleep(0.7)
    spinner.popen.terminate()
    assert here.usage_ns() > 1e8 and there.usage_ns() > 1e8
    recording.run.check_cpu("here", here.usage_ns(), TOLERANCE)
    recording.run.check_cpu("there", there.usage_ns(), TOLERANCE)


def test_cgroup_that_restarts(cgroup, record):
    """Removed and created again under the same name: another cgroup, the same target."""
    group = cgroup()
    with record("--cgroup", f"again={group.path}") as recording:
        spin(group, 500)
        first = group.usage_ns()
        group.remove()
        time.sleep(0.3)
        group.make()
        time.sleep(0.3)
        spin(group, 700)
    recording.run.check_cpu("again", first + group.usage_ns(), 2 * TOLERANCE)


def test_child_cgroup_made_meanwhile(cgroup, record):
    group = cgroup()
    with record("--cgroup", f"parent={group.path}") as recording:
        spin(group.child("late"), 500)
        spin(group.child("late/later"), 500)
    recording.run.check_cpu("parent", group.usage_ns(), TOLERANCE)


def test_two_targets_one_inside_the_other(cgroup, record):
    """The innermost target is charged: no nanosecond is charged twice."""
    outer = cgroup()
    inner = outer.child("inner")
    with record("--cgroup", f"outer={outer.path}", "--cgroup", f"inner={inner.path}") as recording:
        spin(inner, 500)
        spin(outer, 300)
    run = recording.run
    run.check_cpu("inner", inner.usage_ns(), TOLERANCE)
    run.check_cpu("outer", outer.usage_ns() - inner.usage_ns(), TOLERANCE)


def test_cgroup_by_each_of_its_paths(cgroup, record):
    """By its directory, or as in /proc/PID/cgroup."""
    group = cgroup()
    for spec in (group.path, group.path + "/", "/" + group.name):
        with record("--cgroup", f"it={spec}") as recording:
            spin(group, 100)
        assert total_ns(recording.run, "it") > 90e6, spec


# ---- containers ----------------------------------------------------------------------------------


@pytest.fixture
def container(tmp_path):
    made = []

    def make(suffix="", **kwargs):
        made.append(Container(str(tmp_path / f"bundle{len(made)}"), suffix, **kwargs))
        return made[-1]

    yield make
    for c in made:
        c.remove()


def test_container_by_name_id_and_pid(container, record):
    """Three ways to name one container."""
    box = container()
    box.start(["/loads/spin", "-p", "20000", "-b", "1000"])
    for spec in (box.name, str(box.pid)):
        with record("--container", f"it={spec}") as recording:
            before = box.usage_ns()
            box.execute(["/loads/spin", "-u", "400"])
            used = box.usage_ns() - before
        target = recording.run.target("it")
        assert target["kind"] == "container"
        assert target["name"] == box.name
        assert target["cgroup"].endswith(box.cgroup)
        assert target["cpu"]["roles"]["workload"]
        assert target["cpu"]["total_ns"] == pytest.approx(used, rel=0.03)


def test_container_total(container, record):
    box = container()
    box.start(["/loads/spin", "-u", "1000000"])
    with lib.Meter(box.usage_ns) as meter:
        time.sleep(0.1)
        with record("--container", f"box={box.name}") as recording:
            time.sleep(3)
        meter.wait_past(recording.run)
    recording.run.check_cpu("box", meter.over(recording.run), TOLERANCE)


def test_container_found_without_being_named(container, record):
    """Without a named target: every container is found, now or later."""
    now, later = container("-now"), container("-later")
    now.start(["/loads/spin", "-p", "10000", "-b", "1000"])
    with record() as recording:
        later.start(["/loads/spin", "-u", "800"], wait=True)
        used = later.usage_ns()
        time.sleep(0.3)
    names = [t["name"] for t in recording.run["targets"]]
    assert now.name in names and later.name in names
    found = [t for t in recording.run["targets"] if t["name"] == later.name][0]
    assert_late_by_little(recording.run, found["cpu"]["total_ns"], used)


def test_container_that_restarts(container, record):
    """Removed and created again under its name: the same target is charged for both."""
    box = container()
    box.start(["/loads/spin", "-p", "10000", "-b", "5000"])
    with record("--container", f"box={box.name}") as recording:
        before = box.usage_ns()
        time.sleep(1)
        used = box.usage_ns() - before
        box.remove()
        box.start(["/loads/spin", "-u", "700"], wait=True)
        used += box.usage_ns()
        time.sleep(0.3)
    assert_late_by_little(recording.run, total_ns(recording.run, "box"), used)


# ---- VMs -----------------------------------------------------------------------------------------


@pytest.fixture
def fake_vm(cgroup, tmp_path):
    """A program of QEMU's name with QEMU's threads, each of which uses a known amount of CPU
    time."""
    def make(name, work, binary="qemu-system-x86_64"):
        path = lib.copy_as(lib.load("fakevm"), str(tmp_path / "bin"), binary)
        group = cgroup()
        argv = [path, "-name", f"guest={name},debug-threads=on", "-machine", "q35,accel=tcg",
                "-m", "64"]
        return group, lib.Process(group.spawn(argv, stdin=subprocess.PIPE,
                                              env={**os.environ, "VTXT_VM": work}))
    return make


VM_WORK = "vcpu=700 io=300 worker=200 main=150 helper=250"


@pytest.mark.parametrize("binary", ["qemu-system-x86_64", "qemu-kvm", "kvm"])
def test_vm_roles(fake_vm, record, binary):
    """Each thread's time is in its role; a helper that QEMU forked counts as emulator."""
    name = f"{lib.PREFIX}vm"
    group, vm = fake_vm(name, VM_WORK, binary)
    before = group.usage_ns()
    with record("--vm", f"vm={name}") as recording:
        vm.go()
        vm.until("main")
    said = vm.end()
    run = recording.run
    run.check_cpu("vm", group.usage_ns() - before, 2 * TOLERANCE)
    target = run.target("vm")
    assert (target["kind"], target["name"], target["pid"]) == ("vm", name, vm.pid)
    run.check_role("vm", "vcpu", said["vcpu"], 0.02)
    run.check_role("vm", "iothread", said["io"] + said["worker"], 0.02)
    run.check_role("vm", "emulator", said["main"] + said["helper"], 0.03)
    assert not any((target["cpu"]["roles"].get("workload") or {}).values())


def test_vm_by_pid_and_unnamed(fake_vm, record):
    """By number; and found without being named, started before or during the recording."""
    name = f"{lib.PREFIX}auto"
    group, vm = fake_vm(name, "vcpu=500")
    before = group.usage_ns()
    with record("--vm", f"vm={vm.pid}") as recording:
        vm.go()
        vm.until("main")
    recording.run.check_cpu("vm", group.usage_ns() - before, 2 * TOLERANCE)
    vm.end()
    with record() as recording:
        group, vm = fake_vm(name, "vcpu=500")
        time.sleep(0.3)
        vm.go()
        vm.until("main")
    vm.end()
    found = [t for t in recording.run["targets"] if t["name"] == name]
    assert [t["kind"] for t in found] == ["vm"]
    assert_late_by_little(recording.run, found[0]["cpu"]["total_ns"], 500e6)


def test_vm_that_restarts(fake_vm, record):
    """The same name on a new process: the same target is charged for both."""
    name = f"{lib.PREFIX}again"
    _, vm = fake_vm(name, "vcpu=500")
    with record("--vm", f"vm={name}") as recording:
        vm.go()
        said = vm.end()["vcpu"]
        _, vm = fake_vm(name, "vcpu=700")
        time.sleep(0.3)
        vm.go()
        said += vm.end()["vcpu"]
    assert_late_by_little(recording.run, total_ns(recording.run, "vm"), said)


def test_tcg_is_said(fake_vm, record):
    """A guest without KVM: its numbers say nothing about virtualization, and the run says so."""
    name = f"{lib.PREFIX}tcg"
    _, vm = fake_vm(name, "vcpu=100")
    with record("--vm", f"vm={name}") as recording:
        vm.go()
        vm.end()
    assert "TCG" in json.dumps(recording.run["degraded"]) + recording.stdout


# ---- list ----------------------------------------------------------------------------------------


def test_list_shows_what_runs(container, fake_vm):
    box = container()
    box.start(["/loads/spin", "-p", "20000", "-b", "1000"])
    name = f"{lib.PREFIX}listed"
    _, vm = fake_vm(name, "vcpu=1")
    done = lib.virtax("list", "--json")
    assert done.returncode == 0 and done.stderr == "", done.stderr
    rows = {t["name"]: t for t in json.loads(done.stdout)["targets"]}
    assert rows[box.name]["kind"] == "container"
    assert rows[box.name]["pid"] == box.pid
    assert rows[box.name]["roles"]["workload"]["threads"] == 1
    assert rows[name]["kind"] == "vm"
    assert rows[name]["pid"] == vm.pid
    assert rows[name]["roles"]["vcpu"]["threads"] == 1
    assert rows[name]["roles"]["iothread"]["threads"] == 2
    assert rows[name]["roles"]["emulator"]["threads"] == 1
    plain = lib.virtax("list")
    assert plain.returncode == 0
    assert name in plain.stdout and box.name in plain.stdout
    vm.end()


def test_process_killed_is_kept(cgroup, record):
    group = cgroup()
    process = group.spawn([lib.load("spin")])
    with record("--cgroup", f"it={group.path}") as recording:
        time.sleep(1)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(timeout=5)
        time.sleep(0.2)
    assert total_ns(recording.run, "it") > 0.1e9
