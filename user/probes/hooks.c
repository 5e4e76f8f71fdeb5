// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of hooks: what virtax hangs on, and what is lost where a kernel lacks it. */
#include "probes/hooks.h"

#define IRQ_COSTS "interrupts of this kind stay on the bill of the task they hit"

#define KVM_COSTS "guest time counts as kernel time"

#define FAULT_COSTS "page faults are not counted by mode and access"

#define TP(prog, name, ...)                                                                        \
	{                                                                                          \
		.program = prog, .event = name, .type = HOOK_TRACEPOINT, __VA_ARGS__               \
	}
#define IRQ(name, event)                                                                                  \
	TP("vtx_" name "_in", event "_entry", .parts = PART_ALL, .costs = IRQ_COSTS),               \
		TP("vtx_" name "_out", event "_exit", .parts = PART_ALL, .costs = IRQ_COSTS)

/* News that must not be missed: where the first can be preempted, and so be skipped, two look out for it. */
#define NEWS(name, event, ...)                                                                     \
	TP("vtx_" name, event, .parts = PART_ALL, __VA_ARGS__),                                    \
		TP("vtx_" name "2", event, .parts = PART_ALL, .understudy = true,                  \
		   .costs = "the kernel may skip the news")

/* Likewise, of a module's tracepoint. */
#define RAW_NEWS(name, at, cost)                                                                   \
	{.program = name, .event = at, .type = HOOK_RAW, .parts = PART_ALL, .optional = true,      \
	 .costs = cost},                                                                           \
	{.program = name "2", .event = at, .type = HOOK_RAW, .parts = PART_ALL, .optional = true,  \
	 .understudy = true, .costs = cost}

/* Vectors that only some machines have: a kernel built without them never takes them. */
#define IRQ_RARE(name, event)                                                                             \
	TP("vtx_" name "_in", event "_entry", .parts = PART_ALL, .optional = true,                  \
	   .costs = IRQ_COSTS),                                                                    \
		TP("vtx_" name "_out", event "_exit", .parts = PART_ALL, .optional = true,          \
		   .costs = IRQ_COSTS)

