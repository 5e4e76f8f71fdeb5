# SPDX-License-Identifier: GPL-2.0-or-later
"""`virtax compare --prometheus` over a fleet that tools/fleet simulates, as the real servers keep it."""

import json
import os
import signal
import subprocess

import pytest

import lib
from scrapers import Prometheus, VictoriaMetrics

HOSTS = int(os.environ.get("VIRTAX_FLEET", "80"))
LAYER = "container.workload.kernel"
# What is compared: with everything, two busy CPUs would need minutes.
ONLY = "virtax_(build_info|host_info|(requests|cpu_seconds|sched_[a-z_]+|books_[a-z_]+|window_[a-z_]+)_total|window_cpus)"


@pytest.fixture(scope="module", name="fleet")
def playing_fleet():
    """On every second host, whose kernel is the newer one, container kernel time costs 3 % more."""
    with subprocess.Popen([os.path.join(lib.ROOT, "tools", "fleet"), str(HOSTS), "--virtax", lib.VIRTAX,
                           "--only", ONLY, "--kernels", "6.1.0,6.12.0", "--labels", "a,b", "--more", f"6.12.0:{LAYER}=3"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process.stdout.readline().strip()
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


def compared(scraper, by):
    done = lib.virtax("compare", "--prometheus", scraper.url, "--since", "5m", "--until", "2s", "--by", by, "--format", "json",
                      timeout=60)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return json.loads(done.stdout)


def cost_in_the_run():
    """What the layer costs a request, ns, in the run that tools/fleet replays."""
    run = json.loads(lib.read(os.path.join(lib.ROOT, "tests", "golden", "two.json")))
    target = next(t for t in run["targets"] if t["kind"] == "container")
    return target["cpu"]["roles"]["workload"]["kernel_ns"] / target["requests"]["count"]


def all_scraped(scraper):
    found = scraper.query("count_over_time(virtax_requests_total{kind='container'}[5m] offset 2s) >= 4")
    return len(found) == HOSTS


def check_nothing(rows):
    """By chance one in twenty comparisons has a row that differs: one, and by a small part of the 3 %."""
    differ = [r for r in rows if r["verdict"] != "same"]
    assert len(differ) <= 1, differ
    assert all(abs(r["shift"]) < 0.01 * r["base_median"] for r in differ), differ


def check(kernels, labels):
    assert {g["name"]: g["runs"] for g in kernels["groups"]} == {"6.1.0": HOSTS // 2, "6.12.0": HOSTS // 2}
    rows = {(r["target"], r["metric"]): r for r in kernels["rows"]}
    added = 0.03 * cost_in_the_run()
    kernel = rows["container", "per_request.cpu.workload.kernel_ns"]
    assert kernel["verdict"] == "higher", kernel
    assert kernel["ci_low"] <= added <= kernel["ci_high"], kernel
    assert kernel["ci_high"] - kernel["ci_low"] < 0.01 * kernel["base_median"], kernel
    # nothing else is, but the sum; and nothing at all between the labels, which say nothing of a host
    found = {("container", "per_request.cpu_ns"), ("container", "per_request.cpu.workload.kernel_ns")}
    assert found <= {where for where, r in rows.items() if r["verdict"] != "same"}, rows
    check_nothing(r for where, r in rows.items() if where not in found)
    assert kernels["waterfall"][0]["layer"] == "workload.kernel"
    assert {g["runs"] for g in labels["groups"]} == {HOSTS // 2}
    assert labels["rows"]
    check_nothing(labels["rows"])


def test_a_fleet_is_compared(fleet, tmp_path):
    """By both servers, which scrape at the same time."""
    scrapers = []
    try:
        for server in (VictoriaMetrics, Prometheus):
            scrapers.append(server(tmp_path / server.__name__, [
                f"{{job_name: virtax, http_sd_configs: [{{url: '{fleet}', refresh_interval: 1s}}]}}"]))
        for scraper in scrapers:
            lib.wait_until("four scrapes of all hosts", lambda of=scraper: all_scraped(of), 60, 0.5)
            check(compared(scraper, "kernel"), compared(scraper, "label"))
    finally:
        for scraper in scrapers:
            scraper.end()
