# SPDX-License-Identifier: GPL-2.0-or-later
"""TLS and HTTP/2: what --requests says is what the load generator asked for; when the log is rotated
or the server restarted in the middle it is right, or unknown with the reason."""

import os
import re
import sys
import time

import pytest

import lib
import servers
from room import run

sys.path.insert(0, os.path.join(lib.ROOT, "tests", "e2e", "sources"))

from webserver import Apache  # noqa: E402


def h2load(url, n, *more):
    """Over TLS, HTTP/2 if the server offers it; as many requests as it says succeeded."""
    text = run("h2load", "-n", n, "-c", "4", "-m", "8", *more, url)
    assert re.search(rf"{n} total, {n} started, {n} done, {n} succeeded", text), text
    return text


@pytest.fixture(scope="module")
def nginx(tmp_path_factory):
    server = servers.nginx(tmp_path_factory.mktemp("nginx"), 18150)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def apache(tmp_path_factory):
    server = Apache(tmp_path_factory.mktemp("apache") / "it")
    yield server
    server.remove()


def options(server, source, port="lo:18151"):
    return ["--process", f"web={server.pid}", "--requests", f"web:{source}", "--http", f"web:{port}",
            "--only", "cpu,http"]


def mark(rec, name):
    done = lib.virtax("mark", name, "--pid", str(rec.process.pid))
    assert done.returncode == 0, done.stderr


def notes(run_):
    return {d["what"]: d["why"] for d in run_["degraded"]}


def requests_of(rec):
    rec.run.check_schema()
    return rec.run.target("web")["requests"]


@pytest.mark.parametrize("source", ["log", "stub_status"])
def test_nginx(nginx, record, source):
    what = f"log:{nginx.log}" if source == "log" else nginx.status_url
    with record(*options(nginx, what), check=False) as rec:
        assert "h2" in h2load(nginx.url("/index.html", "https"), 4000)
        h2load(nginx.url("/index.html", "https"), 500, "--h1")
        time.sleep(0.1)
    requests = requests_of(rec)
    assert (requests["source"], requests["count"]) == (source, 4500), notes(rec.run)
    assert requests["wire_count"] == 0
    assert rec.run.target("web")["per_request"]["cpu_ns"] > 0


def test_apache_log(apache, record):
    with record(*options(apache, f"log:{apache.log}", f"{apache.veth.dev}:443"), check=False) as rec:
        assert "h2" in h2load(apache.url(tls=True), 3000)
        h2load(apache.url(tls=True), 500, "--h1")
        time.sleep(0.1)
    requests = requests_of(rec)
    assert (requests["source"], requests["count"]) == ("log", 3500), notes(rec.run)
    assert requests["wire_count"] == 0
    with record("--process", f"web={apache.pid}", "--http", f"web:{apache.veth.dev}:443", "--only",
                "cpu,http", check=False) as rec:
        h2load(apache.url(tls=True), 100)
    assert requests_of(rec)["tls"] == 4 and "--requests LABEL:log:PATH" in rec.stdout


def accesses(apache):
    return int(re.search(r"Total Accesses: (\d+)", apache.status())[1])


def test_apache_status(apache, record):
    """Exact over HTTP/1.1. Apache 2.4 does not count some of the streams of HTTP/2 (13 of 3,000):
    then virtax has what Apache has."""
    with record(*options(apache, apache.status_url, f"{apache.veth.dev}:443"), check=False) as rec:
        h2load(apache.url(tls=True), 1500, "--h1")
    assert requests_of(rec)["count"] == 1500, notes(rec.run)
    before = accesses(apache)  # counted after the answer was written
    with record(*options(apache, apache.status_url, f"{apache.veth.dev}:443"), check=False) as rec:
        h2load(apache.url(tls=True), 3000)
        time.sleep(0.1)
    own = accesses(apache) - before - 1
    count = requests_of(rec)["count"]
    assert count <= 3000 and 2 <= own - count <= 9, (own, count)  # the difference: our visits


def test_plain_http_beside_it(nginx, record):
    """Where the wire can be read, both counts are the load's."""
    with record(*options(nginx, f"log:{nginx.log}", "lo:18150"), check=False) as rec:
        h2load(nginx.url("/index.html"), 2000, "--h1")
        time.sleep(0.1)
    requests = requests_of(rec)
    assert requests["count"] == requests["wire_count"] == 2000


def test_rotated_twice(nginx, record):
    """logrotate, two times within one row; nginx opens its log anew at SIGUSR1."""
    with record(*options(nginx, f"log:{nginx.log}"), "-i", "60", check=False) as rec:
        for n in (1, 2):
            h2load(nginx.url("/index.html", "https"), 300)
            for old in (2, 1):
                if os.path.exists(f"{nginx.log}.{old}"):
                    os.rename(f"{nginx.log}.{old}", f"{nginx.log}.{old + 1}")
            os.rename(nginx.log, f"{nginx.log}.1")
            h2load(nginx.url("/index.html", "https"), 100 * n)
            nginx.daemon.process.send_signal(10)
            lib.wait_until("the new log", lambda: os.path.exists(nginx.log))
            time.sleep(0.2)
        h2load(nginx.url("/index.html", "https"), 50)
        time.sleep(0.1)
    assert requests_of(rec)["count"] == 300 + 100 + 300 + 200 + 50, notes(rec.run)


def test_a_restart_that_no_counter_shows(nginx, record):
    """Afterwards nginx has counted more than before; the log does not mind."""
    for what, count in ((nginx.status_url, None), (f"log:{nginx.log}", 2400)):
        nginx.stop()
        nginx.start()
        with record(*options(nginx, what), "-i", "60", check=False) as rec:
            h2load(nginx.url("/index.html", "https"), 400)
            nginx.stop()
            nginx.start()
            visits = 1  # start() looks whether it answers
            h2load(nginx.url("/index.html", "https"), 2000)
            time.sleep(0.1)
        requests = requests_of(rec)
        assert requests["count"] == (count and count + visits), (what, requests)
        if count is None:
            assert "restarted" in notes(rec.run)["requests of web"], notes(rec.run)


def test_a_load_without_a_restart(nginx, record):
    """The connection by which it is read lives on: no doubt, row by row."""
    with record(*options(nginx, nginx.status_url), "-i", "0.1", check=False) as rec:
        for _ in range(5):
            h2load(nginx.url("/index.html", "https"), 200)
        time.sleep(0.1)
    assert requests_of(rec)["count"] == 1000, notes(rec.run)
    assert "requests of web" not in notes(rec.run)
