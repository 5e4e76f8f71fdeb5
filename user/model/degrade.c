// SPDX-License-Identifier: GPL-2.0-or-later

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/degrade.h"
#include "model/exits.h"

int degrade(struct run *run, const char *what, const char *why, const char *costs)
{
	struct run_degraded *grown = realloc(run->degraded, (run->n_degraded + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	run->degraded = grown;
	grown += run->n_degraded++;
	grown->what = strdup(what);
	grown->why = strdup(why);
	grown->costs = strdup(costs);
	return grown->what && grown->why && grown->costs ? 0 : -ENOMEM;
}

int degrade_of(struct run *run, const char *what, const char *label, const char *why,
	       const char *costs)
{
	char text[192];

	snprintf(text, sizeof(text), "%s %s", what, label);
	return degrade(run, text, why, costs);
}

static int degrade_hooks(struct run *run, const struct evidence_plan *plan)
{
	int err = 0;

	for (size_t i = 0; i < plan->n_missing && !err; i++) {
		const struct evidence_hook *hook = &plan->missing[i];

		err = degrade(run, hook->event, hook->why, hook->costs);
	}
	return err;
}

/* What is unknown for all targets alike. */
static int degrade_recording(struct run *run, const struct evidence *from)
{
	const struct evidence_plan *plan = &from->plan;
	int err = 0;

	if (plan->under_hypervisor && !plan->steal)
		err = degrade(run, "steal", "this kernel keeps no steal time per run queue",
			      "time taken by the hypervisor is charged to the running task");
	if (!err && from->split == SPLIT_OFF)
		err = degrade(run, "user and kernel", "not distinguished (--split off)",
			      "only their sum is known; of vCPUs also the kernel time of exits");
	if (!err && !plan->parts_http)
		err = degrade(run, "requests and network", "not requested (--only)",
			      "neither requests nor packets are counted");
	return err;
}

static int degrade_tables(struct run *run, const struct evidence *from)
{
	int err = 0;

	if (!from->plan.task_storage)
		err = degrade(run, "task storage",
			      "not available to tracing programs on this kernel",
			      "a hash table is used: each context switch costs more");
	if (!err && from->targets_refused)
		err = degrade(run, "targets", "more were found than there are slots",
			      "the time of the rest counts as other: name the targets you want");
	return err;
}

static int degrade_guest(struct run *run, const struct run_target *target, bool watched)
{
	bool vm = target->kind == VTX_KIND_VM && target->accel;
	int err = 0;

	if (vm && !strcmp(target->accel, "tcg"))
		err = degrade_of(run, "vm", target->label,
				 "runs under TCG, QEMU's own emulator, without KVM",
				 "its numbers say nothing about the cost of virtualization");
	if (!err && vm && !strcmp(target->accel, "kvm") && !watched)
		err = degrade_of(run, "guest mode of", target->label,
				 "kvm_entry and kvm_exit could not be watched",
				 "guest time and halt polling count as kernel time of the vCPU; "
				 "exits are not counted");
	if (!err && vm && watched && target->total.kvm.present &&
	    target->total.kvm.exits == RUN_UNKNOWN)
		err = degrade_of(
			run, "guest mode of", target->label,
			"its vCPUs ran, but this KVM reported no entry into the guest",
			"guest time counts as user and kernel time of its threads; only exits "
			"that return to the VMM are counted");
	if (!err && exits_unread(&target->total.kvm))
		err = degrade_of(run, "reasons of exits of", target->label,
				 "this kernel does not describe the types of its KVM module",
				 "exits are counted as UNREAD");
	return err;
}

static bool has_some(uint64_t n)
{
	return n && n != RUN_UNKNOWN;
}

static int degrade_requests(struct run *run, const struct run_target *target,
			    const struct evidence_target *from)
{
	const struct run_requests *requests = &target->total.requests;
	bool answered = has_some(requests->count);
	char why[96];

	if (requests->source != RUN_REQUESTS_NONE && requests->source != RUN_REQUESTS_HTTP)
		return 0; /* see degrade_given() */
	if (!from->http)
		return degrade_of(run, "requests of", target->label,
				  "it has no network device of its own on this host",
				  "not counted: name a device with --http LABEL:DEV:PORT");
	if (has_some(requests->tls) || has_some(requests->http2)) {
		snprintf(why, sizeof(why), "%s at port %u, which cannot be read",
			 !has_some(requests->http2) ? "TLS"
			 : has_some(requests->tls)  ? "TLS and HTTP/2"
						    : "HTTP/2",
			 from->http_port);
		return degrade_of(run, "requests of", target->label, why,
				  "those are not counted: give their number with --requests, for "
				  "example --requests LABEL:log:PATH of the access log");
	}
	if (answered)
		return 0;
	snprintf(why, sizeof(why), "no request was answered at port %u", from->http_port);
	return degrade_of(run, "requests of", target->label, why,
			  "there is no cost per request (--http names a port, --requests a count "
			  "from elsewhere)");
}

/* What was wrong with a source of --requests. */
static int degrade_given(struct run *run, const struct evidence_given *given)
{
	const char *label = run->target[given->target].label;
	size_t unknown = 0;
	char why[96];
	int err = 0;

	for (size_t i = 0; i < given->n_rows; i++)
		unknown += given->row[i] == RUN_UNKNOWN;
	if (given->why)
		err = degrade_of(run, "requests of", label, given->why,
				 "their number is not known: there is no cost per request");
	if (!err && given->note)
		err = degrade_of(run, "source of requests of", label, given->note,
				 "their number is not affected");
	if (err || !unknown || given->why)
		return err;
	snprintf(why, sizeof(why), "their source did not answer in time in %zu of %zu rows",
		 unknown, given->n_rows);
	return degrade_of(run, "requests in rows of", label, why,
			  "these rows and those after them have no count; the total has");
}

static int degrade_throttled(struct run *run, const struct run_target *target, bool has_cgroup)
{
	if (!has_cgroup || target->total.sched.throttled_ns != RUN_UNKNOWN)
		return 0; /* without a cgroup it has no CPU limit of its own */
	return degrade_of(run, "throttling of", target->label,
			  "the cpu.stat of its cgroup could not be read, or too many cgroups are "
			  "below it",
			  "how long its CPU limit stopped it is unknown");
}

static int degrade_target(struct run *run, const struct run_target *target,
			  const struct evidence_target *from, const struct evidence_plan *plan)
{
	char why[96];
	int err;

	err = degrade_guest(run, target, plan->kvm_exit);
	if (!err)
		err = degrade_throttled(run, target, from->has_cgroup);
	if (err)
		return err;
	if (from->shares_with) {
		snprintf(why, sizeof(why), "shared with %s", from->shares_with);
		return degrade_of(run, "network of", target->label, why,
				  "packets and requests of both are charged to the other one");
	}
	return plan->parts_http ? degrade_requests(run, target, from) : 0;
}

int degrade_all(struct run *run, const struct evidence *from)
{
	int err = degrade_hooks(run, &from->plan);

	if (!err)
		err = degrade_recording(run, from);
	if (!err)
		err = degrade_memory(run, from);
	if (!err)
		err = degrade_tables(run, from);
	for (size_t i = 0; i < run->n_targets && !err; i++)
		err = degrade_target(run, &run->target[i], &from->target[i], &from->plan);
	for (size_t i = 0; i < from->n_given && !err; i++)
		err = degrade_given(run, &from->given[i]);
	if (!err)
		err = degrade_block(run, from);
	if (!err && from->marks_taken)
		err = degrade(run, "marks", "the name of the recorder's socket was taken",
			      "virtax mark could not reach this recording");
	return err;
}
