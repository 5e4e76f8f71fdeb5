# SPDX-License-Identifier: GPL-2.0-or-later
"""The targets on the host under test: Apache in a container on a veth pair, and Apache in a guest
under real KVM, on a tap behind a bridge. An obstacle to them says nothing about virtax: it raises
Infra."""

import json
import os
import re
import socket
import subprocess
import time

import lib
import runc
import veth

OUT = os.environ.get("OUT", "/tmp/out")
L2_DIR = "/lab/l2"
L2_IP, L2_GATEWAY = "198.19.0.2", "198.19.0.1"
APACHE_ROOT = "/srv/apache"
# The guest's other drives, vdb and following: every way in which QEMU can use the host's disk.
DRIVES = ("cache=none,aio=threads", "cache=none,aio=native", "cache=none,aio=io_uring",
          "cache=writeback,aio=threads", "cache=writeback,aio=io_uring")
LOAD_SECONDS = 100  # loading the programs under emulation, on a machine with other work


class Infra(Exception):
    """The lab did not start, or broke: nothing is known about virtax."""


def must(argv, seconds=30):
    """Runs a command that has to succeed; returns its output."""
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=seconds, check=False)
    except subprocess.TimeoutExpired as e:
        raise Infra(f"{argv}: not within {seconds} s") from e
    if done.returncode:
        raise Infra(f"{argv}: {done.returncode}: {done.stderr.strip()[-300:]}")
    return done.stdout


def wait(what, condition, seconds):
    try:
        return lib.wait_until(what, condition, seconds, every=0.1)
    except AssertionError as e:
        raise Infra(str(e)) from e


def answers(ip):
    try:
        with socket.create_connection((ip, 80), timeout=2) as s:
            s.sendall(b"GET /.lab/ready HTTP/1.0\r\n\r\n")
            return s.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


class Container(runc.Container):
    """Apache under runc, on the same small file system that the guest boots."""

    def __init__(self, directory):
        self.veth = veth.Veth()
        super().__init__(directory, "-web", netns=self.veth.netns)
        self.ip = self.veth.inside

    def _config(self, argv):
        config = super()._config(argv)
        caps = ["CAP_SETUID", "CAP_SETGID", "CAP_CHOWN", "CAP_KILL", "CAP_NET_BIND_SERVICE",
                "CAP_DAC_OVERRIDE"]
        config["root"] = {"path": APACHE_ROOT, "readonly": False}
        config["mounts"] = config["mounts"][:3]
        config["mounts"] += [{"destination": d, "type": "tmpfs", "source": "tmpfs"}
                             for d in ("/run", "/tmp", "/var/log/apache2")]
        config["process"]["capabilities"] = {k: caps for k in ("bounding", "effective",
                                                               "permitted")}
        return config

    def within(self, *argv):
        """The command prefix that runs argv in the container's network namespace."""
        return ["ip", "netns", "exec", self.veth.name, *argv]

    def up(self):
        must(self.within("ip", "route", "add", "default", "via", self.veth.host))
        try:
            self.start(["/usr/sbin/apache2", "-f", "/etc/httpd.conf", "-DFOREGROUND"])
        except AssertionError as e:
            raise Infra(f"runc: {e}") from e
        wait("container answers", lambda: answers(self.ip), 40)
        return self


# The guest's devices are accessed through ports. Through memory, each access is a page fault of the
# nested tables that KVM emulates, and the emulated SVM sometimes reports that the fault occurred
# while an interrupt was delivered. Newer KVMs (7.2 in two boots of three) take that for an internal
# error and stop the guest.
BY_PORTS = "disable-modern=on"


