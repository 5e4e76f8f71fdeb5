// SPDX-License-Identifier: GPL-2.0-or-later
#include "probes/ledger_clock.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <sched.h>
#include <unistd.h>

#include "base/clock.h"
#include "probes/ledger_impl.h"

/* How often a CPU that was in a handler is tried; the first try nearly always succeeds. */
#define FLUSH_TRIES 1000

/* Runs vtx_flush on one CPU. -ENXIO: it is offline. */
static int flush_cpu(struct ledger *ledger, int cpu, enum vtx_flush_op op)
{
	__u64 args[12] = {op};
	int err;

	for (int i = 0; i < FLUSH_TRIES; i++) {
		LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = sizeof(args),
			    .flags = BPF_F_TEST_RUN_ON_CPU, .cpu = (__u32)cpu);

		err = bpf_prog_test_run_opts(bpf_program__fd(ledger->skel->progs.vtx_flush), &opts);
		if (err)
			return err;
		if (!opts.retval)
			return 0;
		sched_yield();
	}
	return -EBUSY;
}

/*
 * When a CPU was flushed, by our own clock: the time the handler recorded, if it lies between the
 * two readings around it, else the nearer of these. (Their mean would be right only without load:
 * between the two we may wait for a CPU for milliseconds.)
 */
static uint64_t flushed_at(const struct ledger *ledger, int cpu, uint64_t before, uint64_t after)
{
	uint64_t at = ledger->skel->bss->vtx_cpus[cpu].flushed_ns;

	return at < before ? before : at > after ? after : at;
}

/*
 * Flushes every CPU that is online. ret_ns, if not NULL, is set to the time: the mean of these
 * CPUs.
 */
static int flush_all(struct ledger *ledger, enum vtx_flush_op op, uint64_t *ret_ns)
{
	uint64_t first = clock_ns(CLOCK_MONOTONIC), before, since_first = 0, flushed = 0;
	int err;

	for (int cpu = 0; cpu < ledger->n_cpus; cpu++) {
		enum vtx_flush_op what = op;

		if (op == VTX_FLUSH_SETTLE &&
		    ledger->skel->bss->vtx_cpus[cpu].phase == VTX_PHASE_OFF)
			what = VTX_FLUSH_START;
		before = clock_ns(CLOCK_MONOTONIC);
		err = flush_cpu(ledger, cpu, what);
		if (err && err != -ENXIO)
			return err;
		if (err)
			continue;
		ledger->late[cpu] |= what != op;
		since_first += flushed_at(ledger, cpu, before, clock_ns(CLOCK_MONOTONIC)) - first;
		flushed++;
	}
	if (ret_ns)
		*ret_ns = first + (flushed ? since_first / flushed : 0);
	return 0;
}

static int seed_tasks(struct ledger *ledger)
{
	char buf[256];
	struct bpf_link *link;
	ssize_t n;
	int fd;

	if (!plan__has(ledger->plan, HOOK_SEED))
		return 0;
	link = bpf_program__attach_iter(ledger->skel->progs.vtx_seed, NULL);
	if (!link)
		return -errno;
	fd = bpf_iter_create(bpf_link__fd(link));
	if (fd < 0) {
		bpf_link__destroy(link);
		return fd;
	}
	do {
		n = read(fd, buf, sizeof(buf));
	} while (n > 0 || (n < 0 && errno == EINTR));
	close(fd);
	bpf_link__destroy(link);
	return 0;
}

int ledger_clock__start(struct ledger *ledger)
{
	int err = seed_tasks(ledger);

	if (err)
		return err;
	ledger->skel->bss->vtx_gen++;
	ledger->skel->bss->vtx_on = 1;
	return flush_all(ledger, VTX_FLUSH_START, &ledger->started_ns);
}

/* What is used from here on is read at the next reading: see struct vtx_used. */
static void next_epoch(struct ledger *ledger)
{
	__atomic_fetch_add(&ledger->skel->bss->vtx_epoch, 1, __ATOMIC_SEQ_CST);
}

int ledger_clock__settle(struct ledger *ledger)
{
	next_epoch(ledger);
	return flush_all(ledger, VTX_FLUSH_SETTLE, NULL);
}

int ledger_clock__stop(struct ledger *ledger)
{
	int err;

	next_epoch(ledger);
	err = flush_all(ledger, VTX_FLUSH_STOP, &ledger->stopped_ns);

	ledger->skel->bss->vtx_on = 0;
	return err;
}

void ledger_clock__owners_changed(struct ledger *ledger)
{
	__atomic_fetch_add(&ledger->skel->bss->vtx_gen, 1, __ATOMIC_SEQ_CST);
	if (ledger->started_ns)
		ledger_clock__settle(ledger);
}

uint64_t ledger_clock__started_ns(const struct ledger *ledger)
{
	return ledger->started_ns;
}

uint64_t ledger_clock__stopped_ns(const struct ledger *ledger)
{
	return ledger->stopped_ns;
}

uint32_t ledger_clock__cpus(const struct ledger *ledger)
{
	uint32_t n = 0;

	for (int i = 0; i < ledger->n_cpus; i++)
		n += ledger->skel->bss->vtx_cpus[i].phase != VTX_PHASE_OFF;
	return n;
}
