/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * votes.bpf.h - the owners an interrupt works for. Each piece of work seen (a packet, a request) is
 * a vote for an account; the interrupt's time is divided by the votes.
 */
#ifndef VIRTAX_VOTES_BPF_H
#define VIRTAX_VOTES_BPF_H

#include "cpu.bpf.h"

/*
 * The running interrupt did `count` pieces of work for `account`. The first entry is the host's:
 * for unattributed work, and for accounts that find no free entry.
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

/* The running interrupt did a piece of work for `account`. Outside interrupts: nothing. */
static __always_inline void vtx_vote(__u32 account)
{
	struct vtx_vote *votes = votes_now(cpu_any());

	if (votes)
		votes_add(votes, account, 1);
}

/*
 * The current packet, which counted as the host's when it was received, turns out to be for
 * `account`: by its port, or because it is forwarded to a device of the target.
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

static __always_inline void add_ns(__u32 account, enum vtx_mode mode, __u64 ns)
{
	struct vtx_totals *totals = totals_of(account);

	if (!totals)
		return;
	totals->ns[mode] += ns;
	account_used(account);
}

/* Divides the interrupt's time among several owners, by their votes. */
static __noinline int votes_divide(struct vtx_irq *irq, enum vtx_mode mode)
{
	__u64 left = irq->ns, part;
	__u32 voters = 0;
	int i;

	for (i = 0; i < VTX_VOTES; i++)
		voters += irq->votes[i].count;
	for (i = 0; i < VTX_VOTES && voters; i++) {
		if (!irq->votes[i].count)
			continue;
		part = irq->ns * irq->votes[i].count / voters;
		add_ns(irq->votes[i].account, mode, part);
		left -= part;
	}
	/* No votes; or the remainder of the division, a nanosecond or two. */
	add_ns(VTX_ACC_HOST, mode, left);
	return 0;
}

/*
 * Charges the interrupt time that is not charged yet to the owners it worked for. Most interrupts
 * work for one.
 */
static __always_inline void votes_settle(struct vtx_cpu *cpu, struct vtx_irq *irq,
					 enum vtx_mode mode, bool done)
{
	cpu->irq_ns += irq->ns;
	if (!irq->votes[1].account)
		add_ns(VTX_ACC_HOST, mode, irq->ns);
	else if (!irq->votes[2].account && !irq->votes[0].count && irq->votes[1].count)
		add_ns(irq->votes[1].account, mode, irq->ns);
	else
		votes_divide(irq, mode);
	irq->ns = 0;
	if (!done)
		return;
	irq->votes[0].count = 0;
	irq->votes[1] = (struct vtx_vote){};
	if (irq->votes[2].account) {
		irq->votes[2] = (struct vtx_vote){};
		irq->votes[3] = (struct vtx_vote){};
	}
}

/* Charges the interrupt time that is not charged yet. */
static __always_inline void settle_soft(struct vtx_cpu *cpu, bool done)
{
	if (cpu->softirq.ns || done)
		votes_settle(cpu, &cpu->softirq, VTX_SOFTIRQ, done);
}

static __always_inline void settle_hard(struct vtx_cpu *cpu, bool done)
{
	if (cpu->hardirq.ns || done)
		votes_settle(cpu, &cpu->hardirq, VTX_HARDIRQ, done);
}

#endif
