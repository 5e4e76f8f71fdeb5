// SPDX-License-Identifier: GPL-2.0-or-later
#include "fleet/fleet.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "fleet/hosts.h"
#include "fleet/prom.h"
#include "fleet/queries.h"

/* What is asked for: a question, and what becomes of each series of the answer. */
struct asking {
	struct fleet *fleet;
	struct prom *prom;
	struct query_scope scope;
	size_t at; /* offset of a member of struct run or run_numbers */
	double unit;
	struct verr *ret_err;
};

static uint64_t whole(double value)
{
	return value <= 0 ? 0 : value >= 9e18 ? (uint64_t)9e18 : (uint64_t)llround(value);
}

/* Frees `query`. */
static int ask(struct asking *asking, char *query, prom_fn fn)
{
	int err = query ? prom__query(asking->prom, query, fn, asking, asking->ret_err) : -ENOMEM;

	free(query);
	return err;
}

/* ---- hosts ---- */

static bool differ(const char *a, const char *b)
{
	return strcmp(a ? a : "", b);
}

static const struct {
	const char *label;
	size_t at; /* offset of a char * in struct run */
} facts[] = {
	{"kernel", offsetof(struct run, host.kernel)},
	{"kernel_build", offsetof(struct run, host.kernel_build)},
	{"arch", offsetof(struct run, host.arch)},
	{"cpu_model", offsetof(struct run, host.cpu_model)},
	{"hypervisor", offsetof(struct run, host.hypervisor)},
	{"cgroup", offsetof(struct run, host.cgroup)},
	{"split", offsetof(struct run, split)},
	{"label", offsetof(struct run, label)},
};

static int take_facts(void *context, const json_t *labels, double value)
{
	struct asking *asking = context;
	int err;
	struct fleet_host *host = hosts_find_or_add(asking->fleet, labels, &err);
	struct run *run = host ? &host->run : NULL;

	if (!host)
		return err;
	host->changed |= host->known && (differ(run->host.kernel, label_of(labels, "kernel")) ||
					 differ(run->label, label_of(labels, "label")));
	host->known = true;
	for (size_t i = 0; i < ARRAY_SIZE(facts) && !err; i++)
		err = hosts_set_text((char **)(void *)((char *)run + facts[i].at),
				     label_of(labels, facts[i].label));
	return err;
}

static int take_version(void *context, const json_t *labels, double value)
{
	struct asking *asking = context;
	int err;
	struct fleet_host *host = hosts_find_or_add(asking->fleet, labels, &err);

	return host ? hosts_set_text(&host->run.version, label_of(labels, "version")) : err;
}

/* A number of the host, at asking->at. */
static int take_number(void *context, const json_t *labels, double value)
{
	struct asking *asking = context;
	int err;
	struct fleet_host *host = hosts_find_or_add(asking->fleet, labels, &err);
	uint64_t number = whole(value * asking->unit);

	if (!host)
		return err;
	memcpy((char *)&host->run + asking->at, &number, sizeof(number));
	return 0;
}

static int take_loss(void *context, const json_t *labels, double value)
{
	struct asking *asking = context;
	int err;
	struct fleet_host *host = hosts_find_or_add(asking->fleet, labels, &err);
	int cause = label_among(labels, "cause", run_loss_name, VTX_LOST_CAUSES);

	if (host && cause >= 0)
		host->run.books.lost[cause] = whole(ceil(value));
	return err;
}

/* Numbers of the host: counters, and levels. */
static const struct host_number {
	const char *metric;
	size_t at;
	double unit;
	bool level;
} host_numbers[] = {
	{"virtax_window_wall_seconds_total", offsetof(struct run, wall_ns), 1e9, false},
	{"virtax_books_expected_seconds_total", offsetof(struct run, books.expected_ns), 1e9,
	 false},
	{"virtax_books_accounted_seconds_total", offsetof(struct run, books.accounted_ns), 1e9,
	 false},
	{"virtax_window_cpus", offsetof(struct run, cpus), 1, true},
	{"virtax_host_memory_total_bytes", offsetof(struct run, host.memory_bytes), 1, true},
};

static int ask_host_number(struct asking *asking, const struct host_number *number)
{
	asking->at = number->at;
	asking->unit = number->unit;
	return ask(asking,
		   number->level ? query_last(&asking->scope, number->metric)
				 : query_host(&asking->scope, number->metric, NULL),
		   take_number);
}

/*
 * Only VictoriaMetrics has the function that grows as Prometheus' does. A server that does not know
 * it says so; all other errors come again.
 */
static int choose_increase(struct asking *asking)
{
	struct verr *ret_err = asking->ret_err, ignored = {};
	int err;

	asking->scope.increase = "increase_prometheus";
	asking->ret_err = &ignored;
	err = ask_host_number(asking, &host_numbers[0]);
	asking->ret_err = ret_err;
	if (err == -ENOTSUP)
		asking->scope.increase = "increase";
	else if (err)
		*ret_err = ignored;
	return err == -ENOTSUP ? 0 : err;
}

static void set_error(struct run_books *books)
{
	double expected = (double)books->expected_ns, accounted = (double)books->accounted_ns;

	if (expected > 0)
		books->error_ppm = whole(ceil(fabs(accounted - expected) / expected * 1e6));
}

