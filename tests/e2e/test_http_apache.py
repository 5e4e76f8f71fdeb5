# SPDX-License-Identifier: GPL-2.0-or-later
"""Requests are counted exactly: Apache's access log and the load generators agree."""

import os
import re
import subprocess
import time
import collections

import pytest

import lib
from webcheck import check, requests_of, way  # noqa: F401


class Apache:
    """The container of tools/lab."""

    def __init__(self):
        lab = os.path.join(lib.ROOT, "tools", "lab")
        out = subprocess.run([lab, "up", "container", "--owner", str(os.getpid())], check=True,
                             capture_output=True, text=True, timeout=120).stdout
        self.said = dict(line.split("=", 1) for line in out.splitlines() if "=" in line)
        self.url, self.name = self.said["url"], self.said["name"]

    def log(self):
        """The status of every request it has served."""
        codes = []
        for line in lib.read(self.said["access_log"]).splitlines():
            found = re.search(r'" (\d{3}) ', line)
            assert found, line
            codes.append(int(found[1]))
        return codes

    def remove(self):
        lab = os.path.join(lib.ROOT, "tools", "lab")
        subprocess.run([lab, "down", self.said["lab"]], check=True, timeout=60,
                       stdout=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def apache():
    server = Apache()
    yield server
    server.remove()


def run_load(*argv):
    return subprocess.run(argv, check=True, capture_output=True, text=True, timeout=60).stdout


def against_log(apache, record, load):
    """Records while load() runs; the count must be what Apache logged in the meantime."""
    before = len(apache.log())
    with record("--container", f"web={apache.name}") as r:
        said = load()
        time.sleep(0.3)
    logged = collections.Counter(apache.log()[before:])
    check(r.run, sum(logged.values()), logged)
    assert requests_of(r.run)["unanswered"] >= 0
    return sum(logged.values()), said


def test_ab(apache, record, way):
    """ab waits for every response, so three counts agree."""
    n, said = against_log(apache, record,
                          lambda: run_load("ab", "-q", "-k", "-n", "3000", "-c", "8", apache.url))
    assert n == 3000 == int(re.search(r"Complete requests:\s+(\d+)", said)[1])


def test_ab_without_keep_alive(apache, record, way):
    n, _ = against_log(apache, record,
                       lambda: run_load("ab", "-q", "-n", "1000", "-c", "8", apache.url))
    assert n == 1000


def test_wrk(apache, record, way):
    """wrk closes its connections with requests in flight: at most one more request per
    connection."""
    n, said = against_log(apache, record,
                          lambda: run_load("wrk", "-t", "2", "-c", "16", "-d", "2", apache.url))
    wrk = int(re.search(r"(\d+) requests in", said)[1])
    assert wrk <= n <= wrk + 16


def test_curl_errors_and_conditions(apache, record, way):
    def load():
        for argv in (["-I"], ["-H", "If-Modified-Since: Wed, 01 Jan 2098 00:00:00 GMT"],
                     ["-X", "POST", "-d", "a=b"], ["-X", "NONSENSE"], ["--http1.0"]):
            run_load("curl", "-s", "-o", "/dev/null", *argv, apache.url)
        run_load("curl", "-s", "-o", "/dev/null", apache.url + "missing", apache.url)

    n, _ = against_log(apache, record, load)
    assert n == 7
