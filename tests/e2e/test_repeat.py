# SPDX-License-Identifier: GPL-2.0-or-later
"""Repeated recordings: their order, their files, and what they find of a known effect."""

import bisect
import datetime
import glob
import json
import os
import signal
import subprocess
import threading
import time

import pytest

import lib


def inside(group, command):
    """A command line for the shell that runs in the cgroup."""
    return f"echo 0 > {group.path}/cgroup.procs; {command}"


def starts(directory, pattern="*.json"):
    """The files with their runs, by time."""
    runs = [(path, json.loads(lib.read(path))) for path in glob.glob(os.path.join(directory, pattern))]
    return sorted(runs, key=lambda r: r[1]["window"]["start"])


def test_order_and_files(tmp_path, cgroup):
    group, log = cgroup(), tmp_path / "log"
    say = f"echo $VIRTAX_CONDITION$VIRTAX_RUN >> {log}"
    done = lib.virtax("record", "--repeat", "3", "--interleave", "--cgroup", f"web={group.path}",
                      "--requests", "10", "--warmup", "1", "-o", f"{tmp_path}/%l-%n.json",
                      "--run", "a=" + inside(group, say), "--run", "b/x=" + inside(group, say))
    assert done.returncode == 0, done.stderr
    runs = starts(tmp_path)
    assert [os.path.basename(path) for path, _ in runs] == \
        ["a-1.json", "b_x-2.json", "b_x-3.json", "a-4.json", "a-5.json", "b_x-6.json"]
    assert [run["label"] for _, run in runs] == ["a", "b/x", "b/x", "a", "a", "b/x"]
    # The warm-up is run number 0 of each condition; nothing else is left of it.
    assert lib.read(log).split() == ["a0", "b/x0", "a1", "b/x2", "b/x3", "a4", "a5", "b/x6"]
    assert "b/x against a" in done.stdout
    for path, _ in runs:
        run = lib.Run(lib.read(path))
        run.check_schema()
        assert run.target("web")["requests"]["count"] == 10


def test_targets_in_turn(tmp_path, cgroup):
    one, two = cgroup("-one"), cgroup("-two")
    where = f"case $VIRTAX_CONDITION in one) cd {one.path};; two) cd {two.path};; esac; " \
            f"echo 0 > cgroup.procs; exec {lib.load('spin')} -u 20"
    done = lib.virtax("record", "--repeat", "2", "--interleave", "--warmup", "0", "--cgroup",
                      f"one={one.path}", "--cgroup", f"two={two.path}", "--requests", "one:5",
                      "--requests", "two:5", "-o", f"{tmp_path}/%n.json", "--", "sh", "-c", where)
    assert done.returncode == 0, done.stderr
    assert [[t["label"] for t in run["targets"]] for _, run in starts(tmp_path)] == \
        [["one"], ["two"], ["two"], ["one"]]
    assert "two against one" in done.stdout


def test_without_interleaving(tmp_path, cgroup):
    group = cgroup()
    done = lib.virtax("record", "--repeat", "2", "--cgroup", f"web={group.path}", "-q", "-o",
                      f"{tmp_path}/run", "-d", "0.1")
    assert done.returncode == 0 and done.stdout == "", done.stderr
    assert sorted(os.path.basename(path) for path, _ in starts(tmp_path, "run*")) == ["run.1", "run.2"]


def test_a_failing_command_ends_it(tmp_path, cgroup):
    group, log = cgroup(), tmp_path / "log"
    done = lib.virtax("record", "--repeat", "5", "--warmup", "0", "--cgroup", group.path, "-o",
                      f"{tmp_path}/r.json", "--", "sh", "-c",
                      f"echo x >> {log}; [ $VIRTAX_RUN -lt 2 ] || exit 7")
    assert done.returncode == 7, done.stderr
    assert len(lib.read(log).split()) == 2
    assert len(starts(tmp_path, "r.json*")) == 2  # what was measured is kept


def test_interrupt_ends_it(tmp_path, cgroup):
    process = subprocess.Popen([lib.VIRTAX, "record", "--repeat", "50", "-d", "0.5", "--cgroup",
                                cgroup().path, "-o", f"{tmp_path}/r"], stdout=subprocess.PIPE,
                               text=True)
    process.stdout.readline()
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0, out
    assert 1 <= len(glob.glob(f"{tmp_path}/r.*")) <= 5


def test_interrupt_between_runs_ends_it(tmp_path, cgroup):
    process = subprocess.Popen([lib.VIRTAX, "record", "--repeat", "5", "-d", "0.2", "--pause", "30",
                                "--warmup", "0", "--cgroup", cgroup().path, "-o", f"{tmp_path}/r"],
                               stdout=subprocess.PIPE, text=True)
    process.stdout.readline()
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=10)
    assert process.returncode == 0
    assert len(glob.glob(f"{tmp_path}/r.*")) == 1


@pytest.mark.parametrize("args, words", [
    (["--repeat", "0", "-d", "1"], ["--repeat", "'0'"]),
    (["--repeat", "x", "-d", "1"], ["--repeat", "'x'"]),
    (["--repeat", "2"], ["without an end"]),
    (["--repeat", "2", "-d", "1", "-o", "-"], ["-o -", "%n"]),
    (["--interleave", "-d", "1"], ["nothing to interleave"]),
    (["--run", "a", "-d", "1"], ["LABEL=COMMAND"]),
    (["--run", "a=true", "--", "true"], ["--run"]),
    (["--load-steps", "1,2", "--", "true"], ["three rates"]),
    (["--load-steps", "1,x,3", "--", "true"], ["invalid rates"]),
    (["--load-steps", "1,2,3"], ["VIRTAX_RATE"]),
    (["--load-steps", "0,2,3", "--", "true"], ["-d"]),
    (["--load-steps", "1,2,3", "--requests", "100", "--", "true"], ["--requests", "number 100"]),
    (["--run", "a=true", "--run", "b=true", "--run", "a=false"], ["--run", "label 'a'"]),
    (["--pause", "-1", "-d", "1"], ["--pause"]),
])
def test_wrong_command_lines(args, words):
    lib.assert_error(lib.virtax("record", *args), 2, *words)


