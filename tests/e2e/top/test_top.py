# SPDX-License-Identifier: GPL-2.0-or-later
"""The live view: its numbers are those of the rows, and the terminal is as before when it ends."""

import json
import os
import re
import signal
import time

import pytest

import lib
from terminal import Terminal

GOLDEN = os.path.join(lib.ROOT, "tests", "golden")
THREE = os.path.join(GOLDEN, "three.json")
HOSTILE = os.path.join(GOLDEN, "hostile.json")


def top(*argv, **kwargs):
    done = lib.virtax("top", *argv, **kwargs)
    assert (done.returncode, done.stderr) == (0, ""), (done.returncode, done.stderr)
    return done.stdout


def tables(text):
    """[(the line about it, {name: {column: number or None}})]"""
    found = []
    for block in text.rstrip("\n").split("\n\n"):
        about, titles, *lines = block.splitlines()
        titles = titles.split()
        rows = {}
        for line in lines:
            *numbers, name = line.split(maxsplit=len(titles) - 1)
            assert name not in rows
            rows[name] = {t: None if n == "-" else n for t, n in zip(titles, numbers)}
            rows[name].update({t: float(n) for t, n in rows[name].items()
                               if t != "kind" and n is not None})
        found.append((about, rows))
    return found


def replay(*argv, width=80, height=24, **env):
    return Terminal([lib.VIRTAX, "top", "--replay", *argv], width, height, **env)


# ---- without a terminal -------------------------------------------------------------------------


def test_tables_equal_the_file():
    """Every row and every number of the file, without root's help and without a terminal."""
    with open(THREE, encoding="utf-8") as f:
        run = json.load(f)
    found = tables(top("-b", "--replay", THREE))
    assert len(found) == len(run["intervals"]) == 12
    for (_, rows), interval in zip(found, run["intervals"]):
        seconds = interval["length_ns"] / 1e9
        assert abs(sum(row["cpu_percent"] for row in rows.values()) - 100) < 0.01
        everything = (sum(t["cpu"]["total_ns"] for t in interval["targets"]) +
                      sum(interval["host_cpu"].values()))
        for target in interval["targets"]:
            row = rows[target["label"]]
            cpu, count = target["cpu"]["total_ns"], target["requests"]["count"]
            assert row["cpu_percent"] == pytest.approx(100 * cpu / everything, abs=0.001)
            assert row["requests_per_s"] == pytest.approx(count / seconds, abs=0.01)
            assert row["cpu_ns_per_request"] == pytest.approx(cpu / count, abs=1)
            assert row["wait_ns_per_s"] == pytest.approx(target["sched"]["wait_ns"] / seconds, abs=1)
            received = target["net"]["rx_bytes"]
            if received is None:
                assert row["rx_bytes_per_s"] is None
            else:
                assert row["rx_bytes_per_s"] == pytest.approx(received / seconds, abs=1)
            assert row["p99_ns"] is None and row["memory_bytes"] is None
        idle = 100 * interval["host_cpu"]["idle_ns"] / everything
        assert rows["idle"]["cpu_percent"] == pytest.approx(idle, abs=0.001)


def test_so_many_rows_and_names(anyone):
    assert len(tables(top("-b", "-n", "2", "--replay", THREE))) == 2
    text = top("-b", "--replay", HOSTILE, env={**os.environ, "LC_ALL": "C"})
    assert text.isascii() and not lib.CONTROL.search(text)
    assert r"\x1b[2Jboo" in tables(text)[0][1]
    copy = anyone.place / "run.json"
    with open(THREE, "rb") as f:
        copy.write_bytes(f.read())
    done = anyone("top", "-b", "-n", "1", "--replay", str(copy))
    assert done.returncode == 0 and len(tables(done.stdout)) == 1


