# SPDX-License-Identifier: GPL-2.0-or-later
"""Interrupt time is not charged to the interrupted task: a flood of datagrams for a container hits
the CPU on which another target computes."""

import os
import subprocess
import time

import pytest

import lib
from runc import Container
from veth import Veth, ip

PORT = "9999"


@pytest.fixture(scope="module")
def net():
    veth = Veth()
    yield veth
    veth.remove()


@pytest.fixture(scope="module")
def box(net, module_dir, cpus):
    container = Container(str(module_dir / "box"), "-sink", netns=net.netns)
    container.start(["/loads/udp", "sink", PORT, str(cpus[0])])
    yield container
    container.remove()


def ksoftirqd_ns(cpu):
    for pid in os.listdir("/proc"):
        if pid.isdigit():
            try:
                if lib.read(f"/proc/{pid}/comm") == f"ksoftirqd/{cpu}\n":
                    return lib.schedstat(pid)[0]
            except (FileNotFoundError, ProcessLookupError):
                pass
    raise AssertionError(f"no ksoftirqd/{cpu}")


def spin(group, cpu, wall_ms):
    return group.spawn([lib.load("spin"), "-c", str(cpu), "-w", str(wall_ms)])


@pytest.fixture(scope="module")
def flood(net, box, module_cgroup, module_dir, cpus):
    """Records a spinner on an undisturbed CPU and one on the CPU to which a flood is steered, in
    one run."""
    if len(cpus) < 2:
        pytest.skip("the flood needs a CPU beside the one it is steered to")
    sender, victim_cpu = cpus[0], cpus[-1]
    net.steer(victim_cpu)
    groups = {name: module_cgroup(f"-{name}") for name in ("quiet", "victim")}
    args = [w for n, g in groups.items() for w in ("--cgroup", f"{n}={g.path}")]
    said = {}
    with lib.Recording(module_dir, [*args, "--container", f"box={box.name}"]) as recording:
        process = spin(groups["quiet"], victim_cpu, 2000)
        said["quiet"] = lib.values(process.communicate(timeout=30)[0])
        before = ksoftirqd_ns(victim_cpu)
        process = spin(groups["victim"], victim_cpu, 3000)
        send = subprocess.run([lib.load("udp"), "send", net.inside, PORT, "2800", str(sender)],
                              capture_output=True, text=True, check=True, timeout=30)
        said["victim"] = lib.values(process.communicate(timeout=30)[0])
        said["ksoftirqd"] = ksoftirqd_ns(victim_cpu) - before
        said["sent"] = lib.values(send.stdout)["sent"]
        time.sleep(0.2)
    kernel = {name: group.usage_ns() for name, group in groups.items()}
    return recording.run, kernel, said


def irq_ns(target):
    return sum((role["softirq_ns"] or 0) + (role["hardirq_ns"] or 0)
               for role in target["cpu"]["roles"].values())


def test_the_flood_is_one(flood):
    """Otherwise the other tests of this file prove nothing."""
    run, kernel, said = flood
    assert run.target("victim")["cpu"]["irq_victim_ns"] > 0.05 * kernel["victim"]
    assert said["sent"] > 50000


def test_victim_is_not_billed(flood):
    run, kernel, _ = flood
    for label in ("victim", "quiet"):
        # Not quite 0: its program may have been read from a disk.
        assert irq_ns(run.target(label)) < 0.001 * kernel[label]
        run.check_cpu(label, kernel[label])


def test_victim_pays_for_its_work_only(flood):
    """Measured by the work done: the CPU time that the kernel charges for one turn of the loop
    grows in the flood; ours must not grow with it. Ours grows a little, because entry to and exit
    from an interrupt are outside its tracepoints, and in a guest they take long."""
    run, kernel, said = flood
    billed = {k: run.target(k)["cpu"]["total_ns"] / said[k]["turns"] for k in ("quiet", "victim")}
    by_kernel = {k: kernel[k] / said[k]["turns"] for k in ("quiet", "victim")}
    grown, grown_by_kernel = (v["victim"] / v["quiet"] - 1 for v in (billed, by_kernel))
    assert grown < 0.75 * grown_by_kernel, (grown, grown_by_kernel)


