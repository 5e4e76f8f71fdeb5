# SPDX-License-Identifier: GPL-2.0-or-later
"""The CPU time of a target compared with what the kernel charges to it."""

from lab import must


def as_the_kernel_bills(run, label):
    """A target's CPU time as the kernel would charge it: with our handlers' time and, unless this
    kernel accounts for it separately, that of the interrupts that hit its tasks; without the
    interrupts charged to it."""
    cpu = run.target(label)["cpu"]
    irq = sum(r[m] or 0 for r in cpu["roles"].values() for m in ("softirq_ns", "hardirq_ns"))
    victim = cpu["tracer_victim_ns"]
    if not run.tunable("irq_time_accounting"):
        victim += cpu["irq_victim_ns"]
    return cpu["total_ns"] - irq + victim


# How much later than by the scheduler's clock a switch may be under emulation, on a busy machine:
# if the CPU that wakes a task enqueues it itself, an idle CPU has to notice (1.3 ms were seen).
LATE_NS, LATE_IDLE_NS = 60_000, 2_000_000


def wakes_idle_late():
    """Does a wake-up put the task into the queue of an idle CPU, which then has to notice it? Since
    6.0 (f3dd3f674555) the woken CPU enqueues the task itself. That change is not visible in the
    types; task_struct.user_cpus_ptr (5.15) distinguishes the kernels of the list."""
    global _late
    if _late is None:
        types = must(["bpftool", "btf", "dump", "file", "/sys/kernel/btf/vmlinux"], 120)
        _late = "'user_cpus_ptr'" not in types
    return _late


_late = None


def not_billed_ns(run, label):
    """An upper bound of what any part of a target's CPU time may lack compared with the kernel's:
    interrupts, our own time, and slices that ended late (see compare)."""
    cpu = run.target(label)["cpu"]
    late_ns = max(0, cpu["sched_exec_ns"] - as_the_kernel_bills(run, label))
    return cpu["irq_victim_ns"] + cpu["tracer_victim_ns"] + late_ns


def compare(run, label, kernel_ns, tolerance):
    """Compares with the kernel's number. We end a slice at the switch, the scheduler where it last
    read its clock. For the task that leaves, that may be some time earlier; for the one that
    arrives, as early as its wake-up, plus the time that an idle CPU needs to notice (before 6.0).
    The same switches by that clock show how much it is, and must give the kernel's number. Returns
    both differences."""
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
