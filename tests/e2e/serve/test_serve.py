# SPDX-License-Identifier: GPL-2.0-or-later
"""The endpoint: its numbers are those of a recording, its clients may do what they like."""

import concurrent.futures
import gzip
import json
import os
import re
import signal
import socket
import subprocess
import time

import pytest

import lib
from endpoint import OPENMETRICS, Endpoint
from runc import Container


@pytest.fixture(scope="module")
def box(module_cgroup):
    """A cgroup in which something runs now and then."""
    group = module_cgroup("-served")
    group.spawn([lib.load("spin"), "-p", "10000", "-b", "500"])
    return group


@pytest.fixture(scope="module")
def served(box):
    endpoint = Endpoint("--cgroup", f"box={box.path}")
    yield endpoint
    status, err = endpoint.end()
    assert (status, err) == (0, "")


def cpu(scrape, target="box"):
    return float(scrape.of("virtax_cpu_seconds_total", target=target)) * 1e9


def as_the_kernel(scrape, run):
    """The CPU time as cpu.stat counts it: interrupts and our handlers belong to the task they hit."""
    billed = sum(float(scrape.of("virtax_cpu_seconds_total", target="box", mode=mode) or 0)
                 for mode in ("softirq", "hardirq"))
    victim = float(scrape.of("virtax_cpu_tracer_victim_seconds_total", target="box"))
    if not run.tunable("irq_time_accounting"):
        victim += float(scrape.of("virtax_cpu_irq_victim_seconds_total", target="box"))
    return cpu(scrape) + (victim - billed) * 1e9


def lost(scrape):
    return scrape.of("virtax_books_lost_total")


def never_falls(before, after):
    fell = {k: (v, after.values[k]) for k, v in before.counters().items()
            if k in after.values and after.values[k] < v}
    assert not fell, fell


def wait_for(endpoint, what, condition):
    """Scrapes until the condition holds of a scrape, which is returned. No counter falls."""
    last = []

    def look():
        scrape = endpoint.scrape()
        if last:
            never_falls(last[-1], scrape)
        last.append(scrape)
        return scrape if condition(scrape) else None

    return lib.wait_until(what, look, 30)


