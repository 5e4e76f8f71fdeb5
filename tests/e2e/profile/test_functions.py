# SPDX-License-Identifier: GPL-2.0-or-later
"""compare --functions: a function of a program that is slower in one group is named, with what it
costs by the program's own clock."""

import glob
import json
import os
import statistics
import subprocess

import lib

REQUESTS = 8000
RUNS = 4  # enough to test the most expensive function
BASE_NS, ADDED_NS = 20_000, 20_000


def served(rounds):
    """The CPU time of a request with this many rounds, by the program's clock."""
    done = subprocess.run([lib.load("stacks"), "serve", "4000", str(rounds)], check=True,
                          capture_output=True, text=True, timeout=30)
    return lib.values(done.stdout)["ns"] / 4000


def test_the_slower_function_is_named(tmp_path, cgroup):
    group = cgroup()
    per_round = (served(20000) - served(0)) / 20000
    runs = [word for label, ns in (("a", BASE_NS), ("b", BASE_NS + ADDED_NS)) for word in
            ("--run", f"{label}=echo 0 > {group.path}/cgroup.procs; exec {lib.load('stacks')} serve "
             f"{REQUESTS} {ns / per_round:.0f} > {tmp_path}/$VIRTAX_CONDITION-$VIRTAX_RUN.txt")]
    done = lib.virtax("record", "--repeat", str(RUNS), "--interleave", "--warmup", "0", "--only", "cpu",
                      "--profile=499", "--cgroup", f"web={group.path}", "--requests", str(REQUESTS), "-o",
                      f"{tmp_path}/%l-%n.json", *runs, timeout=120)
    assert done.returncode == 0, done.stderr
    own, files = {"a": [], "b": []}, sorted(glob.glob(f"{tmp_path}/*.json"))
    for path in files:
        cpu = json.loads(lib.read(path))["targets"][0]["cpu"]
        label, _, number = os.path.basename(path)[:-len(".json")].partition("-")
        ns = lib.values(lib.read(f"{tmp_path}/{label}-{int(number)}.txt"))["ns"]
        own[label].append(
            (ns - cpu["irq_victim_ns"] - cpu["tracer_victim_ns"]) / REQUESTS)
    added = statistics.median(b - a for a in own["a"] for b in own["b"])

    done = lib.virtax("compare", "--functions", "--base", "a", "--format", "json", *files)
    assert done.returncode == 0, done.stderr
    got = json.loads(done.stdout)
    user = [f for f in got["functions"] if f["layer"] == "workload.user"]
    for layer in got["waterfall"]:
        assert layer["ns"] == sum(f["ns"] for f in got["functions"] if f["layer"] == layer["layer"])
    slow = next(f for f in user if f["function"] == "sign_reply")
    assert slow == user[0]  # it adds most
    assert (slow["self"]["verdict"], slow["in"]) == ("higher", "both"), slow
    # A run has a hundred samples or two: 3 us is what the shift of five runs scatters by.
    assert abs(slow["self"]["shift"] - added) < 8000, (slow, added)
    assert slow["self"]["ci_low"] - 4000 < added < slow["self"]["ci_high"] + 4000, (slow, added)
    # Nothing else is as different.
    assert all(abs(f["ns"]) < slow["ns"] / 2 for f in user[1:]), user
