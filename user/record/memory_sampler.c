// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/memory_sampler.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cgroups/memcg.h"
#include "holdings/footprint.h"
#include "probes/ledger_clock.h"
#include "sys/meminfo.h"
#include "sys/task.h"

/*
 * 1/N of the time since the last one may be spent on a sample for a row: with walked page tables,
 * and without.
 */
#define WALK_SHARE  400
#define COUNT_SHARE 400

struct memory_sampler {
	struct ledger *ledger;
	const struct targets *targets;
	struct bpf_link *link; /* of the iterator; NULL: not available on this kernel */
	struct vtx_process *list;
	size_t n, room;
	struct memory_sample sample[2]; /* by enum memory_depth */
	struct run_footprint *last;
	int *unread; /* by slot: the last -errno of a running process that was unreadable, or 0 */
	uint64_t walked_at_ns, walk_cost_ns; /* end and duration of the last time */
	uint64_t counted_at_ns, count_cost_ns;
	size_t rows, skipped;
	struct mapped mapped; /* of the sample that is being taken */
};

static struct run_footprint *new_slots(size_t n)
{
	struct run_footprint *ret = calloc(n, sizeof(*ret));

	for (size_t i = 0; ret && i < n; i++)
		run_footprint__set_unknown(&ret[i]);
	return ret;
}

int memory_sampler__open(struct memory_sampler **ret, struct ledger *ledger,
			 const struct targets *targets)
{
	struct memory_sampler *memory = calloc(1, sizeof(*memory));

	if (!memory)
		return -ENOMEM;
	memory->ledger = ledger;
	memory->targets = targets;
	memory->last = new_slots(targets->n_slots);
	memory->unread = calloc(targets->n_slots, sizeof(*memory->unread));
	for (size_t i = 0; i < 2; i++) {
		memory->sample[i].n_slots = targets->n_slots;
		memory->sample[i].slot = new_slots(targets->n_slots);
	}
	memory->link = ledger__iterator(ledger, HOOK_LIST);
	*ret = memory;
	if (memory->last && memory->unread && memory->sample[0].slot && memory->sample[1].slot)
		return 0;
	memory_sampler__free(memory);
	*ret = NULL;
	return -ENOMEM;
}

void memory_sampler__free(struct memory_sampler *memory)
{
	if (!memory)
		return;
	bpf_link__destroy(memory->link);
	for (size_t i = 0; i < 2; i++)
		free(memory->sample[i].slot);
	free(memory->last);
	free(memory->unread);
	free(memory->list);
	free(memory);
}

/* Reads the iterator to its end. */
static int read_list(struct memory_sampler *memory, int fd)
{
	ssize_t got;
	size_t bytes = 0;

	for (;;) {
		if (bytes + 4096 > memory->room * sizeof(*memory->list)) {
			size_t room = memory->room ? 2 * memory->room : 512;
			struct vtx_process *grown = realloc(memory->list, room * sizeof(*grown));

			if (!grown)
				return -ENOMEM;
			memory->list = grown;
			memory->room = room;
		}
		got = read(fd, (char *)memory->list + bytes, 4096);
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			break;
		bytes += (size_t)got;
	}
	memory->n = bytes / sizeof(*memory->list);
	return 0;
}

static int by_mm(const void *a, const void *b)
{
	const struct vtx_process *x = a, *y = b;

	if (x->mm != y->mm)
		return x->mm < y->mm ? -1 : 1;
	return (x->tgid > y->tgid) - (x->tgid < y->tgid);
}

/* Every process of a target once; of those that share memory (vfork) the lowest pid. */
static int list_processes(struct memory_sampler *memory)
{
	size_t n = 0;
	int fd, err;

	fd = bpf_iter_create(bpf_link__fd(memory->link));
	if (fd < 0)
		return fd;
	err = read_list(memory, fd);
	close(fd);
	if (err)
		return err;
	if (memory->n)
		qsort(memory->list, memory->n, sizeof(*memory->list), by_mm);
	for (size_t i = 0; i < memory->n; i++)
		if (!n || memory->list[n - 1].mm != memory->list[i].mm)
			memory->list[n++] = memory->list[i];
	memory->n = n;
	return 0;
}

static const struct target *target_of(const struct memory_sampler *memory, uint32_t slot)
{
	for (size_t i = 0; i < memory->targets->n; i++)
		if (memory->targets->target[i].slot == slot)
			return &memory->targets->target[i];
	return NULL;
}

