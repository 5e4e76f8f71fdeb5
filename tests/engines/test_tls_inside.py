# SPDX-License-Identifier: GPL-2.0-or-later
"""TLS and HTTP/2 in a container and in a guest: what --requests says is what the load generator sent; in
plain HTTP it is what the wire shows, so what a request costs is the same."""

import time

import pytest

import inside
from room import answers
from test_tls import h2load, notes, requests_of

N = {"container": 2000, "guest": 120}  # a guest under TCG takes some ms for each


@pytest.fixture(scope="module", params=["container", "guest"])
def place(request, tmp_path_factory):
    made = {"container": inside.Container, "guest": inside.Guest}[request.param](
        tmp_path_factory.mktemp(request.param))
    made.n = N[request.param]
    yield made
    made.remove()


def options(place, server, tls):
    return [*place.target, "--requests", f"web:{place.source(server)}", "--http",
            f"web:{place.dev}:{inside.PORTS[server][tls]}", "--only", "cpu,http", "-i", "60"]


def how(place, server):
    """Apache's status leaves out some streams of HTTP/2 (test_tls.py): there, requests of HTTP/1.1."""
    return ["--h1"] if server == "apache" and isinstance(place, inside.Guest) else []


@pytest.mark.parametrize("server", inside.PORTS)
def test_count(place, server, record):
    with record(*options(place, server, True), check=False) as rec:
        text = h2load(place.url(server, tls=True), place.n, *how(place, server))
        time.sleep(0.1)
    assert ("Application protocol: h2" in text) == (not how(place, server)), text
    requests = requests_of(rec)
    assert (requests["count"], requests["wire_count"]) == (place.n, 0), (requests, notes(rec.run))
    over_tls = rec.run.target("web")["per_request"]["cpu_ns"]
    with record(*options(place, server, False), check=False) as rec:
        h2load(place.url(server), place.n, "--h1")
        time.sleep(0.1)
    requests = requests_of(rec)
    assert requests["count"] == requests["wire_count"] == place.n, (requests, notes(rec.run))
    assert over_tls > 0 < rec.run.target("web")["per_request"]["cpu_ns"]


@pytest.mark.parametrize("place", ["container"], indirect=True)  # the log of a guest is not read
@pytest.mark.parametrize("server", inside.PORTS)
def test_rotated(place, server, record):
    with record(*options(place, server, True), check=False) as rec:
        h2load(place.url(server, tls=True), 500)
        place.rotate(server)
        h2load(place.url(server, tls=True), 300)
        time.sleep(0.1)
    assert requests_of(rec)["count"] == 800, notes(rec.run)


@pytest.mark.parametrize("server", inside.PORTS)
def test_restarted(place, server, record):
    """A log goes on; a page's count begins again, which is said."""
    with record(*options(place, server, True), check=False) as rec:
        h2load(place.url(server, tls=True), place.n, *how(place, server))
        place.again()
        h2load(place.url(server, tls=True), place.n // 2, *how(place, server))
        time.sleep(0.1)
    count = requests_of(rec)["count"]
    if isinstance(place, inside.Container):
        assert count == place.n + place.n // 2, notes(rec.run)
    else:
        assert count is None and "restarted" in notes(rec.run)["requests of web"], (count, notes(rec.run))
    assert answers(place.url(server))
