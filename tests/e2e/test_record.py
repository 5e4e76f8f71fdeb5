# SPDX-License-Identifier: GPL-2.0-or-later
"""The options of record: what they print, save and leave out."""

import json
import os
import pty
import re
import subprocess
import time

import pytest

import lib


def spin(group, wall_ms):
    assert group.spawn([lib.load("spin"), "-w", str(wall_ms)]).wait(timeout=30) == 0


def test_report_and_file_agree(cgroup, record):
    """What was printed at the end is what report prints from the saved run."""
    group, other = cgroup(), cgroup()
    with record("--cgroup", f"it={group.path}", "--cgroup", f"other={other.path}",
                "--requests", "it:100") as recording:
        spin(group, 400)
    done = lib.virtax("report", recording.file)
    assert done.returncode == 0, done.stderr
    assert done.stdout == recording.stdout
    assert recording.stderr == ""
    assert "\x1b" not in done.stdout
    done = lib.virtax("report", recording.file, env={**os.environ, "COLUMNS": "80"})
    assert max(len(line) for line in done.stdout.splitlines()) <= 80


def test_verbose_shows_more(cgroup, tmp_path):
    """The same first sentence; then every number, as report -v shows it."""
    out = tmp_path / "run.json"
    group = cgroup()
    done = lib.virtax("record", "-v", "--cgroup", f"it={group.path}", "--requests", "it:100", "-o",
                      str(out), "--", "sh", "-c", f"echo 0 >{group.path}/cgroup.procs; "
                      f"exec {lib.load('spin')} -u 300 >/dev/null")
    assert done.returncode == 0, done.stderr
    assert done.stdout == lib.virtax("report", "--verbose", str(out)).stdout
    short = lib.virtax("report", str(out)).stdout
    sentence = short.split(".\n")[0]
    said = re.match(r"A request costs it ([\d.]+) ms of CPU time, (\d+ %|all) of it in workload user",
                    " ".join(sentence.split()))
    cost = json.loads(out.read_text())["targets"][0]["per_request"]["cpu_ns"]
    assert said and float(said[1]) == pytest.approx(cost / 1e6, rel=0.01), (cost, sentence)
    assert done.stdout.startswith(sentence)
    assert "\nTotals" in done.stdout and "context switches" in done.stdout
    assert "\nResources" in short and "context switches" not in short
    assert len(short.splitlines()) < len(done.stdout.splitlines())


def test_saved_run_survives_report_as_json(cgroup, record):
    group = cgroup()
    with record("--cgroup", f"it={group.path}") as recording:
        spin(group, 300)
    done = lib.virtax("report", recording.file, "--format", "json")
    assert json.loads(done.stdout) == recording.run.doc


def test_quiet(cgroup, tmp_path):
    out = tmp_path / "run.json"
    done = lib.virtax("record", "--cgroup", cgroup().path, "-q", "-d", "0.3", "-o", str(out))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    lib.Run(out.read_text()).check_schema()


def test_run_on_standard_output(cgroup):
    """-o -: the run and nothing else."""
    done = lib.virtax("record", "--cgroup", cgroup().path, "-d", "0.3", "-o", "-")
    assert done.returncode == 0 and done.stderr == ""
    lib.Run(done.stdout).check_schema()


def test_duration_and_window(cgroup, tmp_path):
    out = tmp_path / "run.json"
    before = time.time_ns()
    done = lib.virtax("record", "--cgroup", cgroup().path, "-d", "1.5", "-o", str(out), "-q")
    after = time.time_ns()
    assert done.returncode == 0
    run = lib.Run(out.read_text())
    run.check_books()
    start, end = run.window_ns()
    assert before < start < end < after
    assert run["window"]["wall_ns"] == pytest.approx(1.5e9, rel=0.05)
    assert run["window"]["cpus"] == os.cpu_count()


def test_duration_ends_the_command(cgroup):
    """-d with a CMD that would run longer."""
    before = time.monotonic()
    done = lib.virtax("record", "--cgroup", cgroup().path, "-d", "1", "--", "sleep", "30")
    assert time.monotonic() - before < 10
    assert done.stdout


def test_command_has_its_own_output_and_input(cgroup):
    done = subprocess.run([lib.VIRTAX, "record", "-q", "--cgroup", cgroup().path, "--", "sh", "-c",
                           "cat; echo warned >&2; echo $0 $1", "a b", "c"], input="given\n",
                          capture_output=True, text=True, timeout=30, check=False)
    assert (done.stdout, done.stderr) == ("given\na b c\n", "warned\n")


def test_label(cgroup, record):
    with record("--cgroup", cgroup().path, "-l", "group one") as recording:
        pass
    assert recording.run["label"] == "group one"


