// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/campaign.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/escape.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/schedule.h"
#include "compare/compare.h"
#include "model/per_request.h"
#include "sources/address.h"

/* What distinguishes the runs of a campaign. */
struct condition {
	const char *label;   /* of the run; NULL: that of -l */
	const char *command; /* for sh -c; NULL: the one after -- */
	size_t spec;         /* SIZE_MAX: all targets, else only this one */
	double rate;         /* NaN: none */
	char name[64];       /* for the progress and for %l */
	/* The rules for labels of this run; the strings belong to the record options. */
	struct http_rule *http;
	size_t n_http;
	struct given_requests *given;
	size_t n_given;
};

struct campaign {
	const struct campaign_options *options;
	const struct record_options *record;
	struct condition *condition;
	size_t n_conditions;
	size_t repeat, total;
	struct compare *compare;
	size_t n_added;
	int write_err; /* -errno: standard output could not be written */
	int status;
	bool stop;
};

/* ---- conditions ---------------------------------------------------------------------------- */

static struct condition condition_of(const struct campaign *c, size_t i)
{
	const struct campaign_options *o = c->options;
	const struct record_options *record = c->record;
	struct condition ret = {.label = record->label, .spec = SIZE_MAX, .rate = (double)NAN};

	if (o->n_rates) {
		ret.rate = o->rate[i];
		snprintf(ret.name, sizeof(ret.name), "%g", ret.rate);
	} else if (o->n_variants) {
		ret.label = o->variant[i].label;
		ret.command = o->variant[i].command;
		snprintf(ret.name, sizeof(ret.name), "%s", ret.label);
	} else if (o->interleave) {
		const struct target_spec *spec = &record->spec[i];

		ret.spec = i;
		snprintf(ret.name, sizeof(ret.name), "%s", spec->label ? spec->label : spec->what);
	} else {
		snprintf(ret.name, sizeof(ret.name), "%s", record->label ? record->label : "run");
	}
	return ret;
}

static bool is_there(const struct record_options *record, const struct condition *condition,
		     const char *label)
{
	return !label || condition->spec == SIZE_MAX ||
	       spec__answers_to(&record->spec[condition->spec], label);
}

/* At rate 0 no command runs, so there are no requests and no file with their count. */
static bool is_at_rest(const struct condition *condition)
{
	return !isnan(condition->rate) && !(condition->rate > 0);
}

static int fill_rules(struct condition *condition, const struct record_options *record)
{
	static char none[] = "0";

	condition->http = calloc(record->n_http + 1, sizeof(*condition->http));
	condition->given = calloc(record->n_given + 1, sizeof(*condition->given));
	if (!condition->http || !condition->given)
		return -ENOMEM;
	for (size_t i = 0; i < record->n_http; i++)
		if (is_there(record, condition, record->http[i].label))
			condition->http[condition->n_http++] = record->http[i];
	for (size_t i = 0; i < record->n_given; i++) {
		if (!is_there(record, condition, record->given[i].label))
			continue;
		condition->given[condition->n_given] = record->given[i];
		if (is_at_rest(condition) &&
		    !address_is_live(record->given[i].what)) /* the file is from the last run, if it
								exists */
			condition->given[condition->n_given].what = none;
		condition->n_given++;
	}
	return 0;
}

static int campaign__init(struct campaign *c, const struct campaign_options *options,
			  const struct record_options *record)
{
	enum compare_by by = options->n_variants > 1 ? COMPARE_BY_LABEL
			     : options->n_rates      ? COMPARE_BY_ANY
						     : COMPARE_BY_TARGET;

	memset(c, 0, sizeof(*c));
	c->options = options;
	c->record = record;
	c->n_conditions = options->n_rates      ? options->n_rates
			  : options->n_variants ? options->n_variants
			  : options->interleave ? record->n_specs
						: 1;
	c->repeat = options->repeat ? options->repeat : 1;
	c->total = c->repeat * c->n_conditions;
	c->condition = calloc(c->n_conditions, sizeof(*c->condition));
	c->compare = compare__new(by, NULL);
	if (!c->condition || !c->compare)
		return -ENOMEM;
	for (size_t i = 0; i < c->n_conditions; i++) {
		c->condition[i] = condition_of(c, i);
		if (fill_rules(&c->condition[i], record))
			return -ENOMEM;
	}
	return 0;
}

