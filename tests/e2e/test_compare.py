# SPDX-License-Identifier: GPL-2.0-or-later
"""Comparisons of real runs: a known cost is detected with its size and in its layer; nothing is
detected where nothing was added; a file that is not a run is refused."""

import glob
import json
import os
import random
import socket
import statistics
import subprocess

import pytest

import lib

REQUESTS = 1000
LOAD = os.path.join(lib.ROOT, "build", "virtax-load")
GOLDEN = os.path.join(lib.ROOT, "tests", "golden", "compare")


def spins(directory, group, ms, repeat):
    """Commands run alternately in one cgroup, with REQUESTS requests each that take this many ms,
    by label. Returns what a request of each run took by the program's own clock, without interrupts
    and the start of the program, by label. The files are LABEL-N.json."""
    runs = [word for label, cost in ms.items() for word in
            ("--run", f"{label}=echo 0 > {group.path}/cgroup.procs; exec {lib.load('spin')} "
             f"-u {cost} > {directory}/$VIRTAX_CONDITION-$VIRTAX_RUN.txt")]
    done = lib.virtax("record", "--repeat", str(repeat), "--interleave", "--split", "exact",
                      "--cgroup", f"web={group.path}", "--requests", str(REQUESTS), "-o",
                      f"{directory}/%l-%n.json", *runs, timeout=300)
    assert done.returncode == 0, done.stderr
    used = {label: [] for label in ms}
    for path in glob.glob(f"{directory}/*.json"):
        run = json.loads(lib.read(path))
        number = int(os.path.basename(path)[:-len(".json")].rsplit("-", 1)[1])
        own = lib.values(lib.read(f"{directory}/{run['label']}-{number}.txt"))["spun_ns"]
        used[run["label"]].append((own - victims(run)) / REQUESTS)
    assert all(len(each) == repeat for each in used.values())
    return used


def victims(run):
    """What interrupts and virtax took in the target's time. A program's own clock includes that,
    and on this machine an interrupt sometimes lasts several ms."""
    cpu = run["targets"][0]["cpu"]
    return cpu["irq_victim_ns"] + cpu["tracer_victim_ns"]


def user_ns(path):
    return json.loads(lib.read(path))["targets"][0]["per_request"]["cpu"]["workload"]["user_ns"]


def compared(*args):
    out = lib.virtax("compare", "--format", "json", *args)
    assert out.returncode == 0, out.stderr
    return json.loads(out.stdout)


def row(comparison, metric):
    return next(r for r in comparison["rows"] if r["metric"] == metric)


def check_waterfall(comparison):
    for total in comparison["waterfall_totals"]:
        parts = [w["ns"] for w in comparison["waterfall"]
                 if (w["group"], w["target"]) == (total["group"], total["target"])]
        assert sum(parts) == total["ns"] == total["group_ns"] - total["base_ns"]


def shift(base, group):
    """The Hodges-Lehmann shift: the median of all differences."""
    return statistics.median(b - a for a in base for b in group)


def assert_holds(found, truth, off):
    """The shift is the true one within `off`, and the interval, widened by `off`, contains it. Both
    are computed from the same runs, so chance plays no part, and none of the 5 % may miss."""
    assert found["shift"] == pytest.approx(truth, abs=off), (found, truth)
    assert found["ci_low"] - off <= truth <= found["ci_high"] + off, (found, truth)