def test_intervals(cgroup, record):
    """Rows of the requested length that add up to the total."""
    group = cgroup()
    with record("--cgroup", f"it={group.path}", "-i", "0.25") as recording:
        spin(group, 1000)
        idle_since = time.time_ns()
        time.sleep(1)
    run = recording.run
    rows = run["intervals"]
    index = [t["label"] for t in run["targets"]].index("it")
    # A row that is late also has the time of the next.
    assert 0.7 * run["window"]["wall_ns"] <= len(rows) * 0.25e9 <= run["window"]["wall_ns"] + 0.25e9
    at = [row["at_ns"] for row in rows]
    assert at == sorted(at) and at[-1] <= run["window"]["wall_ns"] * 1.001
    steps = sorted(b - a for a, b in zip(at, at[1:]))
    assert steps[len(steps) // 2] == pytest.approx(0.25e9, rel=0.1)
    used = [row["targets"][index]["cpu"]["total_ns"] for row in rows]
    assert sum(used) == pytest.approx(run.target("it")["cpu"]["total_ns"], rel=0.001)
    idle = [u for u, row in zip(used, rows)
            if run.window_ns()[0] + row["at_ns"] - row["length_ns"] > idle_since]
    assert len(idle) >= 2 and max(idle) == 0, (used, idle)
    assert sum(u > 0 for u in used) >= 3, used


@pytest.mark.parametrize("seconds", [0.05, 0.204, 0.25])
def test_rows_end_with_the_window(cgroup, tmp_path, seconds):
    """However long the rest is after the last whole row: no row is very short, nothing is missing."""
    path = tmp_path / "run.json"
    group = cgroup()
    spinner = group.spawn([lib.load("spin"), "-w", "20000"])
    try:
        done = lib.virtax("record", "-q", "--cgroup", f"it={group.path}", "-i", "0.1", "-d",
                          str(seconds), "-o", str(path))
    finally:
        spinner.kill()
        spinner.wait()
    assert done.returncode == 0, done.stderr
    run = lib.Run(lib.read(path))
    rows = run["intervals"]
    assert rows[-1]["at_ns"] == run["window"]["wall_ns"]
    assert sum(row["length_ns"] for row in rows) == run["window"]["wall_ns"]
    assert len(rows) == 1 or min(row["length_ns"] for row in rows) > 10e6
    used = [row["targets"][0]["cpu"]["total_ns"] for row in rows]
    assert sum(used) == run.target("it")["cpu"]["total_ns"] > 0


def test_requests_given(cgroup, record):
    """A given count divides the same totals; the layers of a request add up to its total."""
    group = cgroup()
    with record("--cgroup", f"it={group.path}", "--requests", "1000") as recording:
        spin(group, 500)
    target = recording.run.target("it")
    assert target["requests"]["count"] == 1000 and target["requests"]["source"] == "given"
    total = target["cpu"]["total_ns"]
    assert target["per_request"]["cpu_ns"] == pytest.approx(total / 1000, abs=1)
    layers = sum(ns for modes in target["per_request"]["cpu"].values() for ns in modes.values()
                 if ns is not None)
    assert layers == pytest.approx(total / 1000, abs=1)
    waited = target["sched"]["wait_ns"]
    assert target["per_request"]["wait_ns"] == pytest.approx(waited / 1000, abs=1)


def test_requests_from_a_file(cgroup, record, tmp_path):
    """The output of a load generator, written while the recording ran."""
    group = cgroup()
    result = tmp_path / "ab.txt"
    result.write_text("")
    with record("--cgroup", f"it={group.path}", "--requests", str(result)) as recording:
        spin(group, 200)
        result.write_text("Concurrency Level:      8\nTime taken for tests:   0.2 seconds\n"
                          "Complete requests:      4321\nFailed requests:        0\n")
    target = recording.run.target("it")
    assert (target["requests"]["count"], target["requests"]["source"]) == (4321, "file")


def test_without_requests(cgroup, record):
    with record("--cgroup", f"it={cgroup().path}", "--only", "cpu") as recording:
        pass
    target = recording.run.target("it")
    assert target["per_request"] is None


def test_host_and_self(cgroup, record):
    """What a reader of the run needs to know about the machine, and what the recording cost."""
    with record("--cgroup", cgroup().path) as recording:
        time.sleep(0.5)
    run = recording.run
    uname = os.uname()
    assert run["host"]["hostname"] == uname.nodename
    assert run["host"]["kernel"] == uname.release
    assert run["host"]["cpus"] == os.cpu_count()
    memory_kib = int(lib.read("/proc/meminfo").split()[1])
    assert run["host"]["memory_bytes"] == pytest.approx(memory_kib * 1024, rel=0.01)
    kinds = set(lib.hierarchies())
    expected = "v2" if kinds == {"unified"} else "hybrid" if "unified" in kinds else "v1"
    assert run["host"]["cgroup"] == expected
    assert run["self"]["tracer_ns"] == run["host_cpu"]["tracer_ns"] > 0
    assert 0 < run["self"]["max_rss_bytes"] < 30 * 2**20
    assert run["self"]["programs"]


def test_progress_is_one_line_on_a_terminal(cgroup, tmp_path):
    """On a terminal, stderr shows one line of progress, which is erased at the end."""
    master, slave = pty.openpty()
    process = subprocess.Popen([lib.VIRTAX, "record", "--cgroup", cgroup().path, "-d", "1.5"],
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=slave,
                               cwd=tmp_path)
    os.close(slave)
    shown = b""
    while True:
        try:
            shown += os.read(master, 4096)
        except OSError:
            break
    os.close(master)
    assert process.wait(timeout=10) == 0
    assert shown and shown.count(b"\n") <= 1, shown


def test_off_parts_are_said(cgroup, record):
    with record("--cgroup", f"it={cgroup().path}", "--only", "cpu") as recording:
        pass
    target = recording.run.target("it")
    assert target["net"] is None or target["net"]["rx_packets"] is None
    assert recording.run["degraded"]
