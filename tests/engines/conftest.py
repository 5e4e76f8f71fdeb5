# SPDX-License-Identifier: GPL-2.0-or-later
"""Fixtures of the ring `engines`: container engines, libvirt and HTTP servers as Debian installs
them. The helpers of tests/e2e are used as well."""

import os
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))

import image  # noqa: E402
import lib  # noqa: E402
import room as rooms  # noqa: E402

_room = None


def pytest_sessionstart(session):
    global _room
    if os.geteuid() != 0:
        pytest.exit("the engines' tests need root (run them with sudo)", 1)
    for path, how in ((lib.VIRTAX, "make"), (lib.load("spin"), "make tests")):
        if not os.access(path, os.X_OK):
            pytest.exit(f"{path} is not there ({how})", 1)
    _room = rooms.Room()


def pytest_sessionfinish(session, exitstatus):
    """Nothing of the engines is left. This is no test, because it needs their fixtures' ends."""
    left = _room.close() if _room else []
    if left:
        print("\nleft behind: " + ", ".join(left), file=sys.stderr)
        session.exitstatus = 1


@pytest.fixture(scope="session")
def root(tmp_path_factory):
    return image.build(str(tmp_path_factory.mktemp("image") / "root"))


@pytest.fixture(scope="session")
def tar(root, tmp_path_factory):
    return image.pack(root, str(tmp_path_factory.mktemp("tar") / "image.tar"))


@pytest.fixture(scope="module")
def module_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("run")


@pytest.fixture
def record(tmp_path):
    """record(args): a recording around a with-block; see lib.Recording."""

    def make(*args, **kwargs):
        return lib.Recording(tmp_path, args, **kwargs)

    return make