def test_known_cost_is_found(tmp_path, cgroup):
    """5 % more CPU time per request, all of it in user mode."""
    used = spins(tmp_path, cgroup(), {"a": 400, "b": 420}, 12)
    got = compared("--base", "a", *sorted(glob.glob(f"{tmp_path}/*.json")))
    cpu, added = row(got, "per_request.cpu_ns"), shift(used["a"], used["b"])
    assert cpu["verdict"] == "higher" and cpu["p"] <= 0.05
    assert (cpu["n"], cpu["base_n"]) == (12, 12)
    assert_holds(cpu, added, 0.08 * added)
    user = row(got, "per_request.cpu.workload.user_ns")
    assert user["verdict"] == "higher"
    assert_holds(user, added, 0.08 * added)
    assert row(got, "per_request.cpu.workload.kernel_ns")["verdict"] == "same"
    # The waterfall uses means, which a single run can move (by 7 ms in an interrupt, say), so it
    # must match the mean of the runs. That the runs have the true cost was shown by the shifts.
    check_waterfall(got)
    assert got["waterfall"][0]["layer"] == "workload.user"
    means = [statistics.mean(user_ns(path) for path in glob.glob(f"{tmp_path}/{label}-*.json"))
             for label in "ba"]
    assert got["waterfall"][0]["ns"] == pytest.approx(means[0] - means[1], abs=2), means


def test_one_percent_is_found(tmp_path, cgroup):
    """For a program that only computes. (The runs of a server scatter by more than that on this
    machine.)"""
    used = spins(tmp_path, cgroup(), {"a": 200, "b": 202}, 12)
    got = compared("--base", "a", *sorted(glob.glob(f"{tmp_path}/*.json")))
    user, added = row(got, "per_request.cpu.workload.user_ns"), shift(used["a"], used["b"])
    assert user["verdict"] == "higher", user
    # Single runs scatter by half of it; the interval has to contain it.
    assert user["ci_low"] - 0.1 * added <= added <= user["ci_high"] + 0.1 * added, (user, added)


def servers(spawn, costs):
    """Starts an httpd for each label with the given cost per request; returns ports, pids and
    processes by label."""
    ports, pids, processes = {}, {}, {}
    for label, cost in costs.items():
        with socket.create_server(("127.0.0.1", 0)) as free:
            ports[label] = free.getsockname()[1]
        server = spawn([lib.load("httpd"), str(ports[label]), *map(str, cost)])
        pids[label] = int(server.stdout.readline().split()[1])
        server.stdout.readline()  # the rounds
        processes[label] = server
    return ports, pids, processes


