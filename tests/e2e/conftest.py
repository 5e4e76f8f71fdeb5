# SPDX-License-Identifier: GPL-2.0-or-later
"""Fixtures of the end-to-end tests. They need root, ./virtax and the workloads. If one of these is
missing the suite fails, because a suite that skips itself proves nothing."""

import os
import shutil
import subprocess

import pytest

import lib
import vms


def pytest_sessionstart(session):
    if os.geteuid() != 0:
        pytest.exit("the end-to-end tests need root (run them with sudo)", 1)
    for path, how in ((lib.VIRTAX, "make"), (lib.load("spin"), "make tests")):
        if not os.access(path, os.X_OK):
            pytest.exit(f"{path} is not there ({how})", 1)


@pytest.fixture(scope="session")
def cpus():
    return sorted(os.sched_getaffinity(0))


@pytest.fixture(scope="module")
def module_cgroup():
    """Creates cgroups that live as long as the test file; see `cgroup`."""
    yield from _cgroups()


@pytest.fixture
def cgroup():
    """cgroup(suffix="", without=()): a new empty cgroup in every hierarchy. After the test it is
    removed together with everything that runs in it."""
    yield from _cgroups()


def _cgroups():
    made = []

    def make(suffix="", without=()):
        made.append(lib.Cgroup(lib.cgroup_name(suffix), without))
        return made[-1]

    yield make
    for group in reversed(made):
        group.remove()


@pytest.fixture
def qemu(cgroup, tmp_path):
    """qemu(*more, **kwargs): a QEMU under TCG in a cgroup of its own; see vms.Qemu."""
    made = []

    def make(*more, **kwargs):
        n = len(made)
        made.append(vms.Qemu(tmp_path / f"vm{n}", cgroup("-vm"), f"{lib.PREFIX}vm{n}", *more,
                             **kwargs))
        return made[-1]

    yield make
    for vm in made:
        vm.close()


@pytest.fixture(scope="module")
def module_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("run")


@pytest.fixture
def spawn():
    """Popen; the process is killed after the test if it still runs."""
    made = []

    def start(argv, **kwargs):
        kwargs.setdefault("stdin", subprocess.PIPE)
        kwargs.setdefault("stdout", subprocess.PIPE)
        kwargs.setdefault("text", True)
        made.append(subprocess.Popen(argv, **kwargs))
        return made[-1]

    yield start
    for process in made:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def record(tmp_path):
    """record(args): a recording around a with-block; see lib.Recording."""

    def make(*args, **kwargs):
        return lib.Recording(tmp_path, args, **kwargs)

    return make


@pytest.fixture
def anyone(tmp_path_factory):
    """Runs virtax as an unprivileged user, from a place where that user can read it."""
    place = tmp_path_factory.mktemp("anyone")
    for path in (place, place.parent, place.parent.parent):
        os.chmod(path, 0o755)
    program = shutil.copy(lib.VIRTAX, place / "virtax")

    def run(*argv):
        return subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                               "--inh-caps=-all", "--bounding-set=-all", program, *argv],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, cwd="/",
                              timeout=30, check=False)

    run.place = place
    return run
