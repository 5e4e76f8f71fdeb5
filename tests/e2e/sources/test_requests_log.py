# SPDX-License-Identifier: GPL-2.0-or-later
"""--requests log:PATH: the lines that an access log gains are the load generator's requests, also
over TLS and when the log is rotated; what may have been missed is never a count."""

import os
import time

import pytest

import lib
import runc
from webserver import Apache


@pytest.fixture(scope="module")
def apache(module_dir):
    server = Apache(module_dir / "apache")
    yield server
    server.remove()


def options(apache, *more):
    return ["--process", f"web={apache.pid}", "--requests", f"web:log:{apache.log}", "--http",
            f"web:{apache.veth.dev}:80", "--only", "cpu,http", *more]


def rows(run, key="count"):
    return [t["requests"][key] for row in run["intervals"] for t in row["targets"]]


def stage_counts(run):
    return [s["targets"][0]["requests"]["count"] for s in run["stages"]]


def logged(apache):
    """All lines, in the log that was rotated as well."""
    return sum(lib.read(f).count("\n") for f in (apache.log, apache.log + ".1")
               if os.path.exists(f))


def run_load(apache, tmp_path, argv, *more):
    out = str(tmp_path / "run.json")
    done = lib.virtax("record", *options(apache, *more), "-o", out, "--", *argv)
    assert done.returncode == 0, done.stderr
    run = lib.Run(lib.read(out))
    run.check_schema()
    return run, done.stdout


@pytest.mark.parametrize("tls", [False, True])
def test_the_log_is_the_load(apache, tmp_path, tls):
    """Over plain HTTP the wire counts the same; over TLS it sees nothing on that port."""
    run, report = run_load(apache, tmp_path, apache.ab(1500, tls=tls), "-i", "0.1")
    requests = run.target("web")["requests"]
    assert (requests["source"], requests["count"]) == ("log", 1500)
    assert requests["wire_count"] == (0 if tls else 1500)
    assert run.target("web")["per_request"]["cpu_ns"] > 0
    assert None not in rows(run) and sum(rows(run)) == 1500
    assert sum(rows(run, "wire_count")) == requests["wire_count"]
    assert "in its log" in report and "on the wire" in report


def test_the_report_names_tls(apache, record):
    """Without --requests it says what is spoken on the port, and what to do."""
    with record("--process", f"web={apache.pid}", "--http", f"web:{apache.veth.dev}:443",
                "--only", "cpu,http", check=False) as rec:
        apache.load(20, tls=True)
    requests = rec.run.target("web")["requests"]
    assert (requests["count"], requests["tls"], requests["http2"]) == (0, 4, 0)
    assert "TLS at port 443" in rec.stdout and "--requests LABEL:log:PATH" in rec.stdout


def test_marks_and_rotation(apache, record):
    """The log is renamed under load as logrotate does it; each stage has its own requests."""
    before = logged(apache)
    with record(*options(apache), check=False) as rec:
        apache.load(200, tls=True)
        assert lib.virtax("mark", "rotated").returncode == 0
        os.rename(apache.log, apache.log + ".1")
        apache.load(300, tls=True)  # Apache still writes to the old file
        apache.graceful()
        lib.wait_until("the new log exists", lambda: os.path.exists(apache.log))
        apache.load(400, tls=True)
        time.sleep(0.2)
        served = logged(apache) - before
    run = rec.run
    run.check_schema()
    # A graceful restart also visits the server itself, to wake its workers.
    assert served >= 900
    assert run.target("web")["requests"]["count"] == served
    assert stage_counts(run) == [200, served - 200]
    notes = {d["what"]: d["why"] for d in run["degraded"]}
    assert "rotated 1 times" in notes["source of requests of web"]


def test_a_truncated_log_has_no_count(apache, record):
    """copytruncate loses what is written between its copy and its cut; how much is unknown."""
    with record(*options(apache), check=False) as rec:
        apache.load(100)
        assert lib.virtax("mark", "cut").returncode == 0
        apache.load(50)
        os.truncate(apache.log, 0)
        assert lib.virtax("mark", "after").returncode == 0
        apache.load(70)
        time.sleep(0.2)
    run = rec.run
    run.check_schema()
    requests = run.target("web")["requests"]
    assert requests["count"] is None and requests["wire_count"] == 220
    assert run.target("web")["per_request"] is None
    assert stage_counts(run) == [100, None, 70]
    notes = {d["what"]: d["why"] for d in run["degraded"]}
    assert "truncated 1 times" in notes["requests of web"]
    assert "at least 170" in notes["requests of web"]


def test_a_server_that_restarts(apache, record):
    """The log does not mind."""
    before = logged(apache)
    with record(*options(apache), check=False) as rec:
        apache.load(100)
        apache.stop()
        apache.start()
        apache.load(50)
        time.sleep(0.2)
        served = logged(apache) - before
    assert served > 150  # and visits to see that it is back
    assert rec.run.target("web")["requests"]["count"] == served


def test_the_path_is_the_targets(module_dir, tmp_path):
    """In a container, a link cannot lead out of its root."""
    box = runc.Container(os.path.join(str(module_dir), "box"), "-log")
    box.start(["sleep", "600"])
    root = os.path.join(box.directory, "rootfs")
    try:
        with open(f"{root}/log", "w", encoding="ascii") as log:
            os.symlink("/log", f"{root}/link")
            with lib.Recording(tmp_path, ["--container", f"box={box.name}", "--requests",
                                          "log:/link"], check=False) as rec:
                log.write("a\nb\nc\n")
                log.flush()
        assert rec.run.target("box")["requests"]["count"] == 3
        os.symlink("/etc/hostname", f"{root}/out")
        done = lib.virtax("record", "--container", f"box={box.name}", "--requests", "log:/out",
                          "-d", "1")
        lib.assert_error(done, 2, "log:/out", "No such file", "as the target sees it")
    finally:
        box.remove()


@pytest.mark.parametrize("source, words", [
    ("web:log:/no/such/log", ["No such file", "as the target sees it"]),
    ("web:log:/", ["not a regular file"]),
    ("other:log:/var/log/x", ["label"]),
])
def test_wrong_sources(apache, source, words):
    done = lib.virtax("record", "--process", f"web={apache.pid}", "--requests", source, "-d", "1")
    lib.assert_error(done, 2, "--requests", *words)


def test_one_source_for_each_target(apache):
    done = lib.virtax("record", *options(apache), "--requests", f"log:{apache.log}", "-d", "1")
    lib.assert_error(done, 2, "another source")
