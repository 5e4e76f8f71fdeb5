# SPDX-License-Identifier: GPL-2.0-or-later
"""A container without a registry: runc, with the host's /usr as its file system."""

import json
import os
import subprocess

import lib


def throttled(cgroup):
    """{"ns", "periods"} from cpu.stat: of v1's cpu controller, else of v2."""
    for key, where in lib.hierarchies().items():
        if "cpu" in key.split(","):
            break
    else:
        where = lib.hierarchies()["unified"]
    stat = lib.values(lib.read(os.path.join(where, cgroup.lstrip("/"), "cpu.stat")))
    ns = stat["throttled_time"] if "throttled_time" in stat else 1000 * stat["throttled_usec"]
    return {"ns": ns, "periods": stat["nr_throttled"]}


class Container:
    """A container that runc runs from a bundle in `directory`. `netns` is a path; None: a new
    namespace."""

    def __init__(self, directory, suffix="", netns=None, root="/run/runc"):
        self.name = lib.cgroup_name(suffix)
        self.cgroup = f"/vtxt-runc/{self.name}"
        self.directory, self.netns, self.root = directory, netns, root
        self.pid = None
        os.makedirs(os.path.join(directory, "rootfs"), exist_ok=True)

    def _runc(self, *argv, **kwargs):
        return subprocess.run(["runc", "--root", self.root, *argv], check=False, timeout=60,
                              text=True, **kwargs)

    def _config(self, argv):
        """A minimal configuration: no terminal, no limits, the host's programs read-only."""
        namespaces = [{"type": t} for t in ("pid", "mount", "ipc", "uts")]
        namespaces.append({"type": "network", **({"path": self.netns} if self.netns else {})})
        mounts = [{"destination": "/proc", "type": "proc", "source": "proc"},
                  {"destination": "/dev", "type": "tmpfs", "source": "tmpfs"},
                  {"destination": "/loads", "type": "bind", "source": lib.LOADS,
                   "options": ["bind", "ro"]}]
        for where in ("/usr", "/lib", "/lib64", "/bin"):
            if os.path.isdir(where):
                mounts.append({"destination": where, "type": "bind",
                               "source": os.path.realpath(where), "options": ["rbind", "ro"]})
        return {"ociVersion": "1.0.2",
                "process": {"terminal": False, "cwd": "/", "args": argv, "env": ["PATH=/usr/bin"],
                            "user": {"uid": 0, "gid": 0}},
                "root": {"path": "rootfs", "readonly": False}, "hostname": "vtxt",
                "mounts": mounts,
                "linux": {"namespaces": namespaces, "cgroupsPath": self.cgroup,
                          "resources": {"devices": [{"allow": True, "access": "rwm"}]}}}

    def start(self, argv, wait=False):
        """Runs argv as the container's first process. wait: until that has ended."""
        with open(os.path.join(self.directory, "config.json"), "w", encoding="utf-8") as f:
            json.dump(self._config(argv), f)
        pidfile = os.path.join(self.directory, "pid")
        with open(os.path.join(self.directory, "log"), "w+", encoding="utf-8") as log:
            done = self._runc("run", "-d", "--bundle", self.directory, "--pid-file", pidfile,
                              self.name, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        assert done.returncode == 0, lib.read(os.path.join(self.directory, "log"))
        self.pid = int(lib.read(pidfile))
        if wait:
            lib.wait_until("container ended", lambda: self.status() == "stopped", 30)

    def status(self):
        done = self._runc("state", self.name, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL)
        return json.loads(done.stdout)["status"] if done.returncode == 0 else None

    def execute(self, argv):
        done = self._runc("exec", self.name, *argv, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE)
        assert done.returncode == 0, (argv, done.returncode)
        return lib.values(done.stdout)

    def usage_ns(self):
        """The kernel's account. runc creates the cgroup in each hierarchy that it knows."""
        for key, where in lib.hierarchies().items():
            usage = os.path.join(where, self.cgroup.lstrip("/"), "cpuacct.usage")
            if "cpuacct" in key.split(",") and os.path.exists(usage):
                return int(lib.read(usage))
        where = os.path.join(lib.hierarchies()["unified"], self.cgroup.lstrip("/"), "cpu.stat")
        return int(lib.read(where).split()[1]) * 1000

    def limit(self, quota_us, period_us=100000):
        """Sets a CPU limit; -1: none."""
        done = self._runc("update", "--cpu-quota", str(quota_us), "--cpu-period", str(period_us),
                          self.name, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert done.returncode == 0, done.stdout

    def throttled(self):
        """What the kernel reports about the limit: see throttled()."""
        return throttled(self.cgroup)

    def remove(self):
        self._runc("delete", "-f", self.name, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
        lib.wait_until("container removed", lambda: self.status() is None
                       or self._runc("delete", "-f", self.name, stderr=subprocess.DEVNULL) and 0)
        for where in lib.hierarchies().values():
            parent = os.path.join(where, os.path.dirname(self.cgroup).lstrip("/"))
            try:
                os.rmdir(parent)
            except OSError:
                pass
