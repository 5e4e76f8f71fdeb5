# SPDX-License-Identifier: GPL-2.0-or-later
"""Requests are counted exactly: compared with clients' own counts and Apache's access log."""

import collections
import os
import random
import subprocess
import sys
import threading
import time

import pytest

import lib
from rawhttp import Client, head
from veth import Veth
from webcheck import check, requests_of, way  # noqa: F401

HERE = os.path.dirname(os.path.abspath(__file__))


@pytest.fixture(scope="module")
def net():
    veth = Veth()
    yield veth
    veth.remove()


def start_server(argv):
    server = subprocess.Popen([*argv, sys.executable, os.path.join(HERE, "rawhttp.py"), "80"],
                              stdout=subprocess.PIPE, text=True)
    assert server.stdout.readline() == "ready\n"
    return server


@pytest.fixture(scope="module")
def raw(net):
    """The raw server, in a network namespace of its own, as a bare process."""
    server = start_server(["ip", "netns", "exec", os.path.basename(net.netns)])
    yield server
    server.kill()
    server.communicate()


def recording(record, server, *args, **kwargs):
    return record("--process", f"web={server.pid}", *args, **kwargs)


# ---- the raw client -----------------------------------------------------------------------------

ASKED = [
    ("/ok/0", "GET"), ("/ok/5", "GET"), ("/ok/100000", "GET"), ("/ok/777", "HEAD"),
    ("/chunked/0", "GET"), ("/chunked/3000", "GET"), ("/chunked/50", "HEAD"), ("/code/204", "GET"),
    ("/code/304", "GET"), ("/code/301", "GET"), ("/code/404", "GET"), ("/code/404", "HEAD"),
    ("/code/500", "GET"), ("/code/503", "POST"), ("/hints", "GET"),
]


def ask_all(client, rng, times):
    for _ in range(times):
        target, method = rng.choice(ASKED)
        headers, body = [], b""
        if method == "POST":
            body = b"GET / HTTP/1.1\r\n\r\n" * rng.randrange(1, 9)
            if rng.random() < 0.5:
                headers = ["Transfer-Encoding: chunked"]
                body = b"12\r\n" + body[:18] + b"\r\n0\r\n\r\n"
        yield lambda: client.ask(target, method, *headers, body=body)


def test_keep_alive(raw, net, record, way):
    """Every kind of message, one after another on one connection."""
    rng = random.Random(1)
    with recording(record, raw) as r:
        client = Client(net.inside)
        for ask in ask_all(client, rng, 400):
            client.take(ask())
        client.close()
    got = check(r.run, client.answers, client.status)
    assert got["connections"] == 1
    assert r.run.target("web")["requests"]["latency_ns"]["count"] == client.answers


def test_pipelined(raw, net, record, way):
    """Up to 60 requests in flight, in as few segments as TCP uses."""
    rng = random.Random(2)
    with recording(record, raw) as r:
        client = Client(net.inside)
        for _ in range(20):
            methods = [ask() for ask in ask_all(client, rng, rng.randrange(2, 60))]
            for method in methods:
                client.take(method)
        client.close()
    check(r.run, client.answers, client.status)


def test_one_write_many_requests(raw, net, record, way):
    """All requests in one segment (or one super-segment); the responses as TCP sends them."""
    ask = b"GET /ok/9 HTTP/1.1\r\nHost: raw\r\n\r\n"
    with recording(record, raw) as r:
        client = Client(net.inside)
        for _ in range(50):
            client.sock.sendall(ask * 60)
            for _ in range(60):
                client.take()
        client.close()
    check(r.run, client.answers, client.status)


def test_split_everywhere(raw, net, record, way):
    """Requests and responses in segments of 1, 2, 3, 7 and 50 bytes."""
    with recording(record, raw) as r:
        client = Client(net.inside)
        for piece in (1, 2, 3, 7, 50):
            for target, method in ASKED:
                if "100000" in target:
                    continue
                client.get(target, method, f"X-Piece: {piece}", piece=piece)
        client.close()
    check(r.run, client.answers, client.status)


def test_big_bodies(raw, net, record, way):
    """Super-segments in both directions: bodies are skipped by their length, whatever they
    contain."""
    body = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nGET / HTTP/1.1\r\n\r\n" * 60000
    with recording(record, raw) as r:
        client = Client(net.inside)
        for _ in range(4):
            client.get("/ok/5000000")
            client.get("/chunked/5000000")
            client.get("/ok/1", "POST", body=body)
            client.get("/ok/1", "POST", "Expect: 100-continue", body=body)
        client.close()
    check(r.run, client.answers, client.status)
    assert r.run.target("web")["net"]["tx_bytes"] > 40_000_000
    assert r.run.target("web")["net"]["rx_bytes"] > 8 * len(body)


