# SPDX-License-Identifier: GPL-2.0-or-later
"""The tables of the study, with the paper's numbers beside those measured here."""

import textwrap

from study.measure import MANAGER, REST, SERVING
from study.numbers import (MIB, PARTS, estimate, layers, memory, owners, part_of, per_request, stage_of,
                           the_target)

STAGES = ((REST, "host at rest"), (MANAGER, "manager running"), (SERVING, "serving"))
KINDS = {"vm": "KVM", "container": "Docker"}  # as the paper names them

# The paper's figures: Table 7 (%idle by mpstat), Table 8 (MB by free; total, used, free).
PAPER_IDLE = {"vm": (88.13, 75.25, 73.44), "container": (88.13, 88.13, 85.67)}
PAPER_USED = {"vm": (977, 1026, 1698), "container": (977, 977, 1019)}
PAPER_FREE = {"vm": (2809, 2764, 2088), "container": (2809, 2809, 2767)}
PAPER_TOTAL = 3786
# Its other rows: resident size of the processes (top), disk (ls, du), network set-up.
PAPER_RSS = {"vm": "–", "container": "4.2 and 6.6"}
PAPER_DISK = {"vm": "10 GB / 5.5 GB (image)", "container": "1.2 GB + 3.6 MB (devicemapper)"}
PAPER_NETWORK = {"vm": "2 iptables rules (DNAT, SNAT)", "container": "1 flag (-p 80:80)"}


def table(title, head, rows):
    print(f"\n{title}\n")
    rows = [head, *rows]
    widths = [max(len(str(row[i])) for row in rows) for i in range(len(head))]
    for i, row in enumerate(rows):
        cells = [str(cell).ljust(w) if k == 0 else str(cell).rjust(w)
                 for k, (cell, w) in enumerate(zip(row, widths))]
        print("  " + "  ".join(cells).rstrip())
        if i == 0:
            print("  " + "  ".join("-" * w for w in widths))


def table_7(done):
    rows = []
    for kind, repeats in done.items():
        for i, (name, what) in enumerate(STAGES):
            rows.append((f"{KINDS[kind]}, {what}", f"{PAPER_IDLE[kind][i]:.2f}",
                         estimate([owners(r, name)["idle"] for r in repeats])))
    table("Table 7. CPU idle, %", ("stage", "paper (mpstat)", "here (virtax)"), rows)


def table_8(done):
    rows, parts = [], []
    for kind, repeats in done.items():
        for i, (name, what) in enumerate(STAGES):
            got = [m for m in (memory(r, name) for r in repeats) if m]
            paper = f"{PAPER_TOTAL} / {PAPER_USED[kind][i]} / {PAPER_FREE[kind][i]}"
            title = f"{KINDS[kind]}, {what}"
            rows.append((title, paper, *(estimate([m[k] for m in got])
                                         for k in ("total", "used", "available"))))
            parts.append((title, *(estimate([m[k] for m in got])
                                   for k in ("target", "manager", "other targets", "rest"))))
    table("Table 8. Memory, MB (the paper: free, buffers and cache not counted as used; here: used is "
          "total less available)", ("stage", "paper total / used / free", "total", "used", "available"), rows)
    table("Table 8, owners of the used memory, MB: the guest with its QEMU or the container (shared "
          "pages once), the manager,\nother guests and containers, all else", ("stage", "target", "manager",
                                                                        "others", "rest"), parts)


def of_run(repeats, *path):
    """Yields a number of the target from each repeat; None where it is unknown."""
    for repeat in repeats:
        at = the_target(repeat)
        for key in path:
            at = at.get(key) if at else None
        yield at


def scaled(values, by):
    return estimate([v / by if v is not None else None for v in values])


def other_rows(done):
    rows = []
    for kind, repeats in done.items():
        name, storage = KINDS[kind], ("storage",)
        processes = next(of_run(repeats, "memory", "processes"), None)
        rows += [(f"{name}: RSS of its {processes or '?'} processes, MB", PAPER_RSS[kind],
                  scaled(of_run(repeats, "memory", "rss_bytes"), MIB)),
                 (f"{name}: disk, apparent, MB", PAPER_DISK[kind],
                  scaled(of_run(repeats, *storage, "apparent_bytes"), MIB)),
                 (f"{name}: disk, allocated, MB", "",
                  scaled(of_run(repeats, *storage, "allocated_bytes"), MIB)),
                 (f"{name}: disk, private, MB", "",
                  scaled(of_run(repeats, *storage, "own_bytes"), MIB)),
                 (f"{name}: network", PAPER_NETWORK[kind], network(kind, repeats[0]))]
    table("Other rows of the study", ("what", "paper", "here"), rows)


def network(kind, repeat):
    devices = the_target(repeat)["netdevs"]
    if not devices:
        return "QEMU's user network, no rule"
    return f"{len(devices)} {'tap' if kind == 'vm' else 'veth'} of its own, no rule"


