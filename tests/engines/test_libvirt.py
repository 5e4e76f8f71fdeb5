# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest of libvirt (TCG) with a backing file: against virsh domstats, qemu-img, du and ip -s link;
reset, destroyed and started again, with a disk and a NIC plugged while it runs."""

import contextlib
import glob
import json
import os
import socket
import time

import pytest

import lib
import vms
from room import Daemon, run

NAME = "vtxt-guest"

CONF = """
user = "root"
group = "root"
dynamic_ownership = 0
security_driver = "none"
stdio_handler = "file"
namespaces = []
"""

DOMAIN = """
<domain type='qemu'>
  <name>{name}</name>
  <memory unit='MiB'>64</memory>
  <vcpu>1</vcpu>
  <iothreads>1</iothreads>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>
    <controller type='pci' model='pcie-root'/>
    {ports}
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' iothread='1'/>
      <source file='{dir}/disk.qcow2'/>
      <target dev='vda' bus='virtio'/>
    </disk>
    <memballoon model='none'/>
  </devices>
</domain>
"""

DISK = """
<disk type='file' device='disk'>
  <driver name='qemu' type='raw' cache='none' io='io_uring'/>
  <source file='{dir}/second.raw'/>
  <target dev='vdb' bus='virtio'/>
</disk>
"""

NIC = """
<interface type='bridge'>
  <source bridge='vtxtbr'/>
  <model type='virtio'/>
  <rom enabled='no'/>
