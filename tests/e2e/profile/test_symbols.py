# SPDX-License-Identifier: GPL-2.0-or-later
"""Names of functions where they are hard to find: no frame pointers, code from a JIT, a container that has
exited, a debug file that only the program's own root has. All of it in one recording."""

import os
import re
import shutil
import subprocess

import pytest

import lib
from folded import build_id_of, folded, share
from runc import Container


def make_root(root):
    """A directory with a stripped program, the libraries it needs, and its debug file; all but the first
    where a distribution has them."""
    program = lib.load("stacks")
    libraries = re.findall(r"/\S+", subprocess.run(["ldd", program], check=True, text=True,
                                                   capture_output=True).stdout)
    for path in libraries:
        if os.path.isfile(path) and path != program:
            os.makedirs(root + os.path.dirname(path), exist_ok=True)
            shutil.copy(path, root + path)
    build_id = build_id_of(program)
    debug = f"{root}/usr/lib/debug/.build-id/{build_id[:2]}"
    os.makedirs(debug)
    subprocess.run(["strip", "-s", "-o", f"{root}/bare", program], check=True)
    subprocess.run(["objcopy", "--only-keep-debug", program, f"{debug}/{build_id[2:]}.debug"], check=True)


@pytest.fixture(scope="module")
def recorded(module_cgroup, module_dir):
    groups = {name: module_cgroup(f"-{name}") for name in ("frameless", "jit", "root")}
    root = f"{module_dir}/root"
    make_root(root)
    argv = {"frameless": [lib.load("stacks-frameless"), "user", "700"], "jit": [lib.load("jit"), "400"],
            "root": ["chroot", root, "/bare", "user", "700"]}
    args = [word for name in argv for word in ("--cgroup", f"{name}={groups[name].path}")]
    box = Container(f"{module_dir}/box", "-symbols")
    try:
        box.start(["/usr/bin/sh", "-c", "until [ -e /go ]; do sleep 0.05; done; exec /loads/stacks user 700"])
        with lib.Recording(module_dir, [*args, "--container", f"box={box.name}", "--profile=499",
                                        "--only", "cpu"]) as recording:
            running = [groups[name].spawn(words) for name, words in argv.items()]
            with open(f"{module_dir}/box/rootfs/go", "w", encoding="utf-8"):
                pass
            for process in running:
                process.communicate(timeout=30)
            lib.wait_until("container ended", lambda: box.status() == "stopped", 30)
            box.remove()
            shutil.rmtree(root)
    finally:
        box.remove()
    return recording


@pytest.fixture(scope="module")
def rows(recorded):
    return folded(recorded)


def of(rows, label):
    return [row for row in rows if row[0] == label]


def check_shares(rows):
    assert share(rows, "user", "burn_seventy") == pytest.approx(0.7, abs=0.1)
    assert share(rows, "user", "burn_thirty") == pytest.approx(0.3, abs=0.1)


def test_without_frame_pointers(recorded, rows):
    """The function that runs has its name; its callers are missing, and the report says of how many."""
    mine = of(rows, "frameless")
    check_shares(mine)
    assert share(mine, "user", "work") < 0.2
    profile = recorded.run["profile"]
    assert profile["samples"] / 10 < profile["early"] < profile["samples"] * 0.75, profile["early"]
    done = lib.virtax("report", "--verbose", recorded.file)
    assert f"ended early {profile['early']} (" in done.stdout


def test_code_from_a_jit(rows):
    """Its map is gone when the recording ends."""
    assert share(of(rows, "jit"), "user", "burn:loop (jit)") > 0.9


def test_a_container_that_has_exited(rows):
    mine = of(rows, "box")
    check_shares(mine)
    assert share(mine, "user", "work") > 0.8


def test_a_debug_file_below_the_programs_root(rows):
    """A local function has its name from nowhere else, and all of it is deleted."""
    mine = of(rows, "root")
    check_shares(mine)
    assert share(mine, "user", "work") > 0.8