def test_until_close(raw, net, record, way):
    """A body that ends with its connection; its last byte has a time as well."""
    clients = []
    with recording(record, raw) as r:
        for n in (0, 10, 100000):
            clients.append(Client(net.inside))
            clients[-1].get(f"/close/{n}")
            clients[-1].close()
    got = check(r.run, 3, {200: 3})
    assert got["connections"] == 3 and got["latency_ns"]["count"] == 3


def test_tunnel(raw, net, record, way):
    """After an upgrade nothing counts as HTTP, even if it looks like HTTP."""
    with recording(record, raw) as r:
        client = Client(net.inside)
        client.get("/ok/1")
        assert client.get("/upgrade", "GET", "Upgrade: raw") == 101
        client.sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert client.file.read(18) == b"GET / HTTP/1.1\r\n\r\n"
        client.sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        assert client.file.read(19) == b"HTTP/1.1 200 OK\r\n\r\n"
        client.close()
    got = check(r.run, 2, {200: 1})
    assert got["tunnels"] == 1 and got["status"]["1xx"] == 1


def test_garbage_and_resets(raw, net, record, way):
    """TLS, noise and HTTP/2 on the port, and truncated responses: the counts of other connections
    stay right."""
    rng = random.Random(3)
    with recording(record, raw) as r:
        clients = [Client(net.inside)]
        for garbage in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc" + rng.randbytes(500),
                        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", rng.randbytes(3000), b"\r\n" * 3):
            noisy = Client(net.inside)
            noisy.sock.sendall(garbage)
            clients[0].get("/ok/3")
            noisy.close(reset=True)
        cut = Client(net.inside)
        cut.ask("/cut")
        with pytest.raises(ConnectionResetError):
            cut.file.read()
        clients[0].get("/code/404")
        for c in clients:
            c.close()
    got = requests_of(r.run)
    # The server may have responded to the noise; those were final responses as well, with status
    # 400.
    answered = got["status"]["4xx"] - 1
    assert got["status"]["2xx"] == 4 and 0 <= answered <= 4
    assert got["count"] == 5 + answered
    assert got["garbage"] >= 2 and got["gaps"] == 0
    assert got["unanswered"] >= 1


def test_older_connections(raw, net, record, way):
    """Connections that existed before: idle, or in the middle of a response or a request."""
    idle, reading, writing = (Client(net.inside) for _ in range(3))
    idle.get("/ok/1")
    old_head = len(head(b"200 OK", b"Content-Length: 40000000"))
    reading.ask("/blank/40000000")
    reading.file.read(1000)
    writing.sock.sendall(b"POST /ok/1 HTTP/1.1\r\nContent-Length: 100\r\n\r\nhalf of it")
    time.sleep(0.2)
    with recording(record, raw) as r:
        reading.file.read(40000000 + old_head - 1000)
        writing.sock.sendall(b"x" * 90)
        writing.take()
        for client in (idle, reading, writing):
            for target, method in ASKED:
                client.get(target, method, "X-Piece: 3")
        for client in (idle, reading, writing):
            client.close()
    got = requests_of(r.run)
    answers = 3 * len(ASKED) + 1
    assert got["count"] == answers, got
    assert got["midstream"] == 3 and got["connections"] == 0 and got["gaps"] == 0


def test_many_connections(raw, net, record, way):
    """Several clients at once, each of which opens and closes connections."""
    counts = []

    def work(seed):
        rng = random.Random(seed)
        for _ in range(10):
            client = Client(net.inside)
            for ask in ask_all(client, rng, 10):
                client.take(ask())
            client.close()
            counts.append((client.answers, client.status))

    with recording(record, raw) as r:
        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    status = collections.Counter()
    for _, s in counts:
        status.update(s)
    got = check(r.run, sum(n for n, _ in counts), status)
    assert got["connections"] == 80


def test_device_that_comes_later(record):
    """As with `docker network connect`, or a tap that is plugged in: the target exists, and its
    device is added during the recording."""
    net = Veth(plugged=False)
    server = start_server(["ip", "netns", "exec", net.name])
    try:
        with record("--process", f"web={server.pid}", "--http", "web:80") as recording:
            net.plug()
            done = lib.virtax("mark", "plugged", "--pid", str(recording.process.pid))
            assert done.returncode == 0, done.stderr  # and now it is known
            client = Client(net.inside)
            for _ in range(20):
                client.get("/ok/100")
    finally:
        server.kill()
        server.communicate()
        net.remove()
    check(recording.run, client.answers, client.status)
    assert client.status == {200: 20}
    stage = recording.run["stages"][1]
    assert (stage["name"], stage["targets"][0]["requests"]["count"]) == ("plugged", 20)
    assert recording.run.target("web")["netdevs"] == [net.dev]


