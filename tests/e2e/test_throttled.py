# SPDX-License-Identifier: GPL-2.0-or-later
"""CPU limits: the run file has the throttled time of the cgroup's cpu.stat, apart from waiting."""

import os
import subprocess
import time

import lib
import pytest
import runc

QUOTA_US, PERIOD_US = 50000, 100000  # half a CPU


@pytest.fixture(scope="module")
def box(module_dir):
    made = runc.Container(os.path.join(str(module_dir), "box"), "-limited")
    made.start(["sleep", "600"])
    made.limit(QUOTA_US, PERIOD_US)
    yield made
    made.remove()


@pytest.fixture(scope="module")
def limited(box, module_cgroup, module_dir):
    """A spinner limited to half a CPU, and one without a limit, for two seconds each. The container
    is also throttled before the recording; that time must not count."""
    free = module_cgroup("-free")
    box.execute(["/loads/spin", "-w", "500"])
    with lib.Recording(module_dir, ["--container", f"box={box.name}", "--cgroup",
                                    f"free={free.path}", "--requests", "box:100", "-i", "0.5"]) as rec:
        time.sleep(2 * PERIOD_US / 1e6)  # the last period is counted at its end
        before = box.throttled()
        beside = free.spawn([lib.load("spin"), "-w", "2000"], stdout=subprocess.DEVNULL)
        box.execute(["/loads/spin", "-w", "2000"])
        assert beside.wait(timeout=30) == 0
        time.sleep(2 * PERIOD_US / 1e6)
        after = box.throttled()
    return rec, {key: after[key] - before[key] for key in after}


def test_throttling_is_the_kernels(limited):
    rec, kernel = limited
    sched = rec.run.target("box")["sched"]
    assert kernel["periods"] >= 3, "the limit did not bite"
    assert sched["throttled_ns"] == kernel["ns"]
    assert sched["throttled_periods"] == kernel["periods"]


def test_rows_add_up(limited):
    rec, kernel = limited
    rows = [t["sched"]["throttled_ns"] for row in rec.run["intervals"]
            for t in row["targets"] if t["label"] == "box"]
    assert len(rows) >= 4
    assert sum(rows) == kernel["ns"]


def test_without_a_limit_it_is_zero_not_unknown(limited):
    rec, _ = limited
    sched = rec.run.target("free")["sched"]
    assert sched["throttled_ns"] == 0 and sched["throttled_periods"] == 0
    assert not [d for d in rec.run["degraded"] if d["what"].startswith("throttling")]


def test_the_report_shows_it_beside_waiting(limited):
    rec, kernel = limited
    assert rec.run.target("box")["per_request"]["throttled_ns"] == kernel["ns"] / 100
    shown = subprocess.run([lib.VIRTAX, "report", "-v", rec.file], check=True, text=True,
                           stdout=subprocess.PIPE, env={**os.environ, "COLUMNS": "80"}).stdout
    lines = shown.splitlines()
    rows = [i for i, line in enumerate(lines) if line.strip().startswith("throttled by limit")]
    assert len(rows) == 2  # per request, and in total
    for row in rows:
        assert lines[row - 1].strip().startswith("waited for a CPU")
    assert f"{kernel['ns'] / 1e9:.3f} s" in lines[rows[1]]


def test_limits_of_cgroups_below_count(module_cgroup, module_dir):
    """As libvirt sets one for each vCPU. A process without a cgroup of its own has no limit:
    null."""
    above = module_cgroup("-above")
    below = above.child("below")
    where = next((d for key, d in below.dirs.items() if "cpu" in key.split(",")), None)
    if where is None:
        for up in (os.path.dirname(os.path.dirname(below.path)), os.path.dirname(below.path)):
            with open(os.path.join(up, "cgroup.subtree_control"), "w", encoding="ascii") as f:
                f.write("+cpu")
        with open(os.path.join(below.path, "cpu.max"), "w", encoding="ascii") as f:
            f.write(f"{QUOTA_US} {PERIOD_US}")
    else:
        for name, value in (("cfs_period_us", PERIOD_US), ("cfs_quota_us", QUOTA_US)):
            with open(os.path.join(where, f"cpu.{name}"), "w", encoding="ascii") as f:
                f.write(str(value))
    with lib.Recording(module_dir, ["--cgroup", f"above={above.path}", "--process",
                                    f"self={os.getpid()}"]) as rec:
        spinner = below.spawn([lib.load("spin"), "-w", "1000"], stdout=subprocess.DEVNULL)
        assert spinner.wait(timeout=30) == 0
        time.sleep(2 * PERIOD_US / 1e6)
        kernel = runc.throttled(f"{above.name}/below")
    assert kernel["periods"] >= 2, "the limit did not bite"
    assert rec.run.target("above")["sched"]["throttled_ns"] == kernel["ns"]
    assert rec.run.target("self")["sched"]["throttled_ns"] is None
