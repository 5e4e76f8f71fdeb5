# SPDX-License-Identifier: GPL-2.0-or-later
"""`virtax list`: the role of each thread and the reason for it, as /proc shows them. Tested with
real QEMUs, a real vCPU of KVM if there is one, and processes that only look like part of a VM."""

import json
import os
import re

import pytest

import lib
import vms
from runc import Container


def by_name(threads):
    """{name without the number of a worker: [thread]}"""
    found = {}
    for thread in threads.values():
        found.setdefault(re.sub(r"-\d+$", "", thread["comm"]), []).append(thread)
    return found


# ---- a real QEMU ---------------------------------------------------------------------------------


def test_named_threads(qemu):
    """QEMU's own names, its pool of workers, and io_uring's worker, which the kernel adds."""
    vm = qemu()
    vm.qemu_io("d0", "read 0 64k")
    vm.qemu_io("d1", "write 0 64k")
    vm.qemu_io("d1", "flush")
    lib.wait_until("workers", lambda: {"worker", f"iou-wrk-{vm.pid}"} <= set(vm.threads().values()))
    found, names = vms.while_steady(vms.listed, vm)
    threads = vms.threads_of(found[vm.pid])
    assert {tid: t["comm"] for tid, t in threads.items()} == names
    assert all(t["pid"] == vm.pid for t in threads.values())
    named = by_name(threads)
    for comm, role, why in (
            ("CPU 0/TCG", "vcpu", "named a vCPU"), ("IO io0", "iothread", "named an iothread"),
            ("worker", "iothread", "thread pool"),
            ("iou-wrk", "iothread", "io_uring worker, which the kernel added")):
        assert {t["role"] for t in named[comm]} == {role}, named[comm]
        assert why in named[comm][0]["why"], named[comm]
    assert threads[vm.pid]["role"] == "emulator" and "main thread" in threads[vm.pid]["why"]
    rest = [t for t in threads.values() if t["role"] == "emulator" and t["tid"] != vm.pid]
    assert all("fits no other role" in t["why"] for t in rest), rest  # RCU's: its name may be missing


def test_unnamed_threads(qemu):
    """Without names little is known under TCG; the reason says so instead of guessing."""
    vm = qemu(names=False)
    threads = vms.threads_of(vms.listed()[vm.pid])
    assert len(threads) >= 4 and {t["role"] for t in threads.values()} == {"emulator"}
    for tid, thread in threads.items():
        expected = "main thread" if tid == vm.pid else "gave it no name"
        assert expected in thread["why"], thread
        assert tid == vm.pid or "may be a vCPU" in thread["why"], thread


def test_hotplugged_vcpu(qemu):
    vm = qemu()
    before = vms.threads_of(vms.listed()[vm.pid])
    vm.plug_vcpu()
    lib.wait_until("second vCPU", lambda: "CPU 1/TCG" in vm.threads().values())
    threads = vms.threads_of(vms.listed()[vm.pid])
    new = [t for tid, t in threads.items() if tid not in before and t["comm"] == "CPU 1/TCG"]
    assert [t["role"] for t in new] == ["vcpu"]


def test_several_vms_keep_their_threads(qemu):
    one, two = qemu(), qemu(names=False)
    found, *names = vms.while_steady(vms.listed, one, two)
    for vm, threads in zip((one, two), names):
        assert set(vms.threads_of(found[vm.pid])) == set(threads)


# ---- a real vCPU of KVM --------------------------------------------------------------------------


@pytest.fixture
def kvm_vm(spawn, tmp_path):
    path = lib.copy_as(lib.load("kvmvm"), str(tmp_path / "bin"), "qemu-system-x86_64")
    popen = spawn([path, "-name", f"guest={lib.PREFIX}kvm"])
    vm = lib.values(popen.stdout.readline() + popen.stdout.readline() + popen.stdout.readline())
    if popen.poll() == 77 or "pid" not in vm:
        pytest.skip("no KVM on this machine (/dev/kvm): tests/kernels has it")
    lib.wait_until("KVM_RUN",
                   lambda: " 0xae80 " in lib.read(f"/proc/{vm['pid']}/task/{vm['vcpu']}/syscall"))
    return vm


