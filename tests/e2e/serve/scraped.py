# SPDX-License-Identifier: GPL-2.0-or-later
"""Prometheus (OpenMetrics) and VictoriaMetrics (text) scrape the endpoint while targets come, go and restart.

For VIRTAX_SCRAPED seconds: make test-scrape.
"""

import json
import os
import re
import signal
import subprocess
import threading
import time

import pytest

import lib
from endpoint import Endpoint
from runc import Container
from scrapers import Prometheus, VictoriaMetrics, free_port

SECONDS = int(os.environ.get("VIRTAX_SCRAPED", "300"))
RULES = os.path.join(lib.ROOT, "tools", "prometheus", "rules.yml")
BOARD = os.path.join(lib.ROOT, "tools", "prometheus", "dashboard.json")
COUNTERS = '{__name__=~"virtax_.+(_total|_bucket)"}'


class Restarts:
    """A container that starts and ends again and again, under the same name."""

    def __init__(self, directory):
        self.box = Container(str(directory), "-restarts")
        self.ended, self.times = threading.Event(), 0
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.ended.is_set():
            self.box.start(["/loads/spin", "-p", "10000", "-b", "1000"])
            self.times += 1
            self.ended.wait(1)
            self.box.remove()

    def end(self):
        self.ended.set()
        self.thread.join()
        self.box.remove()


class Site:
    """Endpoints with targets that do something, a played host with a VM, and the two that scrape them."""

    def __init__(self, tmp_path, cgroup, spawn):
        self.ends = []
        self.box = cgroup("-scraped")
        port = free_port()
        web = spawn([lib.load("httpd"), str(port), "20"], stdout=subprocess.PIPE)
        pid = web.stdout.readline().split()[1]
        self.targets = Endpoint("--cgroup", f"box={self.box.path}", "--process", f"web={int(pid)}", "--http",
                                f"web:lo:{port}")
        self.ends.append(self.targets.end)
        self.containers = Endpoint()
        self.ends.append(self.containers.end)
        spawn([os.path.join(lib.ROOT, "build", "virtax-load"), f"http://127.0.0.1:{port}/", "-r", "50", "-c", "1",
               "-d", str(SECONDS + 60)], stdout=subprocess.DEVNULL)
        played = spawn([os.path.join(lib.ROOT, "tools", "fleet"), "1", os.path.join(lib.ROOT, "tests/golden/full.json"),
                        "--virtax", lib.VIRTAX], stdout=subprocess.PIPE).stdout.readline()
        host = re.search(rb":(\d+)/" if isinstance(played, bytes) else r":(\d+)/", played)
        jobs = ["{job_name: virtax, static_configs: [{targets: ["
                f"'127.0.0.1:{self.targets.port}', '127.0.0.1:{self.containers.port}']}}]}}",
                "{job_name: played, metrics_path: /host0000/metrics, static_configs: [{targets: ["
                f"'127.0.0.1:{int(host[1])}']}}]}}"]
        self.restarts = Restarts(tmp_path / "runc")
        self.ends.append(self.restarts.end)
        self.scrapers = []
        for server in (VictoriaMetrics, Prometheus):
            self.scrapers.append(server(tmp_path / server.__name__, jobs, RULES))
            self.ends.append(self.scrapers[-1].end)
        alerts = self.scrapers[0].evaluate(RULES)
        self.ends.append(lambda: (alerts.send_signal(signal.SIGTERM), alerts.wait(timeout=20)))

    def end(self):
        for end in reversed(self.ends):
            end()


@pytest.fixture(name="site")
def a_site(tmp_path, cgroup, spawn):
    (tmp_path / "runc").mkdir()
    site = Site(tmp_path, cgroup, spawn)
    try:
        yield site
    finally:
        site.end()


def spin(site, ms):
    assert site.box.spawn([lib.load("spin"), "-u", str(ms)]).wait(timeout=600) == 0


def seen(scraper):
    return scraper.value("min(sum by (instance) (scrape_samples_scraped{job='virtax'}))") and \
        (scraper.value("sum(virtax_cpu_seconds_total{target='box'})") or 0) > 0.2


