# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tables of the study show, taken from the runs."""

import math
import statistics

MIB = 1 << 20

# 97.5 % quantiles of Student's t by degrees of freedom.
T975 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
        2.145, 2.131, 2.120, 2.110, 2.101, 2.093)


def estimate(values):
    """"12.3 ±0.4": the mean and half of its 95 % interval by Student's t."""
    values = [v for v in values if v is not None]
    if not values:
        return "–"
    mean = statistics.fmean(values)
    if len(values) < 2:
        return f"{mean:.2f}"
    t = T975[min(len(values) - 2, len(T975) - 1)]
    return f"{mean:.2f} ±{t * statistics.stdev(values) / math.sqrt(len(values)):.2f}"


def stage_of(repeat, name):
    return next(s for s in repeat["run"]["stages"] if s["name"] == name)


def percent(repeat, stage, ns):
    """Percent of the host's CPU time in that stage."""
    return 100 * ns / (stage["length_ns"] * repeat["run"]["window"]["cpus"])


def of_target(repeat, name):
    """The target's numbers in the stage; None before it exists. It is identified by its pid,
    because a guest that failed to start under KVM had the same name."""
    index = [t["pid"] for t in repeat["run"]["targets"]].index(repeat["pid"])
    targets = stage_of(repeat, name)["targets"]
    return targets[index] if index < len(targets) else None


def owners(repeat, name):
    """{owner: percent of the CPUs}; adds up to 100."""
    stage = stage_of(repeat, name)
    host = stage["host_cpu"]
    mine = of_target(repeat, name)
    others = sum(t["cpu"]["total_ns"] for t in stage["targets"] if t is not mine)
    parts = {"idle": host["idle_ns"], "target": mine["cpu"]["total_ns"] if mine else 0,
             "manager": (host["vm_manager_ns"] or 0) + (host["container_manager_ns"] or 0),
             "unattributed interrupts": host["softirq_ns"] + host["hardirq_ns"],
             "virtax": host["tracer_ns"], "the rest": host["other_ns"] + others,
             "stolen": host["steal_ns"]}
    return {who: percent(repeat, stage, ns) for who, ns in parts.items()}


def memory(repeat, name):
    """MB at the end of the stage, from the run file: total, used, available, and the owners of the used
    memory, which add up to it."""
    stage = stage_of(repeat, name)
    host = stage.get("host_memory")
    if not host:
        return None
    mine = of_target(repeat, name)
    held = ((mine or {}).get("memory") or {}).get("held_bytes") or 0
    parts = {"total": host["total_bytes"], "used": host["used_bytes"],
             "available": host["available_bytes"], "target": held,
             "manager": (host["vm_manager_bytes"] or 0) + (host["container_manager_bytes"] or 0),
             "other targets": (host["targets_bytes"] or 0) - held, "rest": host["rest_bytes"] or 0}
    return {who: n / MIB for who, n in parts.items()}


def the_target(repeat):
    return next(t for t in repeat["run"]["targets"] if t["pid"] == repeat["pid"])


# Who adds a layer, as in the report of virtax.
PARTS = ("the same work", "the guest's kernel", "virtax in the guest", "KVM", "QEMU and vhost",
         "host interrupts", "the runtime")


def part_of(layer):
    """The one of PARTS that a layer belongs to."""
    role, mode = layer.split(" ")
    if role in ("workload", "runtime"):
        return PARTS[0 if role == "workload" else 6]
    if role == "guest":
        return PARTS[2 if mode == "tracer" else 1]
    if mode == "guest":
        return PARTS[1]
    if mode in ("softirq", "hardirq"):
        return PARTS[5]
    return PARTS[3 if role == "kvm" or (role == "vcpu" and mode != "user") else 4]


def layers_inside(inside):
    """{"role mode": ns} of a joined VM's guest time: its targets' work as if it were on the host."""
    got = {f"workload {key[:-3]}": ns for key, ns in inside["work"].items() if key != "nested_ns"}
    got["guest nested"] = inside["work"]["nested_ns"]
    return got | {f"guest {key[:-3]}": ns for key, ns in inside["rest"].items()}


def layers(repeat, name):
    """({"role mode": ns}, number of requests); a joined VM's guest time is in its parts."""
    mine = of_target(repeat, name)
    inside, base = mine.get("inside"), (the_target(repeat).get("inside") or {}).get("base")
    got = layers_inside(inside) if inside and base else {}
    for role, modes in mine["cpu"]["roles"].items():
        # Under TCG, what vCPUs do besides is QEMU's.
        shown = "tcg" if got and role == "vcpu" and base != "guest" else role
        got |= {f"{shown} {mode[:-3]}": ns for mode, ns in modes.items()
                if ns and not (got and role == "vcpu" and mode == f"{base}_ns")}
    return {layer: ns for layer, ns in got.items() if ns}, mine["requests"]["count"] or 0


def per_request(repeat, name):
    """{"role mode": us}; None without requests."""
    got, count = layers(repeat, name)
    return {layer: ns / count / 1e3 for layer, ns in got.items()} if count else None
