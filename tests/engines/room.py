# SPDX-License-Identifier: GPL-2.0-or-later
"""A room for the engines: the whole test process moves into a network and a mount namespace of its
own, where /run, /var and /etc are private. So engines run as they are installed, with their usual
paths, bridges and rules, and nothing of it is left when their processes have ended."""

import ctypes
import os
import signal
import subprocess
import time

import lib

CLONE_NEWNS, CLONE_NEWNET = 0x20000, 0x40000000

MOUNTS = """
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /mnt
mkdir /mnt/cgroup /mnt/keep
mount --rbind /sys/fs/cgroup /mnt/cgroup
mount -t sysfs sysfs /sys
mount --rbind /mnt/cgroup /sys/fs/cgroup
umount -l /mnt/cgroup
for d in etc var; do
	mkdir /mnt/$d.up /mnt/$d.work
	mount -t overlay overlay -o lowerdir=/$d,upperdir=/mnt/$d.up,workdir=/mnt/$d.work /$d
done
for d in docker containerd containers lxc libvirt; do
	mkdir -p /var/lib/$d
	mount -t tmpfs tmpfs /var/lib/$d
done
mount -t tmpfs tmpfs /run
[ -L /var/run ] || mount --bind /run /var/run
mkdir -p /run/lock /run/netns /etc/libvirt/qemu /var/log/libvirt /var/cache/libvirt
ip link set lo up
"""


def outside():
    """What an engine may change in the host's network: nft tables, forwarding, devices."""
    tables = subprocess.run(["nft", "list", "tables"], capture_output=True, text=True, check=True)
    links = subprocess.run(["ip", "-br", "link"], capture_output=True, text=True, check=True)
    names = {line.split()[0] for line in links.stdout.splitlines()}
    return (tables.stdout, lib.read("/proc/sys/net/ipv4/ip_forward"),
            {n for n in names if n.startswith(("docker", "podman", "cni", "virbr", "lxcbr"))})


def is_in_use(cgroup):
    """Are there processes in it? Ours have ended; an engine of the host's own may have some."""
    return any(lib.read(os.path.join(below, "cgroup.procs")) for below, _, _ in os.walk(cgroup))


def cgroups():
    """The cgroups in which engines put what they run."""
    found = set()
    for where in lib.hierarchies().values():
        for name in ("docker", "libpod_parent", "machine", "machine.slice", "lxc", "vtxt-crun"):
            path = os.path.join(where, name)
            if os.path.isdir(path):
                found.add(path)
        found |= {os.path.join(where, n) for n in os.listdir(where) if n.startswith("lxc.")}
    return found


class Room:
    def __init__(self):
        self.host_net = os.open("/proc/self/ns/net", os.O_RDONLY)
        self.host_mnt = os.open("/proc/self/ns/mnt", os.O_RDONLY)
        self.before = outside(), cgroups()
        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.unshare(CLONE_NEWNS | CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
        done = subprocess.run(["sh", "-c", MOUNTS], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def _is_here(self, pid):
        """Is a process in one of our namespaces?"""
        try:
            return any(os.readlink(f"/proc/{pid}/ns/{ns}") == os.readlink(f"/proc/self/ns/{ns}")
                       for ns in ("net", "mnt"))
        except OSError:
            return False

    def others(self):
        return {int(p) for p in os.listdir("/proc") if p.isdigit() and int(p) != os.getpid()
                and self._is_here(p)}

    def _after(self):
        """outside(), as the host sees it."""
        child = os.fork()
        if not child:
            libc = ctypes.CDLL(None)
            ok = libc.setns(self.host_net, 0) == 0 and libc.setns(self.host_mnt, 0) == 0
            os._exit(0 if ok and outside() == self.before[0] else 1)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

    def close(self):
        """Ends what is left, and returns what should not have been."""
        end = time.monotonic() + 5
        while self.others() and time.monotonic() < end:
            time.sleep(0.05)
        left = [(pid, lib.read(f"/proc/{pid}/comm").strip()) for pid in self.others()]
        for pid, _ in left:
            os.kill(pid, signal.SIGKILL)
        problems = [f"process {pid} ({name})" for pid, name in left]
        problems += [f"cgroup {path}" for path in cgroups() - self.before[1] if not is_in_use(path)]
        if not self._after():
            problems.append("the host's nft tables, ip_forward or bridges")
        return problems


class Daemon:
    """A process that is ended by its id."""

    def __init__(self, argv, log, **kwargs):
        self.log = str(log)
        with open(self.log, "wb") as out:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                            **kwargs)

    @property
    def pid(self):
        return self.process.pid

    def wait(self, what, condition, seconds=20):
        def ready():
            assert self.process.poll() is None, lib.read(self.log)[-3000:]
            return condition()

        return lib.wait_until(what, ready, seconds)

    def stop(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.process.wait(timeout=30)


def run(*argv, **kwargs):
    """Its standard output; a failure says what it printed."""
    done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL, timeout=60, **kwargs)
    assert done.returncode == 0, (argv, done.returncode, done.stdout[-2000:], done.stderr[-2000:])
    return done.stdout.strip()


def answers(url, *more):
    return subprocess.run(["curl", "-sf", "-m", "2", "--noproxy", "*", "-o", "/dev/null", *more, url],
                          check=False).returncode == 0


def ab(url, n, clients=2):
    """n requests; as many as it says were answered."""
    text = run("ab", "-q", "-k", "-n", n, "-c", clients, url)
    done = [line.split()[-1] for line in text.splitlines() if line.startswith("Complete requests")]
    assert "Non-2xx" not in text and int(done[0]) == n, text
    return n
