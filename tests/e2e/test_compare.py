# SPDX-License-Identifier: GPL-2.0-or-later
"""Comparisons of real runs: a known cost is found, of its size and in its layer; nothing is found
where nothing was added; what is no run is refused."""

import glob
import json
import os
import socket
import subprocess

import pytest

import lib

REQUESTS = 1000
LOAD = os.path.join(lib.ROOT, "build", "virtax-load")
GOLDEN = os.path.join(lib.ROOT, "tests", "golden", "compare")


def campaign(directory, group, a_ms, b_ms, repeat):
    """Two commands by turns in one cgroup, each REQUESTS requests; returns the comparison and what
    the scheduler says each run used, by label."""
    def command(ms):
        return (f"echo 0 > {group.path}/cgroup.procs; "
                f"exec {lib.load('spin')} -u {ms} > {directory}/$VIRTAX_CONDITION-$VIRTAX_RUN.txt")

    done = lib.virtax("record", "--repeat", str(repeat), "--interleave", "--split", "exact",
                      "--cgroup", f"web={group.path}", "--requests", str(REQUESTS), "-o",
                      f"{directory}/%l-%n.json", "--run", "a=" + command(a_ms), "--run",
                      "b=" + command(b_ms), timeout=300)
    assert done.returncode == 0, done.stderr
    files = sorted(glob.glob(f"{directory}/*.json"))
    assert len(files) == 2 * repeat
    out = lib.virtax("compare", "--format", "json", "--base", "a", *files)
    assert out.returncode == 0, out.stderr
    used = {}
    for label in "ab":
        texts = [path for path in glob.glob(f"{directory}/{label}-*.txt")
                 if not path.endswith("-0.txt")]
        used[label] = [lib.values(lib.read(path))["cpu_ns"] for path in texts]
        assert len(used[label]) == repeat
    return json.loads(out.stdout), used


def row(comparison, metric):
    return next(r for r in comparison["rows"] if r["metric"] == metric)


def check_waterfall(comparison):
    for total in comparison["waterfall_totals"]:
        parts = [w["ns"] for w in comparison["waterfall"]
                 if (w["group"], w["target"]) == (total["group"], total["target"])]
        assert sum(parts) == total["ns"] == total["group_ns"] - total["base_ns"]


def assert_holds(interval, added):
    """The interval holds what was added (95 %: wider by a tenth of it here)."""
    low, high = interval["ci_low"] - 0.1 * added, interval["ci_high"] + 0.1 * added
    assert low <= added <= high, (interval, added)


def test_known_cost_is_found(tmp_path, cgroup):
    """5 % more CPU time a request, all of it in user mode."""
    got, used = campaign(tmp_path, cgroup(), 100, 105, 8)
    cpu = row(got, "per_request.cpu_ns")
    added = (sum(used["b"]) - sum(used["a"])) / 8 / REQUESTS
    assert cpu["verdict"] == "higher" and cpu["p"] <= 0.05
    assert (cpu["n"], cpu["base_n"]) == (8, 8)
    assert_holds(cpu, added)
    assert row(got, "per_request.cpu.workload.user_ns")["verdict"] == "higher"
    assert row(got, "per_request.cpu.workload.kernel_ns")["verdict"] == "same"
    check_waterfall(got)
    assert got["waterfall"][0]["layer"] == "workload.user"
    assert got["waterfall"][0]["ns"] > 0.75 * got["waterfall_totals"][0]["ns"]


def servers(spawn, costs):
    """httpd for each label with what each request is to cost; ports, pids and processes by label."""
    ports, pids, processes = {}, {}, {}
    for label, cost in costs.items():
        with socket.create_server(("127.0.0.1", 0)) as free:
            ports[label] = free.getsockname()[1]
        server = spawn([lib.load("httpd"), str(ports[label]), *map(str, cost)])
        pids[label] = int(server.stdout.readline().split()[1])
        processes[label] = server
    return ports, pids, processes


def burned(server, runs, requests):
    """What each of so many runs, of one connection each, made httpd burn for a request, by its own clock;
    without the warm-up, which comes first."""
    each = []
    for _ in range(runs + 1):
        served, ns = (int(server.stdout.readline().split()[1]) for _ in range(2))
        assert served == requests
        each.append(ns / served)
    return each[1:]


