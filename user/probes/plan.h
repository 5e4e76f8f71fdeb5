/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan.h - which programs run on this kernel, and why the others do not. That is decided by the
 * kernel's BTF and by trying, never by its version.
 */
#ifndef VIRTAX_PLAN_H
#define VIRTAX_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "cgroups/layout.h"
#include "model/attribute.h"
#include "probes/hooks.h"

/* What --only names. CPU time is always on: without it nothing balances. */
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
	bool not_wanted;   /* off because the user left it out, or because something better is on */
	char why_off[96];  /* empty when on */
	unsigned verified; /* instructions the verifier processed, if requested; 0: unknown */
};

struct plan {
	enum split split;
	unsigned parts;        /* enum part */
	unsigned block_layers; /* 1 << enum vtx_block_layer: what --block names */
	bool off_cpu;          /* the profile has what tasks wait for */
	unsigned profile_hz;   /* samples per second and CPU; 0: no profile */

	/* What the kernel has. */
	bool cast;         /* BPF can load fields behind an address directly */
	bool hold_cpu;     /* handlers may be preempted, and can prevent it */
	bool task_storage; /* tracing programs may use task storage */
	bool steal;        /* this host is a guest, and its run queues count steal time */
	bool rq_second;    /* block_rq_issue's second argument is the request (old kernels) */
	bool bio_second;   /* block_bio_queue's second argument is the bio */
	bool sched_info;   /* the kernel counts how long tasks wait for a CPU */
	bool tcx;
	bool fault_any; /* page faults are counted by software events */
	struct vtx_text fault_text[VTX_FAULT_TEXTS]; /* kernel functions that handle page faults */
	size_t n_fault_texts;
	bool loops;       /* the loop driver's types are known: its requests' owners are recorded */
	bool dirty_pages; /* the page cache reports dirty pages (before 5.18), not folios */
	bool bios;        /* some device in use makes no requests, and would be counted */
	bool reports_verified; /* bpf_prog_info has the number of verified instructions (5.16) */
	char hypervisor[16];   /* what this host runs under: "kvm", "xen", …; empty: none found */
	struct {
		char controller[16]; /* its name in cgroup v1 */
		int id;
	} subsys[16]; /* the kernel's cgroup controllers */
	size_t n_subsys;

	size_t n_slots; /* set by the caller before the ledger is opened */
	struct plan_hook hook[HOOKS];
};

/*
 * Why nothing can be measured on the kernel of this build (uname -v); NULL: it can. With
 * PREEMPT_RT softirqs run in threads and in whoever enables them, and are switched out in between:
 * their time would be charged to others.
 */
const char *plan_refusal(const char *build);

/*
 * The kernel's id of the first known controller of a v1 hierarchy ("cpu,cpuacct", "memory");
 * -1 for "" (the v2 hierarchy), -ENOENT if the kernel has none of them.
 */
int plan__subsys(const struct plan *plan, const char *controllers);

/* Is this hook's program on? */
bool plan__has(const struct plan *plan, enum hook_id id);

/* Is it attached to its event, too? */
bool plan__attached(const struct plan *plan, enum hook_id id);

/* Is this hook's absence to be reported? Of a pair that is missing, only the first is. */
bool plan__reports(const struct plan *plan, enum hook_id id);

/* May the kernel skip runs of this program without loss of information? */
bool plan__may_miss(const struct plan *plan, enum hook_id id);

/* The next spare of this hook after `after` (0: the first) that is attached; 0: none. */
enum hook_id plan__spare(const struct plan *plan, enum hook_id id, enum hook_id after);

/*
 * What is measured of a target to which everything applies: a KVM guest that serves HTTP at a
 * network device of its own. The caller removes what does not apply to its target.
 */
struct attribution plan__attribution(const struct plan *plan);

/* Is block IO counted? */
bool plan__counts_block(const struct plan *plan);

#endif
