# SPDX-License-Identifier: GPL-2.0-or-later
"""The guest of tools/lab with a shell on a port, workloads and virtax: what is done in it is known,
and it records itself while the host records it."""

import os
import shutil
import socket
import subprocess
import time
import urllib.request

import lib

LAB = os.path.join(lib.ROOT, "tools", "lab")
STATIC = os.path.join(lib.ROOT, "build", "static", "virtax")
SHELL = 8082  # a connection to it is a shell
WITH = f"""#!/bin/sh
mount -t cgroup2 none /sys/fs/cgroup
while :; do nc -l -p {SHELL} -e /bin/sh; done
"""


class GuestVm:
    """Started by tools/lab, under KVM where a guest starts with it, else under TCG."""

    def __init__(self, directory, *programs):
        root = os.path.join(str(directory), "with")
        os.makedirs(os.path.join(root, "bin"))
        for program in (STATIC, *map(lib.load, programs)):
            # Not under a name that busybox has: its shell prefers its own.
            shutil.copy(program, os.path.join(root, "bin", "vtx-" + os.path.basename(program)))
        with open(os.path.join(root, "with"), "w", encoding="ascii") as f:
            f.write(WITH)
        os.chmod(os.path.join(root, "with"), 0o755)
        done = subprocess.run([LAB, "up", "vm", "--owner", str(os.getpid()), "--with", root],
                              capture_output=True, text=True, timeout=200, check=False)
        assert done.returncode == 0, done.stderr
        self.said = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
        self.name, self.ip, self.dev = (self.said[key] for key in ("name", "ip", "dev"))
        self.pid = int(self.said["pid"])

    def remove(self):
        subprocess.run([LAB, "down", self.said["lab"]], check=True, timeout=60)

    def order(self, script, seconds=60):
        """What a script says in the guest; waits until it has ended."""
        def connect():
            try:
                return socket.create_connection((self.ip, SHELL), timeout=seconds)
            except OSError:  # the one before has just ended
                return None

        said = b""
        with lib.wait_until("the guest's shell", connect, 20) as s:
            s.sendall(f"{script}\nexit\n".encode())
            while got := s.recv(65536):
                said += got
        return said.decode()

    def set_clock(self):
        """busybox sets whole seconds only."""
        now = time.time()
        time.sleep(1 - now % 1)
        self.order(f"date -s @{int(now) + 1}")

    def usage_ns(self, cgroup):
        """By the guest's own kernel."""
        said = self.order(f"grep usage_usec /sys/fs/cgroup/{cgroup}/cpu.stat")
        return 1000 * int(said.split()[1])

    def begin_inside(self, *args):
        """Begins to record in the guest."""
        self.order("(vtx-virtax record -q -i 0.2 --only cpu,http -o /srv/www/.lab/inside.json "
                   f"{' '.join(args)} -- sh -c 'echo ready >/srv/www/.lab/recording; exec nc -l -p 8081' "
                   ") </dev/null >/run/virtax.log 2>&1 &")
        try:
            lib.wait_until("the guest's recorder", lambda: self.fetch("recording"), 60, every=0.2)
        except AssertionError as e:
            raise AssertionError(f"{e}: {self.order('cat /run/virtax.log; ps')}") from e

    def end_inside(self, path):
        socket.create_connection((self.ip, 8081), timeout=10).close()
        lib.wait_until("what the guest recorded", lambda: self.fetch("inside.json"), 60, every=0.2)
        with open(path, "wb") as f:
            f.write(self.fetch("inside.json"))

    def fetch(self, name):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"{self.said['url']}.lab/{name}", timeout=10) as answer:
                return answer.read()
        except OSError:
            return None
