// SPDX-License-Identifier: GPL-2.0-or-later
#include "probes/ledger_read.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "probes/ledger_block.h"
#include "probes/ledger_impl.h"

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
	ledger->look_ups++;
	if (bpf_map_lookup_elem(bpf_map__fd(map), &key, ledger->buffer))
		return -errno;
	memset(ret, 0, bytes);
	for (int cpu = 0; cpu < ledger->n_cpus; cpu++) {
		const uint64_t *one =
			(const uint64_t *)((char *)ledger->buffer + each * (size_t)cpu);

		for (size_t i = 0; i < words; i++)
			sum[i] += one[i];
	}
	return 0;
}

/* The buffer still has every CPU's values. Replaces the sums of maxima by the largest. */
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

/*
 * An offline CPU cannot close its open slice, and one that came online late had no clock until
 * then.
 */
static void add_offline(const struct ledger *ledger, const struct vtx_cpu *cpu, bool late,
			struct snapshot *snap)
{
	__u64 *idle = &snap->account[VTX_ACC_IDLE].ns[VTX_TASK];

	if (late) {
		*idle += cpu->started_ns - ledger->started_ns;
		snap->clock_ns += cpu->started_ns - ledger->started_ns;
	}
	if (ledger->stopped_ns && cpu->phase == VTX_PHASE_ON && ledger->stopped_ns > cpu->last_ns) {
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
		snap->steal_ns += cpu->steal_ns;
		snap->tracer_ns += cpu->tracer_ns;
		for (int cause = 0; cause < VTX_LOST_CAUSES; cause++)
			snap->lost[cause] += cpu->lost[cause];
		add_offline(ledger, cpu, ledger->late[i], snap);
	}
}

/* How often the kernel skipped this program, by its own count (since 5.12); 0 if not loaded. */
static uint64_t misses_of(const struct ledger *ledger, enum hook_id id)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	int fd = ledger__prog_fd(ledger, id);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len))
		return 0;
	return info.recursion_misses;
}

/*
 * The most events of this hook that the kernel can have skipped: with spares, an event is lost only
 * if all were skipped, so no more than the least that one of them was.
 */
static uint64_t missed_events(const struct ledger *ledger, enum hook_id id)
{
	uint64_t missed = misses_of(ledger, id), caught = 0;

	if (id == HOOK_SYS_ENTER || id == HOOK_SYS_EXIT)
		caught = ledger->skel->bss->vtx_caught[id == HOOK_SYS_EXIT];
	missed -= caught < missed ? caught : missed;
	for (enum hook_id spare = 0; missed;) {
		uint64_t misses;

		spare = plan__spare(ledger->plan, id, spare);
		if (!spare)
			break;
		misses = misses_of(ledger, spare);
		missed = misses < missed ? misses : missed;
	}
	return missed;
}

static uint64_t missed_runs(const struct ledger *ledger)
{
	uint64_t missed = 0;

	for (enum hook_id id = 0; id < HOOKS; id++)
		if (!hooks[id].spare_of && !plan__may_miss(ledger->plan, id))
			missed += missed_events(ledger, id);
	return missed;
}

/* Only for slots whose vCPUs have run: the element is large. */
static int read_exits(struct ledger *ledger, struct snapshot *snap, uint32_t slot)
{
	const struct vtx_totals *vcpus = &snap->account[VTX_ACCOUNT(slot, VTX_VCPU)];
	bool ran = false;

	for (int mode = 0; mode < VTX_MODES; mode++)
		ran |= vcpus->ns[mode] != 0;
	if (!ran)
		return 0;
	return read_summed(ledger, ledger->skel->maps.vtx_exits, slot, &snap->exits[slot],
			   sizeof(snap->exits[slot]));
}

static int read_account(struct ledger *ledger, struct snapshot *snap, uint32_t number)
{
	return read_summed(ledger, ledger->skel->maps.vtx_totals, number, &snap->account[number],
			   sizeof(snap->account[number]));
}

static bool reads_role(const struct ledger *ledger, uint32_t slot, uint32_t role,
		       enum ledger_depth depth)
{
	uint32_t roles = ledger->roles[slot];

	if (depth == LEDGER_LIVE)
		roles |= ledger->ever[slot];
	return depth == LEDGER_WHOLE || roles & (1u << role);
}

static int read_roles(struct ledger *ledger, struct snapshot *snap, uint32_t slot,
		      enum ledger_depth depth)
{
	int err = 0;

