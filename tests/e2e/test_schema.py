# SPDX-License-Identifier: GPL-2.0-or-later
"""Run files against their schema, and the commands that need no root: report and schema. Any user
can run these: pytest --noconftest tests/e2e/test_schema.py"""

import copy
import csv
import glob
import io
import json
import os
import re
import signal
import stat
import subprocess

import jsonschema
import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VIRTAX = os.path.abspath(os.environ.get("VIRTAX", os.path.join(ROOT, "virtax")))
RUNS = sorted(glob.glob(os.path.join(ROOT, "tests/golden/*.json")))
ERROR_LINE = re.compile(r"virtax: [^\n]+: [^\n]+\n")


def virtax(*args, **kwargs):
    kwargs.setdefault("stdin", subprocess.DEVNULL)
    kwargs.setdefault("stdout", subprocess.PIPE)
    return subprocess.run([VIRTAX, *args], stderr=subprocess.PIPE, text=True, timeout=60,
                          check=False, **kwargs)


def ok(*args, **kwargs):
    done = virtax(*args, **kwargs)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def refused(status, *args, **kwargs):
    done = virtax(*args, **kwargs)
    assert done.returncode == status, (done.returncode, done.stderr)
    assert ERROR_LINE.fullmatch(done.stderr), done.stderr
    assert not done.stdout
    return done.stderr


def load(path):
    with open(path, encoding="utf-8") as f:
        return json.load(f)


