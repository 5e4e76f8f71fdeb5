// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/gather.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "probes/ledger_clock.h"
#include "probes/ledger_profile.h"
#include "probes/ledger_read.h"
#include "record/given_requests.h"
#include "symbols/frames.h"
#include "sys/host.h"

/* NULL stays NULL. False if there is no memory. */
static bool copy_text(char **ret, const char *text)
{
	*ret = text ? strdup(text) : NULL;
	return *ret || !text;
}

static int gather_window(struct evidence *ret, const struct gather_from *from)
{
	const char *mode = cgroup_mode_name[from->targets->layout->mode];

	ret->split = from->plan->split;
	ret->start_realtime_ns = from->start_realtime_ns;
	ret->wall_ns =
		ledger_clock__stopped_ns(from->ledger) - ledger_clock__started_ns(from->ledger);
	ret->cpus = ledger_clock__cpus(from->ledger);
	/* While the clocks run, each CPU's has run until its last boundary. */
	if (from->so_far && ret->cpus)
		ret->wall_ns = ret->end.clock_ns / ret->cpus;
	if (!copy_text(&ret->version, from->options->version) ||
	    !copy_text(&ret->commit, from->options->commit) ||
	    !copy_text(&ret->label, from->options->label))
		return -ENOMEM;
	return host__read(&ret->host, from->plan->hypervisor, mode);
}

static int gather_netdevs(struct evidence_target *ret, const struct found *found)
{
	ret->netdevs = calloc(found->n_netdevs + 1, sizeof(*ret->netdevs));
	if (!ret->netdevs)
		return -ENOMEM;
	for (size_t i = 0; i < found->n_netdevs; i++) {
		ret->netdevs[i] = strdup(found->netdevs[i].name);
		if (!ret->netdevs[i])
			return -ENOMEM;
		ret->n_netdevs++;
	}
	return 0;
}

static int gather_identity(struct evidence_target *ret, const struct target *target)
{
	const struct found *found = target->found;

	ret->kind = found->kind;
	ret->pid = (uint64_t)found->pid;
	ret->running = target->running;
	ret->has_cgroup = found->cgroups.n;
	ret->http = target->http;
	ret->http_port = target->http_port;
	ret->slot = target->slot;
	memcpy(ret->threads, found->threads, sizeof(ret->threads));
	if (!copy_text(&ret->label, target->label) || !copy_text(&ret->name, found->name) ||
	    !copy_text(&ret->id, found->id) || !copy_text(&ret->cgroup, found->cgroup) ||
	    !copy_text(&ret->runtime, found->runtime) || !copy_text(&ret->accel, found->accel) ||
	    !copy_text(&ret->shares_with, target->shares_with))
		return -ENOMEM;
	return gather_netdevs(ret, found);
}

/* What was sampled before the target had this slot is another one's. */
static void forget_former(struct evidence_target *ret, const struct target *target)
{
	if (!target->uses)
		return;
	run_footprint__set_unknown(&ret->start);
	if (ret->at.sampled_at_ns < target->began_ns)
		run_footprint__set_unknown(&ret->at);
}

static int gather_targets(struct evidence *ret, const struct gather_from *from)
{
	const struct targets *targets = from->targets;
	int err = 0;

	ret->targets_refused = targets->refused;
	ret->target = calloc(targets->n ? targets->n : 1, sizeof(*ret->target));
	if (!ret->target)
		return -ENOMEM;
	for (size_t i = 0; i < targets->n && !err; i++) {
		const struct target *target = &targets->target[i];

		ret->n_targets++;
		err = gather_identity(&ret->target[i], target);
		ret->target[i].how = series__how(from->plan, target);
		series__target_memory(from->series, &ret->target[i]);
		forget_former(&ret->target[i], target);
	}
	return err;
}

/* Not getrusage(): exec does not reset its maximum, which may therefore be the shell's. */
static uint64_t peak_rss_bytes(void)
{
	FILE *file = fopen("/proc/self/status", "re");
	unsigned long long kib = 0;
	char line[128];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "VmHWM: %llu kB", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib ? kib * 1024 : RUN_UNKNOWN;
}

static int gather_self(struct run_self *ret, const struct gather_from *from)
{
	int err = ledger_read__self(from->ledger, ret);

	ret->user_cpu_ns = from->own_cpu_ns;
	if (from->so_far)
		ret->user_cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - from->own_cpu_ns;
	ret->max_rss_bytes = peak_rss_bytes();
	ret->bind_delay_ns = from->targets->bind_delay_ns;
	return err;
}

/* By slot, the index of its target; SIZE_MAX: none. Free it; NULL: no memory. */
static size_t *slot_targets(const struct targets *targets)
{
	size_t *ret = malloc((targets->n_slots + 1) * sizeof(*ret));

	for (size_t i = 0; i < targets->n_slots && ret; i++)
		ret[i] = SIZE_MAX;
	for (size_t i = 0; i < targets->n && ret; i++)
		ret[targets->target[i].slot] = i;
	return ret;
}

static int gather_profile(struct run_profile *ret, const struct gather_from *from)
{
	size_t *target = slot_targets(from->targets);
	struct profile_raw raw = {};
	int err = target ? ledger_profile__read(from->ledger, &raw) : -ENOMEM;

	ret->present = true;
	ret->hz = from->plan->profile_hz;
	ret->samples = raw.totals.samples;
	ret->lost = raw.totals.lost + raw.totals.no_trace + raw.totals.surplus + raw.totals.no_wait;
	ret->truncated = raw.totals.truncated;
	if (!err)
		err = frames_build(ret, &raw, from->images, target, from->targets->n_slots);
	profile_raw__free(&raw);
	free(target);
	return err;
}

int gather(struct evidence *ret, const struct gather_from *from, struct verr *ret_err)
{
	int err;

	err = gather_window(ret, from);
	if (!err)
		err = gather_plan(&ret->plan, from->plan);
	if (!err)
		err = gather_targets(ret, from);
	if (!err)
		err = gather_devices(ret);
	if (!err && ret->plan.parts_block && !from->so_far)
		err = gather_storage(ret, from);
	if (!err)
		err = given_requests_read(ret, from->options, ret_err);
	if (!err)
		err = live_requests__gather(from->sources, ret);
	if (!err && from->plan->profile_hz)
		err = gather_profile(&ret->profile, from);
	return err ? err : gather_self(&ret->self, from);
}