static enum footprint_of part_of(const struct memory_sampler *memory,
				 const struct vtx_process *process)
{
	const struct target *target = target_of(memory, VTX_ACC_SLOT(process->account));

	if (!target || target->found->kind != VTX_KIND_VM)
		return FOOTPRINT_PLAIN;
	if (target->found->pid != (pid_t)process->tgid)
		return FOOTPRINT_HELPER;
	return found_is_qemu(target->found) ? FOOTPRINT_QEMU : FOOTPRINT_VMM;
}

static void begin_slots(struct memory_sampler *memory, struct memory_sample *sample, uint64_t at_ns)
{
	for (uint32_t slot = 0; slot < sample->n_slots; slot++) {
		const struct target *target = target_of(memory, slot);

		run_footprint__set_unknown(&sample->slot[slot]);
		if (slot >= VTX_SLOT_FIRST && !target)
			continue;
		footprint__begin(&sample->slot[slot], sample->walked,
				 target && target->found->kind == VTX_KIND_VM);
		sample->slot[slot].sampled_at_ns = at_ns;
	}
}

/*
 * The empty sample of a target that has ended does not overwrite the last one with processes. Newer
 * counters do overwrite an older walk, because the walk no longer describes what the target held
 * last.
 */
static void remember(struct run_footprint *last, const struct run_footprint *slot)
{
	bool seen = last->sampled_at_ns != RUN_UNKNOWN && last->processes;

	if (slot->processes || !seen)
		*last = *slot;
}

static void finish_slot(struct memory_sampler *memory, struct run_footprint *slot, uint32_t number)
{
	const struct target *target = target_of(memory, number);

	if (target)
		memcg_read(&sysroot_live, memory->targets->layout,
			   &(struct cgroup_of){&target->found->cgroups, target->found->cgroup,
					       target->found->pid},
			   &slot->memcg);
	remember(&memory->last[number], slot);
}

/* A slot that was not sampled has no owner and holds nothing. */
static uint64_t held(const struct run_footprint *slot)
{
	return slot->sampled_at_ns == RUN_UNKNOWN ? 0 : slot->held_bytes;
}

static uint64_t sum_known(uint64_t a, uint64_t b)
{
	return a == RUN_UNKNOWN || b == RUN_UNKNOWN ? RUN_UNKNOWN : run_add(a, b);
}

/* Splits the used memory of the host among its holders. */
static void share_out(struct memory_sample *sample)
{
	struct run_host_memory *host = &sample->host;
	uint64_t sum;

	if (!sample->walked || host->used_bytes == RUN_UNKNOWN)
		return;
	host->targets_bytes = 0;
	for (size_t slot = VTX_SLOT_FIRST; slot < sample->n_slots; slot++)
		host->targets_bytes = sum_known(host->targets_bytes, held(&sample->slot[slot]));
	host->vm_manager_bytes = held(&sample->slot[VTX_SLOT_VM_MANAGERS]);
	host->container_manager_bytes = held(&sample->slot[VTX_SLOT_CONTAINER_MANAGERS]);
	sum = sum_known(host->targets_bytes,
			sum_known(host->vm_manager_bytes, host->container_manager_bytes));
	if (sum == RUN_UNKNOWN)
		return;
	host->rest_bytes = host->used_bytes > sum ? host->used_bytes - sum : 0;
}

/* A process could not be read although it still runs: what its slot holds is unknown. */
static void note_unread(struct memory_sampler *memory, struct memory_sample *sample, uint32_t slot,
			int err)
{
	uint64_t at_ns = sample->slot[slot].sampled_at_ns;

	memory->unread[slot] = err;
	run_footprint__set_unknown(&sample->slot[slot]);
	sample->slot[slot].sampled_at_ns = at_ns;
}

static int add_process(struct memory_sampler *memory, struct memory_sample *sample,
		       const struct vtx_process *process, enum footprint_of of)
{
	uint32_t slot = VTX_ACC_SLOT(process->account);
	struct footprint_walk walk = {&memory->mapped, slot, of};
	int err;

	if (slot >= sample->n_slots)
		return 0;
	err = footprint__add(&sample->slot[slot], &sysroot_live, (pid_t)process->tgid,
			     sample->walked ? &walk : NULL);
	if (!err || err == -ENOMEM)
		return err;
	if (err != -ESRCH || !task_all_exiting(&sysroot_live, (pid_t)process->tgid))
		note_unread(memory, sample, slot, err);
	return 0;
}