def figures(done):
    """Percent, ms of CPU time per second and, while serving, us per request as well."""
    for number, (name, what), place in zip((5, 6, 7), STAGES, range(3)):
        rows = []
        for who in owners(next(iter(done.values()))[0], name):
            row = [who]
            for kind, repeats in done.items():
                parts = [owners(r, name)[who] for r in repeats]
                cpus = [r["run"]["window"]["cpus"] for r in repeats]
                row += [f"{PAPER_IDLE[kind][place]:.2f}" if who == "idle" else "", estimate(parts),
                        estimate([p * n * 10 for p, n in zip(parts, cpus)])]
                if name == SERVING:
                    row.append(estimate([p * n * 10 * stage_of(r, name)["length_ns"] / 1e6
                                         / layers(r, name)[1] if layers(r, name)[1] else None
                                         for p, n, r in zip(parts, cpus, repeats)]))
            rows.append(tuple(row))
        head = ["owner"]
        for kind in done:
            head += [f"{KINDS[kind]}: paper", "%", "ms/s"] + (["us/request"] if name == SERVING else [])
        table(f"Figure {number}. {what}: owners of the CPU time", tuple(head), rows)


def serving(done):
    for kind, repeats in done.items():
        names = list(dict.fromkeys(n for r in repeats for n in layers(r, SERVING)[0]))
        rows = []
        for layer in [*names, "all layers"]:
            each, second = [], []
            for r in repeats:
                got, count = layers(r, SERVING)
                ns = sum(got.values()) if layer == "all layers" else got.get(layer, 0)
                each.append(ns / count / 1e3 if count else None)
                second.append(ns / stage_of(r, SERVING)["length_ns"] * 1e3)
            rows.append((layer, estimate(each), estimate(second)))
        served = sum(layers(r, SERVING)[1] for r in repeats)
        table(f"Serving, {KINDS[kind]}: CPU time by layer ({served} requests in {len(repeats)} runs)",
              ("layer", "us/request", "ms/s"), rows)


def how_it_was_done(done, options):
    run = next(iter(done.values()))[0]["run"]
    host = run["host"]
    print(f"{host['cpu_model']}, {run['window']['cpus']} CPUs, {host['memory_bytes'] // MIB} MB, "
          f"Linux {host['kernel']}"
          + (f", itself a guest of {host['hypervisor']}" if host["hypervisor"] else ""))
    print(f"{options.repeat} repeats; {options.seconds} s per stage; {options.rate} requests/s while "
          "serving (the paper applied no load). ± is 95 % by Student's t over repeats.")
    for kind, repeats in done.items():
        manager, engine = repeats[0]["manager"], repeats[0]["engine"]
        made = {"vm": "QEMU, without libvirt", "container": "runc, without docker"}[kind]
        print(f"{KINDS[kind]}: the target by {engine or made}; "
              + (f"manager: {manager}" if manager else "no manager is installed here: that stage "
                 "is the host at rest again"))
    if any(r["accel"] == "tcg" for r in done.get("vm", ())):
        print("KVM: not available here. The guest ran under TCG, an emulator: its numbers say NOTHING "
              "about the cost of\nvirtualization.")


def pairs(done):
    """Yields (container's, VM's) cost of a request by layer, from repeats that have both and whose VM is joined."""
    for container, vm in zip(done.get("container", ()), done.get("vm", ())):
        costs = per_request(container, SERVING), per_request(vm, SERVING)
        if the_target(vm).get("inside") and all(costs):
            yield costs


def of_part(cost, part):
    return sum(us for layer, us in cost.items() if part_of(layer) == part)


def from_container_to_vm(done):
    """The sentence and the waterfall: what each part adds to a request."""
    costs = list(pairs(done))
    if not costs:
        return
    both = [estimate([sum(cost[i].values()) for cost in costs]) for i in range(2)]
    each = {part: [of_part(vm, part) - of_part(container, part) for container, vm in costs] for part in PARTS}
    told = [f"{part} {'+' if sum(us) > 0 else ''}{estimate(us)}" for part, us in each.items() if any(us)]
    text = (f"A request costs {both[0]} us of CPU time in the container and {both[1]} us in the VM; from one to the "
            f"other, in us: {', '.join(told)}.")
    if done["vm"][0]["accel"] == "tcg":
        text += " The guest ran under TCG, an emulator: that is its cost, not that of virtualization."
    print("\n".join(textwrap.wrap(text, 110)))
    names = list(dict.fromkeys(layer for cost in costs for side in cost for layer in side))
    rows = [("the container", both[0], "", "")]
    for part in PARTS:
        if not any(each[part]):
            continue
        rows.append((part, *(estimate([of_part(cost[i], part) for cost in costs]) for i in range(2)),
                     estimate(each[part])))
        for layer in sorted((n for n in names if part_of(n) == part),
                            key=lambda n: -abs(sum(vm.get(n, 0) - box.get(n, 0) for box, vm in costs))):
            sides = [[cost[i].get(layer, 0) for cost in costs] for i in range(2)]
            rows.append((f"  {layer}", *(estimate(side) if any(side) else "" for side in sides),
                         estimate([vm - box for box, vm in zip(*sides)])))
    rows.append(("the VM", "", both[1], estimate([sum(vm.values()) - sum(box.values()) for box, vm in costs])))
    table(f"From container to VM: CPU time of a request by who adds it, us, like with like; the guest recorded, too ({len(costs)} "
          "pairs of runs)", ("part, layer", "container", "VM", "difference"), rows)


def print_all(done, options):
    """done: {kind: repeats}."""
    from_container_to_vm(done)
    print()
    how_it_was_done(done, options)
    table_7(done)
    table_8(done)
    other_rows(done)
    figures(done)
    serving(done)
