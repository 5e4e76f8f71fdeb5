# SPDX-License-Identifier: GPL-2.0-or-later
"""The verifier's verdict: what loads on this kernel, and how much it had to look at."""

import json
import os

import lab
import lib

# Instructions the verifier may look at, by the first start of the program's name that fits. The kernel's
# own limit is a million. As in tests/bpf/test_bpf.c, which says how they were found.
BUDGET = {
    "vtx_net_rx": 280, "vtx_net_sock": 200, "vtx_net_": 172_500, "vtx_switch": 19_900,
    "vtx_flush": 9700, "vtx_rq_done": 66_200, "vtx_rq_issue": 34_000, "vtx_rq_requeue": 200,
    "vtx_rq_": 9700, "vtx_bio_": 5900, "vtx_dirty": 200, "vtx_exec": 6250, "vtx_attach": 5650,
    "vtx_fork": 285, "vtx_exit": 200, "vtx_rename": 405, "vtx_free": 200, "vtx_mkdir": 200,
    "vtx_rmdir": 200, "vtx_seed": 200, "vtx_list": 3850, "vtx_kvm_entry": 6000,
    "vtx_kvm_user": 1720, "vtx_kvm_": 1050, "vtx_guest_fault": 200, "vtx_fault_m": 520,
    "vtx_fault_": 5600, "vtx_sample": 5000, "vtx_sys_": 435, "vtx_soft_": 1110,
    "vtx_wakeup": 1000, "vtx_": 6800,
}


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
    for hook in check["hooks"]:
        if hook["state"] != "on":
            continue
        budget = next(n for name, n in BUDGET.items() if hook["program"].startswith(name))
        assert 0 < hook["verified_insns"] <= budget, hook
