# SPDX-License-Identifier: GPL-2.0-or-later
"""HTTP of several servers: on the wire as many requests as in their access logs, whatever is asked
of them."""

import http.client
import os
import re
import socket

import pytest

import lib
import servers
from room import run


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    """{name: Server}; haproxy is in front of the second nginx."""
    made = {}

    def make(name, kind, port):
        made[name] = kind(tmp_path_factory.mktemp(name), port)

    make("nginx", servers.nginx, 18110)
    make("behind", servers.nginx, 18121)
    make("haproxy", servers.haproxy, 18120)
    make("lighttpd", servers.lighttpd, 18130)
    make("node", servers.node, 18140)
    yield made
    for server in made.values():
        server.stop()


def get(server, path="/index.html", headers=None, n=1, method="GET", body=None):
    """n requests on one connection."""
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    for _ in range(n):
        client.request(method, path, body=body, headers=headers or {})
        response = client.getresponse()
        response.read()
        assert response.status in (200, 206), response.status
    client.close()


def upload(server):
    """The body follows 100 Continue."""
    out = run("curl", "-s", "-m", "10", "-H", "Expect: 100-continue", "-T", f"{server.dir}/www/big",
              server.url("/put"))
    assert out == f"got {servers.BIG}"


def aborted(server):
    """The client leaves in the middle of a large answer."""
    with socket.create_connection(("127.0.0.1", server.port)) as s:
        s.sendall(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
        s.recv(2000)


def websocket(server):
    """What follows the upgrade looks like HTTP, and is none."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as s:
        s.sendall(b"GET /chat HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                  b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
        assert b" 101 " in s.recv(2000)
        for _ in range(10):
            s.sendall(b"GET /index.html HTTP/1.1\r\n\r\n")
            assert s.recv(2000)


def all_kinds(server):
    """What every server can do."""
    get(server, n=50)
    for _ in range(30):
        get(server, headers={"Connection": "close"})
    get(server, "/big", n=3)
    get(server, "/big", headers={"Range": "bytes=100-5099"}, n=20)
    get(server, "/big", headers={"Range": "bytes=0-99,5000-5999"}, n=5)
    get(server, method="HEAD", n=10)


def options(*named):
    found = []
    for server in named:
        found += ["--process", f"{server.name}={server.pid}", "--http",
                  f"{server.name}:lo:{server.port}"]
    return [*found, "--only", "cpu,http"]


def check(run_, server, n, interim=0):
    """All that was asked for is in the log, and on the wire; `100 Continue` is an answer more."""
    requests = run_.target(server.name)["requests"]
    assert requests["count"] == n, (server.name, requests)
    assert sum(requests["status"].values()) == n + interim


@pytest.mark.parametrize("name", ["nginx", "lighttpd"])
def test_files(web, record, name):
    server = web[name]
    before = server.logged()
    with record(*options(server)) as rec:
        all_kinds(server)
        for _ in range(5):
            aborted(server)
        lib.wait_until("its log", lambda: server.logged() - before == 123)
    check(rec.run, server, 123)
    assert rec.run.target(name)["requests"]["status"]["2xx"] == 123


def test_haproxy_in_front(web, record):
    """Each of both has its own count."""
    front, behind = web["haproxy"], web["behind"]
    before = front.logged(), behind.logged()
    with record(*options(front, behind)) as rec:
        all_kinds(front)
        lib.wait_until("the logs", lambda: front.logged() - before[0] == 118)
        assert behind.logged() - before[1] == 118
    check(rec.run, front, 118)
    check(rec.run, behind, 118)


def test_node(web, record):
    """Chunks that look like answers, events, an upload that waits for 100 Continue, a websocket."""
    server = web["node"]
    before = server.logged()
    with record(*options(server)) as rec:
        get(server, n=20)
        get(server, "/chunked", n=10)
        get(server, "/events", n=2)
        for _ in range(3):
            upload(server)
        get(server, "/post", n=5, method="POST", body=iter([b"a" * 1000, b"b" * 70000]))
        websocket(server)
        assert server.logged() - before == 41
    check(rec.run, server, 41, interim=3)


@pytest.mark.parametrize("name", ["nginx", "lighttpd", "haproxy"])
def test_short_connections(web, record, name):
    """10,000 of them, each with one request."""
    server = web[name]
    before = server.logged()
    with record(*options(server)) as rec:
        out = run("ab", "-q", "-n", "10000", "-c", "4", server.url("/index.html"))
        assert "Complete requests:      10000" in out
        lib.wait_until("its log", lambda: server.logged() - before >= 10000)
    assert server.logged() - before == 10000
    check(rec.run, server, 10000)


SLEPT_NS = 20_000_000


def ns(text):
    """wrk and h2load print 21.35ms or 950us."""
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()
    return float(number) * {"us": 1e3, "ms": 1e6, "s": 1e9}[unit]


def wrk(server):
    text = run("wrk", "-t", "1", "-c", "4", "-d", "2", "--latency", server.url("/slow"))
    return {f"p{p}": ns(re.search(rf"^ +{p}%\s+(\S+)", text, re.M)[1]) for p in (50, 90, 99)}


def ab_percentiles(server):
    text = run("ab", "-q", "-k", "-n", "400", "-c", "4", server.url("/slow"))  # whole ms, rounded
    return {f"p{p}": 1e6 * (0.5 + int(re.search(rf"^ +{p}%\s+(\d+)", text, re.M)[1]))
            for p in (50, 90, 99)}


def h2load(server):
    text = run("h2load", "--h1", "-n", "400", "-c", "4", server.url("/slow"))
    least, most = re.search(r"time for request: +(\S+) +(\S+)", text).groups()
    return {"min": ns(least), "max": ns(most)}


@pytest.mark.parametrize("load", [wrk, ab_percentiles, h2load])
def test_percentiles_beside_the_load_generator_s(web, record, load):
    """The server waits 20 ms, the lower bound; the upper one is the client's percentile, within the
    width of a bucket."""
    server = web["node"]
    with record(*options(server)) as rec:
        theirs = load(server)
    ours = rec.run.target("node")["requests"]["latency_ns"]
    for name in theirs.keys() & ours.keys():
        assert 0.97 * SLEPT_NS <= ours[name] <= theirs[name] * 9 / 8 + 1e5, (name, ours, theirs)
    assert 0.97 * SLEPT_NS <= ours["p50"] <= ours["p99"] <= ours["max"]