def test_latency(raw, net, record, way):
    """Each latency is between the time the server slept and the time the client measured; so are
    the percentiles, rank by rank, within the width of a bucket."""
    slept = sorted([5] * 30 + [20] * 50 + [60] * 18 + [120] * 2)
    order = slept[:]
    random.Random(4).shuffle(order)
    seen = []
    with recording(record, raw) as r:
        client = Client(net.inside)
        for ms in order:
            start = time.monotonic_ns()
            client.get(f"/slow/{ms}")
            seen.append(time.monotonic_ns() - start)
        client.close()
    seen.sort()
    got = requests_of(r.run)["latency_ns"]
    assert got["count"] == 100
    for rank, name in ((50, "p50"), (90, "p90"), (99, "p99")):
        low, high = slept[rank - 1] * 1_000_000, seen[rank - 1]
        assert low <= got[name] <= high * 9 / 8 + 2048, (name, low, got[name], high)
    assert slept[-1] * 1_000_000 <= got["max"] <= seen[-1] + 1024
    upper = [b[0] for b in got["hist"]]
    assert upper == sorted(upper) and sum(b[1] for b in got["hist"]) == 100
    rows = [row["targets"][0]["requests"] for row in r.run["intervals"] if row["targets"]]
    # Rows have percentiles of the requests that ended in them.
    assert sum(row["count"] for row in rows) == 100
    for row in rows:
        assert bool(row["count"]) == ("row_p99_ns" in row), row
        if row["count"]:
            assert slept[0] * 1_000_000 <= row["row_p50_ns"] <= row["row_p99_ns"] <= got["max"]


def test_target_as_a_client(raw, net, record, way):
    """Requests that a target sends as a client are not requests that it served."""
    ours = start_server([])  # on the host
    code = ("import sys; sys.path.insert(0, sys.argv[1]); from rawhttp import Client\n"
            "for _ in range(5): Client(sys.argv[2]).get('/ok/10')")
    try:
        with recording(record, raw) as r:
            inside = ["ip", "netns", "exec", os.path.basename(net.netns)]
            subprocess.run([*inside, sys.executable, "-c", code, HERE, net.host], check=True,
                           timeout=30)
            client = Client(net.inside)
            client.get("/ok/3")
            client.close()
        check(r.run, 1, {200: 1})
    finally:
        ours.kill()
        ours.communicate()


def test_shared_device(record, way):
    """On lo, where one hook sees both directions: they are distinguished by the server's port."""
    server = start_server([])
    try:
        with record("--process", f"web={server.pid}", "--http", "web:lo:80") as r:
            client = Client("127.0.0.1")
            for target, method in ASKED:
                client.get(target, method)
            client.close()
        check(r.run, client.answers, client.status)
    finally:
        server.kill()
        server.communicate()


# ---- a bad network ------------------------------------------------------------------------------


@pytest.fixture
def losses(net):
    """Drops one packet in 12 in both directions, on the server's side of the watched device:
    requests after they were seen, responses before."""
    name = os.path.basename(net.netns)
    rules = "".join(f"add chain ip vtxt {hook} {{ type filter hook {hook} priority 0; }}; "
                    f"add rule ip vtxt {hook} tcp {port} 80 numgen random mod 12 == 0 drop; "
                    for hook, port in (("input", "dport"), ("output", "sport")))
    subprocess.run(["ip", "netns", "exec", name, "nft", "add table ip vtxt; " + rules], check=True)
    yield
    subprocess.run(["ip", "netns", "exec", name, "nft", "delete table ip vtxt"], check=True)


def test_losses(raw, net, record, way, losses):
    """Retransmissions, holes and reordering, among packets that contain several responses."""
    rng = random.Random(5)
    with recording(record, raw, timeout=60) as r:
        client = Client(net.inside)
        for _ in range(12):
            methods = [client.ask(t, m) for t, m in (rng.choice(ASKED[:4]) for _ in range(10))]
            for method in methods:
                client.take(method)
        client.close()
    got = requests_of(r.run)
    assert got["retransmits"] > 0
    assert got["count"] == client.answers, got
