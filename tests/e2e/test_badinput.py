# SPDX-License-Identifier: GPL-2.0-or-later
"""Bad input gives one clear line and the documented exit status: 2 for a wrong command line or an
unreadable file, 1 for a measurement that cannot be made."""

import copy
import json
import os
import random
import signal
import subprocess
import time

import pytest

import lib

ANY = ["--process", str(os.getpid())]  # any target will do; this one exists


def dead_pid():
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


# ---- targets -------------------------------------------------------------------------------------


@pytest.mark.parametrize("argv", [
    ["--vm", "nosuchvm"], ["--container", "nosuchbox"], ["--cgroup", "/no/such/group"],
    ["--cgroup", "/sys/fs/cgroup/nosuch"], ["--process", "99999999"], ["--process", "me"],
    ["--process", "-5"], ["--process", "0"], ["--process", ""], ["--vm", ""], ["--vm", "label="],
    ["--cgroup", "/etc"],
])
def test_unknown_target(argv):
    spec = argv[1].removeprefix("label=")
    lib.assert_error(lib.virtax("record", *argv, "-d", "1"), 2, spec)


@pytest.mark.parametrize("option", ["--process", "--vm", "--container"])
def test_dead_pid(option):
    pid = str(dead_pid())
    lib.assert_error(lib.virtax("record", option, pid, "-d", "1"), 2, pid)


def test_thread_instead_of_process(spawn, tmp_path):
    """The number of a thread does not name a process; the error names the process."""
    vm = lib.Process(spawn([lib.copy_as(lib.load("fakevm"), str(tmp_path), "threads")]))
    lib.wait_until("threads", lambda: len(os.listdir(f"/proc/{vm.pid}/task")) == 4)
    tid = [t for t in os.listdir(f"/proc/{vm.pid}/task") if int(t) != vm.pid][0]
    done = lib.virtax("record", "--process", tid, "-d", "1")
    lib.assert_error(done, 2, tid, "thread", str(vm.pid))


def test_pid_that_is_no_vm():
    lib.assert_error(lib.virtax("record", "--vm", str(os.getpid()), "-d", "1"), 2,
                     str(os.getpid()))


def test_two_vms_of_one_name(spawn, tmp_path):
    """The error lists both."""
    qemu = lib.copy_as(lib.load("fakevm"), str(tmp_path), "qemu-system-x86_64")
    name = f"{lib.PREFIX}twin"
    vms = [lib.Process(spawn([qemu, "-name", f"guest={name}"])) for _ in range(2)]
    done = lib.virtax("record", "--vm", name, "-d", "1")
    lib.assert_error(done, 2, name, *(str(vm.pid) for vm in vms))
    assert lib.virtax("record", "--vm", str(vms[0].pid), "-d", "1").returncode == 0


def test_same_label_twice(cgroup):
    one, two = cgroup(), cgroup()
    done = lib.virtax("record", "--cgroup", f"x={one.path}", "--cgroup", f"x={two.path}", "-d", "1")
    lib.assert_error(done, 2, "x")


# ---- the command line ----------------------------------------------------------------------------


@pytest.mark.parametrize("argv", [
    ["nosuchcommand"], ["record", "--nosuchoption"], ["record", "-d", "soon", *ANY],
    ["record", "-d", "0", *ANY], ["record", "-d", "-1", *ANY], ["record", "-d", "1x", *ANY],
    ["record", "-d", "nan", *ANY], ["record", "-d", "inf", *ANY], ["record", "-d", "", *ANY],
    ["record", "-d", "1e30", *ANY], ["record", "-i", "0", "-d", "1", *ANY],
    ["record", "-i", "often", "-d", "1", *ANY], ["record", "--split", "roughly", *ANY],
    ["record", "--only", "cpu,luck", *ANY], ["record", "--http", "70000", "-d", "1", *ANY],
    ["record", "--http", "eighty", "-d", "1", *ANY], ["record", "--http", "0", "-d", "1", *ANY],
    ["record", "--http", "nosuchdev0:80", "-d", "1", *ANY],
    ["record", "--http", "nosuchlabel:lo:80", "-d", "1", *ANY],
    ["record", "--requests", "-7", "-d", "1", *ANY], ["record", "--requests", "/no/file", *ANY],
    ["record", "stray", "-d", "1"], ["record", "-d"],
    ["record", "-o", "/no/such/dir/run.json", "-d", "1", *ANY],
    ["report"], ["report", "/no/such/run.json"], ["report", "/"], ["list", "stray"],
    ["schema", "stray"], ["check", "--nosuchoption"],
], ids=" ".join)
def test_wrong_command_line(argv):
    before = time.monotonic()
    lib.assert_error(lib.virtax(*argv), 2)
    assert time.monotonic() - before < 5, "it measured before it checked"


def test_no_command_at_all():
    done = lib.virtax()
    assert done.returncode == 2
    assert done.stderr and not done.stdout


@pytest.mark.parametrize("argv", [["--help"], ["--version"], ["record", "--help"],
                                  ["list", "--help"], ["report", "--help"], ["check", "--help"],
                                  ["schema", "--help"]], ids=" ".join)