def by_turns(tmp_path, ports, pids, requests):
    """Eight runs of each server under load; the comparison with the one called cheap."""
    drive = "case $VIRTAX_CONDITION in " + "".join(
        f"{label}) port={port};; " for label, port in ports.items()) + "esac; " + \
        f"exec {LOAD} http://127.0.0.1:$port/ -n {requests} -c 1 > /dev/null"
    args = [word for label in ports for word in
            ("--process", f"{label}={pids[label]}", "--http", f"{label}:lo:{ports[label]}")]
    done = lib.virtax("record", "--repeat", "8", "--interleave", "--split", "exact", *args, "-o",
                      f"{tmp_path}/%l-%n.json", "--", "sh", "-c", drive, timeout=200)
    assert done.returncode == 0, done.stderr
    out = lib.virtax("compare", "--format", "json", "--base", "cheap",
                     *sorted(glob.glob(f"{tmp_path}/*.json")))
    assert out.returncode == 0, out.stderr
    got = json.loads(out.stdout)
    assert got["by"] == "target"
    return got


def test_dearer_server_is_found(tmp_path, spawn):
    """Two servers, one with the instructions of 50 us more for each request, which take the longer the
    busier the host is: how long they took is their own word. Requests are counted on the wire."""
    ports, pids, processes = servers(spawn, {"cheap": [100], "dear": [150]})
    got = by_turns(tmp_path, ports, pids, 400)
    used = {label: burned(server, 8, 400) for label, server in processes.items()}
    added = (sum(used["dear"]) - sum(used["cheap"])) / 8
    assert added > 0.9 * 50_000
    cpu, user = (row(got, f"per_request.cpu{of}_ns") for of in ("", ".workload.user"))
    assert cpu["verdict"] == user["verdict"] == "higher" and cpu["n"] == cpu["base_n"] == 8
    assert_holds(cpu, added)
    assert_holds(user, added)
    check_waterfall(got)
    assert got["waterfall"][0]["layer"] == "workload.user"
    assert got["waterfall"][0]["ns"] == pytest.approx(added, rel=0.1), used


def test_added_fsync_is_found_in_block_io(tmp_path, spawn):
    """Both write 4 KiB a request, one has them on the disk before it answers."""
    ports, pids, _ = servers(spawn, {"cheap": [20, tmp_path / "a"], "dear": [20, tmp_path / "b", "-f"]})
    got = by_turns(tmp_path, ports, pids, 100)
    written = row(got, "per_request.block_write_bytes")
    assert written["verdict"] == "higher", written
    assert written["median"] >= 4096 > written["base_median"], written
    assert row(got, "per_request.block_wait_ns")["verdict"] == "higher"
    assert row(got, "requests.latency_ns.p50")["verdict"] == "higher"
    check_waterfall(got)


def test_nothing_is_found_where_nothing_is(tmp_path, cgroup):
    got, _ = campaign(tmp_path, cgroup(), 50, 50, 8)
    different = [r["metric"] for r in got["rows"] if r["verdict"] != "same"]
    # One family of rows in twenty may err; of its rows one then.
    assert len(different) <= 1, different
    assert row(got, "per_request.cpu_ns")["detectable"] > 0
    check_waterfall(got)


def test_order_of_files_is_all_that_matters():
    """The same files, the same answer, to the last digit; and a base turns every sign."""
    files = sorted(glob.glob(f"{GOLDEN}/ab-*.json"))
    one = json.loads(lib.virtax("compare", "--format", "json", *files).stdout)
    two = json.loads(lib.virtax("compare", "--format", "json", *files).stdout)
    turned = json.loads(lib.virtax("compare", "--format", "json", "--base", "b", *files).stdout)
    assert one == two
    for metric in ("per_request.cpu_ns", "per_request.cpu.workload.user_ns"):
        assert row(one, metric)["shift"] == pytest.approx(-row(turned, metric)["shift"])
        assert row(one, metric)["p_raw"] == row(turned, metric)["p_raw"]
    check_waterfall(turned)


