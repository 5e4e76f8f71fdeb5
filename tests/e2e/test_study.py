# SPDX-License-Identifier: GPL-2.0-or-later
"""tools/study: its tables are complete and add up, and nothing is left behind."""

import json
import os
import re
import subprocess
import sys

import pytest

import lib

STUDY = os.path.join(lib.ROOT, "tools", "study")
sys.path.insert(0, os.path.join(lib.ROOT, "tools", "lib"))
from study import numbers as study_numbers, tables as study_tables  # pylint: disable=wrong-import-position,wrong-import-order


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Where both halves keep their runs."""
    return tmp_path_factory.mktemp("study")


def numbers(table):
    """Rows of a table: its first cell and the means in the others."""
    rows = {}
    for line in table.splitlines()[2:]:
        cells = re.split(r"  +", line.strip())
        rows[cells[0]] = [float(m) for m in re.findall(r"(-?[\d.]+) ±", line)]
    return rows


def tables(text):
    """Tables by title, up to its first full stop or comma."""
    parts = re.split(r"\n\n", text)
    return {re.split(r"[.:,]", title.strip())[0] + ("" if "owners of the used" not in title else ", owners"):
            table for title, table in zip(parts, parts[1:]) if table.startswith("  ")}


def check(text, kind):
    got = tables(text)
    for name in ("Table 7", "Table 8", "Table 8, owners", "Other rows of the study", "Figure 5",
                 "Figure 6", "Figure 7"):
        assert name in got, (name, list(got))
    assert f"Serving, {kind}" in text
    # All CPU time has an owner: the means add up to 100 %, and to the whole time.
    for figure in ("Figure 5", "Figure 6", "Figure 7"):
        rows = numbers(got[figure])
        assert len(rows) == 7 and abs(sum(r[0] for r in rows.values()) - 100) < 0.5, got[figure]
        assert abs(sum(r[1] for r in rows.values()) - 1000 * os.cpu_count()) < 5 * os.cpu_count()
    # And every used megabyte has an owner.
    used, parts = numbers(got["Table 8"]), numbers(got["Table 8, owners"])
    assert len(used) == len(parts) == 3
    for stage, (_, all_of_it, _) in used.items():
        assert abs(sum(parts[stage]) - all_of_it) < 1, (stage, used, parts)
    serving = next(stage for stage in parts if stage.endswith(", serving"))
    assert parts[serving][0] > 1 > parts[next(iter(parts))][0], parts
    assert "RSS of its" in text and "disk, allocated" in text and "of its own, no rule" in text


def study(kept, kind, rate):
    done = subprocess.run([STUDY, "--repeat", "2", "--seconds", "1", "--rate", str(rate), "--only", kind,
                           "--keep", str(kept)], capture_output=True, text=True, check=False, timeout=400)
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def container_half(kept):
    return study(kept, "container", 50)


@pytest.fixture(scope="module")
def vm_half(kept):
    return study(kept, "vm", 10)


def test_container(container_half, kept):
    check(container_half.stdout, "Docker")
    assert "88.13" in container_half.stdout and "85.67" in container_half.stdout  # the paper's numbers, beside ours
    assert "3786 / 1019 / 2767" in container_half.stdout
    for name in ("container-01.json", "container-02.json"):
        run = lib.Run(lib.read(kept / name))
        run.check_schema()
        assert [s["name"] for s in run["stages"]] == \
            ["start", "manager starts", "manager", "boot", "serving", "end"]
        serving = run["stages"][4]
        counts = [t["requests"]["count"] for t in serving["targets"]]
        assert 50 in counts, counts  # one second at 50 requests/s, by the load generator's clock
        assert json.dumps(run["stages"][0]["targets"]).count("vtxdemo") == 0
        assert "manager starts" in lib.read((kept / name).with_suffix(".html"))
    assert str(kept) not in lib.read("/proc/self/mounts")


def test_vm(vm_half, kept):
    """The other half, under KVM or without it; then the tables say so."""
    check(vm_half.stdout, "KVM")
    assert "73.44" in vm_half.stdout and "3786 / 1698 / 2088" in vm_half.stdout
    run = json.loads(lib.read(kept / "vm-01.json"))
    accel = next(t["accel"] for t in run["targets"] if t["requests"]["count"])
    assert ("say NOTHING" in vm_half.stdout) == (accel == "tcg")
    assert "workload user" in vm_half.stdout and "left out" not in vm_half.stderr, vm_half.stderr


def repeat_of(path, kind):
    """As the study keeps it in memory: its target is the one that served."""
    run = json.loads(lib.read(path))
    target = max(run["targets"], key=lambda t: (t["kind"] == kind, t["requests"]["count"] or 0))
    return {"run": run, "pid": target["pid"], "accel": target["accel"]}


@pytest.mark.usefixtures("container_half", "vm_half")
def test_from_container_to_vm(kept, capsys):
    """The runs of both halves: parts add up to the VM's cost, and come first in the study."""
    done = {kind: [repeat_of(kept / f"{kind}-{i:02}.json", kind) for i in (1, 2)] for kind in ("container", "vm")}
    for kind, repeats in done.items():
        for repeat in repeats:
            got, count = study_numbers.layers(repeat, "serving")
            mine = study_numbers.of_target(repeat, "serving")
            assert sum(got.values()) == mine["cpu"]["total_ns"] and count == mine["requests"]["count"] > 0
            assert (kind == "vm") == any(layer.startswith("guest ") for layer in got), got
            assert got.get("workload user", 0) + got.get("workload kernel", 0) > 0
    study_tables.from_container_to_vm(done)
    text = capsys.readouterr().out
    assert text.startswith("A request costs ") and "the same work" in text.split("\n\n")[0], text
    rows = numbers(text.split("\n\n")[2])
    parts = [rows[part][-1] for part in study_numbers.PARTS if part in rows]
    assert abs(sum(parts) - rows["the VM"][-1]) < 0.05 * len(parts), rows
    assert abs(rows["the container"][0] + sum(parts) - rows["the VM"][0]) < 0.05 * len(parts), rows


