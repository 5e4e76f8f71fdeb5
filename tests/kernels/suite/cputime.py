# SPDX-License-Identifier: GPL-2.0-or-later
"""The CPU time of a target beside what the kernel charges to it."""

from lab import must


def as_the_kernel_bills(run, label):
    """A target's CPU with what was taken off its bill put back: our own time and, unless this kernel keeps
    it apart, that of interrupts; without the interrupts that are on it."""
    cpu = run.target(label)["cpu"]
    irq = sum(r[m] or 0 for r in cpu["roles"].values() for m in ("softirq_ns", "hardirq_ns"))
    victim = cpu["tracer_victim_ns"]
    if not run.tunable("irq_time_accounting"):
        victim += cpu["irq_victim_ns"]
    return cpu["total_ns"] - irq + victim


# How much later than by the scheduler's clock a switch may be under emulation, on a busy machine: where the
# CPU that wakes up enqueues the task itself, and where an idle one has to notice (1.3 ms were seen).
LATE_NS, LATE_IDLE_NS = 60_000, 2_000_000


def wakes_idle_late():
    """Does a wake-up put the task into an idle CPU's queue itself, and leave it to that CPU to notice?
    Since 6.0 (f3dd3f674555) the CPU that wakes up does, once it is awake. That left no mark in the types;
    task_struct.user_cpus_ptr (5.15) lies between the kernels of the list."""
    global _late
    if _late is None:
        types = must(["bpftool", "btf", "dump", "file", "/sys/kernel/btf/vmlinux"], 120)
        _late = "'user_cpus_ptr'" not in types
    return _late


_late = None


def not_billed_ns(run, label):
    """What at most is missing from any part of a target's bill, beside the kernel's: interrupts and our own
    time, and slices that ended late (see compare)."""
    cpu = run.target(label)["cpu"]
    late_ns = max(0, cpu["sched_exec_ns"] - as_the_kernel_bills(run, label))
    return cpu["irq_victim_ns"] + cpu["tracer_victim_ns"] + late_ns


def compare(run, label, kernel_ns, tolerance):
    """With the kernel's figure. Ours ends a slice at the switch, the scheduler where it read its clock last.
    For the task that goes that may be some time earlier, and for the one that comes as early as its
    wake-up, all the time that an idle CPU needs to notice (before 6.0). How
    much it is, the same switches by that clock say, which have to give the kernel's figure. Returns
    both distances."""
    target = run.target(label)
    ours = as_the_kernel_bills(run, label)
    switches, exec_ns = target["sched"]["switches"], target["cpu"]["sched_exec_ns"]
    clock = exec_ns / kernel_ns - 1
    what = (label, ours, kernel_ns, switches, target["cpu"])
    assert abs(clock) <= tolerance, (clock, *what)
    assert ours - exec_ns <= LATE_NS * switches + tolerance * kernel_ns, what
    late_ns = LATE_IDLE_NS if wakes_idle_late() else LATE_NS
    assert exec_ns - ours <= late_ns * switches + tolerance * kernel_ns, what
    return ours / kernel_ns - 1, clock