/* Each VMM comes before its helpers, so that guest RAM is charged to it. */
static int add_processes(struct memory_sampler *memory, struct memory_sample *sample)
{
	int err = 0;

	for (int vmms = 1; vmms >= 0; vmms--) {
		for (size_t i = 0; i < memory->n && !err; i++) {
			enum footprint_of of = part_of(memory, &memory->list[i]);

			if ((of == FOOTPRINT_QEMU || of == FOOTPRINT_VMM) == vmms)
				err = add_process(memory, sample, &memory->list[i], of);
		}
	}
	return err;
}

/* Hugetlb pages that several targets map are charged once, shared out among them. */
static void share_huge(struct memory_sampler *memory, struct memory_sample *sample)
{
	struct mapped_files *huge = &memory->mapped.huge;

	mapped_files__share_out(huge);
	for (size_t i = 0; i < huge->n; i++)
		footprint__add_huge(&sample->slot[huge->file[i].slot], huge->file[i].bytes);
}

static int take(struct memory_sampler *memory, struct memory_sample *sample)
{
	uint64_t started_ns = ledger_clock__started_ns(memory->ledger), at_ns = 0;
	int err;

	if (started_ns) /* else it is the sample at the start */
		at_ns = clock_ns(CLOCK_MONOTONIC) - started_ns;

	err = list_processes(memory);
	if (err)
		return err;
	begin_slots(memory, sample, at_ns);
	err = add_processes(memory, sample);
	share_huge(memory, sample);
	mapped__free(&memory->mapped);
	if (err)
		return err;
	/* Right after the processes, with which it is compared. */
	meminfo_read(&sysroot_live, &sample->host);
	for (uint32_t slot = 0; slot < sample->n_slots; slot++)
		if (sample->slot[slot].sampled_at_ns != RUN_UNKNOWN)
			finish_slot(memory, &sample->slot[slot], slot);
	share_out(sample);
	return 0;
}

/* cost_ns is what an action cost the last time, which ended at at_ns: may it be repeated now? */
static bool affordable(uint64_t now, uint64_t at_ns, uint64_t cost_ns, uint64_t share)
{
	return now - at_ns >= cost_ns * share;
}

int memory_sampler__sample(struct memory_sampler *memory, enum memory_depth depth,
			   const struct memory_sample **ret)
{
	struct memory_sample *sample = &memory->sample[depth];
	uint64_t start = clock_ns(CLOCK_MONOTONIC);
	bool row = depth == MEMORY_ROW;
	int err;

	*ret = NULL;
	if (!memory->link)
		return 0;
	sample->walked =
		!row || affordable(start, memory->walked_at_ns, memory->walk_cost_ns, WALK_SHARE);
	memory->rows += row;
	memory->skipped += row && !sample->walked;
	if (!sample->walked &&
	    !affordable(start, memory->counted_at_ns, memory->count_cost_ns, COUNT_SHARE))
		return 0;
	err = take(memory, sample);
	if (err)
		return err;
	memory->counted_at_ns = clock_ns(CLOCK_MONOTONIC);
	if (sample->walked) {
		memory->walked_at_ns = memory->counted_at_ns;
		memory->walk_cost_ns = memory->counted_at_ns - start;
		if (!memory->count_cost_ns) /* less than that, but how much is unknown */
			memory->count_cost_ns = memory->walk_cost_ns / 2;
	} else {
		memory->count_cost_ns = memory->counted_at_ns - start;
	}
	*ret = sample;
	return 0;
}

const struct run_footprint *memory_sampler__last(const struct memory_sampler *memory, uint32_t slot)
{
	return memory->last[slot].sampled_at_ns != RUN_UNKNOWN ? &memory->last[slot] : NULL;
}

int memory_sampler__unread(const struct memory_sampler *memory, uint32_t slot)
{
	return memory->unread[slot];
}

void memory_sampler__skipped(const struct memory_sampler *memory, size_t *ret_skipped,
			     size_t *ret_rows)
{
	*ret_skipped = memory->skipped;
	*ret_rows = memory->rows;
}
