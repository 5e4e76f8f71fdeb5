# SPDX-License-Identifier: GPL-2.0-or-later
"""The profile: stacks are charged to the account that the ledger charges, their sums are the bills, and
functions have their names."""

import collections
import os
import subprocess

import pytest

import lib
from folded import build_id_of, folded, share
from runc import Container
from veth import Veth

HZ = 499
PORT = "9998"


@pytest.fixture
def record(cgroup, tmp_path):
    def run(argv, *args):
        group = cgroup()
        with lib.Recording(tmp_path, ["--cgroup", f"it={group.path}", f"--profile={HZ}",
                                      "--only", "cpu", *args]) as recording:
            group.spawn(argv).communicate(timeout=30)
        return recording

    return run


def test_functions_of_a_program(record):
    rows = folded(record([lib.load("stacks"), "user", "1200"]))
    assert share(rows, "user", "burn_seventy") == pytest.approx(0.7, abs=0.08)
    assert share(rows, "user", "burn_thirty") == pytest.approx(0.3, abs=0.08)
    assert share(rows, "user", "work") > 0.9
    assert share(rows, "user", "main") > 0.9
    # Outermost first. (A sample before a function has set up its frame lacks the caller.)
    deep = max((row for row in rows if "burn_thirty" in row[3]), key=lambda row: row[4])[3]
    assert deep.index("main") < deep.index("work") < deep.index("burn_thirty")


def test_a_debug_file_has_the_names(record, tmp_path):
    """Of a stripped program in a file with the same build-id, where distributions put them."""
    path, build_id = str(tmp_path / "bare"), build_id_of(lib.load("stacks"))
    directory = f"/usr/lib/debug/.build-id/{build_id[:2]}"
    kept = f"{directory}/{build_id[2:]}.debug"
    assert not os.path.exists(kept)
    subprocess.run(["strip", "-s", "-o", path, lib.load("stacks")], check=True)
    made = [d for d in (os.path.dirname(os.path.dirname(directory)), os.path.dirname(directory),
                        directory) if not os.path.exists(d)]
    os.makedirs(directory, exist_ok=True)
    try:
        subprocess.run(["objcopy", "--only-keep-debug", lib.load("stacks"), kept], check=True)
        rows = folded(record([path, "user", "600"]))
    finally:
        os.unlink(kept)
        for each in reversed(made):
            os.rmdir(each)
    assert share(rows, "user", "work") > 0.9  # a local function, whose name only that file has
    assert share(rows, "user", "burn_seventy") == pytest.approx(0.7, abs=0.1)


def test_an_exited_program_without_symbols_or_file(record, tmp_path):
    """Only the dynamic symbols are left: functions that are not exported have no name, and none is
    guessed. The program deletes its own file, and has exited when the recording ends."""
    path = str(tmp_path / "bare;name")
    subprocess.run(["strip", "-s", "-o", path, lib.load("stacks")], check=True)
    recording = record(["sh", "-c", '"$0" user 1200 & sleep 0.4; rm "$0"; wait', path])
    assert not os.path.exists(path)
    rows = folded(recording)
    assert share(rows, "user", "burn_seventy") == pytest.approx(0.7, abs=0.08)
    assert share(rows, "user", "work") == 0
    unnamed = {f for _, _, _, frames, _ in rows for f in frames if f.startswith("bare:name+0x")}
    assert unnamed, rows
    build_id = build_id_of(lib.load("stacks"))
    assert all(f.endswith(f" [{build_id}]") for f in unnamed), (unnamed, build_id)


def test_a_system_call_of_the_kernel(record):
    recording = record([lib.load("stacks"), "read", "600"], "--split", "exact")
    rows = folded(recording)
    assert share(rows, "kernel", "vfs_read") > 0.8
    assert share(rows, "kernel", "main") > 0.8  # the program that calls it
    profile = recording.run["profile"]
    assert profile["hz"] == HZ
    assert profile["lost"] == 0
    assert profile["samples"] == sum(sum(s["samples"]) for s in profile["stacks"])
    names = {p["name"] for p in recording.run["self"]["programs"]}
    assert {"vtx_profile", "vtx_prof_soft"} <= names


def test_softirqs_are_their_owners(cgroup, tmp_path, cpus):
    """A flood of datagrams for a container hits the CPU on which another target spins."""
    spinner = cgroup("-spin")
    veth, box = Veth(), None
    try:
        veth.steer(cpus[-1])
        box = Container(str(tmp_path / "box"), "-psink", netns=veth.netns)
        box.start(["/loads/udp", "sink", PORT, str(cpus[0])])
        args = ["--cgroup", f"spin={spinner.path}", "--container", f"box={box.name}"]
        with lib.Recording(tmp_path, [*args, f"--profile={HZ}"]) as recording:
            spin = spinner.spawn([lib.load("spin"), "-c", str(cpus[-1]), "-w", "2000"])
            subprocess.run([lib.load("udp"), "send", veth.inside, PORT, "1800", str(cpus[0])],
                           capture_output=True, check=True, timeout=30)
            spin.communicate(timeout=30)
    finally:
        if box:
            box.remove()
        veth.remove()
    rows = folded(recording)
    received = collections.Counter()
    for label, _, mode, frames, ns in rows:
        received[label] += ns if "net_rx_action" in frames else 0
        if mode == "softirq" and frames != ["[no sample]"]:
            assert frames[0].startswith("[softirq "), frames
            assert "load_turn" not in frames and "main" not in frames
    assert received["box"] > 0
    assert received["spin"] == 0
    assert share([r for r in rows if r[0] == "box"], "softirq", "net_rx_action") > 0.8


def test_without_nothing_is_loaded(cgroup, tmp_path):
    group = cgroup()
    with lib.Recording(tmp_path, ["--cgroup", f"it={group.path}"]) as recording:
        group.spawn([lib.load("spin"), "-u", "50"]).communicate(timeout=30)
    assert "profile" not in recording.run.doc
    assert not any(p["name"].startswith("vtx_prof") for p in recording.run["self"]["programs"])
    done = lib.virtax("report", "--format", "folded", recording.file)
    lib.assert_error(done, 2, "no profile", "--profile")


@pytest.mark.parametrize("hz", ["0", "1000", "x", "-5"])
def test_bad_rates(hz):
    lib.assert_error(lib.virtax("record", f"--profile={hz}", "-d", "1"), 2, "--profile")