def test_help_goes_to_standard_output(argv):
    done = lib.virtax(*argv)
    assert done.returncode == 0 and done.stdout and not done.stderr


# ---- CMD -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("script,status", [("exit 0", 0), ("exit 3", 3), ("exit 255", 255),
                                           ("kill -9 $$", 137), ("kill -15 $$", 143)])
def test_status_of_the_command(script, status, tmp_path):
    """record exits with CMD's status, and what was measured is kept."""
    out = tmp_path / "run.json"
    done = lib.virtax("record", *ANY, "-o", str(out), "--", "sh", "-c", script)
    assert done.returncode == status, done.stderr
    lib.Run(out.read_text()).check_schema()


def test_command_that_is_not_there():
    done = lib.virtax("record", *ANY, "--", "no-such-command")
    lib.assert_error(done, 127, "no-such-command")


def test_command_that_is_no_program(tmp_path):
    plain = tmp_path / "plain"
    plain.write_text("data")
    lib.assert_error(lib.virtax("record", *ANY, "--", str(plain)), 126, str(plain))


# ---- privileges and kernel -----------------------------------------------------------------------


def test_record_without_root(anyone):
    lib.assert_error(anyone("record", *ANY, "-d", "1"), 1, "root")


def test_what_needs_no_root(anyone, run_file):
    path = anyone.place / "run.json"
    path.write_text(json.dumps(run_file))
    os.chmod(path, 0o644)
    for argv in (["--version"], ["--help"], ["schema"], ["report", str(path)],
                 ["report", str(path), "--format", "csv"]):
        done = anyone(*argv)
        assert done.returncode == 0 and done.stdout, (argv, done.stderr)


def test_file_without_the_right_to_read_it(anyone, run_file):
    path = anyone.place / "secret.json"
    path.write_text(json.dumps(run_file))
    os.chmod(path, 0o600)
    lib.assert_error(anyone("report", str(path)), 2, "secret.json")


def without_btf(*argv):
    """Hides the kernel's BTF, and every other place where its image might be found."""
    script = ('for d in /sys/kernel/btf /boot /lib/modules /usr/lib/debug; do '
              '[ ! -d $d ] || mount -t tmpfs none $d || exit 96; done; exec "$@"')
    return subprocess.run(["unshare", "-m", "--propagation", "private", "sh", "-c", script, "sh",
                           lib.VIRTAX, *argv], capture_output=True, text=True, timeout=30,
                          stdin=subprocess.DEVNULL, check=False)


def test_record_without_btf():
    lib.assert_error(without_btf("record", *ANY, "-d", "1"), 1, "BTF")


def test_check_without_btf():
    """This is what check is for: it reports the lack and does not fail."""
    done = without_btf("check")
    assert "BTF" in done.stdout + done.stderr
    assert done.returncode in (0, 1)


# ---- requests ------------------------------------------------------------------------------------


def test_port_that_nobody_serves(record, cgroup):
    """The measurement is valid, but there is nothing to divide by. The report says so."""
    group = cgroup()
    with record("--cgroup", f"it={group.path}", "--http", "it:lo:1") as recording:
        group.spawn([lib.load("spin"), "-w", "200"]).wait(timeout=20)
    target = recording.run.target("it")
    assert target["requests"]["count"] == 0
    assert target["per_request"] is None
    said = [line for line in (recording.stdout + recording.stderr).splitlines()
            if "port 1" in line.lower() and ("no request" in line.lower() or " 0 " in line)]
    assert len(said) == 1, recording.stdout + recording.stderr


# ---- run files -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def run_file(module_cgroup, module_dir):
    """A real run, for damaging."""
    group = module_cgroup("-run")
    args = ["--cgroup", f"it={group.path}", "--requests", "100"]
    with lib.Recording(module_dir, args) as recording:
        group.spawn([lib.load("spin"), "-w", "300"]).wait(timeout=20)
    return recording.run.doc


FORMATS = ("term", "json", "csv")