const struct hook hooks[] = {
	{.program = "vtx_flush", .event = "test_run", .type = HOOK_FLUSH, .parts = PART_ALL,
	 .required = true, .costs = "CPU time cannot be measured"},
	{.program = "vtx_seed", .event = "iter/task", .type = HOOK_ITERATOR, .parts = PART_ALL,
	 .costs = "tasks that are older than the recording are looked up at each switch, and "
		  "their waiting is not counted"},
	{.program = "vtx_list", .event = "iter/task: list", .type = HOOK_ITERATOR,
	 .parts = PART_MEMORY, .costs = "what targets hold of the memory is not known"},
	TP("vtx_switch", "sched_switch", .parts = PART_ALL, .required = true,
	   .costs = "CPU time cannot be measured"),
	TP("vtx_wakeup", "sched_wakeup", .parts = PART_ALL, .only_no_sched_info = true,
	   .costs = "time waited for a CPU after a wake-up is not counted"),
	TP("vtx_wakeup_new", "sched_wakeup_new", .parts = PART_ALL, .only_no_sched_info = true,
	   .costs = "time a new task waits for its first CPU is not counted"),
	NEWS("fork", "task_newtask", .required = true,
	   .costs = "children cannot be followed"),
	NEWS("exec", "sched_process_exec",
	   .costs = "VMs that start during the recording are found late"),
	NEWS("exit", "sched_process_exit", .required = true,
	   .costs = "a reused process number could be mistaken for a target"),
	TP("vtx_free", "sched_process_free", .parts = PART_ALL, .only_hash = true,
	   .costs = "the table of tasks may fill up"),
	NEWS("rename", "task_rename",
	   .costs = "QEMU's new threads count as its emulator until they are looked up again"),
	NEWS("attach", "cgroup_attach_task",
	   .costs = "tasks that change their cgroup stay with the old one"),
	NEWS("mkdir", "cgroup_mkdir",
	   .costs = "containers that start during the recording are found late"),
	NEWS("rmdir", "cgroup_rmdir",
	   .costs = "containers that end are noticed late"),
	IRQ("irq", "irq_handler"),
	IRQ("soft", "softirq"),
#if defined(__x86_64__)
	IRQ("timer", "local_timer"),
	IRQ("resched", "reschedule"),
	IRQ("call", "call_function"),
	IRQ("call1", "call_function_single"),
	IRQ("iwork", "irq_work"),
	IRQ_RARE("plat", "x86_platform_ipi"),
	IRQ_RARE("err", "error_apic"),
	IRQ_RARE("spur", "spurious_apic"),
	IRQ_RARE("therm", "thermal_apic"),
	IRQ_RARE("thresh", "threshold_apic"),
	IRQ_RARE("defer", "deferred_error_apic"),
#else
	IRQ("ipi", "ipi"),
#endif
	TP("vtx_sys_enter", "sys_enter", .parts = PART_ALL, .only_exact = true, .required = true,
	   .costs = "no exact split: use --split sample"),
	TP("vtx_sys_exit", "sys_exit", .parts = PART_ALL, .only_exact = true, .required = true,
	   .costs = "no exact split: use --split sample"),
	TP("vtx_fault_in", "page_fault_user", .parts = PART_MEMORY, .or_exact = true,
	   .not_any = true, .costs = FAULT_COSTS),
	TP("vtx_fault_kin", "page_fault_kernel", .parts = PART_MEMORY, .or_exact = true,
	   .not_any = true, .costs = FAULT_COSTS),
	{.program = "vtx_fault_any", .event = "page-faults", .type = HOOK_FAULT_ANY,
	 .parts = PART_MEMORY, .or_exact = true, .only_any = true, .costs = FAULT_COSTS},
	{.program = "vtx_fault_min", .event = "minor-faults", .type = HOOK_FAULT_MIN,
	 .parts = PART_ALL, .only_exact = true,
	 .costs = "what follows a page fault of user mode counts as kernel time"},
	{.program = "vtx_fault_maj", .event = "major-faults", .type = HOOK_FAULT_MAJ,
	 .parts = PART_MEMORY, .or_exact = true, .costs = "waiting for pages is not measured"},
	{.program = "vtx_guest_fault",
#if defined(__x86_64__)
	 .event = "kvm_page_fault",
#else
	 .event = "kvm_guest_fault",
#endif
	 .type = HOOK_RAW, .parts = PART_MEMORY, .optional = true,
	 .costs = "a guest's own faults are not counted"},
	{.program = "vtx_sample", .event = "cpu-clock", .type = HOOK_SAMPLE, .parts = PART_ALL,
	 .only_sample = true, .costs = "user and kernel time are not told apart"},
	{.program = "vtx_kvm_entry", .event = "kvm_entry", .type = HOOK_RAW, .parts = PART_ALL,
	 .optional = true, .costs = KVM_COSTS},
	{.program = "vtx_kvm_exit", .event = "kvm_exit", .type = HOOK_RAW, .parts = PART_ALL,
	 .optional = true, .costs = KVM_COSTS},
	RAW_NEWS("vtx_kvm_wakeup", "kvm_vcpu_wakeup", "halt polling counts as kernel time"),
	RAW_NEWS("vtx_kvm_user", "kvm_userspace_exit", "returns to user space are not counted"),
	TP("vtx_net_rx", "netif_receive_skb", .parts = PART_ALL,
	   .costs = "softirq work for packets into a container is the host's"),
	TP("vtx_rq_issue", "block_rq_issue", .parts = PART_ALL, .request = true,
	   .costs = "block IO is not measured, and its completion interrupts are the host's"),
	TP("vtx_rq_done", "block_rq_complete", .parts = PART_ALL,
	   .costs = "block IO is not measured, and its completion interrupts are the host's"),
	TP("vtx_rq_insert", "block_rq_insert", .parts = PART_BLOCK, .request = true,
	   .costs = "of queued block IO of targets without a cgroup some is nobody's"),
	TP("vtx_bio_queue", "block_bio_queue", .parts = PART_BLOCK,
	   .costs = "of targets without a cgroup, flushes are nobody's"),
	TP("vtx_bio_done", "block_bio_complete", .parts = PART_BLOCK, .only_bios = true,
	   .costs = "block IO of devices that make no requests is not counted"),
	TP("vtx_rq_requeue", "block_rq_requeue", .parts = PART_BLOCK, .request = true,
	   .costs = "block IO that a driver puts off may count as longer at the device"),
	TP("vtx_dirty", "writeback_dirty_folio", .parts = PART_BLOCK, .only_folios = true,
	   .costs = "what a kernel thread writes back later is nobody's, but where cgroups tell"),
	TP("vtx_dirty_page", "writeback_dirty_page", .parts = PART_BLOCK, .only_pages = true,
	   .costs = "what a kernel thread writes back later is nobody's, but where cgroups tell"),
	{.program = "vtx_net_in", .event = "device ingress", .type = HOOK_NET, .parts = PART_HTTP,
	 .only_tcx = true,
	 .costs = "packets of a target's device are seen by a packet socket instead"},
	{.program = "vtx_net_out", .event = "device egress", .type = HOOK_NET, .parts = PART_HTTP,
	 .only_tcx = true,
	 .costs = "packets of a target's device are seen by a packet socket instead"},
	{.program = "vtx_net_read", .event = "packet socket: reading", .type = HOOK_NET,
	 .parts = PART_HTTP, .costs = "requests are not counted"},
	{.program = "vtx_net_sock", .event = "packet socket", .type = HOOK_NET,
	 .parts = PART_HTTP, .costs = "requests are not counted"},
};

const size_t n_hooks = sizeof(hooks) / sizeof(hooks[0]);
