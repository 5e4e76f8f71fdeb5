// SPDX-License-Identifier: GPL-2.0-or-later
/* The clocks of all CPUs: start, settle, stop; and reading what they added up. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "probes/ledger_impl.h"

/* How often a CPU whose handler was at work is asked again; one time is nearly always enough. */
#define FLUSH_TRIES 1000

/* A CPU whose clock starts this much later than the others was offline until then. */
#define LATE_NS 10000000ull

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

/* Runs vtx_flush on one CPU. -ENXIO: it is offline. */
static int flush_cpu(struct ledger *ledger, int cpu, enum vtx_flush_op op)
{
	__u64 args[12] = {op};
	int err;

	for (int i = 0; i < FLUSH_TRIES; i++) {
		LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = sizeof(args),
			    .flags = BPF_F_TEST_RUN_ON_CPU, .cpu = (__u32)cpu);

		err = bpf_prog_test_run_opts(bpf_program__fd(ledger->skel->progs.vtx_flush),
					     &opts);
		if (err)
			return err;
		if (!opts.retval)
			return 0;
		sched_yield();
	}
	return -EBUSY;
}

/*
 * When a CPU was flushed, by our own clock: what the handler noted, if that lies between the two
 * readings around it, else the nearer of the two. (The middle of the two would do as well, were
 * there no load: between them we may be kept waiting for a CPU for milliseconds.)
 */
static uint64_t flushed_at(const struct ledger *ledger, int cpu, uint64_t before, uint64_t after)
{
	uint64_t noted = ledger->skel->bss->vtx_cpus[cpu].flushed_ns;

	return noted < before ? before : noted > after ? after : noted;
}

/*
 * Flushes every CPU that is online. ret_ns, if not NULL, gets when, the mean over these CPUs.
 */
