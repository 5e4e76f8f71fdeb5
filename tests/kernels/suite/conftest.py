# SPDX-License-Identifier: GPL-2.0-or-later
"""Configuration of the suite that runs on the host under test. Its results leave that machine as
one line per test in $OUT/results (outcome, test, message), and as the recorded numbers in
$OUT/notes.json."""

import json
import os
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../e2e"))

import lab  # noqa: E402
import lib  # noqa: E402

_notes = {}


def _write(outcome, name, said):
    with open(os.path.join(lab.OUT, "results"), "a", encoding="utf-8") as f:
        f.write("\t".join((outcome, name, " ".join(said.split())[:400])) + "\n")


def is_realtime():
    return "PREEMPT_RT" in os.uname().version


def pytest_collection_modifyitems(items):
    """On a real-time kernel nothing can be measured."""
    if is_realtime():
        items[:] = [i for i in items if "realtime" in i.module.__name__]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    result = (yield).get_result()
    name = f"{item.module.__name__}:{item.name}".replace("test_", "")
    if call.excinfo is not None:
        infra = call.excinfo.errisinstance(lab.Infra) if hasattr(
            call.excinfo, "errisinstance") else isinstance(call.excinfo.value, lab.Infra)
        skipped = isinstance(call.excinfo.value, pytest.skip.Exception)
        # A guest that crashed takes down every test that needs it. (If it crashes at each attempt, the
        # machine has not passed.)
        broken = [why for guest in lab.Guest.running if (why := guest.broken())] \
            if "whole" in item.fixturenames else []
        said = str(call.excinfo.value) or type(call.excinfo.value).__name__
        _write("SKIP" if skipped else "INFRA" if infra or broken else "FAIL", name,
               "; ".join([*broken, said]))
    elif result.when == "call":
        _write("PASS", name, "")


def pytest_sessionfinish(session):
    with open(os.path.join(lab.OUT, "notes.json"), "w", encoding="utf-8") as f:
        json.dump(_notes, f)


@pytest.fixture
def note():
    """note(name, value): records a value for the table of results."""
    return _notes.__setitem__


def recording(*args, name):
    """lib.Recording; its run file is copied out of the machine."""
    made = lib.Recording(lab.OUT, args, timeout=lab.LOAD_SECONDS)
    made.file = os.path.join(lab.OUT, f"{name}.json")
    return made


@pytest.fixture(scope="session")
def whole(tmp_path_factory):
    """The lab, and the recording during which it was started: no target was named, and KVM was not
    loaded when the recording began."""
    lab.must(["modprobe", "-a", "tun", "bridge", "veth"])
    container = lab.Container(str(tmp_path_factory.mktemp("web")))
    guest = lab.Guest()
    guest.network()
    with recording(name="boot") as rec:
        # Under emulation going to sleep and waking up take long: polling must take longer to be
        # visible.
        lab.must(["modprobe", "kvm", "halt_poll_ns=3000000", "halt_poll_ns_grow_start=500000"])
        lab.must(["modprobe", "-a", "kvm_amd", "vhost_net"])
        guest.start()
        container.up()
        container.execute(["/loads/spin", "-w", "3000"])
        guest.up()
        usage = {"vm": guest.cgroup.usage_ns(), "container": container.usage_ns(),
                 "vcpu": guest.on_cpu_ns(guest.vcpu()),
                 "vhost": lib.schedstat(guest.vhost())[0]}
    yield container, guest, rec.run, usage
    container.remove()
    guest.kill()


@pytest.fixture(scope="session")
def container(whole):
    return whole[0]


@pytest.fixture(scope="session")
def guest(whole):
    return whole[1]


@pytest.fixture(scope="session")
def targets(container, guest):
    """Both targets as options of record."""
    return ["--vm", f"vm={guest.pid}", "--container", f"web={container.name}"]