def test_receiver_is_billed(flood):
    """The softirqs that hit the victim, and those in the kernel's softirq thread on that CPU, were
    nearly all for the container's device."""
    run, _, said = flood
    softirq = sum(role["softirq_ns"] for role in run.target("box")["cpu"]["roles"].values())
    there = run.target("victim")["cpu"]["irq_victim_ns"] + said["ksoftirqd"]
    assert softirq > 0.7 * there, (softirq, there)


def test_packets_are_counted(flood, net):
    run, _, said = flood
    target = run.target("box")
    assert net.dev in target["netdevs"]
    # In addition to the datagrams there are a few ARP and IPv6 packets.
    assert said["sent"] <= target["net"]["rx_packets"] <= said["sent"] + 100


def test_the_hosts_own_interrupts_are_the_hosts(flood):
    """Timers tick on a busy CPU: no target causes them, but they interrupt it."""
    run, _, _ = flood
    assert run["host_cpu"]["hardirq_ns"] > 0
    unattributed = run["host_cpu"]["hardirq_ns"] + run["host_cpu"]["softirq_ns"]
    assert run["books"]["unattributed_ns"] == unattributed


# ---- the other way: from the target, whose device is a port of a bridge, to the host ----------------


@pytest.fixture(scope="module")
def port(module_dir):
    """A container behind a bridge. The host has an address on the bridge, on which a socket
    listens."""
    veth = Veth()
    bridge = f"vt{os.getpid() % 10**7}br"
    for argv in (("link", "add", bridge, "type", "bridge", "forward_delay", "0"),
                 ("addr", "flush", "dev", veth.dev), ("addr", "add", f"{veth.host}/24", "dev", bridge),
                 ("link", "set", veth.dev, "master", bridge), ("link", "set", bridge, "up")):
        ip(*argv)
    container = Container(str(module_dir / "port"), "-port", netns=veth.netns)
    container.start(["/loads/udp", "sink", PORT])
    sink = subprocess.Popen([lib.load("udp"), "sink", PORT], stdout=subprocess.DEVNULL)
    yield veth, container
    sink.terminate()
    sink.wait(timeout=10)
    container.remove()
    veth.remove()
    ip("link", "del", bridge)


@pytest.fixture(scope="module", params=["cpu,http", "cpu"])
def flood_out(request, port, module_cgroup, module_dir, cpus):
    """The host receives the container's packets on the CPU on which another target computes."""
    if len(cpus) < 2:
        pytest.skip("the flood needs a CPU beside the one it is steered to")
    veth, container = port
    sender, victim_cpu = cpus[0], cpus[-1]
    with open(f"/sys/class/net/{veth.dev}/queues/rx-0/rps_cpus", "w", encoding="ascii") as f:
        f.write(f"{1 << victim_cpu:x}")
    group = module_cgroup(f"-out-{request.param.replace(',', '-')}")
    with lib.Recording(module_dir, ["--cgroup", f"victim={group.path}", "--container",
                                    f"box={container.name}", "--only", request.param]) as recording:
        before = ksoftirqd_ns(victim_cpu)
        process = spin(group, victim_cpu, 2000)
        send = subprocess.run(["ip", "netns", "exec", veth.name, lib.load("udp"), "send", veth.host,
                               PORT, "1800", str(sender)], capture_output=True, text=True,
                              check=True, timeout=30)
        process.communicate(timeout=30)
        softirqd = ksoftirqd_ns(victim_cpu) - before
    return recording.run, lib.values(send.stdout)["sent"], softirqd


def test_sender_is_billed(flood_out):
    """The softirqs were for packets from the container's device, which the bridge then passes up as
    its own: that is the same work, not work for the host. It makes no difference whether HTTP is
    counted."""
    run, sent, softirqd = flood_out
    softirq = sum(role["softirq_ns"] for role in run.target("box")["cpu"]["roles"].values())
    there = run.target("victim")["cpu"]["irq_victim_ns"] + softirqd
    assert sent > 50000 and run.target("victim")["cpu"]["irq_victim_ns"] > 50e6
    assert softirq > 0.7 * there, (softirq, there)