def test_colour(tmp_path):
    files = sorted(glob.glob(f"{GOLDEN}/ab-*.json"))
    script = "exec " + " ".join([lib.VIRTAX, "compare", *files])
    for env, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
        done = subprocess.run(["script", "-qec", script, "/dev/null"], capture_output=True,
                              text=True, check=False, timeout=60,
                              env={**os.environ, "TERM": "xterm", "COLUMNS": "80", **env})
        assert ("\033[" in done.stdout) == coloured


def broken(tmp_path):
    whole = lib.read(f"{GOLDEN}/ab-01.json")
    texts = {"cut": whole[:len(whole) // 2], "empty": "", "foreign": '{"schema": "other/1"}',
             "newer": whole.replace("virtax-run/1", "virtax-run/2"),
             "lying": whole.replace('"total_ns": ', '"total_ns": 1'),
             "binary": "\x7fELF\x02", "escape": '{"schema": "virtax-run/1\033[2J"}',
             "negative": whole.replace('"count": ', '"count": -')}
    for name, text in texts.items():
        path = tmp_path / f"{name}.json"
        path.write_text(text, encoding="utf-8")
        yield str(path)


def test_what_is_no_run_is_refused(tmp_path):
    good = f"{GOLDEN}/ab-02.json"
    for path in broken(tmp_path):
        lib.assert_error(lib.virtax("compare", good, path), 2, path)
    lib.assert_error(lib.virtax("compare", good, str(tmp_path)), 2, "cannot read")
    lib.assert_error(lib.virtax("compare", good, "/no/such"), 2, "/no/such")


def test_wrong_command_lines():
    a, b = f"{GOLDEN}/ab-01.json", f"{GOLDEN}/ab-02.json"
    for args, words in (
            ([], ["which runs"]),
            (["--by", "moon", a, b], ["--by moon"]),
            (["--base", "c", a, b], ["--base c"]),
            (["--target", "c", a, b], ["no run has a target 'c'"]),
            (["--format", "xml", a, b], ["--format xml"]),
            ([a], ["nothing to compare"]),
            (["--by", "kernel", a, b], ["only one kernel"]),
            (["--by", "stage", a, b], ["virtax mark"]),
            (["--load-steps", a, b], ["no line", "3 rates"]),
            (["--load-steps", "--base", "a", a, b], ["--base"])):
        lib.assert_error(lib.virtax("compare", *args), 2, *words)


def test_an_emulator_is_not_compared_with_kvm():
    kvm, tcg = f"{GOLDEN}/two-1.json", f"{GOLDEN}/tcg-1.json"
    lib.assert_error(lib.virtax("compare", "--by", "target", kvm, tcg), 2, "refused", "TCG", "KVM")


def test_the_same_recording_counts_once(tmp_path):
    a, b = f"{GOLDEN}/ab-01.json", f"{GOLDEN}/ab-02.json"
    again = tmp_path / "again.json"
    again.write_text(lib.read(a), encoding="utf-8")
    got = json.loads(lib.virtax("compare", "--format", "json", a, b, str(again)).stdout)
    assert {g["name"]: g["runs"] for g in got["groups"]} == {"a": 1, "b": 1}
    assert any("same recording" in w for w in got["warnings"])


def test_losses_make_the_status_1():
    done = lib.virtax("compare", "--by", "kernel", *sorted(glob.glob(f"{GOLDEN}/kernel-*.json")))
    assert done.returncode == 1
    assert "not to be trusted" in done.stdout
    csv = lib.virtax("compare", "--by", "kernel", "--format", "csv",
                     *sorted(glob.glob(f"{GOLDEN}/kernel-*.json")))
    assert csv.returncode == 1 and "not to be trusted" not in csv.stdout
    assert all(line.startswith("virtax: compare: ") for line in csv.stderr.splitlines())
    assert "not to be trusted" in csv.stderr and "not alike: hz" in csv.stderr


def test_output_goes_to_a_file(tmp_path):
    files = sorted(glob.glob(f"{GOLDEN}/ab-*.json"))
    path = tmp_path / "out.csv"
    done = lib.virtax("compare", "--format", "csv", "-o", str(path), *files)
    assert done.returncode == 0 and done.stdout == ""
    assert path.read_text(encoding="utf-8").startswith("target,group,metric,unit,n,")
    done = lib.virtax("compare", "-o", "/no/such/dir/x", *files)
    assert done.returncode == 1 and lib.ERROR_LINE.fullmatch(done.stderr)
