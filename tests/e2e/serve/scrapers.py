# SPDX-License-Identifier: GPL-2.0-or-later
"""The real Prometheus and VictoriaMetrics, scraping what a test names."""

import http.client
import json
import os
import signal
import socket
import subprocess
import urllib.parse
import urllib.request

import lib


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


class Scraper:
    """Scrapes every second until end(). `jobs`: the text of each of scrape_configs."""

    def __init__(self, directory, jobs, rules=None):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        os.makedirs(directory)
        config = os.path.join(directory, "scrape.yml")
        with open(config, "w", encoding="utf-8") as f:
            f.write(self.head(rules))
            f.write("scrape_configs:\n" + "".join(f"  - {job}\n" for job in jobs))
        with open(os.path.join(directory, "log"), "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(self.command(config, os.path.join(directory, "data")), stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)
        lib.wait_until(f"{self.url}", self.answers, 30)

    def answers(self):
        assert self.process.poll() is None
        try:
            return self.query("vector(1)")
        except (OSError, http.client.HTTPException):
            return None

    def get(self, path, **form):
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(form)}", timeout=30) as answer:
            return json.load(answer)["data"]

    def query(self, text, **at):
        """[(labels, value)]"""
        return [(one["metric"], float(one["value"][1])) for one in self.get("query", query=text, **at)["result"]]

    def samples(self, text):
        """{labels as text: [value]} of a range of time."""
        return {json.dumps(one["metric"], sort_keys=True): [float(v) for _, v in one["values"]]
                for one in self.get("query", query=text)["result"]}

    def value(self, text, **at):
        """Of the one series that there is; None: there is none."""
        found = self.query(text, **at)
        assert len(found) <= 1, found
        return found[0][1] if found else None

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Prometheus(Scraper):
    @staticmethod
    def head(rules):
        return "global: {scrape_interval: 1s, evaluation_interval: 1s}\n" + \
            (f"rule_files: [{rules}]\n" if rules else "")

    def command(self, config, data):
        return ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={data}", "--log.level=warn",
                f"--web.listen-address=127.0.0.1:{self.port}"]


class VictoriaMetrics(Scraper):
    @staticmethod
    def head(rules):
        return "global: {scrape_interval: 1s}\n"

    def command(self, config, data):
        return ["victoria-metrics", f"-promscrape.config={config}", f"-storageDataPath={data}",
                f"-httpListenAddr=127.0.0.1:{self.port}", "-search.latencyOffset=0s",
                "-memory.allowedBytes=256MB",
                "-promscrape.httpSDCheckInterval=1s", "-promscrape.config.strictParse=false"]

    def answers(self):
        self.flush()
        return super().answers()

    def flush(self):
        """What was scraped can be found at once."""
        try:
            with urllib.request.urlopen(f"{self.url}/internal/force_flush", timeout=30):
                pass
        except OSError:
            pass

    def evaluate(self, rules):
        """Starts vmalert, which writes what the rules record."""
        return subprocess.Popen(["vmalert", f"-rule={rules}", f"-datasource.url={self.url}",
                                 f"-remoteWrite.url={self.url}", "-remoteWrite.flushInterval=1s", "-notifier.url=http://127.0.0.1:9",
                                 "-evaluationInterval=1s", f"-httpListenAddr=127.0.0.1:{free_port()}"],
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def get(self, path, **form):
        self.flush()
        return super().get(path, nocache="1", **form)
