# SPDX-License-Identifier: GPL-2.0-or-later
"""`virtax serve` while a test runs, and its clients."""

import gzip
import http.client
import re
import signal
import socket
import subprocess
from decimal import Decimal

from prometheus_client.openmetrics.parser import text_string_to_metric_families

import lib

OPENMETRICS = "application/openmetrics-text; version=1.0.0"


class Endpoint:
    """A server; argv are targets and options. `said` is what it prints when it has started."""

    def __init__(self, *argv, listen="127.0.0.1:0"):
        self.process = subprocess.Popen([lib.VIRTAX, "serve", "--listen", listen, *argv],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, text=True)
        self.said = self.process.stderr.readline()
        found = re.search(r"http://(.*):(\d+)", self.said)
        self.host, self.port = (found[1].strip("[]"), int(found[2])) if found else (None, None)

    @property
    def pid(self):
        return self.process.pid

    def get(self, path="/metrics", method="GET", timeout=20, **header):
        """(status, header, body)"""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        try:
            connection.request(method, path, headers={k.replace("_", "-"): v
                                                      for k, v in header.items()})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def text(self, path="/metrics", **header):
        status, headers, body = self.get(path, **header)
        assert status == 200, (status, body)
        if headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        return body.decode()

    def scrape(self):
        """A Scrape of OpenMetrics."""
        return Scrape(self.text(Accept=OPENMETRICS))

    def connect(self):
        return socket.create_connection((self.host, self.port), timeout=20)

    def end(self, number=signal.SIGTERM):
        """Returns (exit status, what it printed since the start)."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            _, err = self.process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise
        return self.process.returncode, err


class Scrape:
    """{(name, its labels sorted): value}, exactly as written."""

    def __init__(self, text):
        self.text = text
        self.types = {f.name: f.type for f in text_string_to_metric_families(text)}
        self.values = {}
        for line in text.splitlines():
            if line.startswith("#"):
                continue
            key, value = line.rsplit(" ", 1)
            assert key not in self.values, key
            self.values[key] = Decimal(value)

    def of(self, name, **labels):
        """The sum of the series of that name that have these labels; None if there are none."""
        found = [v for k, v in self.values.items() if k.partition("{")[0] == name and
                 all(f'{label}="{value}"' in k for label, value in labels.items())]
        return sum(found) if found else None

    def counters(self):
        """The series that never fall."""
        return {k: v for k, v in self.values.items()
                if k.partition("{")[0].endswith(("_total", "_bucket"))}