	for (uint32_t r = 0; r < VTX_ROLES && !err; r++)
		if (reads_role(ledger, slot, r, depth))
			err = read_account(ledger, snap, VTX_ACCOUNT(slot, r));
	return err ? err : read_exits(ledger, snap, slot);
}

static int read_net(struct ledger *ledger, struct snapshot *snap, uint32_t slot)
{
	int err;

	err = read_summed(ledger, ledger->skel->maps.net_totals, slot, &snap->net[slot],
			  sizeof(snap->net[slot]));
	if (!err)
		fix_maxima(ledger, &snap->net[slot]);
	return err;
}

/*
 * Totals of the slot that may have changed since the snapshot was last read; except for rows, all
 * that ever changed. (What changed in that very epoch may have changed after the reading.)
 */
static int read_slot(struct ledger *ledger, struct snapshot *snap, uint32_t slot,
		     enum ledger_depth depth)
{
	uint32_t since = snap->epoch && depth == LEDGER_ROW ? snap->epoch : 1;
	struct vtx_used *used = &snap->used[slot];
	int err = 0;

	*used = (struct vtx_used){.cpu = __atomic_load_n(&ledger->used[slot].cpu, __ATOMIC_ACQUIRE),
				  .io = __atomic_load_n(&ledger->used[slot].io, __ATOMIC_ACQUIRE)};
	if (used->cpu >= since)
		err = read_roles(ledger, snap, slot, depth);
	if (!err && used->io >= since)
		err = read_net(ledger, snap, slot);
	return err;
}

int ledger_read__totals(struct ledger *ledger, struct snapshot *snap, enum ledger_depth depth)
{
	uint32_t epoch = ledger->skel->bss->vtx_epoch;
	uint64_t missed = snap->lost[VTX_LOST_MISSED];
	int err = 0;

	snap->at_ns = clock_ns(CLOCK_MONOTONIC);
	snap->cpus = 0;
	snap->clock_ns = snap->steal_ns = snap->tracer_ns = 0;
	memset(snap->lost, 0, sizeof(snap->lost));
	for (uint32_t i = 0; i < VTX_ACC_FIRST && !err; i++)
		err = read_account(ledger, snap, i);
	snap->isa = (enum vtx_isa)ledger->skel->bss->vtx_kvm.isa;
	for (uint32_t i = 0; i < snap->n_slots && !err; i++)
		err = read_slot(ledger, snap, i, depth);
	if (!err)
		err = ledger_block__read(ledger, snap, depth);
	if (err)
		return err;
	snap->epoch = epoch;
	read_cpus(ledger, snap);
	snap->lost[VTX_LOST_MISSED] = depth == LEDGER_ROW ? missed : missed_runs(ledger);
	return 0;
}

/* Adds a program's own numbers, if it is loaded. -ENOMEM. */
static int add_program(struct run_self *ret, const struct bpf_program *prog)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	struct run_program *grown;

	if (bpf_program__fd(prog) < 0 || bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &len))
		return 0;
	grown = realloc(ret->program, (ret->n_programs + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	ret->program = grown;
	grown += ret->n_programs++;
	grown->name = strdup(bpf_program__name(prog));
	grown->hook = strdup(bpf_program__section_name(prog));
	/* The kernel counts these only while kernel.bpf_stats_enabled is set. */
	grown->runs = info.run_cnt ? info.run_cnt : RUN_UNKNOWN;
	grown->ns = info.run_time_ns ? info.run_time_ns : RUN_UNKNOWN;
	grown->missed = len > offsetof(struct bpf_prog_info, recursion_misses)
				? info.recursion_misses
				: RUN_UNKNOWN;
	return grown->name && grown->hook ? 0 : -ENOMEM;
}

int ledger_read__self(const struct ledger *ledger, struct run_self *ret)
{
	struct bpf_program *prog;
	int err = 0;

	ret->tracer_ns = ret->bpf_runs = ret->unseen_switches = ret->unseen_polls = 0;
	for (int i = 0; i < ledger->n_cpus; i++) {
		ret->tracer_ns += ledger->skel->bss->vtx_cpus[i].tracer_ns;
		ret->bpf_runs += ledger->skel->bss->vtx_cpus[i].runs;
		ret->unseen_switches += ledger->skel->bss->vtx_cpus[i].unseen.switches;
		ret->unseen_polls += ledger->skel->bss->vtx_cpus[i].unseen.polls;
	}
	bpf_object__for_each_program (prog, ledger->skel->obj) {
		err = add_program(ret, prog);
		if (err)
			break;
	}
	return err;
}