static int ask_hosts(struct asking *asking)
{
	int err = ask(asking, query_last(&asking->scope, "virtax_host_info"), take_facts);

	if (!err)
		err = ask(asking, query_last(&asking->scope, "virtax_build_info"), take_version);
	for (size_t i = 0; i < ARRAY_SIZE(host_numbers) && !err; i++)
		err = ask_host_number(asking, &host_numbers[i]);
	if (!err)
		err = ask(asking, query_host(&asking->scope, "virtax_books_lost_total", "cause"),
			  take_loss);
	for (size_t i = 0; i < asking->fleet->n && !err; i++)
		set_error(&asking->fleet->host[i].run.books);
	return err;
}

/* ---- targets ---- */

static int take_requests(void *context, const json_t *labels, double value)
{
	struct asking *asking = context;
	int err;
	struct run_target *target = hosts_target(asking->fleet, labels, &err);

	if (!target)
		return err;
	target->total.requests.source = RUN_REQUESTS_HTTP;
	target->total.requests.count = whole(value);
	return 0;
}

static int take_layer(void *context, const json_t *labels, double value)
{
	struct asking *asking = context;
	int err, r = label_among(labels, "role", run_role_name, VTX_ROLES);
	int m = label_among(labels, "mode", run_mode_name, VTX_MODES);
	struct run_target *target = hosts_target(asking->fleet, labels, &err);
	struct run_cpu *cpu = target ? &target->total.cpu : NULL;

	if (!target || r < 0 || m < 0)
		return err;
	cpu->role[r].present = true;
	cpu->role[r].ns[m] = whole(value * 1e9);
	cpu->total_ns = run_add(cpu->total_ns, cpu->role[r].ns[m]);
	return 0;
}

static int take_target_number(void *context, const json_t *labels, double value)
{
	struct asking *asking = context;
	int err;
	struct run_target *target = hosts_target(asking->fleet, labels, &err);
	uint64_t number = whole(value * asking->unit);

	if (!target)
		return err;
	memcpy((char *)&target->total + asking->at, &number, sizeof(number));
	return 0;
}

static const struct target_number {
	const char *metric;
	size_t at;
	double unit;
} target_numbers[] = {
	{"virtax_sched_wait_seconds_total", offsetof(struct run_numbers, sched.wait_ns), 1e9},
	{"virtax_sched_switches_total", offsetof(struct run_numbers, sched.switches), 1},
};

static int ask_targets(struct asking *asking)
{
	int err = ask(asking, query_targets(&asking->scope, "virtax_requests_total", NULL),
		      take_requests);

	if (!err)
		err = ask(asking,
			  query_targets(&asking->scope, "virtax_cpu_seconds_total", "role, mode"),
			  take_layer);
	for (size_t i = 0; i < ARRAY_SIZE(target_numbers) && !err; i++) {
		asking->at = target_numbers[i].at;
		asking->unit = target_numbers[i].unit;
		err = ask(asking, query_targets(&asking->scope, target_numbers[i].metric, NULL),
			  take_target_number);
	}
	return err;
}

/* ---- the whole ---- */

static int read_all(struct asking *asking, const struct fleet_options *options)
{
	int err = prom__open(&asking->prom, options->url, options->until_s, asking->ret_err);

	if (err)
		return err;
	asking->fleet->source = strdup(prom__name(asking->prom));
	err = asking->fleet->source ? choose_increase(asking) : -ENOMEM;
	if (!err)
		err = ask_hosts(asking);
	return err ? err : ask_targets(asking);
}

int fleet__read(struct fleet *ret, const struct fleet_options *options, struct verr *ret_err)
{
	struct asking asking = {
		.fleet = ret,
		.scope = {options->since, options->target, options->by_target, NULL},
		.ret_err = ret_err,
	};
	int err;

	*ret = (struct fleet){.index = json_object()};
	err = ret->index ? read_all(&asking, options) : -ENOMEM;
	prom__free(asking.prom);
	if (err == -EMFILE)
		return verr_set(ret_err, err,
				"%s: more than %d hosts (ask a server that has fewer)", ret->source,
				FLEET_HOSTS);
	if (err == -E2BIG)
		return verr_set(ret_err, err,
				"%s: more than %d targets of a host, or %d in all (--target LABEL)",
				ret->source, FLEET_HOST_TARGETS, FLEET_TARGETS);
	return err;
}

void fleet__free(struct fleet *fleet)
{
	for (size_t i = 0; i < fleet->n; i++) {
		run__free(&fleet->host[i].run);
		free(fleet->host[i].name);
	}
	free(fleet->host);
	free(fleet->source);
	json_decref(fleet->index);
	*fleet = (struct fleet){};
}

static bool has_requests(const struct fleet_host *host)
{
	for (size_t t = 0; t < host->run.n_targets; t++)
		if (host->run.target[t].total.requests.source == RUN_REQUESTS_HTTP)
			return true;
	return false;
}

size_t fleet__usable(const struct fleet *fleet)
{
	size_t n = 0;

	for (size_t i = 0; i < fleet->n; i++)
		n += !fleet->host[i].changed && has_requests(&fleet->host[i]);
	return n;
}

size_t fleet__changed(const struct fleet *fleet)
{
	size_t n = 0;

	for (size_t i = 0; i < fleet->n; i++)
		n += fleet->host[i].changed && has_requests(&fleet->host[i]);
	return n;
}
