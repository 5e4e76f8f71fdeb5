# SPDX-License-Identifier: GPL-2.0-or-later
"""The endpoint on this kernel: with the few privileges that it keeps, a container that starts later
is found, its device is watched and its memory read."""

import os
import sys

import lab
import lib
import runc
import veth

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../e2e/serve"))

from endpoint import Endpoint  # noqa: E402

WANTED = ("virtax_cpu_seconds_total", "virtax_net_packets_total", "virtax_memory_rss_bytes",
          "virtax_requests_total")


def test_a_container_that_starts_later(targets, tmp_path, note):
    device = veth.Veth()
    box = runc.Container(str(tmp_path), "-later", netns=device.netns)
    endpoint = Endpoint()
    try:
        status = lib.read(f"/proc/{endpoint.pid}/status")
        assert "NoNewPrivs:\t1\n" in status and "Seccomp:\t2\n" in status
        box.start(["/loads/spin", "-p", "20000", "-b", "2000"])

        def look():
            scrape = endpoint.scrape()
            found = {name: scrape.of(name, target=box.name) for name in WANTED}
            return scrape if all(v is not None for v in found.values()) else None

        scrape = lib.wait_until("all numbers of the container", look, lab.LOAD_SECONDS)
        assert scrape.of("virtax_cpu_seconds_total", target=box.name) >= 0
        note("served series", len(scrape.values))
    finally:
        box.remove()
        device.remove()
        code, err = endpoint.end()
    assert (code, err) == (0, "")