def test_vcpu_caught_in_kvm_run(kvm_vm):
    """No name reveals it: the thread is a vCPU because it is in KVM_RUN on a vCPU's file. KVM's own
    worker, where it is a thread of the process (6.13), shows the same system call and is no
    vCPU."""
    target = vms.listed()[kvm_vm["pid"]]
    assert target["accel"] == "kvm"
    threads = vms.threads_of(target)
    assert threads[kvm_vm["vcpu"]]["role"] == "vcpu"
    assert threads[kvm_vm["vcpu"]]["why"] == "in KVM_RUN on kvm-vcpu:1"
    assert threads[kvm_vm["other"]]["role"] == "emulator"
    assert "may be a vCPU that has not run" in threads[kvm_vm["other"]]["why"]  # vCPU 0
    for thread in threads.values():
        if thread["comm"].startswith("kvm-nx"):
            assert thread["role"] == "kvm" and "the kernel added" in thread["why"], thread
    assert target["roles"]["vcpu"]["threads"] == 1


# ---- helpers -------------------------------------------------------------------------------------


def with_socket(qemu, path, server=False):
    """A QEMU that was given the socket, either to connect to or to serve."""
    how = ",server=on,wait=off" if server else ""
    return qemu("-chardev", f"socket,id=c0,path={str(path).replace(',', ',,')}{how}", "-serial",
                "chardev:c0")


@pytest.mark.parametrize("program,argv", [
    ("virtiofsd", ["--socket-path={}", "--shared-dir", "/tmp"]),
    ("swtpm", ["socket", "--tpmstate", "dir=/tmp", "--ctrl", "type=unixio,path={},mode=0600"]),
    ("passt.avx2", ["--fd", "3"]),
])
@pytest.mark.parametrize("how", ["listen", "once"])
def test_helper_that_serves_qemu_s_socket(qemu, spawn, tmp_path, program, argv, how):
    """The helper listens and QEMU connects; nothing else connects the two. Another helper of the
    same kind serves no VM."""
    path = str(tmp_path / "of,the\x1b[2Jvm.sock")
    serves = vms.helper(spawn, tmp_path, program, how, path, 1, *(a.format(path) for a in argv))
    serves.until("ready")
    other = tmp_path / "other.sock"
    idle = vms.helper(spawn, tmp_path, program, "listen", other, 1, *(a.format(other) for a in argv))
    idle.until("ready")
    vm = with_socket(qemu, path)
    threads = vms.threads_of(vms.listed()[vm.pid])
    assert threads[serves.pid]["role"] == "emulator"
    assert threads[serves.pid]["why"] == f"holds the socket that QEMU was given: {path}"
    assert threads[serves.pid]["pid"] == serves.pid and threads[serves.pid]["comm"] == program[:15]
    assert idle.pid not in threads
    text = lib.virtax("list", "--threads").stdout
    assert not lib.CONTROL.search(text), ascii(text)


def test_helper_that_connects_to_qemu(qemu, spawn, tmp_path):
    """QEMU serves the socket: the only evidence is that both were given its path."""
    path = tmp_path / "qemu.sock"
    vm = with_socket(qemu, path, server=True)
    client = vms.helper(spawn, tmp_path, "vhost-user-gpu", "connect", path, 1, "--socket-path",
                        str(path))
    stranger = vms.helper(spawn, tmp_path, "vhost-user-net", "-", path, 1, "--socket-path",
                          f"{path}2")
    client.until("ready")
    threads = vms.threads_of(vms.listed()[vm.pid])
    assert threads[client.pid]["why"] == f"was given the same socket as QEMU: {path}"
    assert stranger.pid not in threads