@pytest.fixture(scope="module")
def validator():
    schema = json.loads(ok("schema"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def problems(validator, run):
    return [f"{list(e.absolute_path)}: {e.message[:200]}" for e in validator.iter_errors(run)]


def test_there_are_runs():
    assert len(RUNS) >= 6


def test_schema_is_the_one_in_docs():
    with open(os.path.join(ROOT, "docs/run.schema.json"), encoding="utf-8") as f:
        assert ok("schema") == f.read()


@pytest.mark.parametrize("path", RUNS, ids=os.path.basename)
def test_recorded_run(validator, path):
    assert not problems(validator, load(path))


@pytest.mark.parametrize("path", RUNS, ids=os.path.basename)
def test_json_report(validator, path):
    assert not problems(validator, json.loads(ok("report", "--format", "json", path)))


@pytest.mark.parametrize("path", RUNS, ids=os.path.basename)
def test_layers_of_a_request_add_up(path):
    for target in json.loads(ok("report", "--format", "json", path))["targets"]:
        one = target["per_request"]
        if one:
            layers = [v or 0 for role in one["cpu"].values() for v in role.values()]
            assert sum(layers) == pytest.approx(one["cpu_ns"], rel=1e-12)
            assert one["cpu_ns"] == target["cpu"]["total_ns"] / target["requests"]["count"]


@pytest.mark.parametrize("path", RUNS, ids=os.path.basename)
def test_csv_names_the_paths_of_the_run_file(path):
    run = json.loads(ok("report", "--format", "json", path))
    rows = list(csv.reader(io.StringIO(ok("report", "--format", "csv", path)), strict=True))
    assert rows[0] == ["label", "kind", "name", "metric", "unit", "value"]
    targets = iter(run["targets"] + [run])
    at = None
    stages = iter(t for stage in run["stages"] for t in stage["targets"])
    for label, kind, name, metric, _, value in rows[1:]:
        stage = next((s["name"] for s in run["stages"]
                      if metric.startswith(f"stages.{s['name']}.")), None)
        if stage is not None:
            metric = metric.removeprefix(f"stages.{stage}.")
        if metric in ("requests.count", "window.wall_ns"):
            at = next(targets if stage is None else stages)
        node = at
        for key in metric.split("."):
            node = node[key]
        assert (node is None) == (value == ""), metric
        if node is not None:
            assert float(value) == node, metric
        for cell in (label, name):
            assert cell.lstrip(" ")[:1] not in ("=", "+", "-", "@"), cell
    assert next(targets, None) is None and next(stages, None) is None


# ---- the schema is strict about what the format fixes: each change must be noticed --------------


def _drop(*keys):
    def change(run):
        for key in keys[:-1]:
            run = run[key]
        del run[keys[-1]]
    return change


def _set(value, *keys):
    def change(run):
        for key in keys[:-1]:
            run = run[key]
        run[keys[-1]] = value
    return change


CHANGES = [
    _set("virtax-run/2", "schema"), _drop("schema"), _drop("virtax", "commit"), _drop("label"),
    _drop("host", "tunables"), _set(-1, "window", "wall_ns"), _set(1.5, "window", "wall_ns"),
    _set("yesterday", "window", "start"), _drop("books", "lost", "http_gap"),
    _set(None, "books", "error_ppm"), _drop("self", "programs"), _drop("degraded"),
    _drop("host_cpu", "steal_ns"), _set("jail", "targets", 0, "kind"),
    _drop("targets", 0, "memory"), _drop("targets", 0, "per_request"),
    _set(None, "targets", 0, "per_request"), _set("", "targets", 0, "label"),
    _set("ether", "targets", 0, "requests", "source"), _set({}, "targets", 0, "cpu", "roles", "x"),
    _drop("targets", 0, "cpu", "roles", "workload", "guest_ns"),
    _set(2**63, "targets", 0, "cpu", "total_ns"),
    _set([[1, 2, 3]], "targets", 0, "sched", "wait_hist"),
    _set({"x": 1}, "targets", 0, "requests", "status"),
    _set("1", "targets", 0, "net", "rx_bytes"), _drop("stages"), _drop("intervals", 0, "at_ns"),
    _set({}, "intervals", 0, "targets", 0, "cpu"),
]


@pytest.mark.parametrize("change", CHANGES)
def test_schema_is_strict(validator, change):
    run = load(os.path.join(ROOT, "tests/golden/three.json"))
    assert not problems(validator, run)
    changed = copy.deepcopy(run)
    change(changed)
    assert problems(validator, changed)


def test_fields_may_be_added(validator):
    run = load(os.path.join(ROOT, "tests/golden/three.json"))
    for place in (run, run["host"], run["targets"][0], run["targets"][0]["cpu"],
                  run["targets"][0]["per_request"], run["intervals"][0]):
        place["added_later"] = {"x": [1, None]}
    assert not problems(validator, run)
    done = virtax("report", "-", input=json.dumps(run), stdin=None)
    assert done.returncode == 0, done.stderr


# ---- the command --------------------------------------------------------------------------------


def test_standard_input_is_a_run():
    with open(RUNS[0], encoding="utf-8") as f:
        assert ok("report", "-", "-f", "json", stdin=f) == ok("report", RUNS[0], "--format=json")


def test_output_is_a_file(tmp_path):
    path = tmp_path / "out.json"
    assert ok("report", RUNS[0], "-f", "json", "-o", str(path)) == ""
    assert path.read_text(encoding="utf-8") == ok("report", RUNS[0], "-f", "json")
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~_umask()
    assert os.listdir(tmp_path) == ["out.json"]


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_failed_output_leaves_the_old_file(tmp_path):
    path = tmp_path / "out"
    path.write_text("old")
    assert "No space left" in refused(1, "report", RUNS[0], "-o", "/dev/full")
    refused(2, "report", str(tmp_path / "none.json"), "-o", str(path))
    assert path.read_text() == "old"
    refused(1, "report", RUNS[0], "-o", str(tmp_path))
    refused(1, "report", RUNS[0], "-o", str(tmp_path / "no" / "dir"))
    assert os.listdir(tmp_path) == ["out"]


@pytest.mark.parametrize("args", [["report", RUNS[0]], ["schema"], ["--help"], ["--version"],
                                  ["report", "--help"]])
def test_full_disk_is_an_error(args):
    with open("/dev/full", "w", encoding="ascii") as full:
        done = virtax(*args, stdout=full)
    assert done.returncode == 1
    assert ERROR_LINE.fullmatch(done.stderr), done.stderr


@pytest.mark.parametrize("args", [["report", RUNS[0]], ["schema"], ["--help"], ["report", "--help"]])
def test_a_reader_that_is_gone_ends_it_silently(args):
    """As with any filter: by SIGPIPE, which a shell shows as 141."""
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as broken:
        done = virtax(*args, stdout=broken)
    assert (done.returncode, done.stderr) == (-signal.SIGPIPE, "")


def test_no_colour_without_a_terminal():
    assert "\x1b" not in ok("report", RUNS[0])


@pytest.mark.parametrize("args,words", [
    ([], "no command"), (["frobnicate"], "frobnicate"), (["recrod"], "did you mean record"),
    (["--nope"], "--nope"), (["report"], "no run given"), (["report", "a", "b"], "b"),
    (["report", "--format", "xml", "a"], "xml"), (["report", "--format", "svg", "a"], "unknown format 'svg'"),
    (["report", "--format"], "missing"),
    (["report", "--nope", "a"], "--nope"), (["report", "-z", "a"], "-z"), (["report", "-o"], "missing"),
    (["schema", "x"], "x"), (["schema", "--help=x"], "--help=x"),
    (["top"], "no terminal"), (["join"], "no run given"), (["compare"], "no runs given"), (["mark"], "no name given"),
    (["re\x1b[2Jp\nort"], "\\x1b[2Jp\\x0aort"),
    (["report", "/nonexistent"], "/nonexistent"), (["report", "/"], "directory"),
    (["report", "/dev/null"], "empty"), (["report", "/dev/zero"], "not a virtax run file"),
    (["report", "/proc/self/exe"], "not a virtax run file")])
def test_wrong_command_lines(args, words):
    assert words in refused(2, *args)


@pytest.mark.parametrize("command", ["report", "schema"])
def test_help(command):
    assert f"virtax {command}" in ok(command, "--help")


def test_version():
    assert re.fullmatch(r"virtax \d+\.\d+\.\d+ \(\w+\)\n", ok("--version"))
