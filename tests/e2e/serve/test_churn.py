# SPDX-License-Identifier: GPL-2.0-or-later
"""Containers that come and go by the thousand leave the endpoint's memory where it was.

VIRTAX_CHURN=10000 lets so many do so.
"""

import os
import subprocess
import time

import lib
from endpoint import Endpoint

CONTAINERS = int(os.environ.get("VIRTAX_CHURN", "1500"))


def resident(pid):
    return 1024 * int(lib.read(f"/proc/{pid}/status").split("VmRSS:")[1].split()[0])


def come_and_go(top, first, n):
    """Cgroups named as docker names them, with a process each; fifty at a time."""
    for start in range(first, first + n, 50):
        groups = [os.path.join(top, f"docker-{i:064x}.scope") for i in range(start, start + 50)]
        processes = []
        for group in groups:
            os.mkdir(group)
            processes.append(subprocess.Popen(
                ["sh", "-c", f"echo 0 > {group}/cgroup.procs; exec true"], stdin=subprocess.DEVNULL))
        for process in processes:
            assert process.wait(timeout=60) == 0
        for group in groups:
            lib.wait_until("an empty cgroup", lambda path=group: remove(path))


def remove(path):
    try:
        os.rmdir(path)
    except OSError:
        return False
    return True


def test_memory_stays(cgroup):
    top = cgroup("-churn")
    endpoint = Endpoint()
    try:
        come_and_go(top.path, 0, CONTAINERS // 3)  # until all places for targets are in use
        endpoint.scrape()
        before, began = resident(endpoint.pid), time.monotonic()
        come_and_go(top.path, CONTAINERS, CONTAINERS)
        scrape = endpoint.scrape()
        grown = resident(endpoint.pid) - before
        print(CONTAINERS, "containers in", time.monotonic() - began, "s:", before >> 10, "kB, grown by", grown >> 10)
        assert scrape.of("virtax_books_lost_total") == 0
        assert scrape.of("virtax_cut", what="refused targets") is not None
        assert grown < 8 << 20, (before, grown)
        assert len(scrape.values) < 12000, len(scrape.values)
    finally:
        status, err = endpoint.end()
    assert (status, err) == (0, "")