def test_helper_with_its_parent_and_child(qemu, spawn, tmp_path):
    """virtiofsd forks, and the process that was started waits: both belong to the VM."""
    path = tmp_path / "fs.sock"
    helper = vms.helper(spawn, tmp_path, "virtiofsd", "listen", path, 1, VTXT_FORK="1")
    helper.until("ready")
    vm = with_socket(qemu, path)
    threads = vms.threads_of(vms.listed()[vm.pid])
    assert helper.popen.pid != helper.pid
    assert threads[helper.popen.pid]["why"] == f"started process {helper.pid}, which serves this VM"


def test_helper_of_two_vms_is_nobody_s(qemu, spawn, tmp_path):
    path = tmp_path / "shared.sock"
    helper = vms.helper(spawn, tmp_path, "qemu-storage-daemon", "listen", path, 1)
    helper.until("ready")
    with_socket(qemu, path)
    both = [with_socket(qemu, path), with_socket(qemu, path)]
    found = vms.listed()
    assert not [vm for vm in both if helper.pid in vms.threads_of(found[vm.pid])]


def test_helper_of_another_user(qemu, spawn, tmp_path):
    """Another user runs a program of that name with the VM's socket on its command line."""
    path = tmp_path / "qemu.sock"
    vm = with_socket(qemu, path, server=True)
    binary = lib.copy_as(lib.load("helper"), f"/tmp/{lib.PREFIX}bin", "swtpm")
    try:
        helper = lib.Process(spawn([binary, "--ctrl", f"type=unixio,path={path}"], user=65534,
                                   env={**os.environ, "VTXT_HELPER": "- - 1"}))
        assert helper.pid not in vms.threads_of(vms.listed()[vm.pid])
    finally:
        os.unlink(binary)
        os.rmdir(os.path.dirname(binary))


def test_managers_are_apart(qemu, spawn, tmp_path):
    """libvirt's daemons hold QEMU's monitor and know its sockets, but they are managers."""
    path = tmp_path / "monitor.sock"
    vm = with_socket(qemu, path, server=True)
    managers = [vms.helper(spawn, tmp_path, program, "connect" if program == "virtqemud" else "-",
                           path, 1, str(path))
                for program in ("virtqemud", "libvirtd", "virtlogd", "virtproxyd")]
    found = vms.listed()[vm.pid]
    assert not {m.pid for m in managers} & set(vms.threads_of(found))
    listed = json.loads(lib.virtax("list", "--json").stdout)
    assert {m.pid for m in managers} <= {m["pid"] for m in listed["managers"] if m["kind"] == "vm"}


# ---- in the scope that libvirt creates -----------------------------------------------------------


def scope(cgroup, name):
    """A cgroup as systemd-machined creates it for libvirt."""
    group = cgroup()
    return group.child(f"machine-qemu\\x2d1\\x2d{name}.scope")


HOSTILE = "a\x1b]0;owned\x07\nvm x\u202e"


def test_what_is_in_the_vm_s_scope(cgroup, spawn, tmp_path):
    """Any program that a manager put there belongs to the VM, by the name of the cgroup. The names
    of its threads mean nothing, be they a kernel thread's or a vCPU's, and they are escaped."""
    group = scope(cgroup, "web")
    vm = vms.Qemu(tmp_path / "vm", group.child("libvirt/emulator"), f"{lib.PREFIX}scope")
    try:
        helpers = {comm: vms.helper(group.spawn, tmp_path, "dbus-daemon", "-", "-", 1,
                                    VTXT_COMM=comm)
                   for comm in (f"vhost-{vm.pid}", f"kvm-pit/{vm.pid}", "CPU 3/KVM", HOSTILE[:10])}
        target = vms.listed()[vm.pid]
        threads = vms.threads_of(target)
        assert target["cgroup"].endswith("x2dweb.scope")
        for comm, helper in helpers.items():
            assert threads[helper.pid]["comm"] == comm
            assert threads[helper.pid]["role"] == "emulator", threads[helper.pid]
            assert threads[helper.pid]["why"] == "in the cgroup that was created for this VM"
        text = lib.virtax("list", "--threads").stdout
        assert not lib.CONTROL.search(text) and "\\x1b" in text, ascii(text)
    finally:
        vm.close()


