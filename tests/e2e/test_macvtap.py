# SPDX-License-Identifier: GPL-2.0-or-later
"""A VM on a real macvtap. What arrives at that device goes to the guest, so the directions are the
opposite of a tap's. The network stack of a namespace, behind the relay `macvm`, plays the guest;
the client is at the far end of the veth pair on whose near end the macvtap is stacked."""

import json
import os
import subprocess
import sys

import pytest

import lib
from veth import Veth, ip

HERE = os.path.dirname(os.path.abspath(__file__))
REQUESTS = 300
CLIENT = """
import sys
sys.path.insert(0, sys.argv[1])
from rawhttp import Client
answers, requests, connections = 0, int(sys.argv[3]), int(sys.argv[4])
for _ in range(connections):
    client = Client(sys.argv[2])
    for _ in range(requests // connections):
        client.get("/ok/3000")
    answers += client.answers
    client.close()
print(answers)
"""


@pytest.fixture(params=["tcx", "packet"])
def way(request, monkeypatch):
    """Both ways to attach to a device."""
    monkeypatch.setenv("VIRTAX_NET", request.param)
    return request.param


class MacVm:
    """The macvtap `dev`, its reader with QEMU's name, and an HTTP server in place of the guest."""

    def __init__(self, directory):
        self.veth = Veth()
        self.dev = f"vt{os.getpid() % 10**7}m"
        self.guest = self.veth.name + "g"
        self.name = lib.PREFIX + "macvm"
        self.ip = self.veth.inside.rsplit(".", 1)[0] + ".3"
        self.process = self.server = None
        try:
            self._start(str(directory))
        except BaseException:
            self.remove()
            raise

    def _start(self, directory):
        ip("netns", "add", self.guest)
        ip("link", "add", "link", self.veth.dev, "name", self.dev, "type", "macvtap", "mode",
           "bridge")
        ip("link", "set", self.dev, "addrgenmode", "none")  # the host itself sends nothing on it
        ip("link", "set", self.dev, "up")
        index = int(lib.read(f"/sys/class/net/{self.dev}/ifindex"))
        char = f"/dev/tap{index}"
        if not os.path.exists(char):  # without the help of devtmpfs
            major, minor = lib.read(f"/sys/class/net/{self.dev}/tap{index}/dev").split(":")
            os.mknod(char, 0o600 | 0o020000, os.makedev(int(major), int(minor)))
        qemu = lib.copy_as(lib.load("macvm"), os.path.join(directory, "bin"), "qemu-system-x86_64")
        self.process = lib.Process(subprocess.Popen(
            [qemu, "-name", f"guest={self.name},debug-threads=on"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True,
            env={**os.environ, "VTXT_MACVM": f"{char} /run/netns/{self.guest} g0"}))
        mac = lib.read(f"/sys/class/net/{self.dev}/address").strip()
        for argv in (("link", "set", "lo", "up"), ("link", "set", "g0", "address", mac),
                     ("addr", "add", f"{self.ip}/24", "dev", "g0"), ("link", "set", "g0", "up")):
            ip("-n", self.guest, *argv)
        self.server = subprocess.Popen(
            ["ip", "netns", "exec", self.guest, sys.executable, os.path.join(HERE, "rawhttp.py"),
             "80"], stdout=subprocess.PIPE, text=True)
        assert self.server.stdout.readline() == "ready\n"

    def statistics(self):
        """The kernel's own count for the device. It calls "received" what goes to the guest."""
        where = f"/sys/class/net/{self.dev}/statistics"
        return {name: int(lib.read(f"{where}/{name}"))
                for name in ("rx_packets", "rx_bytes", "tx_packets", "tx_bytes")}

    def ask(self, requests, connections):
        """Has the client send requests; returns how many responses it received."""
        done = subprocess.run(
            ["ip", "netns", "exec", self.veth.name, sys.executable, "-c", CLIENT, HERE, self.ip,
             str(requests), str(connections)], capture_output=True, text=True, timeout=60,
            check=True)
        return int(done.stdout)

    def remove(self):
        for process in (self.server, self.process and self.process.popen):
            if process:
                process.kill()
                process.communicate()
        subprocess.run(["ip", "link", "del", self.dev], check=False, stderr=subprocess.DEVNULL)
        subprocess.run(["ip", "netns", "del", self.guest], check=False, stderr=subprocess.DEVNULL)
        self.veth.remove()


@pytest.fixture(scope="module")
def vm(module_dir):
    made = MacVm(module_dir)
    yield made
    made.remove()


@pytest.mark.parametrize("connections", [1, 100])
def test_requests_and_directions(vm, record, way, connections):
    before = vm.statistics()
    with record("--vm", f"vm={vm.name}") as recording:
        done = vm.ask(REQUESTS, connections)
    grown = {name: value - before[name] for name, value in vm.statistics().items()}
    target = recording.run.target("vm")
    assert target["netdevs"] == [vm.dev]
    requests = target["requests"]
    assert requests["count"] == requests["status"]["2xx"] == done == REQUESTS
    assert requests["gaps"] == 0 and requests["latency_ns"]["count"] == REQUESTS
    # 3000 bytes per response: the directions cannot be confused.
    assert grown["tx_bytes"] > 3000 * REQUESTS > 2 * grown["rx_bytes"] > 0
    for name, value in grown.items():
        assert target["net"][name] == pytest.approx(value, rel=0.02), (name, grown, target["net"])


def test_softirqs_are_the_vm_s(vm, record, way):
    """Packets for the guest are received at the device below, which has no owner. Because they
    arrive at the macvtap, their softirq is charged to the VM. (Nothing else would be: the VM sends
    in system calls.)"""
    with record("--vm", f"vm={vm.name}") as recording:
        vm.ask(3 * REQUESTS, 3)
    run = recording.run
    ours = sum(r["softirq_ns"] for r in run.target("vm")["cpu"]["roles"].values())
    assert ours > 0, run["host_cpu"]


def test_list_shows_the_device(vm):
    listed = json.loads(lib.virtax("list", "--json").stdout)
    assert [t["netdevs"] for t in listed["targets"] if t["name"] == vm.name] == [[vm.dev]]
