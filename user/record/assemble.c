// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/assemble.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "record/assemble_block.h"
#include "record/assemble_memory.h"
#include "record/given_requests.h"
#include "record/series.h"
#include "model/exits.h"
#include "sys/host.h"

static char *dup_or_null(const char *s)
{
	return s ? strdup(s) : NULL;
}

int degrade(struct run *run, const char *what, const char *why, const char *costs)
{
	struct run_degraded *grown =
		realloc(run->degraded, (run->n_degraded + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	run->degraded = grown;
	grown += run->n_degraded++;
	grown->what = strdup(what);
	grown->why = strdup(why);
	grown->costs = strdup(costs);
	return grown->what && grown->why && grown->costs ? 0 : -ENOMEM;
}

/* "2026-11-22T18:00:00.123456789Z" */
static char *rfc3339(uint64_t realtime_ns)
{
	time_t seconds = (time_t)(realtime_ns / 1000000000ull);
	char day[32], text[48];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text, sizeof(text), "%s.%09uZ", day, (unsigned)(realtime_ns % 1000000000ull));
	return strdup(text);
}

/* Programs that this kernel does not let run. */
static int degrade_hooks(struct run *run, const struct plan *plan)
{
	int err = 0;

	for (enum hook_id id = 0; id < HOOKS && !err; id++)
		if (plan__reports(plan, id))
			err = degrade(run, hooks[id].event, plan->hook[id].why_off,
				      hooks[id].costs);
	return err;
}

static int degrade_target(struct run *run, size_t index, const struct target *target, bool http,
			  bool watched)
{
	const struct run_requests *requests = &run->target[index].total.requests;
	bool given = requests->source == RUN_REQUESTS_FILE ||
		     requests->source == RUN_REQUESTS_GIVEN;
	bool answered = requests->count && requests->count != RUN_UNKNOWN;
	const struct found *found = target->found;
	char what[192], why[96];
	int err = 0;

	if (found->kind == VTX_KIND_VM && found->accel && !strcmp(found->accel, "tcg")) {
		snprintf(what, sizeof(what), "vm %s", target->label);
		err = degrade(run, what, "runs under TCG, QEMU's own emulator, without KVM",
			      "its numbers say nothing about the cost of virtualization");
	}
	if (!err && found_is_kvm(found) && !watched) {
		snprintf(what, sizeof(what), "guest mode of %s", target->label);
		err = degrade(run, what, "kvm_entry and kvm_exit could not be watched",
			      "guest time and halt polling count as kernel time of the vCPU; exits "
			      "are not counted");
	}
	if (!err && exits_unread(&run->target[index].total.kvm)) {
		snprintf(what, sizeof(what), "reasons of exits of %s", target->label);
		err = degrade(run, what, "this kernel does not describe the types of its KVM module",
			      "exits are counted as UNREAD");
	}
	if (!err && target->shares_with) {
		snprintf(what, sizeof(what), "network of %s", target->label);
		snprintf(why, sizeof(why), "shared with %s", target->shares_with);
		err = degrade(run, what, why, "packets and requests of both are on the other's bill");
		return err;
	}
	if (!err && http && target->http && !answered && !given) {
		snprintf(what, sizeof(what), "requests of %s", target->label);
		snprintf(why, sizeof(why), "no request was answered at port %u",
			 target->http_port);
		err = degrade(run, what, why, "there is no cost per request");
	}
	if (!err && http && !target->http && !given) {
		snprintf(what, sizeof(what), "requests of %s", target->label);
		err = degrade(run, what, "it has no network device of its own on this host",
			      "not counted: name a device with --http LABEL:DEV:PORT");
	}
	return err;
}

static int degrade_all(struct run *run, const struct assembly *from)
{
	const struct plan *plan = from->plan;
	int err = degrade_hooks(run, plan);

	if (!err && plan->hypervisor[0] && !plan->steal)
		err = degrade(run, "steal", "this kernel keeps no steal time per run queue",
			      "time the hypervisor took is on the running task's bill");
	if (!err && plan->split == SPLIT_OFF)
		err = degrade(run, "user and kernel", "not told apart (--split off)",
			      "task_ns holds both; kernel_ns is a vCPU's exits, else null");
	if (!err && !(plan->parts & PART_HTTP))
		err = degrade(run, "requests and network", "not asked for (--only)",
			      "requests and net are null");
	if (!err)
		err = degrade_memory(run, from);
	if (!err && !plan->task_storage)
		err = degrade(run, "task storage", "this kernel has it not for tracing programs",
			      "a hash is used: each switch costs more");
	if (!err && from->targets->refused)
		err = degrade(run, "targets", "more were found than there was room for",
			      "the rest is in other_ns: name the targets you want");
	for (size_t i = 0; i < from->targets->n && !err; i++)
		err = degrade_target(run, i, &from->targets->target[i], from->options->parts & PART_HTTP,
				     plan__attached(plan, HOOK_KVM_EXIT));
	if (!err)
		err = degrade_block(run, from);
	return err;
}

static int fill_netdevs(struct run_target *ret, const struct found *found)
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

/* Guest time and polling are unknown where kvm could not be watched; without kvm there is none. */
static void mark_unmeasured(struct run_target *ret, bool watched)
{
	bool kvm = ret->accel && !strcmp(ret->accel, "kvm") && !watched;

	if (kvm)
		ret->total.kvm = (struct run_kvm){true, RUN_UNKNOWN, RUN_UNKNOWN, RUN_UNKNOWN,
						  RUN_UNKNOWN, {}, {}};
	for (int r = 0; kvm && r < VTX_ROLES; r++) {
		if (r != VTX_VCPU || !ret->total.cpu.role[r].present)
			continue;
		ret->total.cpu.role[r].ns[VTX_GUEST] = RUN_UNKNOWN;
		ret->total.cpu.role[r].ns[VTX_POLL] = RUN_UNKNOWN;
	}
}

static int fill_target(struct run_target *ret, const struct target *target,
		       const struct assembly *from)
{
	const struct found *found = target->found;
	struct attribution how;
	int err;

	ret->label = strdup(target->label);
	ret->kind = found->kind;
	ret->name = strdup(found->name);
	ret->id = dup_or_null(found->id);
	ret->cgroup = dup_or_null(found->cgroup);
	ret->runtime = dup_or_null(found->runtime);
	ret->accel = dup_or_null(found->accel);
	ret->pid = (uint64_t)found->pid;
	ret->running = target->running;
	if (!ret->label || !ret->name)
		return -ENOMEM;
	err = fill_netdevs(ret, found);
	if (err)
		return err;
	how = series__how(from->plan, target);
	err = attribute_target(&ret->total, NULL, from->end, target->slot, &how, true);
	if (err)
		return err;
	series__footprints(from->series, target->slot, &ret->total.memory);
	if (how.http) {
		ret->total.requests.source = RUN_REQUESTS_HTTP;
		ret->total.requests.http_port = target->http_port;
	}
	for (int r = 0; r < VTX_ROLES; r++) {
		ret->total.cpu.role[r].threads = found->threads[r];
		ret->total.cpu.role[r].present |= found->threads[r] != 0;
	}
	mark_unmeasured(ret, plan__attached(from->plan, HOOK_KVM_EXIT));
	return 0;
}

/* Not getrusage: its maximum is inherited from whoever started us. */
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

static int fill_self(struct run *run, const struct assembly *from)
{
	int err = ledger__self(from->ledger, &run->self);

	run->self.user_cpu_ns = from->own_cpu_ns;
	run->self.max_rss_bytes = peak_rss_bytes();
	run->self.bind_delay_ns = from->targets->bind_delay_ns;
	return err;
}

int assemble(struct run *ret, const struct assembly *from, struct verr *ret_err)
{
	const struct targets *targets = from->targets;
	const char *mode = cgroup_mode_name[targets->layout->mode];
	int err;

	ret->version = strdup(from->options->version);
	ret->commit = strdup(from->options->commit);
	ret->label = dup_or_null(from->options->label);
	ret->split = strdup(split_name[from->plan->split]);
	ret->start = rfc3339(from->start_realtime_ns);
	ret->wall_ns = ledger__stopped_ns(from->ledger) - ledger__started_ns(from->ledger);
	ret->cpus = ledger__cpus(from->ledger);
	if (!ret->version || !ret->commit || !ret->split || !ret->start)
		return -ENOMEM;
	err = host__read(&ret->host, from->plan->hypervisor, mode);
	if (err)
		return err;
	ret->target = calloc(targets->n ? targets->n : 1, sizeof(*ret->target));
	if (!ret->target)
		return -ENOMEM;
	for (size_t i = 0; i < targets->n; i++) {
		ret->n_targets++;
		err = fill_target(&ret->target[i], &targets->target[i], from);
		if (err)
			return err;
	}
	attribute_host(&ret->host_cpu, NULL, from->end);
	attribute_books(ret, from->end);
	err = assemble_block(ret, from);
	if (err)
		return err;
	err = given_requests(ret, from->options, ret_err);
	if (!err)
		err = degrade_all(ret, from);
	return err ? err : fill_self(ret, from);
}