def straight(points):
    """Where the line through the points begins, and its slope, by least squares."""
    mx, my = (sum(p[i] for p in points) / len(points) for i in (0, 1))
    slope = sum((x - mx) * (y - my) for x, y in points) / sum((x - mx) ** 2 for x, _ in points)
    return my - slope * mx, slope


def assert_holds(low, high, truth, off):
    """95 % means one failure in twenty; half as wide again, it is one in some hundreds. off: how
    exactly the true value is known."""
    slack = (high - low) / 4 + off
    assert low - slack <= truth <= high + slack, (low, high, truth)


class Watch(threading.Thread):
    """Reads the scheduler's count of a thread every 4 ms, so that it is known for any span of
    time."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.at, self.used, self.done = pid, [], [], threading.Event()

    def run(self):
        while not self.done.wait(0.004):
            self.at.append(time.time_ns())
            self.used.append(lib.schedstat(self.pid)[0])

    def until(self, ns):
        i = bisect.bisect(self.at, ns)
        part = (ns - self.at[i - 1]) / (self.at[i] - self.at[i - 1])
        return self.used[i - 1] + part * (self.used[i] - self.used[i - 1])


def truth_of(run, watch, worker):
    """Requests per second, and the CPU time that two other clocks saw in the run's window. These
    include the time that interrupts and virtax took, which belongs to neither."""
    begin = datetime.datetime.fromisoformat(run["window"]["start"][:19] + "+00:00")
    begin_ns = int(begin.timestamp()) * 10 ** 9 + int(run["window"]["start"][20:29])
    wall_ns, cpu = run["window"]["wall_ns"], run["targets"][0]["cpu"]
    requests = run["targets"][0]["requests"]["count"]
    used = watch.until(begin_ns + wall_ns) - watch.until(begin_ns)
    used += lib.values(lib.read(worker))["cpu_ns"] if requests else 0
    used -= cpu["irq_victim_ns"] + cpu["tracer_victim_ns"]
    return requests * 1e9 / wall_ns, used * 1e9 / wall_ns


def test_fixed_and_marginal_cost(tmp_path, cgroup, spawn):
    """Bursts that run without any request, and 150 us of CPU time for each request: both are found
    within their intervals, compared with the scheduler's count of the former and the worker's own
    clock for the latter. At rate 0 nothing runs, and the file with the count is that of the last
    run. The bursts have real-time priority; otherwise requests would defer them, and they would be
    fewer at higher rates."""
    group = cgroup()
    bursts = spawn(["sh", "-c", inside(group, f"exec {lib.load('spin')} -f -p 25000 -b 2000")])
    watch = Watch(int(bursts.stdout.readline().split()[1]))
    count = tmp_path / "count.json"
    # RATE requests in a second: their CPU time in one go, then a pause for the rest of the second.
    # Only the process that works is in the group.
    work = (f'echo "{{\\"requests\\": $VIRTAX_RATE}}" > {count}; sleep 1 & '
            f"sh -c 'echo 0 > {group.path}/cgroup.procs; exec {lib.load('spin')} "
            f"-u '$((VIRTAX_RATE * 15 / 100)) > {tmp_path}/used.$VIRTAX_RUN; wait")
    watch.start()
    done = lib.virtax("record", "--load-steps", "0,100,400,1000,2000", "--repeat", "3", "--warmup",
                      "0", "-d", "1.5", "--cgroup", f"web={group.path}", "--requests", str(count),
                      "--split", "exact", "-o", f"{tmp_path}/%n.json", "--", "sh", "-c", work,
                      timeout=120)
    watch.done.set()
    watch.join()
    assert done.returncode == 0, done.stderr
    assert "all layers" in done.stdout
    runs = starts(tmp_path, "[0-9]*.json")
    assert sorted(run["targets"][0]["requests"]["count"] for _, run in runs) == \
        [0] * 3 + [100] * 3 + [400] * 3 + [1000] * 3 + [2000] * 3
    fixed_ns, marginal_ns = straight([truth_of(run, watch, tmp_path / f"used.{n}")
                                      for n, (_, run) in enumerate(runs, 1)])
    got = json.loads(lib.virtax("compare", "--load-steps", "--format", "json",
                                *(path for path, _ in runs)).stdout)
    total = next(line for line in got["lines"] if line["layer"] == "total")
    assert total["n"] == 15
    assert 0.95 * 150_000 < marginal_ns < 1.05 * 150_000 and 0.9 * 80e6 < fixed_ns < 1.2 * 80e6
    assert_holds(total["marginal_ci_low"], total["marginal_ci_high"], marginal_ns, 0)
    # The scheduler charges a task that wakes a CPU with the way out of idle, up to 50 us per burst;
    # and a shell starts in most of the runs.
    assert_holds(total["fixed_ci_low"], total["fixed_ci_high"], fixed_ns, 3e6)
    # The intervals must also be narrow enough to be useful.
    assert total["marginal_ci_high"] - total["marginal_ci_low"] < 0.1 * marginal_ns, total
    assert total["fixed_ci_high"] - total["fixed_ci_low"] < 0.2 * fixed_ns, total
    user = next(line for line in got["lines"] if line["layer"] == "workload.user")
    assert user["marginal_ns"] > 0.9 * total["marginal_ns"]