class Guest:
    """A QEMU process in a cgroup of its own, with an I/O thread and a vhost worker. names: QEMU
    names its threads. again: it can be reset or given a second vCPU, through QMP."""

    running = set()  # those that a test started and has not removed

    def __init__(self, name="l2", tap="tap0", ip=L2_IP, names=True, again=False):
        self.name, self.tap, self.ip = name, tap, ip
        self.names, self.again = names, again
        self.cgroup = lib.Cgroup(lib.cgroup_name("-vm"))
        self.process = self._vhost = self._qmp = None

    def network(self):
        with open("/proc/sys/net/ipv4/ip_forward", "w", encoding="ascii") as f:
            f.write("1")
        for argv in (("link", "add", "br0", "type", "bridge", "forward_delay", "0"),
                     ("addr", "add", f"{L2_GATEWAY}/24", "dev", "br0"),
                     ("link", "set", "br0", "up")):
            must(["ip", *argv])
        self.plug_in()

    def plug_in(self):
        """Creates its tap on the existing bridge."""
        must(["ip", "tuntap", "add", self.tap, "mode", "tap"])
        must(["ip", "link", "set", self.tap, "master", "br0", "up"])

    def start(self):
        disk = f"/var/tmp/{self.name}.raw"
        must(["truncate", "-s", "32M", disk])
        append = ("console=ttyS0 quiet panic=-1 nokaslr mitigations=off reboot=t tsc=reliable "
                  f"lab.ip={self.ip}/24 lab.gateway={L2_GATEWAY}")
        more = ["-no-reboot"]
        if self.again:
            more = ["-qmp", f"unix:{self._qmp_path()},server=on,wait=off"]
        log = open(self._log(), "w", encoding="utf-8")
        self.process = self.cgroup.spawn(
            ["qemu-system-x86_64", "-name",
             f"guest={self.name},debug-threads={'on' if self.names else 'off'}", "-M", "q35",
             "-accel", "kvm", "-cpu", "host", "-smp", "1,maxcpus=2" if self.again else "1",
             "-m", "192", "-nodefaults", "-no-user-config", "-display", "none", *more,
             "-kernel", f"{L2_DIR}/vmlinux", "-initrd", f"{L2_DIR}/initramfs", "-append", append,
             "-netdev", f"tap,id=n0,ifname={self.tap},script=no,downscript=no,vhost=on",
             "-device", f"virtio-net-pci,netdev=n0,romfile=,{BY_PORTS}",
             "-object", "iothread,id=io0",
             "-drive", f"file={disk},if=none,id=d0,format=raw,cache=none",
             "-device", f"virtio-blk-pci,drive=d0,iothread=io0,{BY_PORTS}",
             *self._drives(),
             "-serial", f"file:{OUT}/{self.name}.log"], stdout=log, stderr=log)
        log.close()
        Guest.running.add(self)
        return self

    def broken(self):
        """Why it can no longer run: QEMU ended, which it does when its guest panics, or KVM stopped
        the guest. None while it runs."""
        log = lib.read(self._log())
        if self.process.poll() is not None:
            console = f"{OUT}/{self.name}.log"
            last = [log] + ([lib.read(console)] if os.path.exists(console) else [])
            return (f"QEMU of {self.name} ended with {self.process.returncode}: "
                    f"{[text[-150:] for text in last]}")
        if "KVM internal error" in log:
            return f"KVM stopped {self.name}: {log[:300]}"
        return None

    def _drives(self):
        """The drives of the first guest only. Every second drive has no I/O thread: the main loop
        works for it."""
        argv = []
        for i, how in enumerate(DRIVES if self.name == "l2" else ()):
            must(["truncate", "-s", "4M", f"/var/tmp/{self.name}-{i}.raw"])
            argv += ["-drive", f"file=/var/tmp/{self.name}-{i}.raw,if=none,id=x{i},format=raw,{how}",
                     "-device", f"virtio-blk-pci,drive=x{i},{BY_PORTS}"
                     + (",iothread=io0" if i % 2 else "")]
        return argv

    def _log(self):
        return os.path.join(OUT, "qemu.log" if self.name == "l2" else f"qemu-{self.name}.log")

    def _qmp_path(self):
        return f"/tmp/{self.name}.qmp"

    def qmp(self, command, **arguments):
        """The response to one command; events are skipped."""
        if not self._qmp:
            with socket.socket(socket.AF_UNIX) as s:
                s.connect(self._qmp_path())
                self._qmp = s.makefile("rw", encoding="utf-8")
            self._qmp.readline()
            self.qmp("qmp_capabilities")
        self._qmp.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self._qmp.flush()
        while True:
            said = json.loads(self._qmp.readline())
            if "error" in said:
                raise Infra(f"QMP: {command}: {said}")
            if "return" in said:
                return said["return"]

    def plug_vcpu(self):
        """Adds a second vCPU. This guest does not use it before its next boot."""
        cpu = next(c for c in self.qmp("query-hotpluggable-cpus") if "qom-path" not in c)
        self.qmp("device_add", driver=cpu["type"], id="second", **cpu["props"])

    def vcpus(self):
        """Its threads, as reported by QEMU."""
        return [cpu["thread-id"] for cpu in self.qmp("query-cpus-fast")]

    def reset(self):
        """Reboots it in the same process; returns when it serves again."""
        self.qmp("system_reset")
        wait("guest is gone", lambda: not answers(self.ip), 20)
        return self.up(45)

    def remove(self):
        self.kill()
        must(["ip", "link", "del", self.tap])

    def kill(self):
        """Ends it; its bridge and tap stay."""
        Guest.running.discard(self)
        if self._qmp:
            self._qmp.close()
        self.process.kill()
        self.cgroup.remove()

    def up(self, seconds=100):
        def there():
            if self.broken():
                raise Infra(self.broken())
            return answers(self.ip)

        try:
            wait("guest answers", there, seconds)
        except Infra as e:
            if self.process.poll() is None:
                self._note_state()
            raise Infra(f"{e}; it said last: {lib.read(f'{OUT}/{self.name}.log')[-200:]}") from e
        return self

    def _note_state(self):
        """Saves what a guest that does not respond is doing, twice, a second apart, in
        $OUT/stuck."""
        counts = ("exits", "irq_exits", "halt_exits", "io_exits", "mmio_exits", "irq_injections")
        with open(f"{OUT}/stuck", "a", encoding="utf-8") as out:
            for _ in range(2):
                for tid, name in self.threads().items():
                    where = f"/proc/{self.pid}/task/{tid}"
                    out.write(f"{name} {lib.schedstat(tid)} {lib.read(f'{where}/syscall')}"
                              f"{lib.read(f'{where}/stack')}\n")
                out.write(f"{[(c, self.debugfs(c)) for c in counts if self.counts(c)]}\n")
                time.sleep(1)

    @property
    def pid(self):
        return self.process.pid

    def threads(self):
        """{tid: name} of QEMU's own threads."""
        return lib.threads(self.pid)

    def vcpu(self):
        return next(t for t, name in self.threads().items() if re.match(r"CPU \d+/KVM", name))

    def vhost(self):
        """The vhost worker: a thread of QEMU from 6.4 on, before that a kernel thread named for
        QEMU's pid."""
        if not self.vhost_if_there():
            raise Infra("no vhost worker to be seen")
        return self._vhost

    def vhost_if_there(self):
        self._vhost = self._vhost or self._find_vhost()
        return self._vhost

    def _find_vhost(self):
        for tid, name in self.threads().items():
            if name.startswith("vhost-"):
                return tid
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                found = re.fullmatch(r"vhost-(\d+)", lib.read(f"/proc/{pid}/comm").strip())
                if found and int(found[1]) in self.threads():
                    return int(pid)
            except OSError:
                pass
        return None

    def on_cpu_ns(self, *tids):
        """schedstat of the threads, or of all threads of QEMU and the vhost worker together. A
        thread that has exited (a worker of QEMU's pool) counts as 0."""
        total = 0
        for tid in tids or {*self.threads(), self.vhost()}:
            try:
                total += lib.schedstat(tid)[0]
            except (FileNotFoundError, ProcessLookupError):
                pass
        return total

    def order(self, *words, seconds=30):
        """Makes the guest do something; returns its response."""
        end = time.monotonic() + seconds
        while True:
            try:
                with socket.create_connection((self.ip, 99), timeout=seconds) as s:
                    s.sendall(" ".join(map(str, words)).encode() + b"\n")
                    said = b""
                    while part := s.recv(4096):
                        said += part
                if said or words[0] == "off":
                    return said.decode()
            except OSError as e:
                if time.monotonic() > end:
                    raise Infra(f"guest: {words}: {e}") from e
            if time.monotonic() > end:
                raise Infra(f"guest: {words}: no answer")
            time.sleep(0.05)

    def debugfs(self, name):
        """One of KVM's own counters of this VM."""
        base = "/sys/kernel/debug/kvm"
        where = next((d for d in os.listdir(base) if d.startswith(f"{self.pid}-")), None)
        if where is None:
            raise Infra(f"KVM has no counters of process {self.pid}: did QEMU end?")
        for path in (f"{base}/{where}/{name}", f"{base}/{where}/vcpu0/{name}"):
            if os.path.exists(path):
                return int(lib.read(path))
        raise Infra(f"KVM here has no {name}")

    def counts(self, name):
        """Does this KVM have that counter of a VM?"""
        try:
            self.debugfs(name)
        except Infra:
            return False
        return True

    def polled_ns(self):
        """The polling time by KVM's own counters."""
        return sum(self.debugfs(f"halt_poll_{how}_ns") for how in ("success", "fail"))


def busy_ns(said):
    """From two lines of the guest's `burn`: the time its tasks ran in between. (The 7th number of a
    CPU in /proc/schedstat, by the guest's own scheduler.)"""
    before, after = (int(line.split()[7]) for line in said.splitlines())
    return after - before


def ab(url, requests, *options, within=lambda *argv: list(argv)):
    """Runs ApacheBench; returns the number of completed requests. A failed request is not virtax's
    fault."""
    said = must(within("ab", "-q", "-n", str(requests), "-c", "2", *options, url), 60)
    done, failed = (int(re.search(rf"^{what} requests: +(\d+)", said, re.M)[1])
                    for what in ("Complete", "Failed"))
    if failed or done != requests or re.search("Non-2xx", said):
        raise Infra(f"ab {url}: {done} done, {failed} failed")
    return done
