# SPDX-License-Identifier: GPL-2.0-or-later
"""The suite that runs on the host under test, and how its results leave that machine: one line a
test in $OUT/results (outcome, test, what was said), and the numbers it noted in $OUT/notes.json."""

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


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    result = (yield).get_result()
    name = f"{item.module.__name__}:{item.name}".replace("test_", "")
    if call.excinfo is not None:
        infra = call.excinfo.errisinstance(lab.Infra) if hasattr(
            call.excinfo, "errisinstance") else isinstance(call.excinfo.value, lab.Infra)
        skipped = isinstance(call.excinfo.value, pytest.skip.Exception)
        _write("SKIP" if skipped else "INFRA" if infra else "FAIL", name,
               str(call.excinfo.value))
    elif result.when == "call":
        _write("PASS", name, "")


def pytest_sessionfinish(session):
    with open(os.path.join(lab.OUT, "notes.json"), "w", encoding="utf-8") as f:
        json.dump(_notes, f)


@pytest.fixture
def note():
    """note(name, value): for the table of results."""
    return _notes.__setitem__


def recording(*args, name):
    """lib.Recording whose run file leaves the machine."""
    made = lib.Recording(lab.OUT, args, timeout=lab.LOAD_SECONDS)
    made.file = os.path.join(lab.OUT, f"{name}.json")
    return made


@pytest.fixture(scope="session")
def whole(tmp_path_factory):
    """The lab, and the recording during which it came up: without any target named, KVM not even
    loaded when it began."""
    lab.must(["modprobe", "-a", "tun", "bridge", "veth"])
    container = lab.Container(str(tmp_path_factory.mktemp("web")))
    guest = lab.Guest()
    guest.network()
    with recording(name="boot") as rec:
        # Emulation makes a halt's way to sleep and back long: polling must be longer still to be seen.
        lab.must(["modprobe", "kvm", "halt_poll_ns=3000000", "halt_poll_ns_grow_start=500000"])
        lab.must(["modprobe", "-a", "kvm_amd", "vhost_net"])
        guest.start()
        container.up()
        container.execute(["/loads/spin", "-w", "1000"])
        guest.up()
        usage = {"vm": guest.cgroup.usage_ns(), "container": container.usage_ns(),
                 "vcpu": guest.on_cpu_ns(guest.vcpu()),
                 "vhost": lib.schedstat(guest.vhost())[0]}
    yield container, guest, rec.run, usage
    container.remove()
    guest.process.kill()
    guest.cgroup.remove()


@pytest.fixture(scope="session")
def container(whole):
    return whole[0]


@pytest.fixture(scope="session")
def guest(whole):
    return whole[1]


@pytest.fixture(scope="session")
def targets(container, guest):
    """Both on record's command line."""
    return ["--vm", f"vm={guest.pid}", "--container", f"web={container.name}"]