static void campaign__free(struct campaign *c)
{
	for (size_t i = 0; c->condition && i < c->n_conditions; i++) {
		free(c->condition[i].http);
		free(c->condition[i].given);
	}
	free(c->condition);
	compare__free(c->compare);
}

/* ---- one run ------------------------------------------------------------------------------- */

static void set_environment(const struct condition *condition, size_t n)
{
	char text[64];

	snprintf(text, sizeof(text), "%zu", n);
	setenv("VIRTAX_RUN", text, 1);
	setenv("VIRTAX_CONDITION", condition->name, 1);
	snprintf(text, sizeof(text), "%g", condition->rate);
	if (isnan(condition->rate))
		unsetenv("VIRTAX_RATE");
	else
		setenv("VIRTAX_RATE", text, 1);
}

/* The options of one run; `shell` has room for an argv. */
static struct record_options options_of(const struct campaign *c, const struct condition *condition,
					char **shell)
{
	struct record_options ret = *c->record;

	ret.label = condition->label;
	ret.quiet = true;
	ret.http = condition->http;
	ret.n_http = condition->n_http;
	ret.given = condition->given;
	ret.n_given = condition->n_given;
	if (condition->spec != SIZE_MAX) {
		ret.spec = &c->record->spec[condition->spec];
		ret.n_specs = 1;
	}
	if (condition->command) {
		shell[0] = "sh";
		shell[1] = "-c";
		shell[2] = (char *)condition->command;
		shell[3] = NULL;
		ret.command = shell;
	}
	if (is_at_rest(condition))
		ret.command = NULL;
	return ret;
}

/* "run 3 of 20  kvm  486.2 us per request -> kvm.03" */
static void print_progress(struct campaign *c, const struct condition *condition, size_t n,
			   const struct run *run, const char *path)
{
	char *name = escape_term(condition->name), *file = path ? escape_term(path) : NULL;

	printf("run %zu of %zu  %s", n, c->total, name ? name : "?");
	for (size_t i = 0; i < run->n_targets && i < 4; i++) {
		const struct run_numbers *numbers = &run->target[i].total;
		char *label = escape_term(run->target[i].label);
		double each = per_request(numbers->cpu.total_ns, &numbers->requests);

		if (isnan(each))
			printf("  %s: %.3f ms/s", label ? label : "?",
			       run->wall_ns
				       ? (double)numbers->cpu.total_ns * 1e3 / (double)run->wall_ns
				       : 0);
		else
			printf("  %s: %.1f us/request", label ? label : "?", each / 1e3);
		free(label);
	}
	printf("%s%s\n", file ? "  -> " : "", file ? file : "");
	if (fflush(stdout) && !c->write_err)
		c->write_err = -errno;
	clearerr(stdout); /* it is reported once, at the end */
	free(name);
	free(file);
}

static int keep(struct campaign *c, const struct condition *condition, size_t n,
		const struct run *run, struct verr *ret_err)
{
	char *path = NULL, what[32];
	int err = 0;

	if (c->record->output) {
		path = schedule_path(c->record->output, n, c->total, condition->name);
		err = path ? cli_save_json(run, path, ret_err) : -ENOMEM;
	}
	snprintf(what, sizeof(what), "run %zu", n);
	if (!err)
		err = compare__add(c->compare, run, path ? path : what, ret_err);
	c->n_added += !err;
	if (!err && !c->record->quiet)
		print_progress(c, condition, n, run, path);
	free(path);
	return err;
}

