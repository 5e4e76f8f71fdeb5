# SPDX-License-Identifier: GPL-2.0-or-later
"""A measurement, not a test: the container and the KVM guest under the same load, repeated, for
tools/measure-kernels, which compares the run files of several kernels. It runs only if requested by
name."""

import json
import os

import lab
import lib
import pytest

RUNS = 5  # per boot, after one that is discarded
REQUESTS = 40  # of each target in a run
RATE = 10  # requests per second: a third of what the guest can serve in an emulated machine


def asked_for():
    path = os.path.join(lib.ROOT, "tests", "kernels", "expression")
    return os.path.exists(path) and "measure" in lib.read(path)


if not asked_for():
    pytest.skip("only with --tests measure", allow_module_level=True)


def test_measure(targets, container, note):
    script = os.path.join(lab.OUT, "measure.sh")
    load = os.path.join(lib.ROOT, "build", "virtax-load")
    urls = [f"http://{ip}/" for ip in (lab.L2_IP, container.ip)]
    with open(script, "w", encoding="ascii") as f:
        # Both at the same time, so that they share one machine state; at the same rate on every
        # kernel, because a faster one would batch more.
        f.writelines(f"{load} {url} -c 1 -r {RATE} -n {REQUESTS} > {lab.OUT}/load{i} 2>&1 &\n"
                     for i, url in enumerate(urls))
        f.write("wait\n")
    done = lib.virtax("record", *targets, "--repeat", str(RUNS), "--only", "cpu,http", "-i", "100",
                      "-o", f"{lab.OUT}/measure-%n.json", "--", "sh", script, timeout=400)
    assert done.returncode == 0, done.stderr
    for n in range(1, RUNS + 1):
        with open(os.path.join(lab.OUT, f"measure-{n}.json"), encoding="utf-8") as f:
            run = json.load(f)
        assert [t["requests"]["count"] for t in run["targets"]] == [REQUESTS] * 2
    note("measured runs", RUNS)