def test_look_alikes_of_kernel_threads(qemu, spawn, tmp_path):
    """A process may choose any name: this does not make it a kernel thread or a part of the VM."""
    vm = qemu()
    fakes = [vms.helper(spawn, tmp_path, "sleeper", "-", "-", 1, VTXT_COMM=comm)
             for comm in (f"vhost-{vm.pid}", f"kvm-pit/{vm.pid}", "kvm-nx-lpage-re")]
    assert not {f.pid for f in fakes} & set(vms.threads_of(vms.listed()[vm.pid]))


# ---- containers, and the text --------------------------------------------------------------------


def test_threads_of_a_container(tmp_path):
    box = Container(str(tmp_path / "bundle"))
    try:
        box.start(["/loads/tree", "-g", "-b", "100"])
        threads = lib.wait_until("threads", lambda: vms.threads_of(vms.listed()[box.pid]))
        assert {(t["role"], t["why"]) for t in threads.values()} == {
            ("workload", "in the container's cgroup")}
        assert box.pid in threads
    finally:
        box.remove()


def test_text(qemu):
    """The summary stays the same; --threads adds a block for each target and a line for each
    thread."""
    vm = qemu()
    summary = lib.virtax("list").stdout
    done, names = vms.while_steady(lambda: lib.virtax("list", "--threads"), vm)
    text = done.stdout
    assert "named a vCPU" not in summary and f"\nvm {vm.name}\n" in text
    block = text.split(f"\nvm {vm.name}\n")[1].split("\n\n")[0].splitlines()
    assert len(block) == len(names)
    lines = {int(m[2]): m for m in (re.fullmatch(r'  (\w+) +(\d+)  "(.*)" +(.+)', line)
                                    for line in block)}
    for tid, comm in names.items():
        assert lines[tid][3].rstrip() == comm
    order = [m[1] for m in lines.values()]
    assert order == sorted(order, key=["vcpu", "emulator", "iothread", "vhost", "kvm"].index)
    assert lib.virtax("list", "-t", "--json").stdout.startswith("{")


@pytest.mark.parametrize("columns", [None, "80", "60", "200"])
def test_long_names_fit_the_terminal(spawn, tmp_path, columns):
    """One long name does not pad the lines beyond the width; --json has the whole name."""
    binary = lib.copy_as(lib.load("fakevm"), str(tmp_path / "bin"), "qemu-system-x86_64")
    names = [lib.PREFIX + "A" * 5000, lib.PREFIX + "\u754c" * 1000, lib.PREFIX + "short"]
    vms_of = {name: lib.Process(spawn([binary, "-name", f"guest={name}"],
                                      env={**os.environ, "VTXT_VM": "vcpu=1"})) for name in names}
    env = {k: v for k, v in os.environ.items() if k != "COLUMNS"}
    env["LC_ALL"] = "C.UTF-8"
    if columns:
        env["COLUMNS"] = columns
    done = lib.virtax("list", env=env)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.split("\nmanagers:")[0].splitlines()
    wide = {line: sum(2 if c == "\u754c" else 1 for c in line) for line in lines}
    assert max(wide.values()) <= int(columns or 100), done.stdout
    assert f"{lib.PREFIX}short" in done.stdout and "\u2026" in done.stdout
    for vm in vms_of.values():
        assert [line for line in lines if str(vm.pid) in line.split()]
    listed = json.loads(lib.virtax("list", "--json").stdout)["targets"]
    assert {vm.pid: name for name, vm in vms_of.items()}.items() <= {
        t["pid"]: t["name"] for t in listed}.items()


def test_without_root(qemu, anyone):
    """Less can be seen, and one line says so; nothing is guessed."""
    vm = qemu()
    done = anyone("list", "--threads")
    assert done.returncode == 0 and lib.ERROR_LINE.fullmatch(done.stderr), done.stderr
    assert "reasons for roles" in done.stderr
    assert vm.name in done.stdout
