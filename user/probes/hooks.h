/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hooks.h - the table of hooks: every BPF program, what it attaches to, what its absence costs. */
#ifndef VIRTAX_HOOKS_H
#define VIRTAX_HOOKS_H

#include <stdbool.h>

struct condition;
struct plan;

/* How a program is attached. */
enum hook_type {
	ATTACH_TRACEPOINT, /* tp_btf: the kernel's BTF must describe it */
	ATTACH_RAW,        /* raw_tp of a module that may be loaded later */
	ATTACH_ITERATOR,
	ATTACH_TEST_RUN,
	ATTACH_MEASURE, /* a tracepoint, before the recording only */
	ATTACH_SAMPLE,
	ATTACH_PROFILE,   /* likewise, at the rate of --profile */
	ATTACH_FAULT_ANY, /* the kernel's software events: one for each page fault */
	ATTACH_FAULT_MIN,
	ATTACH_FAULT_MAJ,
	ATTACH_NET,
};

/* One id a BPF program, in the order in which `virtax check` lists them. */
/* clang-format off */
enum hook_id {
	HOOK_FLUSH, /* the first: in .pair and .spare_of, 0 means none */
	HOOK_SEED, HOOK_LIST, HOOK_EMPTY,
	HOOK_SWITCH, HOOK_WAKEUP, HOOK_WAKEUP_NEW,
	HOOK_FORK, HOOK_FORK_SPARE, HOOK_FORK_SPARE2,
	HOOK_EXEC, HOOK_EXEC_SPARE, HOOK_EXEC_SPARE2,
	HOOK_EXIT, HOOK_EXIT_SPARE, HOOK_EXIT_SPARE2,
	HOOK_FREE,
	HOOK_RENAME, HOOK_RENAME_SPARE, HOOK_RENAME_SPARE2,
	HOOK_ATTACH, HOOK_ATTACH_SPARE, HOOK_ATTACH_SPARE2,
	HOOK_MKDIR, HOOK_MKDIR_SPARE, HOOK_MKDIR_SPARE2,
	HOOK_RMDIR, HOOK_RMDIR_SPARE, HOOK_RMDIR_SPARE2,
	HOOK_OFF_CPU, /* attached after HOOK_SWITCH */
	HOOK_PROFILE, HOOK_PROFILE_SOFT, /* the latter is attached before HOOK_SOFT_OUT */
	HOOK_IRQ_IN, HOOK_IRQ_OUT,
	HOOK_SOFT_IN, HOOK_SOFT_OUT,
#if defined(__x86_64__)
	HOOK_TIMER_IN, HOOK_TIMER_OUT,
	HOOK_RESCHED_IN, HOOK_RESCHED_OUT,
	HOOK_CALL_IN, HOOK_CALL_OUT,
	HOOK_CALL1_IN, HOOK_CALL1_OUT,
	HOOK_IWORK_IN, HOOK_IWORK_OUT,
	HOOK_PLAT_IN, HOOK_PLAT_OUT,
	HOOK_ERR_IN, HOOK_ERR_OUT,
	HOOK_SPUR_IN, HOOK_SPUR_OUT,
	HOOK_THERM_IN, HOOK_THERM_OUT,
	HOOK_THRESH_IN, HOOK_THRESH_OUT,
	HOOK_DEFER_IN, HOOK_DEFER_OUT,
#else
	HOOK_IPI_IN, HOOK_IPI_OUT,
#endif
	HOOK_SYS_ENTER, HOOK_SYS_ENTER_SPARE,
	HOOK_SYS_EXIT, HOOK_SYS_EXIT_SPARE,
	HOOK_FAULT_IN, HOOK_FAULT_KIN, HOOK_FAULT_ANY, HOOK_FAULT_MIN, HOOK_FAULT_MAJ,
	HOOK_GUEST_FAULT, HOOK_GUEST_FAULT_SPARE,
	HOOK_SAMPLE,
	HOOK_KVM_ENTRY, HOOK_KVM_EXIT,
	HOOK_KVM_WAKEUP, HOOK_KVM_WAKEUP_SPARE,
	HOOK_KVM_USER, HOOK_KVM_USER_SPARE,
	HOOK_NET_RX,
	HOOK_RQ_ISSUE, HOOK_RQ_DONE, HOOK_RQ_INSERT,
	HOOK_BIO_QUEUE, HOOK_BIO_DONE,
	HOOK_RQ_REQUEUE,
	HOOK_DIRTY, HOOK_DIRTY_PAGE,
	HOOK_NET_IN, HOOK_NET_OUT, HOOK_NET_TC, HOOK_NET_READ, HOOK_NET_SOCK,
	HOOKS,
};
/* clang-format on */

struct hook {
	const char *program; /* its name in bpf/ */
	const char *event;   /* what it attaches to */
	enum hook_type type;
	unsigned parts;               /* enum part: wanted if any of these is selected */
	bool or_exact;                /* also wanted with --split exact, whatever --only selects */
	const struct condition *when; /* NULL: always */
	bool required;                /* without it nothing can be recorded */
	bool optional; /* its absence is normal on many machines, and costs nothing there */
	bool request;  /* its argument is a request; on old kernels a queue and a request */
	/* Missed runs lose no information. NULL: they do. */
	bool (*may_miss)(const struct plan *plan);
	/* If that hook is missing too, only its absence is reported: an entry and its exit. */
	enum hook_id pair;
	/* Another instance of that hook, in case the kernel skips a run; see life.bpf.c. */
	enum hook_id spare_of;
	const char *costs;
};

/* HOOKS elements, by enum hook_id. */
extern const struct hook hooks[];

#endif
