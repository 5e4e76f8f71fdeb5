/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * votes.bpf.h - whom an interrupt works for: whoever sees a piece of its work votes for an account,
 * and its time is divided by the votes.
 */
#ifndef VIRTAX_VOTES_BPF_H
#define VIRTAX_VOTES_BPF_H

#include "cpu.bpf.h"

/*
 * Notes that the running interrupt works for `account`, `count` pieces of work long. The first
 * place is the host's: for what is nobody's, and for whoever finds no place left.
 */
static __always_inline void votes_add(struct vtx_vote *votes, __u32 account, __u32 count)
{
	int i;

	votes[0].account = VTX_ACC_HOST;
	if (account == VTX_ACC_HOST) {
		votes[0].count += count;
		return;
	}
	for (i = 1; i < VTX_VOTES; i++) {
		if (!votes[i].account)
			votes[i].account = account;
		if (votes[i].account == account) {
			votes[i].count += count;
			return;
		}
	}
	votes[0].count += count;
}

static __always_inline struct vtx_vote *votes_now(struct vtx_cpu *cpu)
{
	if (!cpu_on(cpu))
		return 0;
	return cpu->hard ? cpu->hardirq.votes : cpu->soft ? cpu->softirq.votes : 0;
}

/* The running interrupt does a piece of work for `account`. Outside interrupts: nothing. */
static __always_inline void vtx_vote(__u32 account)
{
	struct vtx_vote *votes = votes_now(cpu_any());

	if (votes)
		votes_add(votes, account, 1);
}

/*
 * The packet in hand, which counted as the host's when it was received, turns out to be for
 * `account`: by its port, or because it goes on to a device of the target's.
 */
static __always_inline void vtx_vote_after_all(__u32 account)
{
	struct vtx_vote *votes = votes_now(cpu_any());

	if (!votes)
		return;
	if (votes[0].count)
		votes[0].count--;
	votes_add(votes, account, 1);
}

/* Splits `ns` of interrupt time over the owners it worked for, by their votes. */
static __always_inline void votes_settle(struct vtx_cpu *cpu, struct vtx_vote *votes, __u64 ns,
					 enum vtx_mode mode, bool done)
{
	__u64 left = ns, part;
	struct vtx_totals *totals;
	__u32 voters = 0;
	int i;

	for (i = 0; i < VTX_VOTES; i++)
		voters += votes[i].count;
	for (i = 0; i < VTX_VOTES && voters; i++) {
		if (!votes[i].count)
			continue;
		part = ns * votes[i].count / voters;
		totals = totals_of(votes[i].account);
		if (totals) {
			totals->ns[mode] += part;
			left -= part;
		}
	}
	/* Nobody voted; or the division left a nanosecond or two. */
	totals = totals_of(VTX_ACC_HOST);
	if (totals)
		totals->ns[mode] += left;
	totals = totals_of(cpu->account);
	if (totals)
		totals->victim.irq_ns += ns;
	if (!done)
		return;
	for (i = 0; i < VTX_VOTES; i++)
		votes[i] = (struct vtx_vote){};
}

/* Interrupt time not yet on anybody's bill goes there now. */
static __always_inline void settle_soft(struct vtx_cpu *cpu, bool done)
{
	if (cpu->softirq.ns || done)
		votes_settle(cpu, cpu->softirq.votes, cpu->softirq.ns, VTX_SOFTIRQ, done);
	cpu->softirq.ns = 0;
}

static __always_inline void settle_hard(struct vtx_cpu *cpu, bool done)
{
	if (cpu->hardirq.ns || done)
		votes_settle(cpu, cpu->hardirq.votes, cpu->hardirq.ns, VTX_HARDIRQ, done);
	cpu->hardirq.ns = 0;
}

#endif
