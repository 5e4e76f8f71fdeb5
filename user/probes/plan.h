/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan.h - which programs are to run on this kernel, and why the others are not. Each hook is
 * judged by the kernel's BTF, never by its version.
 */
#ifndef VIRTAX_PLAN_H
#define VIRTAX_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "sys/cgroupfs.h"
#include "model/attribute.h"

/* Parts that --only names; CPU is always on when any other is, for nothing balances without it. */
enum part {
	PART_CPU = 1,
	PART_MEMORY = 2,
	PART_BLOCK = 4,
	PART_HTTP = 8,
	PART_ALL = 15,
};

enum hook_type {
	HOOK_TRACEPOINT, /* tp_btf: needs the kernel's BTF to know it */
	HOOK_RAW,	 /* raw_tp of a module that may come later */
	HOOK_ITERATOR,
	HOOK_FLUSH,
	HOOK_SAMPLE,
	HOOK_FAULT_ANY, /* software events of the kernel's, one a fault */
	HOOK_FAULT_MIN,
	HOOK_FAULT_MAJ,
	HOOK_NET,
};

/* One BPF program and what its absence costs. */
struct hook {
	const char *program; /* its name in bpf/ */
	const char *event;   /* what it hangs on */
	enum hook_type type;
	unsigned parts;	 /* asked for by any of these */
	bool required;	 /* nothing can be recorded without it */
	bool only_exact; /* --split exact */
	bool only_sample;
	bool or_exact;	 /* also where none of its parts is asked for */
	bool not_any, only_any; /* faults by tracepoints, or, where there are none, by software events */
	bool optional;	/* absent on many machines, and nothing is lost by it */
	bool only_no_sched_info;
	bool only_tcx; /* of the network's: the others are for where there is none */
	bool only_hash; /* only where task storage is missing */
	bool understudy; /* in for the one before it where the kernel skips that; see life.bpf.c */
	/* Block IO. */
	bool request;	  /* its argument is a request, on old kernels a queue and a request */
	bool only_folios; /* where the page cache tells of dirty folios */
	bool only_pages;  /* … where of dirty pages */
	bool only_bios;	  /* where there are devices that make no requests */
	const char *costs;
};

struct plan_hook {
	const struct hook *hook;
	bool on;
	bool attached;
	bool not_wanted; /* off because nobody asked for it, or something better is there */
	char why_off[96]; /* empty when on */
	unsigned verified; /* instructions the verifier looked at, if it was asked; 0: not known */
};

struct plan {
	enum split split;
	unsigned parts;
	bool hold_cpu; /* handlers may be preempted, and can prevent it */
	bool task_storage, steal, rq_second, bio_second, sched_info, tcx;
	bool fault_any; /* page faults are counted by software events */
	struct vtx_text fault_text[VTX_FAULT_TEXTS]; /* kernel functions that handle page faults */
	size_t n_fault_texts;
	bool loops; /* the loop driver's types are known: its requests' owners are noted */
	bool dirty_pages; /* the page cache tells of dirty pages (before 5.18), else of folios */
	bool bios; /* some device in use makes no requests, and would count */
	unsigned block_layers; /* 1 << enum vtx_block_layer: what --block asks for */
	bool tells_verified; /* bpf_prog_info has the number of verified instructions (5.16) */
	char hypervisor[16]; /* what this host runs under: "kvm", "xen", …; empty: none found */
	struct {
		char controller[16]; /* cgroup v1's name of it */
		int id;
	} subsys[16]; /* the kernel's cgroup controllers */
	size_t n_subsys;
	size_t n_slots;
	size_t n_hooks;
	struct plan_hook hook[96];
};

/*
 * Looks at the running kernel and decides. split, parts and block_layers (1 << enum
 * vtx_block_layer) are what the user asked for.
 * Errors: -ENOTSUP without BTF or without a required hook, -EPERM without the rights, each
 * explained in ret_err.
 */
int plan__make(struct plan *ret, enum split split, unsigned parts, unsigned block_layers,
	       struct verr *ret_err);

/*
 * The kernel's number of the first of a v1 hierarchy's controllers ("cpu,cpuacct", "memory");
 * -1 for "" (the v2 hierarchy), -ENOENT if the kernel has none of them.
 */
int plan__subsys(const struct plan *plan, const char *controllers);

/* Is the named program on? */
bool plan__has(const struct plan *plan, const char *program);

/* … and hanging on its hook? */
bool plan__attached(const struct plan *plan, const char *program);

/* Is block IO counted? */
bool plan__counts_block(const struct plan *plan);

#endif