def rounds_of(spawn, us):
    """How many rounds of httpd take this long on this machine. Measured once, so that servers
    differ by their parameters and not by the state of the machine while each of them measured
    it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = spawn([lib.load("httpd"), str(port), str(us)])
    server.stdout.readline()
    rounds = int(server.stdout.readline().split()[1])
    server.kill()
    return rounds


def burned(server, runs, requests):
    """What httpd burned per request in each run, by its own two clocks, by their names. `cpu`
    includes interrupts, `undisturbed` does not, nor what a hypervisor took: user time is between the
    two. Each run is one connection; the warm-up, which comes first, is left out."""
    each = {"cpu": [], "undisturbed": []}
    for _ in range(runs + 1):
        served, *ns = (int(server.stdout.readline().split()[1]) for _ in range(3))
        assert served == requests
        for clock, sum_ns in zip(each, ns):
            each[clock].append(sum_ns / served)
    return {clock: values[1:] for clock, values in each.items()}


def by_turns(tmp_path, ports, pids, requests, repeat=8):
    """Runs of each server under load, interleaved, in tmp_path."""
    drive = "case $VIRTAX_CONDITION in " + "".join(
        f"{label}) port={port};; " for label, port in ports.items()) + "esac; " + \
        f"exec {LOAD} http://127.0.0.1:$port/ -n {requests} -c 1 > /dev/null"
    args = [word for label in ports for word in
            ("--process", f"{label}={pids[label]}", "--http", f"{label}:lo:{ports[label]}")]
    done = lib.virtax("record", "--repeat", str(repeat), "--interleave", "--split", "exact", *args,
                      "-o", f"{tmp_path}/%l-%n.json", "--", "sh", "-c", drive, timeout=200)
    assert done.returncode == 0, done.stderr


def against_cheap(tmp_path):
    """The comparison of these runs with those of the server called cheap."""
    got = compared("--base", "cheap", *sorted(glob.glob(f"{tmp_path}/*.json")))
    assert got["by"] == "target"
    return got


def billed(tmp_path, label):
    """The user time per request that virtax charged in each run, in order."""
    runs = [json.loads(lib.read(path)) for path in glob.glob(f"{tmp_path}/{label}-*.json")]
    targets = [run["targets"][0] for run in sorted(runs, key=lambda run: run["window"]["start"])]
    return [t["cpu"]["roles"]["workload"]["user_ns"] / t["requests"]["count"] for t in targets]


def less_burned(tmp_path, processes, runs):
    """The user time per request that virtax charged in each run and that was not burned, by clock and
    label."""
    used = {label: burned(server, runs, 400) for label, server in processes.items()}
    return used, {clock: {label: [user - ns for user, ns in zip(billed(tmp_path, label), each[clock])]
                          for label, each in used.items()}
                  for clock in ("cpu", "undisturbed")}


def besides_burning(tmp_path, spawn):
    """The user time per request that is not burned, by clock: other work, and entry to and exit from
    system calls, outside the points that programs are attached to. Measured with servers that burn
    next to nothing."""
    tmp_path.mkdir()
    ports, pids, processes = servers(spawn, {"bare": ["r1"], "alike": ["r1"]})
    by_turns(tmp_path, ports, pids, 400, 4)
    _, rest = less_burned(tmp_path, processes, 4)
    return {clock: statistics.median(each["bare"] + each["alike"]) for clock, each in rest.items()}


@pytest.mark.parametrize("parts", [(2, 3), (20, 21)], ids=["50us", "5percent"])
def test_dearer_server_is_found(tmp_path, spawn, parts):
    """Two servers of 100 us per request, one of them with the instructions of 50 us (or 5) more.
    These take longer on a busier host; the servers themselves report how long they took, run by
    run. Requests are counted on the wire."""
    part = rounds_of(spawn, 100) // parts[0]
    ports, pids, processes = servers(spawn, {"cheap": [f"r{part * parts[0]}"],
                                             "expensive": [f"r{part * parts[1]}"]})
    by_turns(tmp_path, ports, pids, 400, 12)
    got = against_cheap(tmp_path)
    used, rest = less_burned(tmp_path, processes, 12)
    besides = besides_burning(tmp_path / "bare", spawn)
    assert 0 < max(besides.values()) < 0.1 * statistics.median(used["cheap"]["cpu"]), besides
    off = {clock: {label: statistics.median(each) - besides[clock] for label, each in labels.items()}
           for clock, labels in rest.items()}
    for label in used:  # to 4 % of 50 us
        assert off["cpu"][label] < 2000 and off["undisturbed"][label] > -2000, (off, besides, rest)
    cpu, user = (row(got, f"per_request.cpu{of}_ns") for of in ("", ".workload.user"))
    assert cpu["n"] == cpu["base_n"] == 12
    added = sorted(shift(used["cheap"][clock], used["expensive"][clock]) for clock in rest)
    assert added[0] - 2000 < user["shift"] < added[1] + 2000, (user, added, used)
    assert user["ci_low"] - 2000 <= added[1] and added[0] <= user["ci_high"] + 2000, (user, added)
    check_waterfall(got)
    fall = {w["layer"]: w["ns"] for w in got["waterfall"]}
    mean = statistics.mean(used["expensive"]["cpu"]) - statistics.mean(used["cheap"]["cpu"])
    # Means: one disturbed run counts in full.
    wild = max(abs(ns) for each in rest["cpu"].values() for ns in each) / 12
    assert fall["workload.user"] == pytest.approx(mean, abs=2000 + 2 * wild), (used, rest)
    if all(max(used["cheap"][clock]) < min(used["expensive"][clock]) for clock in rest):
        assert user["verdict"] == "higher", user  # the servers' own numbers leave no doubt
    if parts == (2, 3):
        assert added[0] > 0.9 * 50_000
        assert cpu["verdict"] == user["verdict"] == "higher"
        assert got["waterfall"][0]["layer"] == "workload.user"


def test_larger_page_is_found_in_the_kernel(tmp_path, spawn):
    """The same instructions in user mode, a response of 200 kB instead of an empty one. (Bytes are
    known only for targets with a device of their own: see the example of docs/COMPARING.md.)"""
    rounds = rounds_of(spawn, 20)
    ports, pids, _ = servers(spawn, {"cheap": [f"r{rounds}", 0], "expensive": [f"r{rounds}", 200_000]})
    by_turns(tmp_path, ports, pids, 200)
    got = against_cheap(tmp_path)
    assert row(got, "per_request.cpu.workload.kernel_ns")["verdict"] == "higher"
    check_waterfall(got)
    total = got["waterfall_totals"][0]["ns"]
    fall = {w["layer"]: w["ns"] for w in got["waterfall"]}
    assert got["waterfall"][0]["layer"] in ("workload.kernel", "workload.softirq"), fall
    assert fall["workload.kernel"] + fall.get("workload.softirq", 0) > 0.8 * total > 0, fall


def test_added_fsync_is_found_in_block_io(tmp_path, spawn):
    """Both write 4 KiB per request; one of them syncs it to the disk before it responds."""
    ports, pids, _ = servers(spawn, {"cheap": [20, tmp_path / "a"], "expensive": [20, tmp_path / "b", "-f"]})
    by_turns(tmp_path, ports, pids, 100)
    got = against_cheap(tmp_path)
    written = row(got, "per_request.block_write_bytes")
    assert written["verdict"] == "higher", written
    assert written["median"] >= 4096 > written["base_median"], written
    assert row(got, "per_request.block_wait_ns")["verdict"] == "higher"
    assert row(got, "requests.latency_ns.p50")["verdict"] == "higher"
    check_waterfall(got)


PAIRS, EACH = 8, 6


def test_nothing_is_found_where_nothing_is(tmp_path, cgroup):
    """Eight pairs of groups of the same condition: 96 runs in recording order, divided into groups
    in the order A B B A. A pair has a row reported as different in 5 % of cases: three of eight
    pairs in 1 of 170."""
    spins(tmp_path, cgroup(), {"x": 10, "y": 10}, PAIRS * EACH)
    runs = sorted((json.loads(lib.read(path)) for path in glob.glob(f"{tmp_path}/*.json")),
                  key=lambda run: run["window"]["start"])
    assert len(runs) == 2 * PAIRS * EACH
    different = []
    for pair in range(PAIRS):
        files = []
        for i, run in enumerate(runs[2 * EACH * pair:2 * EACH * (pair + 1)]):
            files.append(f"{tmp_path}/pair-{i}")
            with open(files[-1], "w", encoding="utf-8") as f:
                json.dump({**run, "label": "abba"[i % 4]}, f)
        got = compared("--base", "a", *files)
        assert {g["runs"] for g in got["groups"]} == {EACH}
        assert row(got, "per_request.cpu_ns")["detectable"] > 0
        check_waterfall(got)
        different.append([r["metric"] for r in got["rows"] if r["verdict"] != "same"])
    assert sum(map(bool, different)) <= 2, different


def test_order_of_files_does_not_matter():
    """The same files in any order give the same result, to the last digit; another base inverts
    every sign."""
    files = sorted(glob.glob(f"{GOLDEN}/ab-*.json"))
    one, shuffled = compared("--base", "a", *files), list(files)
    for seed in range(5):
        random.Random(seed).shuffle(shuffled)
        assert shuffled != files
        other = compared("--base", "a", *shuffled)
        assert one["rows"] == other["rows"]
        assert one["waterfall_totals"] == other["waterfall_totals"]
        assert {w["layer"]: w["ns"] for w in one["waterfall"]} == \
            {w["layer"]: w["ns"] for w in other["waterfall"]}
    turned = compared("--base", "b", *files)
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
            ([], ["no runs given"]),
            (["--by", "moon", a, b], ["--by", "'moon'"]),
            (["--base", "c", a, b], ["--base c"]),
            (["--target", "c", a, b], ["no run has a target 'c'"]),
            (["--format", "xml", a, b], ["--format", "'xml'"]),
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
