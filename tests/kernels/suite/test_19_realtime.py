# SPDX-License-Identifier: GPL-2.0-or-later
"""A real-time kernel (tools/kernels rt) is refused with one line, since its numbers would be wrong.
There no other test is run; elsewhere this one has nothing to find."""

import os

import conftest
import lab
import lib


def test_is_refused_or_none():
    """The file is the kernel's own word for it."""
    realtime = "/sys/kernel/realtime"
    says = os.path.exists(realtime) and lib.read(realtime).strip() == "1"
    assert conftest.is_realtime() == says
    for argv in (["check"], ["record", "-d", "1"], ["top", "-b", "-n", "1"]) if says else ():
        done = lib.virtax(*argv, timeout=lab.LOAD_SECONDS)
        lib.assert_error(done, 1, "PREEMPT_RT", "real-time kernel")


def test_what_needs_no_measurement():
    done = lib.virtax("list", "--json", timeout=lab.LOAD_SECONDS)
    assert done.returncode == 0, done.stderr