def as_scraped(scraper, began, ended):
    """ns of the box between these times, in which it began and ended idle: as rate() says it.

    The mean number of CPUs in use, times the time between the samples that rate() used: the factor by which it
    extends that cancels."""
    over, at = f"[{int(ended - began)}s]", {"time": f"{ended:.3f}"}
    wall = f"virtax_window_wall_seconds_total{{instance=~'.*:{scraper.site.targets.port}'}}"
    cpus = scraper.value(f"sum(rate(virtax_cpu_seconds_total{{target='box'}}{over})) / sum(rate({wall}{over}))", **at)
    if isinstance(scraper, VictoriaMetrics):
        return 1e9 * cpus * scraper.value(f"sum(increase({wall}{over}))", **at)
    return 1e9 * cpus * scraper.value(f"sum(max_over_time({wall}{over}) - min_over_time({wall}{over}))", **at)


def wait_for_samples(site):
    """Until each scraper has a sample that is later than this: on a busy machine scrapes are late or fail."""
    now, last = time.time(), f"max(timestamp(virtax_window_wall_seconds_total{{instance=~'.*:{site.targets.port}'}}))"
    for scraper in site.scrapers:
        lib.wait_until("a sample", lambda of=scraper: (of.value(last) or 0) > now, 60, 0.2)


def check_rates(site, record):
    began = time.time()
    with record("--cgroup", f"box={site.box.path}") as recording:
        wait_for_samples(site)
        spin(site, max(1500, SECONDS * 1000 - 3000))
        wait_for_samples(site)
    ended = time.time()
    recorded = recording.run.target("box")["cpu"]["total_ns"]
    for scraper in site.scrapers:
        scraper.site = site
        scraped = as_scraped(scraper, began, ended)
        assert abs(scraped - recorded) <= 0.01 * recorded, (scraper, scraped, recorded)
        print(type(scraper).__name__, "rate", scraped, "record", recorded)


def check_counters(scraper):
    counters = scraper.samples(COUNTERS + f"[{SECONDS + 120}s]")
    assert len(counters) > 300, len(counters)
    fell = {name: [(a, b) for a, b in zip(values, values[1:]) if b < a] for name, values in counters.items()}
    fell = {name: pairs for name, pairs in fell.items() if pairs}
    assert not fell, fell
    print(type(scraper).__name__, len(counters), "counters", sum(map(len, counters.values())), "samples")


def series_of(scraper, target):
    """All that ever were, of those that a target always has."""
    always = f'{{target="{target}",__name__=~"virtax_(target|sched|running).*"}}'
    found = scraper.get("series", **{"match[]": always, "start": str(time.time() - SECONDS - 120)})
    return {json.dumps(one, sort_keys=True) for one in found}


def queries():
    """Those of rules and dashboard; of alerts, what they compare with a limit, over the time that there is."""
    with open(BOARD, encoding="utf-8") as f:
        board = json.load(f)
    for panel in board["panels"]:
        for target in panel["targets"]:
            yield re.sub(r"\$(job|instance|target)", ".*", target["expr"])
    rules = re.sub(r"#.*", "", lib.read(RULES))
    found = re.findall(r"^ +expr: (>\n(?: {10,}.*\n)+|.*\n)", rules, re.M)
    assert len(found) == rules.count("expr:") > 12, found
    for text in found:
        text = re.sub(r" +", " ", text.removeprefix(">").replace("\n", " ")).strip()
        text = re.sub(r" offset 1d", "", text.replace("[1h]", "[1m]")).replace("> 1.1 *", "> 0 *")
        yield re.sub(r" (>|==) [0-9.]+$", "", text)


def test_while_targets_come_and_go(site, record):
    spin(site, 300)
    for scraper in site.scrapers:
        lib.wait_until("scrapes", lambda of=scraper: seen(of), 40, 0.5)
    lib.wait_until("restarts", lambda: site.restarts.times >= 2, 60, 0.2)
    before = [lib.wait_until("the container", lambda of=scraper: series_of(of, site.restarts.box.name), 30, 0.5)
              for scraper in site.scrapers]
    times = site.restarts.times
    check_rates(site, record)
    lib.wait_until("more restarts", lambda: site.restarts.times >= times + 2, 60, 0.2)
    for scraper, had in zip(site.scrapers, before):
        check_counters(scraper)
        more = series_of(scraper, site.restarts.box.name) - had
        assert not more, more
        for text in queries():
            lib.wait_until(f"{type(scraper).__name__}: {text}", lambda: scraper.query(text), 30, 0.5)
        lib.wait_until("all up", lambda: scraper.value("min(up)") == 1, 30, 0.5)
        assert scraper.value("sum(virtax_books_lost_total{job='virtax'})") == 0
