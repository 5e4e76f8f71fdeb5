# SPDX-License-Identifier: GPL-2.0-or-later
"""A network namespace at the end of a veth pair, as container engines create them."""

import itertools
import os
import subprocess

_serial = itertools.count()


def ip(*argv):
    subprocess.run(["ip", *argv], check=True, stdin=subprocess.DEVNULL)


class Veth:
    """The host's end is `dev` with address `host`; inside `netns` (a path) it is eth0, `inside`."""

    def __init__(self, plugged=True):
        n = next(_serial)
        self.name = f"vtxt{os.getpid()}n{n}"
        self.dev = f"vt{os.getpid() % 10**7}h{n}"
        self.netns = f"/run/netns/{self.name}"
        # Away from tools/lab, which takes its networks from the beginning of 198.18.0.0/15.
        net = f"198.19.{64 + (os.getpid() + n) % 190}"
        self.host, self.inside = f"{net}.1", f"{net}.2"
        ip("netns", "add", self.name)
        if plugged:
            self.plug()

    def plug(self):
        ip("link", "add", self.dev, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        ip("addr", "add", f"{self.host}/24", "dev", self.dev)
        ip("link", "set", self.dev, "up")
        for argv in (("addr", "add", f"{self.inside}/24", "dev", "eth0"),
                     ("link", "set", "eth0", "up"), ("link", "set", "lo", "up")):
            ip("-n", self.name, *argv)

    def steer(self, cpu):
        """Packets that arrive at eth0 are processed on this CPU, whichever CPU sent them."""
        script = f"echo {1 << cpu:x} >/sys/class/net/eth0/queues/rx-0/rps_cpus"
        ip("netns", "exec", self.name, "sh", "-c", script)

    def remove(self):
        subprocess.run(["ip", "link", "del", self.dev], check=False, stderr=subprocess.DEVNULL)
        subprocess.run(["ip", "netns", "del", self.name], check=False)