def test_errors(tmp_path):
    for argv, words in ((["--replay", THREE], ["terminal", "-b"]), ([], ["terminal", "-b"]),
                        (["-n", "0"], ["rows"]), (["word"], ["unexpected"]),
                        (["--replay", str(tmp_path / "none"), "-b"], ["none"]),
                        (["--replay", THREE, "--process", "1"], ["targets"]),
                        (["-b", "--profile"], ["-b", "record --profile"])):
        lib.assert_error(lib.virtax("top", *argv), 2, *words)
    with open("/dev/full", "w", encoding="ascii") as full:
        import subprocess
        done = subprocess.run([lib.VIRTAX, "top", "-b", "--replay", THREE], stdout=full,
                              stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1 and lib.ERROR_LINE.fullmatch(done.stderr)


# ---- on a terminal ------------------------------------------------------------------------------


def test_replay_on_a_terminal():
    """Start, sort, filter, expand, pause, 40 × 10 and back, end."""
    with replay(THREE, "-i", "0.2") as term:
        screen = term.until("end of the run")
        with open(THREE, encoding="utf-8") as f:
            last = json.load(f)["intervals"][-1]
        for target in last["targets"]:
            count = target["requests"]["count"] / (last["length_ns"] / 1e9)
            line = re.search(rf"^{target['label']} .*", screen, re.M)[0]
            assert f"{count:.1f}" in line, line
        everything = (sum(t["cpu"]["total_ns"] for t in last["targets"]) +
                      sum(last["host_cpu"].values()))
        idle = 100 * last["host_cpu"]["idle_ns"] / everything
        assert re.search(rf"^idle +{idle:.1f}$", screen, re.M), screen
        assert re.search(r"^vm .*\n^container .*\n^bare ", screen, re.M)
        term.keys("<", "i")  # by name, from z to a
        term.until(r"^vm .*\n^container .*\n^bare ")
        term.keys("i")
        term.until(r"^bare .*\n^container .*\n^vm ")
        term.type("/BAR")
        term.until(r"^bare (.*\n)+2 filtered out")
        term.keys("Escape", "End", "Enter")
        screen = term.until(r"^  vcpu ")
        assert "packets/s" in screen
        term.resize(40, 10)
        screen = term.until(r"\A(.{0,40}\n){10}\Z")
        assert "vcpu" in screen and "idle" not in screen.splitlines()[-2]
        term.resize(80, 24)
        term.until(r"^idle ")
        term.keys("Enter", "?")
        term.until("filter by label")
        term.keys("q", "q")
        assert "status 0" in term.until("tty sane")


def test_replay_of_a_profile_and_of_a_joined_run():
    """Enter shows the functions of the profile, and what the joined guest did."""
    path = os.path.join(GOLDEN, "profile.json")
    with open(path, encoding="utf-8") as f:
        run = json.load(f)
    vm = run["targets"][1]
    guest = sum(sum(s["ns"]) for s in run["profile"]["stacks"] if s["target"] == 1 and s["mode"] == "guest")
    with replay(path, width=100, height=40) as term:
        term.until("end of the run")
        assert "functions" not in term.screen()
        term.keys("Enter")
        shown = term.until(r"^  functions +self +total")
        assert f"{100 * guest / vm['cpu']['total_ns']:.1f}%  [guest]" in shown
        assert len(re.findall(r"^ +[0-9.]+% +[0-9.]+%  \S", shown, re.M)) == 10
        term.keys("q")
        term.until("tty sane")
    with replay(os.path.join(GOLDEN, "joined.json"), "-i", "0.05", width=100, height=40) as term:
        term.until("end of the run")
        term.keys("Enter")
        term.until(r"^  guest's work[^\n]*\n  guest's rest .*%")
        term.keys("q")
        term.until("tty sane")


def test_pause_and_step():
    with replay(THREE, "-i", "0.1", "--rows", "100") as term:
        term.keys("p")
        term.until("paused")
        before = term.screen()
        time.sleep(0.3)
        assert term.screen() == before
        term.keys("p")
        term.until("end of the run")
        term.keys("q")
        term.until("tty sane")


def test_mouse():
    with replay(THREE, "-i", "0.05") as term:
        lines = term.until("end of the run").splitlines()
        y = next(i for i, line in enumerate(lines) if line.startswith("bare"))
        term.click(2, y)
        term.click(2, y)
        term.until("^  workload ")
        term.click(2, y - 3)  # the title of the names
        term.until(r"^bare (.*\n)+^container (.*\n)+^vm ")
        term.keys("q")
        term.until("tty sane")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals(how):
    with replay(THREE) as term:
        term.until("^idle")
        if how == signal.SIGINT:
            term.keys("C-c")
        else:
            os.kill(term.pid(), how)
        screen = term.until("tty sane")
        assert "status 0" in screen and "idle" not in screen


def test_terminal_vanishes():
    with replay(THREE) as term:
        term.until("^idle")
        pid = term.pid()
        start = lib.read(f"/proc/{pid}/stat").split()[21]
        term.close()

        def ended():
            try:
                stat = lib.read(f"/proc/{pid}/stat").split()
            except (FileNotFoundError, ProcessLookupError):
                return True
            return stat[2] == "Z" or stat[21] != start
        lib.wait_until("the end of virtax", ended)


@pytest.mark.parametrize("env, colour", [({}, True), ({"NO_COLOR": "1"}, False),
                                         ({"TERM": "vt100"}, False)])
def test_colour(env, colour):
    with replay(THREE, "-i", "0.05", **env) as term:
        term.until("end of the run")
        styles = re.findall(r"\x1b\[([0-9;]*)m", term.screen("-e"))
        assert any(re.search(r"(^|;)[34][0-8]", s) for s in styles) == colour, styles
        if not colour:  # modes are letters then
            assert re.search(r"^vm +[0-9.]+ u", term.screen(), re.M)


def test_hostile_names_on_a_terminal():
    """Nothing that a name holds reaches the terminal, in UTF-8 or not."""
    for env in ({}, {"LC_ALL": "C"}):
        with replay(HOSTILE, **env) as term:
            screen = term.until("end of the run")
            assert r"\x1b[2Jboo" in screen
            if env:
                assert screen.isascii()
            term.keys("End", "Enter", "q")
            term.until("tty sane")


# ---- live ---------------------------------------------------------------------------------------


def test_live_tables_equal_the_kernel(cgroup, spawn, qemu):
    """The CPU time of a spinner and of a busy guest, from the first table to the last, is that of their
    cgroups, and all is 100 %."""
    group, vm = cgroup(), qemu(busy=True)
    group.spawn([lib.load("spin"), "-w", "60000"])
    process = spawn([lib.VIRTAX, "top", "-b", "-n", "4", "--cgroup", f"it={group.path}", "--vm", f"vm={vm.pid}"])
    usage, text = [], ""
    for line in process.stdout:
        if line.startswith("#"):
            usage.append({"it": group.usage_ns(), "vm": vm.group.usage_ns()})
            if len(usage) == 1:
                held = re.search(r"CapEff:\s*(\S+)", lib.read(f"/proc/{process.pid}/status"))[1]
        text += line
    assert process.wait(timeout=30) == 0
    assert bin(int(held, 16)).count("1") < 10  # it has given up most of root's
    found = tables(text)
    assert len(found) == 4
    ours = {"it": 0, "vm": 0}
    for about, rows in found[1:]:
        length, cpus = re.search(r"a row of ([0-9.]+) s, (\d+) CPUs", about).groups()
        assert abs(sum(row["cpu_percent"] for row in rows.values()) - 100) < 0.01
        for name in ours:
            ours[name] += rows[name]["cpu_percent"] / 100 * float(length) * int(cpus) * 1e9
    for name, ns in ours.items():
        assert ns == pytest.approx(usage[-1][name] - usage[0][name], rel=0.1), name


def test_live_functions(cgroup):
    """With --profile an opened target shows what it runs: 70 to 30 in two known functions."""
    group = cgroup()
    group.spawn([lib.load("stacks"), "user", "60000"])
    with Terminal([lib.VIRTAX, "top", "--profile", "--cgroup", f"it={group.path}"], 100, 40) as term:
        term.until(r"^it +[0-9]", 60)
        term.keys("Enter")
        term.until(r"%  burn_seventy$", 60)
        term.keys("q")
        assert "status 0" in term.until("tty sane")


def test_live_record(cgroup, tmp_path):
    """A recording that is started and stopped in the view: what the screen shows is a row of it."""
    group = cgroup("-" + "x" * 40 + "\u202e\x1b[2J")
    group.spawn([lib.load("spin"), "-w", "90000"])
    with Terminal([lib.VIRTAX, "top", "--cgroup", group.path], 120, 30, cwd=tmp_path) as term:
        term.until("row of", 60)
        term.keys("r")
        term.until("recording virtax-", 60)
        for _ in range(2):  # the second is of the recording
            at = re.search(r" · ([0-9.]+) s · row of", term.screen())[1]
            term.until(rf" · (?!{at})[0-9.]+ s · row of", 60)
        term.keys("p")
        screen = term.until("paused")
        term.keys("p", "r")
        name = re.search(r"virtax-\S+json", term.until("saved virtax-", 60))[0]
        term.keys("q")
        assert "status 0" in term.until("tty sane")
    run = lib.Run(lib.read(tmp_path / name))
    run.check_schema()
    run.check_books()
    shown = float(re.search(r"x… +([0-9.]+) ", screen)[1])
    shares = [100 * row["targets"][0]["cpu"]["total_ns"] /
              (row["targets"][0]["cpu"]["total_ns"] + sum(row["host_cpu"].values()))
              for row in run["intervals"]]
    assert any(abs(shown - share) < 0.06 for share in shares), (shown, shares)