def test_both_formats(served):
    status, header, body = served.get()
    assert (status, header["Content-Type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    checked = subprocess.run(["promtool", "check", "metrics"], input=body, check=False,
                             capture_output=True)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, b"")
    _, header, body = served.get(Accept=OPENMETRICS, Accept_Encoding="gzip")
    assert header["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert header["Content-Encoding"] == "gzip"
    assert gzip.decompress(body).endswith(b"# EOF\n")
    # What never happened has no series, and the first reading serves 250 ms.
    scrape = wait_for(served, "CPU time of the box",
                      lambda scrape: scrape.of("virtax_cpu_seconds_total", target="box"))
    assert scrape.types["virtax_cpu_seconds"] == "counter"
    created = scrape.of("virtax_sched_switches_created", target="box")
    assert 0 < time.time() - float(created) < 600
    assert lost(scrape) == 0


def long_enough(run):
    return run if run["window"]["wall_ns"] > 3e9 else None


def test_other_pages(served):
    # The clocks run while they are read: a millisecond must not matter.
    run = lib.wait_until("a longer window", lambda: long_enough(lib.Run(served.text("/run.json"))))
    run.check_schema()
    run.check_books()
    assert run.target("box")["cpu"]["total_ns"] > 0
    assert served.text("/healthz") == "ok\n"
    assert served.text("/", Accept_Encoding="gzip").startswith("<!doctype html>")
    lib.wait_until("a row on the page", lambda: '"series":{"merged":1,"at_ns":[' in served.text("/"), 30, 0.5)
    status, _, body = served.get("/metrics", method="HEAD")
    assert (status, body) == (200, b"")
    assert served.get("/metrics", method="POST")[0] == 405
    assert served.get("/../etc/passwd")[0] == 404


def test_a_run_of_some_seconds(served, box):
    """What happened in them and nothing before, while scrapes go on; clients that hang up leave their place."""
    for i in range(12):
        with served.connect() as client:
            more = b"GET" if i % 2 else b""  # of a next request
            client.sendall(b"GET /run.json?seconds=3600 HTTP/1.1\r\nHost: a\r\n\r\n" + more)
    spinner = box.spawn([lib.load("spin"), "-u", "300"])
    assert spinner.wait(timeout=60) == 0  # before
    with concurrent.futures.ThreadPoolExecutor() as pool:
        lib.wait_until("a free place", lambda: served.get("/run.json?seconds=1")[0] == 200)
        metered, began = box.usage_ns(), time.monotonic()
        answer = pool.submit(served.text, "/run.json?seconds=2", Accept_Encoding="gzip")
        time.sleep(0.3)
        spinner = box.spawn([lib.load("spin"), "-u", "200"])
        assert spinner.wait(timeout=60) == 0
        within = not answer.done()
        served.scrape()
        run = lib.Run(answer.result(timeout=60))
        wall, metered = time.monotonic() - began, box.usage_ns() - metered
    run.check_schema()
    run.check_books()
    assert 2e9 <= run["window"]["wall_ns"] <= wall * 1e9
    total = run.target("box")["cpu"]["total_ns"]
    assert total <= metered * 1.02, (total, metered)
    assert total >= 180e6 or not within, (total, metered)
    assert served.get("/run.json?seconds=0")[0] == 400


def test_equals_a_recording_beside_it(served, box, record):
    """A spinner that begins and ends while a recorder runs beside the server."""
    with record("--cgroup", f"box={box.path}") as recording:
        before, metered = served.scrape(), box.usage_ns()
        spinner = box.spawn([lib.load("spin"), "-u", "1500"])
        assert spinner.wait(timeout=60) == 0
        time.sleep(0.3)  # the spinner of the cgroup goes on: little compared with 1 %
        metered = box.usage_ns() - metered
        after = served.scrape()
    recorded = recording.run.target("box")["cpu"]["total_ns"]
    grown = cpu(after) - cpu(before)
    kernels = as_the_kernel(after, recording.run) - as_the_kernel(before, recording.run)
    assert abs(kernels - metered) <= metered * 0.01, (grown, kernels, metered)
    # The recording is longer at both ends; of that time the other spinner has 5 %.
    longer = recording.run["window"]["wall_ns"] - 1e9 * float(
        after.of("virtax_window_wall_seconds_total") - before.of("virtax_window_wall_seconds_total"))
    assert grown * 0.99 <= recorded <= grown * 1.01 + max(0, longer) * 0.06, (recorded, grown)
    never_falls(before, after)


def test_a_container_comes_again(tmp_path):
    """Gone, it is still exported; back, it counts on, and _created says that it began again."""
    box = Container(str(tmp_path), "-again")
    endpoint = Endpoint()
    name = "virtax_sched_switches_created"
    try:
        box.start(["/loads/spin", "-p", "10000", "-b", "1000"])
        first = wait_for(endpoint, "the container", lambda s: s.of(
            "virtax_cpu_seconds_total", target=box.name) and cpu(s, box.name) > 2e7)
        box.remove()
        time.sleep(0.5)
        gone = endpoint.scrape()
        assert cpu(gone, box.name) >= cpu(first, box.name)
        box.start(["/loads/spin", "-p", "10000", "-b", "1000"])
        again = wait_for(endpoint, "the container again",
                         lambda s: cpu(s, box.name) > cpu(gone, box.name) + 2e7)
        assert again.of(name, target=box.name) > gone.of(name, target=box.name)
        never_falls(first, again)
        assert lost(again) == 0
    finally:
        box.remove()
        status, err = endpoint.end()
    assert (status, err) == (0, "")


HOSTILE = (
    b"\0\xff" * 500, b"GET", b"GET /metrics HTTP/1.1\r\nHost: ", b"GET /metrics HTTP/1.1\r\n" * 100,
    b"GET /metrics HTTP/9.9\r\n\r\n", b"POST /metrics HTTP/1.1\r\nContent-Length: 99999999\r\n\r\nx",
    b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n\r\n", b"X: " + b"y" * 1000000,
    b"GET /metrics HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"\r\n" * 1000,
    b"GET /metrics HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n")


def resident(pid):
    return 1024 * int(lib.read(f"/proc/{pid}/status").split("VmRSS:")[1].split()[0])


def test_hostile_clients(served):
    """Silent, half and broken requests by the hundred: scrapes are answered, nothing is lost."""
    before, held, clients = served.scrape(), resident(served.pid), []
    try:
        for i in range(500):
            client = served.connect()
            clients.append(client)
            if i % 5 == 0:
                client.setblocking(False)
                try:
                    client.send(HOSTILE[i // 5 % len(HOSTILE)])
                except (BlockingIOError, ConnectionError):
                    pass
            if i % 50 == 0:
                served.scrape()
        for i in range(60):
            client = served.connect()
            clients.append(client)
            client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")  # and never reads
        after = served.scrape()
    finally:
        for client in clients:
            client.close()
    assert lost(after) == 0
    assert float(after.of("virtax_books_error_ratio")) <= 0.001
    never_falls(before, after)
    assert resident(served.pid) - held < 64 << 20
    assert served.text("/healthz") == "ok\n"


def test_unix_socket(box, tmp_path):
    """It replaces what a killed server has left, and is removed at the end."""
    path = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(path)
    endpoint = Endpoint("--cgroup", f"box={box.path}", listen=f"unix:{path}")
    try:
        assert endpoint.said == f"virtax: serve: unix:{path}\n"
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(20)
            client.connect(path)
            client.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
            with client.makefile("rb") as answer:
                assert answer.read().endswith(b"\r\n\r\nok\n")
    finally:
        status, err = endpoint.end(signal.SIGINT)
    assert (status, err) == (0, "")
    assert not os.path.exists(path)


def test_a_bad_address(served):
    taken = f"127.0.0.1:{served.port}"
    lib.assert_error(lib.virtax("serve", "--listen", taken), 1, taken, "in use")
    lib.assert_error(lib.virtax("serve", "--listen", "localhost:1"), 2, "localhost:1")
    lib.assert_error(lib.virtax("serve", "--listen", "unix:/nowhere/at/all"), 2, "/nowhere")


def test_another_address_is_said(box):
    endpoint = Endpoint("--cgroup", f"box={box.path}", listen="0.0.0.0:0")
    status, err = endpoint.end()
    assert (status, err) == (0, "")
    assert "without protection" in endpoint.said
    assert json.dumps(endpoint.said).count("0.0.0.0") == 1


def documented():
    """The capabilities that the documentation lists, as a mask."""
    header = lib.read("/usr/include/linux/capability.h")
    numbers = dict(re.findall(r"#define (CAP_\w+)\s+(\d+)\n", header))
    text = lib.read(os.path.join(lib.ROOT, "docs", "PROMETHEUS.md"))
    return sum(1 << int(numbers[cap]) for cap in re.findall(r"^\| `(CAP_\w+)` ", text, re.M))


def test_privileges(served):
    """What it keeps is what the documentation says; see also tests/unit/confine."""
    status = dict(line.split(":\t", 1) for line in
                  lib.read(f"/proc/{served.pid}/status").splitlines())
    assert 4 < bin(documented()).count("1") < 9
    for kind in ("CapEff", "CapPrm", "CapBnd"):
        assert int(status[kind], 16) == documented(), kind
    assert int(status["CapInh"], 16) == int(status["CapAmb"], 16) == 0
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")


CAPABILITIES = "bpf perfmon net_admin net_raw sys_ptrace dac_read_search sys_admin".split()


def as_nobody(capabilities, *argv):
    """Without root, with these capabilities; ends after a second."""
    only = ",".join(["-all", *(f"+{one}" for one in capabilities)])
    return subprocess.run(["timeout", "-s", "INT", "20", "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                           f"--inh-caps={only}", f"--ambient-caps={only}", f"--bounding-set={only}", lib.VIRTAX, *argv],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60)


def test_without_root(box):
    """The capabilities suffice; if one is missing, it is named."""
    done = as_nobody(CAPABILITIES, "record", "-q", "-d", "1", "--cgroup", f"box={box.path}", "-o", "-")
    assert done.returncode == 0, done.stderr
    assert lib.Run(done.stdout).target("box")["cpu"]["total_ns"] > 0
    for missing in ("perfmon", "sys_ptrace"):
        done = as_nobody([one for one in CAPABILITIES if one != missing], "serve", "--listen", "127.0.0.1:0")
        lib.assert_error(done, 1, f"CAP_{missing.upper()},")
    done = as_nobody([], "serve", "--listen", "127.0.0.1:0")
    lib.assert_error(done, 1, "needs root (run")
