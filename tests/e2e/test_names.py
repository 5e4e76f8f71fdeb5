# SPDX-License-Identifier: GPL-2.0-or-later
"""Names from outside are harmless: none of them reaches a terminal as a command or breaks a line or
a field, and reading a run back gives the same name."""

import csv
import io
import json
import os
import subprocess
import sys

import pytest

import lib

ESCAPE = "\x1b]0;owned\x07\x1b[2J"
NAMES = {
    "escape": f"a{ESCAPE}b",
    "quotes": "a\"b'c`d$(e)\\f",
    "newline": "a\nvirtax: forged: line (x)\tb\r",
    "utf8": "größe-名前-🙂",
    "bidi": "a\u202etxt.exe\u2066b",
    "c1": "a\u009b31mb\u0085c",
    "comma": "a,b;c=d,=1+1",
    "markup": "<script>&amp;</script>",
}
ANY = ["--process", str(os.getpid())]
BYTES = b"a\xff\xfe\xc3(b\xed\xa0\x80"
BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"


def assert_harmless(text):
    assert not lib.CONTROL.search(text), ascii(text)
    assert not set(text) & set(BIDI), ascii(text)


def report(file, *argv):
    done = lib.virtax("report", file, *argv)
    assert done.returncode == 0, done.stderr
    return done.stdout


def assert_all_formats_harmless(file):
    """No line begins with the part of a name after a newline, and every row has as many fields as
    the first."""
    for how in ("term", "csv", "json"):
        text = report(file, "--format", how)
        assert not lib.CONTROL.search(text), (how, ascii(text))
        assert not [line for line in text.splitlines() if line.startswith("virtax: forged")]
    assert_harmless(report(file))
    rows = list(csv.reader(io.StringIO(report(file, "--format", "csv"))))
    assert len(rows) > 1 and {len(row) for row in rows} == {len(rows[0])}
    json.loads(report(file, "--format", "json"))


@pytest.mark.parametrize("kind", NAMES)
def test_cgroup_and_label(cgroup, record, kind):
    """As the name of a cgroup (and the label derived from it) and as the run's label."""
    name = NAMES[kind].replace("/", "_")
    group = cgroup("-" + name.replace("\n", ""))  # not allowed in the name of a cgroup
    with record("--cgroup", group.path, "-l", name) as recording:
        group.spawn([lib.load("spin"), "-u", "50"]).wait(timeout=20)
    assert_harmless(recording.stdout)
    assert recording.stderr == ""
    [target] = recording.run["targets"]
    assert target["cgroup"].endswith(group.name)
    assert group.name in target["name"] and target["label"]
    assert recording.run["label"] == name
    assert target["cpu"]["total_ns"] >= 40e6
    assert_all_formats_harmless(recording.file)


def test_name_that_is_no_utf8(cgroup, record):
    """The run file stays UTF-8, whatever bytes a name consists of."""
    group = cgroup("-" + os.fsdecode(BYTES))
    with record("--cgroup", f"it={group.path}") as recording:
        group.spawn([lib.load("spin"), "-u", "50"]).wait(timeout=20)
    with open(recording.file, "rb") as f:
        f.read().decode("utf-8")
    assert recording.run.target("it")["cpu"]["total_ns"] >= 40e6
    assert_harmless(recording.stdout)
    assert_all_formats_harmless(recording.file)


@pytest.mark.parametrize("kind", [k for k in NAMES if k != "comma"])
def test_vm_name_in_list_and_record(spawn, tmp_path, record, kind):
    qemu = lib.copy_as(lib.load("fakevm"), str(tmp_path / "bin"), "qemu-system-x86_64")
    name = f"{lib.PREFIX}{NAMES[kind]}"
    vm = lib.Process(spawn([qemu, "-name", f"guest={name},debug-threads=on"],
                           env={**os.environ, "VTXT_VM": "vcpu=50"}))
    plain = lib.virtax("list")
    assert plain.returncode == 0
    assert_harmless(plain.stdout)
    assert [line for line in plain.stdout.splitlines() if str(vm.pid) in line]
    listed = json.loads(lib.virtax("list", "--json").stdout)
    assert [t["name"] for t in listed["targets"] if t["pid"] == vm.pid] == [name]
    with record("--vm", f"vm={name}") as recording:
        vm.go()
        vm.popen.stdout.readline()
    assert recording.run.target("vm")["name"] == name
    assert_harmless(recording.stdout)
    assert_all_formats_harmless(recording.file)


def test_comma_in_a_vm_name(spawn, tmp_path):
    """QEMU doubles a comma in a value."""
    qemu = lib.copy_as(lib.load("fakevm"), str(tmp_path / "bin"), "qemu-system-x86_64")
    vm = lib.Process(spawn([qemu, "-name", f"guest={lib.PREFIX}a,,b,debug-threads=on"]))
    listed = json.loads(lib.virtax("list", "--json").stdout)
    assert [t["name"] for t in listed["targets"] if t["pid"] == vm.pid] == [f"{lib.PREFIX}a,b"]


@pytest.mark.parametrize("kind", NAMES)
def test_process_name(spawn, tmp_path, record, kind):
    """The file name of a program becomes its comm."""
    path = lib.copy_as(lib.load("spin"), str(tmp_path / "bin"), NAMES[kind].replace("/", "_"))
    process = lib.Process(spawn([path, "-g", "-u", "50"]))
    with record("--process", str(process.pid)) as recording:
        process.go()
        process.end()
    assert_harmless(recording.stdout)
    assert recording.run["targets"][0]["cpu"]["total_ns"] >= 40e6
    assert_all_formats_harmless(recording.file)


@pytest.mark.parametrize("kind", NAMES)
def test_errors_that_quote(kind):
    """An error quotes the argument in one line, escaped."""
    name = NAMES[kind]
    for argv in (["record", "--vm", name, "-d", "1"], ["record", "--cgroup", "/" + name],
                 ["report", name], [name], ["record", *ANY, "-d", name],
                 ["record", *ANY, "--", name]):
        done = lib.virtax(*argv)
        assert done.returncode in (2, 127), (argv, done.returncode)
        assert lib.ERROR_LINE.fullmatch(done.stderr), ascii(done.stderr)
        assert_harmless(done.stderr)


def test_host_name(cgroup):
    """Even the host's own name."""
    group = cgroup()
    script = ("import os, socket, sys; socket.sethostname(b'a\\x1b[2Jb\\n'); "
              "os.execv(sys.argv[1], sys.argv[1:])")
    done = subprocess.run(["unshare", "-u", sys.executable, "-c", script, lib.VIRTAX, "record",
                           "--cgroup", f"it={group.path}", "-d", "0.3"], capture_output=True,
                          text=True, timeout=30, stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == 0, done.stderr
    assert_harmless(done.stdout)