static void judge(struct campaign *c, const struct record_result *result, size_t n)
{
	char why[256], name[32] = "a warm-up run";

	if (n)
		snprintf(name, sizeof(name), "run %zu", n);
	/* A discarded run need not be trusted. */
	if (n && !run_trusted(&result->run, why, sizeof(why))) {
		fprintf(stderr, "virtax: %s: not to be trusted: %s (repeat it)\n", name, why);
		c->status = c->status ? c->status : CLI_FAILED;
	}
	if (result->has_command && result->command_status) {
		c->status = result->command_status;
		c->stop = true;
		fprintf(stderr,
			"virtax: %s: its command ended with status %d; no further runs are "
			"recorded\n",
			name, c->status);
	}
	c->stop |= result->interrupted;
}

static void fail(struct campaign *c, int err, const struct record_result *result, struct verr *verr)
{
	if (!verr->msg[0])
		verr_set(verr, err, "record: %s", strerror(-err));
	cli_error(verr);
	c->stop = true;
	c->status = result->has_command && result->command_status ? result->command_status
		    : err == -EINVAL || err == -ENOENT            ? CLI_USAGE
								  : CLI_FAILED;
}

/* n is 0 for a run that is discarded. */
static void one_run(struct campaign *c, const struct condition *condition, size_t n)
{
	struct record_result result = {};
	struct record_options options;
	struct verr verr = {};
	char *shell[4];
	int err;

	set_environment(condition, n);
	options = options_of(c, condition, shell);
	err = recorder__run(&options, &result, &verr);
	if (!err && n)
		err = keep(c, condition, n, &result.run, &verr);
	if (err)
		fail(c, err, &result, &verr);
	else
		judge(c, &result, n);
	run__free(&result.run);
}

/* The recorder leaves its signals blocked; one that arrives between runs ends the campaign. */
static void rest(struct campaign *c)
{
	struct timespec pause = {(time_t)(c->options->pause_ns / 1000000000ull),
				 (long)(c->options->pause_ns % 1000000000ull)};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	c->stop |= sigtimedwait(&set, NULL, &pause) > 0;
}

/* ---- all runs ------------------------------------------------------------------------------ */

static void warm_up(struct campaign *c)
{
	/* By default a single run is not worth a warm-up. */
	size_t times = c->options->warmup != UINT64_MAX ? c->options->warmup : c->repeat > 1;

	for (size_t i = 0; i < c->n_conditions && !c->stop; i++) {
		for (size_t k = 0; k < times && !c->stop; k++) {
			one_run(c, &c->condition[i], 0);
			rest(c);
		}
	}
}

static void conclude(struct campaign *c)
{
	const struct comparison *comparison;
	struct verr verr = {};
	int err;

	if (c->n_added < 2 || c->n_conditions < 2)
		return;
	err = c->options->n_rates ? compare__finish_lines(c->compare, &comparison, &verr)
				  : compare__finish(c->compare, NULL, &comparison, &verr);
	if (!err && c->record->quiet)
		return;
	if (!err) {
		putchar('\n');
		err = cli_print_comparison(comparison, &verr);
	}
	if (err == -EPIPE) {
		c->write_err = err;
	} else if (err) {
		cli_error(&verr);
		c->status = c->status ? c->status : CLI_FAILED;
	}
}

int campaign_run(const struct campaign_options *options, const struct record_options *record)
{
	bool interleave = options->interleave || options->n_rates;
	struct campaign c;
	int err;

	err = campaign__init(&c, options, record);
	if (err)
		fail(&c, err, &(struct record_result){}, &(struct verr){});
	if (!err)
		warm_up(&c);
	for (size_t i = 0; i < c.total && !c.stop; i++) {
		size_t at = schedule_condition(i, c.n_conditions, c.repeat, interleave);

		if (i)
			rest(&c);
		if (!c.stop)
			one_run(&c, &c.condition[at], i + 1);
	}
	if (!c.stop)
		conclude(&c);
	campaign__free(&c);
	return c.status || !c.write_err ? c.status : cli_write_failed(c.write_err);
}
