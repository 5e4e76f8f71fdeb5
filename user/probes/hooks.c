// SPDX-License-Identifier: GPL-2.0-or-later
#include "probes/hooks.h"

#include "base/array.h"
#include "probes/conditions.h"
#include "probes/plan.h"

#define IRQ_COSTS "interrupts of this kind are charged to the task they interrupt"

#define KVM_COSTS "guest time counts as kernel time"

#define FAULT_COSTS "page faults are not counted by mode and access"

#define BLOCK_COSTS                                                                                \
	"block IO is not measured, and its completion interrupts are charged to the host"

#define DIRTY_COSTS                                                                                \
	"later write-back by kernel threads is unattributed unless cgroups identify the owner"

#define TCX_COSTS "a packet socket sees the packets of a target's device instead"

static bool always(const struct plan *plan)
{
	return true;
}

/*
 * Missing the start of a bio matters less than that of a request, unless its device makes no
 * requests.
 */
static bool without_bios(const struct plan *plan)
{
	return !plan->bios;
}

/* clang-format off */
#define HOOK(id, prog, name, how, ...)                                                             \
	[HOOK_##id] = {.program = prog, .event = name, .type = ATTACH_##how, __VA_ARGS__}

#define TP(id, prog, name, ...) HOOK(id, prog, name, TRACEPOINT, __VA_ARGS__)

/* An interrupt's entry and exit. */
#define IRQ(id, name, event, ...)                                                                  \
	TP(id##_IN, "vtx_" name "_in", event "_entry", .parts = PART_ALL, .costs = IRQ_COSTS,      \
	   __VA_ARGS__),                                                                           \
	TP(id##_OUT, "vtx_" name "_out", event "_exit", .parts = PART_ALL, .costs = IRQ_COSTS,     \
	   .pair = HOOK_##id##_IN, __VA_ARGS__)

/* Interrupts between CPUs. They are so short that measuring them costs more than they last. */
#define IPI(id, name, event) IRQ(id, name, event, .when = &if_irqs_exact)

/*
 * Vectors that only some machines have. A kernel built without them never takes them, and the
 * others take them so rarely that loading the programs costs more than all of these interrupts.
 */
#define IRQ_RARE(id, name, event)                                                                  \
	IRQ(id, name, event, .when = &if_irqs_exact, .optional = true)

/*
 * Life-cycle events that must not be missed. Where the first handler can be preempted, and so be
 * skipped, two spares are attached to the same event.
 */
#define LIFE_SPARE(id, nth, prog, at)                                                              \
	TP(id##_##nth, prog, at, .parts = PART_ALL, .when = &if_preempted, .spare_of = HOOK_##id,  \
	   .pair = HOOK_##id, .costs = "the kernel may skip the event")

#define LIFE(id, name, at, ...)                                                                    \
	TP(id, "vtx_" name, at, .parts = PART_ALL, __VA_ARGS__),                                   \
	LIFE_SPARE(id, SPARE, "vtx_" name "2", at), LIFE_SPARE(id, SPARE2, "vtx_" name "3", at)

/* Likewise, of a module's tracepoint. */
#define LIFE_RAW(id, prog, at, ...)                                                                \
	HOOK(id, prog, at, RAW, .parts = PART_ALL, .optional = true, __VA_ARGS__),                 \
	HOOK(id##_SPARE, prog "2", at, RAW, .parts = PART_ALL, .optional = true,                   \
	     .when = &if_preempted, .spare_of = HOOK_##id, __VA_ARGS__)

/* A boundary of system calls; with a spare, likewise. */
#define SYSCALL(id, name)                                                                          \
	TP(SYS_##id, "vtx_sys_" name, "sys_" name, .parts = PART_ALL, .required = true,            \
	   .when = &if_split_exact, .costs = "no exact split: use --split sample"),                \
	TP(SYS_##id##_SPARE, "vtx_sys_" name "2", "sys_" name, .parts = PART_ALL,                  \
	   .when = &if_exact_preempted, .spare_of = HOOK_SYS_##id, .pair = HOOK_SYS_##id,          \
	   .costs = "the kernel may skip the event")

#if defined(__x86_64__)
#define GUEST_FAULT_EVENT "kvm_page_fault"
#else
#define GUEST_FAULT_EVENT "kvm_guest_fault"
#endif

const struct hook hooks[] = {
	HOOK(FLUSH, "vtx_flush", "test_run", TEST_RUN, .parts = PART_ALL, .required = true,
	     .costs = "CPU time cannot be measured"),
	HOOK(SEED, "vtx_seed", "iter/task", ITERATOR, .parts = PART_ALL,
	     .costs = "tasks older than the recording are looked up at each switch, and their "
		      "waiting is not counted"),
	HOOK(LIST, "vtx_list", "iter/task: list", ITERATOR, .parts = PART_MEMORY,
	     .costs = "how much memory targets hold is unknown"),
	HOOK(EMPTY, "vtx_empty", "task_rename: empty", MEASURE, .parts = PART_ALL,
	     .costs = "virtax's own cost does not include the kernel's part of it"),
	TP(SWITCH, "vtx_switch", "sched_switch", .parts = PART_ALL, .required = true,
	   .costs = "CPU time cannot be measured"),
	TP(WAKEUP, "vtx_wakeup", "sched_wakeup", .parts = PART_ALL, .when = &if_no_sched_info,
	   .costs = "time waited for a CPU after a wake-up is not counted"),
	TP(WAKEUP_NEW, "vtx_wakeup_new", "sched_wakeup_new", .parts = PART_ALL,
	   .when = &if_no_sched_info,
	   .costs = "time a new task waits for its first CPU is not counted"),
	LIFE(FORK, "fork", "task_newtask", .required = true,
	     .costs = "children cannot be followed"),
	LIFE(EXEC, "exec", "sched_process_exec",
	     .costs = "VMs that start during the recording are found late"),
	LIFE(EXIT, "exit", "sched_process_exit", .required = true,
	     .costs = "a reused process number could be mistaken for a target"),
	TP(FREE, "vtx_free", "sched_process_free", .parts = PART_ALL, .when = &if_no_task_storage,
	   .costs = "the table of tasks may fill up"),
	LIFE(RENAME, "rename", "task_rename",
	     .costs = "QEMU's new threads count as its emulator until they are looked up again"),
	LIFE(ATTACH, "attach", "cgroup_attach_task",
	     .costs = "tasks that change their cgroup are still charged to the old one"),
	LIFE(MKDIR, "mkdir", "cgroup_mkdir",
	     .costs = "containers that start during the recording are found late"),
	LIFE(RMDIR, "rmdir", "cgroup_rmdir", .costs = "the end of a container is detected late"),
	TP(OFF_CPU, "vtx_off", "sched_switch", .parts = PART_ALL, .when = &if_off_cpu,
	   .may_miss = always, .costs = "no stacks of what tasks wait for"),
	HOOK(PROFILE, "vtx_profile", "cpu-clock: profile", PROFILE, .parts = PART_ALL,
	     .required = true, .when = &if_profile, .costs = "no profile: leave out --profile"),
	TP(PROFILE_SOFT, "vtx_prof_soft", "softirq_exit", .parts = PART_ALL, .when = &if_profile,
	   .may_miss = always, .costs = "softirqs have no stacks in the profile"),
	IRQ(IRQ, "irq", "irq_handler"),
	IRQ(SOFT, "soft", "softirq"),
#if defined(__x86_64__)
	IRQ(TIMER, "timer", "local_timer"),
	IPI(RESCHED, "resched", "reschedule"),
	IPI(CALL, "call", "call_function"),
	IPI(CALL1, "call1", "call_function_single"),
	IPI(IWORK, "iwork", "irq_work"),
	IRQ_RARE(PLAT, "plat", "x86_platform_ipi"),
	IRQ_RARE(ERR, "err", "error_apic"),
	IRQ_RARE(SPUR, "spur", "spurious_apic"),
	IRQ_RARE(THERM, "therm", "thermal_apic"),
	IRQ_RARE(THRESH, "thresh", "threshold_apic"),
	IRQ_RARE(DEFER, "defer", "deferred_error_apic"),
#else
	IPI(IPI, "ipi", "ipi"),
#endif
	SYSCALL(ENTER, "enter"),
	SYSCALL(EXIT, "exit"),
	TP(FAULT_IN, "vtx_fault_in", "page_fault_user", .parts = PART_MEMORY, .or_exact = true,
	   .when = &if_fault_tracepoints, .costs = FAULT_COSTS),
	TP(FAULT_KIN, "vtx_fault_kin", "page_fault_kernel", .parts = PART_MEMORY, .or_exact = true,
	   .when = &if_fault_tracepoints, .pair = HOOK_FAULT_IN, .costs = FAULT_COSTS),
	HOOK(FAULT_ANY, "vtx_fault_any", "page-faults", FAULT_ANY, .parts = PART_MEMORY,
	     .or_exact = true, .when = &if_fault_events, .costs = FAULT_COSTS),
	HOOK(FAULT_MIN, "vtx_fault_min", "minor-faults", FAULT_MIN, .parts = PART_ALL,
	     .when = &if_split_exact,
	     .costs = "user time after a page fault counts as kernel time"),
	HOOK(FAULT_MAJ, "vtx_fault_maj", "major-faults", FAULT_MAJ, .parts = PART_MEMORY,
	     .or_exact = true, .costs = "waiting for pages is not measured"),
	HOOK(GUEST_FAULT, "vtx_kvm_fault", GUEST_FAULT_EVENT, RAW, .parts = PART_MEMORY,
	     .optional = true, .costs = "a guest's own faults are not counted"),
	HOOK(GUEST_FAULT_SPARE, "vtx_kvm_fault2", GUEST_FAULT_EVENT, RAW, .parts = PART_MEMORY,
	     .optional = true, .when = &if_preempted, .spare_of = HOOK_GUEST_FAULT,
	     .costs = "the kernel may skip the event"),
	HOOK(SAMPLE, "vtx_sample", "cpu-clock", SAMPLE, .parts = PART_ALL, .when = &if_split_sample,
	     .costs = "user and kernel time are not distinguished"),
	HOOK(KVM_ENTRY, "vtx_kvm_entry", "kvm_entry", RAW, .parts = PART_ALL, .optional = true,
	     .costs = KVM_COSTS),
	HOOK(KVM_EXIT, "vtx_kvm_exit", "kvm_exit", RAW, .parts = PART_ALL, .optional = true,
	     .costs = KVM_COSTS),
	LIFE_RAW(KVM_WAKEUP, "vtx_kvm_wakeup", "kvm_vcpu_wakeup",
		 .costs = "halt polling counts as kernel time"),
	LIFE_RAW(KVM_USER, "vtx_kvm_user", "kvm_userspace_exit",
		 .costs = "returns to user space are not counted"),
	TP(NET_RX, "vtx_net_rx", "netif_receive_skb", .parts = PART_ALL,
	   .costs = "softirq work for packets into a container is charged to the host"),
	/*
	 * The block IO programs run in contexts that interrupt one another, so the kernel may skip
	 * them. A request that is missed at one end is seen at the other (unseen_ops), and if a
	 * page became dirty unseen, its neighbours identify the owner. Only a bio without a request
	 * would be lost.
	 */
	TP(RQ_ISSUE, "vtx_rq_issue", "block_rq_issue", .parts = PART_ALL, .request = true,
	   .may_miss = always, .costs = BLOCK_COSTS),
	TP(RQ_DONE, "vtx_rq_done", "block_rq_complete", .parts = PART_ALL, .pair = HOOK_RQ_ISSUE,
	   .may_miss = always, .costs = BLOCK_COSTS),
	TP(RQ_INSERT, "vtx_rq_insert", "block_rq_insert", .parts = PART_BLOCK, .request = true,
	   .may_miss = always,
	   .costs = "some queued block IO of targets without a cgroup is unattributed"),
	TP(BIO_QUEUE, "vtx_bio_queue", "block_bio_queue", .parts = PART_BLOCK,
	   .may_miss = without_bios,
	   .costs = "flushes of targets without a cgroup are unattributed"),
	TP(BIO_DONE, "vtx_bio_done", "block_bio_complete", .parts = PART_BLOCK, .when = &if_bios,
	   .costs = "block IO of devices that make no requests is not counted"),
	TP(RQ_REQUEUE, "vtx_rq_requeue", "block_rq_requeue", .parts = PART_BLOCK, .request = true,
	   .may_miss = always,
	   .costs = "block IO that a driver defers may count as longer at the device"),
	TP(DIRTY, "vtx_dirty", "writeback_dirty_folio", .parts = PART_BLOCK,
	   .when = &if_dirty_folios, .may_miss = always, .costs = DIRTY_COSTS),
	TP(DIRTY_PAGE, "vtx_dirty_page", "writeback_dirty_page", .parts = PART_BLOCK,
	   .when = &if_dirty_pages, .may_miss = always, .costs = DIRTY_COSTS),
	HOOK(NET_IN, "vtx_net_in", "device ingress", NET, .parts = PART_HTTP, .when = &if_tcx,
	     .costs = TCX_COSTS),
	HOOK(NET_OUT, "vtx_net_out", "device egress", NET, .parts = PART_HTTP, .when = &if_tcx,
	     .costs = TCX_COSTS),
	HOOK(NET_TC, "vtx_net_tc", "device: reading", NET, .parts = PART_HTTP, .when = &if_tcx,
	     .costs = TCX_COSTS),
	HOOK(NET_READ, "vtx_net_read", "packet socket: reading", NET, .parts = PART_HTTP,
	     .when = &if_no_tcx, .costs = "requests are not counted"),
	HOOK(NET_SOCK, "vtx_net_sock", "packet socket", NET, .parts = PART_HTTP,
	     .when = &if_no_tcx, .costs = "requests are not counted"),
};
/* clang-format on */

/*
 * Fails if the last hook of the enum has no row here. tests/unit/probes/test_plan.c detects a gap.
 */
_Static_assert(ARRAY_SIZE(hooks) == HOOKS, "every hook has a row");