static int flush_all(struct ledger *ledger, enum vtx_flush_op op, uint64_t *ret_ns)
{
	uint64_t first = now_ns(), before, since_first = 0, flushed = 0;
	int err;

	for (int cpu = 0; cpu < ledger->n_cpus; cpu++) {
		enum vtx_flush_op what = op;

		if (op == VTX_FLUSH_SETTLE &&
		    ledger->skel->bss->vtx_cpus[cpu].phase == VTX_PHASE_OFF)
			what = VTX_FLUSH_START;
		before = now_ns();
		err = flush_cpu(ledger, cpu, what);
		if (err && err != -ENXIO)
			return err;
		if (err)
			continue;
		since_first += flushed_at(ledger, cpu, before, now_ns()) - first;
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

int ledger__start(struct ledger *ledger)
{
	int err = seed_tasks(ledger);

	if (err)
		return err;
	ledger->skel->bss->vtx_gen++;
	ledger->skel->bss->vtx_on = 1;
	return flush_all(ledger, VTX_FLUSH_START, &ledger->started_ns);
}

int ledger__settle(struct ledger *ledger)
{
	return flush_all(ledger, VTX_FLUSH_SETTLE, NULL);
}

int ledger__stop(struct ledger *ledger)
{
	int err = flush_all(ledger, VTX_FLUSH_STOP, &ledger->stopped_ns);

	ledger->skel->bss->vtx_on = 0;
	return err;
}

void ledger__owners_changed(struct ledger *ledger)
{
	__atomic_fetch_add(&ledger->skel->bss->vtx_gen, 1, __ATOMIC_SEQ_CST);
	if (ledger->started_ns)
		ledger__settle(ledger);
}

/* One element of a per-CPU map, all its 64-bit words summed over CPUs. */
static int read_summed(struct ledger *ledger, const struct bpf_map *map, uint32_t key, void *ret,
		       size_t bytes)
{
	size_t each = (bytes + 7) & ~7ul, words = bytes / 8, need = each * (size_t)ledger->n_cpus;
	uint64_t *sum = ret;

	if (ledger->buffer_bytes < need) {
		void *bigger = realloc(ledger->buffer, need);

		if (!bigger)
			return -ENOMEM;
		ledger->buffer = bigger;
		ledger->buffer_bytes = need;
	}
	if (bpf_map_lookup_elem(bpf_map__fd(map), &key, ledger->buffer))
		return -errno;
	memset(ret, 0, bytes);
	for (int cpu = 0; cpu < ledger->n_cpus; cpu++) {
		const uint64_t *one = (const uint64_t *)((char *)ledger->buffer + each * (size_t)cpu);

		for (size_t i = 0; i < words; i++)
			sum[i] += one[i];
	}
	return 0;
}

/* Sums alone would add up maxima: the largest of all CPUs is looked for in the buffer again. */
static void fix_maxima(struct ledger *ledger, struct vtx_net_totals *net)
{
	const struct vtx_net_totals *one = ledger->buffer;

	net->first.max_ns = net->last.max_ns = 0;
	for (int cpu = 0; cpu < ledger->n_cpus; cpu++) {
		if (one[cpu].first.max_ns > net->first.max_ns)
			net->first.max_ns = one[cpu].first.max_ns;
		if (one[cpu].last.max_ns > net->last.max_ns)
			net->last.max_ns = one[cpu].last.max_ns;
	}
}

/* A CPU that is offline has no one to close its slice, and one that came late had no clock. */
static void add_offline(struct ledger *ledger, const struct vtx_cpu *cpu, struct snapshot *snap)
{
	__u64 *idle = &snap->account[VTX_ACC_IDLE].ns[VTX_TASK];

	if (cpu->started_ns > ledger->started_ns + LATE_NS) {
		*idle += cpu->started_ns - ledger->started_ns;
		snap->clock_ns += cpu->started_ns - ledger->started_ns;
	}
	if (ledger->stopped_ns && cpu->phase == VTX_PHASE_ON &&
	    ledger->stopped_ns > cpu->last_ns) {
		snap->account[cpu->account < snap->n_accounts ? cpu->account : VTX_ACC_OTHER]
			.ns[VTX_TASK] += ledger->stopped_ns - cpu->last_ns;
		snap->clock_ns += ledger->stopped_ns - cpu->last_ns;
	}
}

static void read_cpus(struct ledger *ledger, struct snapshot *snap)
{
	for (int i = 0; i < ledger->n_cpus; i++) {
		const struct vtx_cpu *cpu = (const void *)&ledger->skel->bss->vtx_cpus[i];

		if (cpu->phase == VTX_PHASE_OFF)
			continue;
		snap->cpus++;
		snap->clock_ns += cpu->last_ns - cpu->started_ns;
		snap->steal_ns += cpu->steal.ns;
		snap->tracer_ns += cpu->tracer_ns;
		for (int cause = 0; cause < VTX_LOST_CAUSES; cause++)
			snap->lost[cause] += cpu->lost[cause];
		add_offline(ledger, cpu, snap);
	}
}

/* How often the kernel skipped this program, by its own count (5.12 and later); 0 if it is not there. */
static uint64_t misses_of(const struct ledger *ledger, enum hook_id id)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	int fd = ledger__prog_fd(ledger, id);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len))
		return 0;
	return info.recursion_misses;
}

/* Handlers the kernel skipped; of a pair, which follow one another, at most so many as either. */
static uint64_t missed_runs(const struct ledger *ledger)
{
	const struct plan *plan = ledger->plan;
	uint64_t missed = 0;

	for (enum hook_id id = 0; id < HOOKS; id++) {
		enum hook_id spare;
		uint64_t misses, second = UINT64_MAX;

		if (hooks[id].spare_of || plan__may_miss(plan, id))
			continue;
		misses = misses_of(ledger, id);
		spare = misses ? plan__spare(plan, id) : 0;
		if (spare)
			second = misses_of(ledger, spare);
		missed += second < misses ? second : misses;
	}
	return missed;
}

