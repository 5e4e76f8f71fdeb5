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
#include "probes/hooks.h"
#include "cgroups/layout.h"
#include "model/attribute.h"

/* Parts that --only names; CPU is always on when any other is, for nothing balances without it. */
enum part {
	PART_CPU = 1,
	PART_MEMORY = 2,
	PART_BLOCK = 4,
	PART_HTTP = 8,
	PART_ALL = 15,
};

struct plan_hook {
	const struct hook *hook;
	bool on;
	bool attached;
	bool not_wanted;   /* off because nobody asked for it, or something better is there */
	char why_off[96];  /* empty when on */
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
	bool loops;       /* the loop driver's types are known: its requests' owners are noted */
	bool dirty_pages; /* the page cache tells of dirty pages (before 5.18), else of folios */
	bool bios;        /* some device in use makes no requests, and would count */
	unsigned block_layers; /* 1 << enum vtx_block_layer: what --block asks for */
	bool tells_verified;   /* bpf_prog_info has the number of verified instructions (5.16) */
	char hypervisor[16];   /* what this host runs under: "kvm", "xen", …; empty: none found */
	struct {
		char controller[16]; /* cgroup v1's name of it */
		int id;
	} subsys[16]; /* the kernel's cgroup controllers */
	size_t n_subsys;
	size_t n_slots;
	struct plan_hook hook[HOOKS];
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

/* Is this hook's program on? */
bool plan__has(const struct plan *plan, enum hook_id id);

/* … and attached to its event? */
bool plan__attached(const struct plan *plan, enum hook_id id);

/* Is this hook's absence to be reported? Of a pair that is missing only the first is. */
bool plan__reports(const struct plan *plan, enum hook_id id);

/* May the kernel skip runs of this program without loss of information? */
bool plan__may_miss(const struct plan *plan, enum hook_id id);

/* The hook's second instance, if it is attached; 0: none. */
enum hook_id plan__spare(const struct plan *plan, enum hook_id id);

/*
 * What is measured of a KVM guest that serves HTTP at a device of its own; the caller narrows it to
 * what a target is.
 */
struct attribution plan__attribution(const struct plan *plan);

/* Is block IO counted? */
bool plan__counts_block(const struct plan *plan);

#endif
