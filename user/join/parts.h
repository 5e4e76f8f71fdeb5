/* SPDX-License-Identifier: GPL-2.0-or-later */
/* parts.h - what the files of this room share. */
#ifndef VIRTAX_JOIN_PARTS_H
#define VIRTAX_JOIN_PARTS_H

#include "base/err.h"
#include "join/align.h"
#include "join/split.h"
#include "join/timeline.h"

/* ---- columns.c: what is read from the rows ---- */

enum host_column {
	HOST_BASE,
	HOST_EXITS,
	HOST_WAIT,
	HOST_REQUESTS,
	HOST_WANTED, /* what the guest takes for busy: HOST_BASE, and waits that it cannot see */
	HOST_COLUMNS,
};

/* Of each target of the guest: its modes, then its requests. Then these. */
enum guest_column {
	GUEST_OTHER,
	GUEST_SOFTIRQ,
	GUEST_HARDIRQ,
	GUEST_TRACER,
	GUEST_ACCOUNTS, /* those before are accounts */
	GUEST_IDLE = GUEST_ACCOUNTS,
	GUEST_STEAL,
	GUEST_BUSY,
	GUEST_COLUMNS,
};
#define TARGET_COLUMNS (VTX_MODES + 1)

/* The columns of a target's mode, of its requests, and of what comes after all targets. */
static inline size_t column_of_mode(size_t target, int mode)
{
	return target * TARGET_COLUMNS + (size_t)mode;
}

static inline size_t column_of_rest(const struct run *guest, enum guest_column rest)
{
	return guest->n_targets * TARGET_COLUMNS + (size_t)rest;
}

/* The two recordings, and where the VM is in the host's. */
struct pair {
	struct run *host;
	const struct run *guest;
	size_t vm; /* index of the target */
	enum run_inside_base base;
	struct timeline host_line, guest_line;
	struct alignment alignment;
	int64_t from, to;           /* what both recorded, by the host's clock */
	uint64_t rows_ns, total_ns; /* see base_of() */
	double any, kernel, halts;  /* parts of the time of exits, by who can cause them */
	size_t n_accounts;
	struct split_account *account; /* room for one span */
	uint64_t *part;
	const char *what; /* the guest's file */
};

/* As timeline__make(). */
int columns_of_host(struct pair *pair);
int columns_of_guest(struct pair *pair);

/* ---- join.c: the part that has what a target of the guest did in this mode ---- */
uint64_t *join_work_of(struct run_inside_work *work, enum vtx_mode mode);

/* ---- join.c: splits the guest time of a span; pair->part holds the parts afterwards; -ENOMEM ----
 */
int join_split_span(struct pair *pair, int64_t from, int64_t to, struct run_inside *ret,
		    uint64_t *ret_excess);

/* ---- rows.c: -ENOMEM ---- */
int join_rows(struct pair *pair);

/* ---- stacks.c: the guest's stacks take the place of [guest], if both have a profile; -ENOMEM ----
 */
int join_stacks(struct pair *pair);

/* ---- exits.c: which parts of the exits the guest's accounts contain ---- */
void exits_by_cause(struct pair *pair);

/* ---- refuse.c: -EINVAL with *ret_err set if the two cannot be joined ---- */
int refuse_target(struct pair *pair, const char *vm, struct verr *ret_err);
int refuse_guest(const struct pair *pair, struct verr *ret_err);
int refuse_alignment(const struct pair *pair, struct verr *ret_err);

/* ---- doubts.c: entries of `degraded`; -ENOMEM ---- */
int add_doubts(const struct pair *pair, const struct run_inside *inside);

#endif
