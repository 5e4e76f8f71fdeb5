/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * split.h - splits a VM's guest time by the accounts of the guest. Pure numbers, ns.
 *
 * The two ledgers do not count the same. The host counts time in guest mode. The guest counts wall
 * time of its CPUs less steal, so an account of the guest contains the exits that interrupted it.
 * They are taken out in proportion: exits that any code can cause from all accounts, exits that
 * only a kernel causes from all but user mode. METRICS.md, "Inside the guest", has the equations.
 */
#ifndef VIRTAX_JOIN_SPLIT_H
#define VIRTAX_JOIN_SPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct split_host {
	uint64_t guest_ns; /* what is split */
	uint64_t exits_ns; /* host CPU time of exits, without halts, that any code can cause */
	uint64_t kernel_exits_ns; /* likewise, that only a kernel causes */
	uint64_t wait_ns;         /* waits for a CPU that the guest does not know as steal */
};

struct split_account {
	uint64_t wall_ns; /* by the guest's clock, without steal */
	bool user;        /* only user mode */
};

struct split_rest {
	uint64_t idle_ns;    /* guest time in the idle loop */
	uint64_t unknown_ns; /* more than the guest was idle: no account has it */
	uint64_t excess_ns;  /* what the accounts have beyond guest_ns; not a part */
};

/*
 * ret_part: the guest time of each of n accounts. idle_wall_ns: how long the guest was idle. The
 * parts, idle_ns and unknown_ns add up to guest_ns. -ENOMEM.
 */
int split(const struct split_host *host, const struct split_account *account, size_t n,
	  uint64_t idle_wall_ns, uint64_t *ret_part, struct split_rest *ret_rest);

#endif
