# SPDX-License-Identifier: GPL-2.0-or-later
"""The verifier: which programs load on this kernel, and how many instructions it processed."""

import json
import os

import lab
import lib


def budget_of(program):
    for line in lib.read(os.path.join(os.path.dirname(__file__), "budgets")).splitlines():
        prefix, insns = line.split()[:2]
        if program.startswith(prefix):
            return int(insns)
    raise AssertionError(program)


def test_check(note):
    done = lib.virtax("check", "--json", timeout=lab.LOAD_SECONDS)
    if done.returncode:
        why = lib.virtax("check", env={**os.environ, "VIRTAX_DEBUG": "1"}, timeout=lab.LOAD_SECONDS)
        with open(os.path.join(lab.OUT, "verifier.log"), "w", encoding="utf-8") as f:
            f.write(why.stderr)
    assert done.returncode == 0, done.stderr
    with open(os.path.join(lab.OUT, "check.json"), "w", encoding="utf-8") as f:
        f.write(done.stdout)
    check = json.loads(done.stdout)
    note("cgroup", check["cgroup"])
    assert check["cgroup"] == os.environ["CGROUP"]
    states = {h["program"]: h["state"] for h in check["hooks"]}
    for program in ("vtx_flush", "vtx_seed", "vtx_switch", "vtx_fork", "vtx_exit", "vtx_timer_in",
                    "vtx_soft_in", "vtx_sample", "vtx_sys_enter"):
        assert states[program] == "on", (program, states)
    assert "on" in (states["vtx_net_in"], states["vtx_net_sock"])
    verified = {h["program"]: h["verified_insns"] for h in check["hooks"] if h["state"] == "on"}
    assert all(verified.values()), verified
    over = {p: f"{insns} of {budget_of(p)}" for p, insns in verified.items() if insns > budget_of(p)}
    assert not over, over
