# SPDX-License-Identifier: GPL-2.0-or-later
"""Shared by the tests of requests: both ways to attach to a device, and the comparison of
counts."""

import collections

import pytest

NAMES = {1: "1xx", 2: "2xx", 3: "3xx", 4: "4xx", 5: "5xx"}


@pytest.fixture(params=["tcx", "packet"])
def way(request, monkeypatch):
    """Both ways to attach to a device. (On older kernels, tcx is replaced by packet anyway.)"""
    monkeypatch.setenv("VIRTAX_NET", request.param)
    return request.param


def requests_of(run, label="web"):
    got = run.target(label)["requests"]
    assert got["source"] == "http"
    return got


def check(run, answers, status, label="web"):
    """The counts by status class are the client's, and nothing indicates that they might not be."""
    got = requests_of(run, label)
    by_class = collections.Counter()
    for code, n in status.items():
        by_class[NAMES[code // 100]] += n
    assert got["count"] == answers, (got, status)
    for name in ("2xx", "3xx", "4xx", "5xx"):
        assert got["status"][name] == by_class[name], (got, status)
    assert got["gaps"] == 0 and got["midstream"] == 0, got
    return got
