/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * attribute.h - assigns the kernel's totals to targets, roles and modes: differences of snapshots,
 * the user/kernel split with its error, the books.
 */
#ifndef VIRTAX_ATTRIBUTE_H
#define VIRTAX_ATTRIBUTE_H

#include "model/run.h"
#include "model/snapshot.h"

enum split {
	SPLIT_EXACT, /* the kernel's totals hold user and kernel time separately */
	SPLIT_SAMPLE,
	SPLIT_OFF,
};

/* Names as on the command line: "exact", "sample", "off". */
extern const char *const split_name[3];

struct attribution {
	enum split split;
	bool http;         /* requests are counted at some port */
	bool net;          /* packets are counted at a device of the target's own */
	bool kvm;          /* a VM under KVM whose exits are watched */
	bool sched;        /* wake-ups were watched: waiting times are known */
	bool memory;       /* page faults were requested; what is known of them: */
	bool fault_modes;  /* each fault was seen */
	bool fault_access; /* … with its access */
	bool fault_time;   /* samples, or the exact split, distinguish faults from the rest of the
			      kernel */
	bool fault_wait;
	bool fault_guest;
	unsigned block; /* layers on which block IO was counted: 1 << enum vtx_block_layer */
};

/*
 * The numbers of the target in `slot` between two snapshots; `from` may be NULL (all zero).
 * with_hists: also fill the histograms (the caller frees them with run__free). Requests are filled
 * if how->http; their source is left to the caller. Returns 0 or -ENOMEM.
 */
int attribute_target(struct run_numbers *ret, const struct snapshot *from,
		     const struct snapshot *to, uint32_t slot, const struct attribution *how,
		     bool with_hists);

/* Fills the percentiles that rows have, from the responses between two readings. -ENOMEM. */
int attribute_row_latency(struct run_requests *ret, const struct vtx_net_totals *from,
			  const struct vtx_net_totals *to);

/* The host's own numbers between two snapshots. */
void attribute_host(struct run_host_cpu *ret, const struct snapshot *from,
		    const struct snapshot *to);

/*
 * The books of the whole window: compares the accounted time in `to` with cpus × wall_ns of an
 * independent clock. The totals of the targets and the host's numbers must have been filled in.
 */
void attribute_books(struct run *run, const struct snapshot *base, const struct snapshot *to);

#endif