def test_truncated_run_file(run_file, tmp_path):
    path = tmp_path / "cut.json"
    text = json.dumps(run_file)
    for cut in sorted({0, 1, 2, len(text) - 1, *range(0, len(text), max(1, len(text) // 40))}):
        path.write_text(text[:cut])
        lib.assert_error(lib.virtax("report", str(path)), 2, "cut.json")


@pytest.mark.parametrize("text", [
    "[]", "{}", "null", "1", '"virtax-run/1"', "\x00" * 100, "[" * 100000, '{"a":' * 50000,
    '{"schema": "virtax-run/1"}', '{"schema": 7}', "\x7fELF", '{"schema": "other/1"}',
], ids=range(12))
def test_file_that_is_no_run(text, tmp_path):
    path = tmp_path / "odd.json"
    path.write_text(text)
    lib.assert_error(lib.virtax("report", str(path)), 2, "odd.json")


def test_newer_schema(run_file, tmp_path):
    path = tmp_path / "new.json"
    path.write_text(json.dumps({**run_file, "schema": "virtax-run/2"}))
    lib.assert_error(lib.virtax("report", str(path)), 2, "virtax-run/2")


def test_bytes_that_are_no_text(run_file, tmp_path):
    path = tmp_path / "bytes.json"
    text = json.dumps({**run_file, "label": "MARK"})
    path.write_bytes(text.encode().replace(b"MARK", b"\xff\xfe"))
    lib.assert_error(lib.virtax("report", str(path)), 2, "bytes.json")


def places(node, path=()):
    """Yields every place in a document."""
    yield path
    children = node.items() if isinstance(node, dict) else enumerate(node) \
        if isinstance(node, list) else ()
    for key, below in children:
        yield from places(below, path + (key,))


HOSTILE = [None, True, -1, 0.5, 2**63, 2**64 - 1, 10**400, "x" * 70000, "\x1b]0;owned\x07", [], {},
           [[]], [None] * 1000, {"x": {}}]


def test_hostile_run_file(run_file, tmp_path):
    """Any value at any place is shown, or refused in one line: no crash, no hang, no unescaped
    control character."""
    rng = random.Random(20240229)
    path = tmp_path / "hostile.json"
    for where in list(places(run_file))[1:]:
        doc = copy.deepcopy(run_file)
        node = doc
        for key in where[:-1]:
            node = node[key]
        node[where[-1]] = rng.choice(HOSTILE)
        path.write_text(json.dumps(doc))
        done = lib.virtax("report", str(path), "--format", rng.choice(FORMATS), timeout=10)
        what = (where, ascii(node[where[-1]])[:60], done.returncode, done.stderr[:300])
        assert done.returncode in (0, 2), what
        assert not lib.CONTROL.search(done.stdout + done.stderr), what
        if done.returncode == 2:
            assert lib.ERROR_LINE.fullmatch(done.stderr), what


def test_output_that_cannot_be_written(run_file, tmp_path):
    """A full disk under the report or the run is an error, not a truncated success."""
    path = tmp_path / "run.json"
    path.write_text(json.dumps(run_file))
    done = lib.virtax("report", str(path), "-o", "/dev/full")
    assert done.returncode != 0 and lib.ERROR_LINE.fullmatch(done.stderr), done.stderr
    done = lib.virtax("record", *ANY, "-d", "0.3", "-q", "-o", "/dev/full")
    assert done.returncode != 0 and lib.ERROR_LINE.fullmatch(done.stderr), done.stderr


def left_alone(*argv):
    """The exit status of virtax and its messages if the reader closes its standard output."""
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([lib.VIRTAX, *argv], stdin=subprocess.DEVNULL, stdout=write,
                          stderr=subprocess.PIPE, text=True, check=False, timeout=30)
    os.close(write)
    return done.returncode, done.stderr


@pytest.mark.parametrize("form", FORMATS)
def test_reader_that_goes_away(run_file, tmp_path, form):
    """`virtax report … | head -1` ends quietly, by SIGPIPE."""
    path = tmp_path / "run.json"
    path.write_text(json.dumps(run_file))
    assert left_alone("report", str(path), "--format", form) == (-signal.SIGPIPE, "")


@pytest.mark.parametrize("argv", [["list"], ["list", "--json"], ["check"], ["schema"], ["--help"],
                                  ["record", "--help"]], ids=" ".join)
def test_reader_of_another_command_goes_away(argv):
    assert left_alone(*argv) == (-signal.SIGPIPE, "")


def test_recording_without_a_reader_is_saved(tmp_path):
    """A recording continues without a reader: it saves its run before it ends as a filter does."""
    out = tmp_path / "run.json"
    assert left_alone("record", *ANY, "-d", "0.3", "-o", str(out)) == (-signal.SIGPIPE, "")
    lib.Run(out.read_text()).check_schema()


def test_recordings_without_a_reader_are_all_made(tmp_path):
    status, err = left_alone("record", *ANY, "--repeat", "2", "--warmup", "0", "-d", "0.3", "-o",
                             f"{tmp_path}/run")
    assert (status, err) == (-signal.SIGPIPE, "")
    assert sorted(os.listdir(tmp_path)) == ["run.1", "run.2"]


def test_command_without_a_reader_keeps_its_status(tmp_path):
    out = tmp_path / "run.json"
    assert left_alone("record", *ANY, "-o", str(out), "--", "sh", "-c", "exit 7") == (7, "")
    lib.Run(out.read_text()).check_schema()


def test_closed_standard_output(tmp_path):
    """It is an error, no file of ours gets the descriptor, and the run is complete."""
    out = tmp_path / "run.json"
    done = subprocess.run(["sh", "-c", 'exec "$@" >&-', "sh", lib.VIRTAX, "record", *ANY, "-d", "0.3",
                           "-o", str(out)], stderr=subprocess.PIPE, text=True, check=False,
                          timeout=30, stdin=subprocess.DEVNULL)
    assert done.returncode == 1 and lib.ERROR_LINE.fullmatch(done.stderr), done.stderr
    lib.Run(out.read_text()).check_schema()