def test_a_manager_that_ends_is_noticed(tmp_path):
    """It is not measured as the stage of that manager."""
    manager = tmp_path / "dockerd"
    manager.write_text("#!/bin/sh\necho no such driver >&2\nexit 3\n", encoding="utf-8")
    manager.chmod(0o755)
    done = subprocess.run([STUDY, "--repeat", "1", "--seconds", "0.2", "--only", "container"],
                          capture_output=True, text=True, check=False, timeout=60,
                          env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert done.returncode == 1, done.stdout
    assert "ended with status 3: no such driver" in done.stderr, done.stderr


def test_wrong_command_lines():
    for args in (["--repeat", "0"], ["--only", "jail"], ["--seconds", "x"]):
        done = subprocess.run([STUDY, *args], capture_output=True, text=True, check=False)
        assert done.returncode == 2, (args, done.stderr)


def test_mounts_of_a_manager_that_was_killed(tmp_path):
    """As dockerd leaves them: its data directory on itself, and something below."""
    beside, top = tmp_path / "dir-beside", tmp_path / "dir"
    data = top / "a b\u00e4\\040"
    for where in (beside, data / "inner"):
        where.mkdir(parents=True)
    for where in (beside, data, data / "inner"):
        subprocess.run(["mount", "--bind", where, where], check=True)
    try:
        code = "import sys; sys.path.insert(0, sys.argv[1]); import cleanup; cleanup.unmount_below(sys.argv[2])"
        subprocess.run(["/usr/bin/python3", "-B", "-c", code, os.path.join(lib.ROOT, "tools", "lib"), top],
                       check=True)
        # (os.path.ismount() does not see a mount of the same file system.)
        mounted = [line for line in lib.read("/proc/self/mountinfo").splitlines() if str(tmp_path) in line]
        assert len(mounted) == 1 and f" {beside} " in mounted[0], mounted
    finally:
        subprocess.run(["umount", beside], check=False)
        subprocess.run(["umount", "-R", data], check=False, stderr=subprocess.DEVNULL)
