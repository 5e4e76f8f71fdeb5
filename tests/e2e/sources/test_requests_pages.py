# SPDX-License-Identifier: GPL-2.0-or-later
"""--requests http://…: a server's own count, without the visits of virtax that read it; restarts and
missing answers are never a count."""

import http.server
import socket
import threading
import time

import pytest

import lib
from webserver import Apache


@pytest.fixture(scope="module")
def apache(module_dir):
    server = Apache(module_dir / "apache")
    yield server
    server.remove()


def options(apache, source, *more):
    return ["--process", f"web={apache.pid}", "--requests", f"web:{source}", "--http",
            f"web:{apache.veth.dev}:80", "--only", "cpu,http", *more]


def run_load(tmp_path, args, argv):
    out = str(tmp_path / "run.json")
    done = lib.virtax("record", *args, "-o", out, "--", *argv)
    assert done.returncode == 0, done.stderr
    run = lib.Run(lib.read(out))
    run.check_schema()
    return run


def row_counts(run):
    return [t["requests"]["count"] for row in run["intervals"] for t in row["targets"]]


def stage_counts(run):
    return [s["targets"][0]["requests"]["count"] for s in run["stages"]]


def notes(run):
    return {d["what"]: d["why"] for d in run["degraded"]}


@pytest.mark.parametrize("tls", [False, True])
def test_server_status(apache, tmp_path, tls):
    """Read ten times a second, on a port of its own: the wire has the load alone."""
    run = run_load(tmp_path, options(apache, apache.status_url, "-i", "0.1"),
                   apache.ab(1500, tls=tls))
    requests = run.target("web")["requests"]
    assert (requests["source"], requests["count"]) == ("server-status", 1500), requests
    assert requests["wire_count"] == (0 if tls else 1500)
    assert requests["own_reads"] >= 2
    counts = row_counts(run)
    assert sum(count or 0 for count in counts) <= 1500
    if None not in counts:  # a busy machine may answer too late for a row
        assert sum(counts) == 1500


def test_own_visits_on_the_counted_port(apache, tmp_path):
    """The wire counts them, the source does not: the difference is what the run file says."""
    url = apache.url("/server-status?auto")
    run = run_load(tmp_path, options(apache, url, "-i", "0.05"), ["sleep", "1"])
    requests = run.target("web")["requests"]
    assert requests["count"] == 0 and requests["own_reads"] >= 5
    assert 0 < requests["wire_count"] <= requests["own_reads"]


def test_marks(apache, record):
    with record(*options(apache, apache.status_url), check=False) as rec:
        apache.load(200, tls=True)
        assert lib.virtax("mark", "second").returncode == 0
        apache.load(300, tls=True)
    rec.run.check_schema()
    assert rec.run.target("web")["requests"]["count"] == 500
    assert stage_counts(rec.run) == [200, 300]


def test_a_restart_is_not_a_count(apache, record):
    with record(*options(apache, apache.status_url, "-i", "0.2"), check=False) as rec:
        apache.load(100)
        assert lib.virtax("mark", "restart").returncode == 0
        apache.stop()
        apache.start()
        assert lib.virtax("mark", "after").returncode == 0
        apache.load(50)
    run = rec.run
    run.check_schema()
    assert run.target("web")["requests"]["count"] is None
    assert run.target("web")["per_request"] is None
    counts = stage_counts(run)
    assert counts[0] == 100 and counts[1] is None and counts[2] == 50
    assert "restarted" in notes(run)["requests of web"]


class Pages(http.server.BaseHTTPRequestHandler):
    """Whatever the test wants to be answered."""

    def do_GET(self):
        server = self.server
        server.visits += 1
        if server.delay:
            time.sleep(server.delay)
        body = server.page().encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def pages():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    server.visits, server.delay, server.daemon_threads = 0, 0, True
    server.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def sources(pages, source, spawn, *more):
    process = spawn(["sleep", "60"])
    return ["--process", f"it={process.pid}", "--requests", pages.url + source, "--only", "cpu",
            *more]


@pytest.mark.parametrize("counts_itself", [False, True])
def test_prometheus(pages, spawn, record, counts_itself):
    """A counter may or may not count the visits that read it: virtax finds out."""
    pages.served = 1000

    def page():
        n = pages.served + (pages.visits if counts_itself else 0)
        return (f'# TYPE hits_total counter\nhits_total{{code="200",to="a"}} {n}\n'
                f'hits_total{{code="200",to="b"}} 5\nhits_total{{code="500"}} 77\n')

    pages.page = page
    with record(*sources(pages, '/metrics#hits_total{code="200"}', spawn, "-i", "0.1"),
                check=False) as rec:
        time.sleep(0.25)
        pages.served += 123
        time.sleep(0.25)
    requests = rec.run.target("it")["requests"]
    assert (requests["source"], requests["count"]) == ("counter", 123)
    assert (requests.get("own_reads", 0) > 0) == counts_itself


def test_stub_status(pages, spawn, record):
    """nginx counts a visit before it answers it."""
    pages.page = lambda: ("Active connections: 1 \nserver accepts handled requests\n "
                          f"9 9 {40 + pages.more + pages.visits} \n"
                          "Reading: 0 Writing: 1 Waiting: 0 \n")
    pages.more = 0
    with record(*sources(pages, "/stub_status", spawn, "-i", "0.1"), check=False) as rec:
        time.sleep(0.15)
        pages.more = 17
        time.sleep(0.15)
    requests = rec.run.target("it")["requests"]
    assert (requests["source"], requests["count"]) == ("stub_status", 17)


def test_late_answers(pages, spawn, record):
    """A slow server costs rows their count, but not the total, and does not stop the recorder."""
    pages.page = lambda: f"hits_total {pages.hits}\n"
    pages.hits = 0
    with record(*sources(pages, "/#hits_total", spawn, "-i", "0.1"), check=False) as rec:
        pages.delay = 0.5
        time.sleep(0.35)
        pages.hits = 31
        pages.delay = 0
        time.sleep(0.6)
    run = rec.run
    assert run.target("it")["requests"]["count"] == 31
    counts = row_counts(run)
    assert len(counts) >= 6 and None in counts
    assert "did not answer in time" in notes(run)["requests in rows of it"]


def test_no_answer_at_the_end(pages, spawn, record):
    pages.page = lambda: "hits_total 3\n"
    with record(*sources(pages, "/#hits_total", spawn), check=False) as rec:
        pages.delay = 30
    assert rec.run.target("it")["requests"]["count"] is None
    assert "takes too long" in notes(rec.run)["requests of it"]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.mark.parametrize("page, source, words", [
    ("hits 1\n", "/#misses", ["no such metric"]),
    ("# TYPE hits gauge\nhits 1\n", "/#hits", ["gauge"]),
    ("hits 1.5\n", "/#hits", ["no whole number"]),
    ("hits 1\n", "/#hits{", ["not a counter", "label"]),
    ("hello", "/status", ["server-status?auto", "stub_status", "#NAME"]),
    ("BusyWorkers: 1\n", "/server-status?auto", ["ExtendedStatus"]),
])
def test_wrong_pages(pages, spawn, page, source, words):
    pages.page = lambda: page
    done = lib.virtax("record", *sources(pages, source, spawn), "-d", "1")
    lib.assert_error(done, 2, "--requests", source, *words)


def test_no_server(spawn):
    process = spawn(["sleep", "60"])
    done = lib.virtax("record", "--process", f"it={process.pid}", "--requests",
                      f"http://127.0.0.1:{free_port()}/metrics#hits", "-d", "1")
    lib.assert_error(done, 2, "--requests", "connect")