/* Only of slots whose vCPUs have been in a guest: they are large. */
static int read_exits(struct ledger *ledger, struct snapshot *snap, uint32_t slot)
{
	if (!snap->account[VTX_ACCOUNT(slot, VTX_VCPU)].ns[VTX_GUEST])
		return 0;
	return read_summed(ledger, ledger->skel->maps.vtx_exits, slot, &snap->exits[slot],
			   sizeof(snap->exits[slot]));
}

int ledger__read(struct ledger *ledger, struct snapshot *snap)
{
	int err;

	snap->at_ns = now_ns();
	snap->cpus = 0;
	snap->clock_ns = snap->steal_ns = snap->tracer_ns = 0;
	memset(snap->lost, 0, sizeof(snap->lost));
	for (uint32_t i = 0; i < snap->n_accounts; i++) {
		err = read_summed(ledger, ledger->skel->maps.vtx_totals, i, &snap->account[i],
				  sizeof(snap->account[i]));
		if (err)
			return err;
	}
	snap->isa = (enum vtx_isa)ledger->skel->bss->vtx_kvm.isa;
	for (uint32_t i = 0; i < snap->n_slots; i++) {
		err = read_exits(ledger, snap, i);
		if (err)
			return err;
		err = read_summed(ledger, ledger->skel->maps.net_totals, i, &snap->net[i],
				  sizeof(snap->net[i]));
		if (err)
			return err;
		fix_maxima(ledger, &snap->net[i]);
	}
	err = ledger_block__read(ledger, snap);
	if (err)
		return err;
	read_cpus(ledger, snap);
	snap->lost[VTX_LOST_MISSED] = missed_runs(ledger);
	return 0;
}

uint64_t ledger__started_ns(const struct ledger *ledger)
{
	return ledger->started_ns;
}

uint64_t ledger__stopped_ns(const struct ledger *ledger)
{
	return ledger->stopped_ns;
}

uint32_t ledger__cpus(const struct ledger *ledger)
{
	uint32_t n = 0;

	for (int i = 0; i < ledger->n_cpus; i++)
		n += ledger->skel->bss->vtx_cpus[i].phase != VTX_PHASE_OFF;
	return n;
}

int ledger__self(const struct ledger *ledger, struct run_self *ret)
{
	struct bpf_program *prog;

	ret->tracer_ns = ret->bpf_runs = ret->unseen_switches = ret->unseen_polls = 0;
	for (int i = 0; i < ledger->n_cpus; i++) {
		ret->tracer_ns += ledger->skel->bss->vtx_cpus[i].tracer_ns;
		ret->bpf_runs += ledger->skel->bss->vtx_cpus[i].runs;
		ret->unseen_switches += ledger->skel->bss->vtx_cpus[i].unseen.switches;
		ret->unseen_polls += ledger->skel->bss->vtx_cpus[i].unseen.polls;
	}
	bpf_object__for_each_program(prog, ledger->skel->obj) {
		struct bpf_prog_info info = {};
		__u32 len = sizeof(info);
		struct run_program *grown;

		if (bpf_program__fd(prog) < 0 ||
		    bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &len))
			continue;
		grown = realloc(ret->program, (ret->n_programs + 1) * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		ret->program = grown;
		grown += ret->n_programs++;
		grown->name = strdup(bpf_program__name(prog));
		grown->hook = strdup(bpf_program__section_name(prog));
		/* Kept by the kernel only while kernel.bpf_stats_enabled is set. */
		grown->runs = info.run_cnt ? info.run_cnt : RUN_UNKNOWN;
		grown->ns = info.run_time_ns ? info.run_time_ns : RUN_UNKNOWN;
		grown->missed = len > offsetof(struct bpf_prog_info, recursion_misses)
					? info.recursion_misses
					: RUN_UNKNOWN;
		if (!grown->name || !grown->hook)
			return -ENOMEM;
	}
	return 0;
}