</interface>
"""


class Libvirt:
    def __init__(self, directory):
        self.dir = str(directory)
        with open("/etc/libvirt/qemu.conf", "w", encoding="ascii") as f:
            f.write(CONF)
        self.daemon = Daemon(["libvirtd"], directory / "libvirtd.log")
        self.daemon.wait("libvirtd", lambda: os.path.exists("/run/libvirt/libvirt-sock"))
        with open(f"{self.dir}/base.raw", "wb") as f:
            f.write(vms.BOOT_SECTOR + os.urandom(3 << 20))
            f.truncate(16 << 20)
        with open(f"{self.dir}/second.raw", "wb") as f:
            f.truncate(8 << 20)
        run("qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", f"{self.dir}/base.raw",
            f"{self.dir}/disk.qcow2")
        run("ip", "link", "add", "vtxtbr", "type", "bridge", "forward_delay", "0")
        run("ip", "addr", "add", "198.19.63.1/24", "dev", "vtxtbr")
        run("ip", "link", "set", "vtxtbr", "up")
        ports = "<controller type='pci' model='pcie-root-port'/>" * 6
        self.define("guest", DOMAIN.format(name=NAME, dir=self.dir, ports=ports))
        self("define", f"{self.dir}/guest.xml")
        self("start", NAME)

    def __call__(self, *argv):
        return run("virsh", "-q", "-c", "qemu:///system", *argv)

    def define(self, name, xml):
        with open(f"{self.dir}/{name}.xml", "w", encoding="ascii") as f:
            f.write(xml)
        return f"{self.dir}/{name}.xml"

    @property
    def pid(self):
        return int(lib.read(f"/run/libvirt/qemu/{NAME}.pid"))

    def stats(self):
        """virsh domstats as {name: value}"""
        text = self("domstats", NAME)
        return dict(line.strip().split("=", 1) for line in text.splitlines() if "=" in line)

    def attach(self, name, xml):
        self("attach-device", NAME, self.define(name, xml.format(dir=self.dir)), "--live")

    def write(self, device, bytes_):
        """As its guest would, by QEMU itself."""
        blocks = json.loads(self("qemu-monitor-command", NAME, '{"execute": "query-block"}'))
        found = next(b["qdev"] for b in blocks["return"]
                     if b.get("inserted", {}).get("file", "").endswith(device))
        said = self("qemu-monitor-command", NAME, "--hmp", f'qemu-io -d {found} "write 0 {bytes_}"')
        assert not said, said  # what it did is printed to QEMU's own output

    def stop(self):
        run("sh", "-c", f"virsh -q destroy {NAME} || :")
        self("undefine", NAME)
        self.daemon.stop()
        run("ip", "link", "del", "vtxtbr")
        for where in lib.hierarchies().values():
            for ours in glob.glob(f"{where}/machine/qemu-*-{NAME}.libvirt-qemu"):
                for below, _, _ in os.walk(ours, topdown=False):
                    os.rmdir(below)
            with contextlib.suppress(OSError):  # the host's own libvirt may use it
                os.rmdir(f"{where}/machine")


@pytest.fixture(scope="module")
def libvirt(module_dir):
    engine = Libvirt(module_dir)
    yield engine
    engine.stop()


def listed():
    done = lib.virtax("list", "--json")
    assert done.returncode == 0, done.stderr
    return {t["name"]: t for t in json.loads(done.stdout)["targets"]}


def cpu_ns(pid):
    """By the scheduler, of all threads of a process."""
    return sum(lib.schedstat(tid)[0] for tid in lib.threads(pid))


def sent_to(device):
    """Packets that the host sent through a device. (A tap's are those that its guest took.)"""
    stats = json.loads(run("ip", "-s", "-j", "link", "show", device))[0]["stats64"]["tx"]
    return stats["packets"] + stats["dropped"]


def test_what_it_is(libvirt, record):
    """Its id is libvirt's uuid; its images are both files, as large as qemu-img and du say."""
    found = listed()[NAME]
    assert found["kind"] == "vm" and found["pid"] == libvirt.pid
    assert found["id"] == libvirt("domuuid", NAME)
    assert found["roles"]["vcpu"]["threads"] == 1
    roles = {t["comm"]: t["role"] for t in found["threads"]}
    assert roles["IO iothread1"] == "iothread", roles
    with record(f"--vm={NAME}") as rec:
        time.sleep(0.2)
    files = {f["path"]: f for f in rec.run.target(NAME)["storage"]["files"]}
    for name in ("disk.qcow2", "base.raw"):
        path = f"{libvirt.dir}/{name}"
        info = json.loads(run("qemu-img", "info", "-U", "--output=json", path))
        assert files[path]["allocated_bytes"] == info["actual-size"], (files, info)
        assert files[path]["allocated_bytes"] == 1024 * int(run("du", "-k", path).split()[0])


def test_cpu(libvirt, record):
    """Its vCPU never rests: as much as the scheduler says, and no more than domstats does."""
    pid = libvirt.pid
    vcpu = next(t["tid"] for t in listed()[NAME]["threads"] if t["role"] == "vcpu")
    before = int(libvirt.stats()["vcpu.0.time"])
    with lib.Meter(lambda: lib.schedstat(vcpu)[0]) as its, lib.Meter(lambda: cpu_ns(pid)) as all_:
        with record(f"--vm={NAME}") as rec:
            time.sleep(1.5)
        for meter in (its, all_):
            meter.wait_past(rec.run)
    stats = int(libvirt.stats()["vcpu.0.time"]) - before
    rec.run.check_role(NAME, "vcpu", its.over(rec.run), 0.03)
    total = rec.run.target(NAME)["cpu"]["total_ns"]
    assert total == pytest.approx(all_.over(rec.run), rel=0.04)
    assert its.over(rec.run) <= 1.02 * stats


def test_plugged_and_reset(libvirt, record):
    """What is plugged while it is recorded counts from then on; a reset is nothing to us."""
    pid = libvirt.pid
    with record(f"--vm={NAME}", "-i", "0.2") as rec:
        libvirt.attach("disk", DISK)
        libvirt.attach("nic", NIC)
        libvirt("reset", NAME)
        time.sleep(0.5)
        tap = listed()[NAME]["netdevs"]
        libvirt.write("second.raw", "1M")
        before = sent_to("vtxtbr")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            for _ in range(200):
                s.sendto(b"x" * 1000, ("198.19.63.255", 9))
        sent = sent_to("vtxtbr") - before
    target = rec.run.target(NAME)
    assert len(tap) == 1 and target["netdevs"] == tap and libvirt.pid == pid
    assert 200 <= sent <= target["net"]["rx_packets"] <= sent + 20, (target["net"], sent)
    write = target["block"]["write"]
    assert write["bytes"] >= 1 << 20, target["block"]
    assert f"{libvirt.dir}/second.raw" in {f["path"] for f in target["storage"]["files"]}


def test_destroyed_and_started_again(libvirt, record):
    """The name is the target: both lives are in it."""
    with record(f"--vm={NAME}", "-i", "0.2") as rec:
        time.sleep(0.7)
        first = libvirt.pid
        life = cpu_ns(first)
        libvirt("destroy", NAME)
        libvirt("start", NAME)
        second = libvirt.pid
        time.sleep(1)
        other = cpu_ns(second)
    target = rec.run.target(NAME)
    assert first != second and target["pid"] == second, (first, second, target["pid"])
    assert target["cpu"]["total_ns"] >= 0.7 * other, (target["cpu"], life, other)
