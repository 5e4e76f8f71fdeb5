// SPDX-License-Identifier: GPL-2.0-or-later
/* virtax compare: compares groups of saved runs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/escape.h"
#include "base/outfile.h"
#include "cli/cli.h"
#include "cli/compare_fleet.h"
#include "compare/compare.h"
#include "fleet/fleet.h"
#include "fleet/queries.h"
#include "html/html.h"
#include "report/compare_out.h"
#include "runfile/read.h"

enum format { FORMAT_TERM, FORMAT_JSON, FORMAT_CSV, FORMAT_HTML };

static const char *const format_name[] = {"term", "json", "csv", "html"};

struct compare_options {
	enum compare_by by;
	const char *base, *target, *output, *prometheus, *since, *until;
	enum format format;
	bool load_steps, functions;
	char **run;
	size_t n_runs;
};

#define AT(member) offsetof(struct compare_options, member)

static const struct cli_option options[] = {
	{"by", 0, "target|label|kernel|stage",
	 "what forms the groups (default: the first of label, target, kernel and stage that has "
	 "two values)",
	 0, cli_set_choice, AT(by),
	 &(const struct cli_choice){"grouping", compare_by_name, COMPARE_BYS}},
	{"base", 0, "GROUP", "the group to compare the others with (default: the first)", 0,
	 cli_set_string, AT(base), NULL},
	{"target", 0, "LABEL", "compare only targets with this label", 0, cli_set_string,
	 AT(target), NULL},
	{"prometheus", 0, "URL",
	 "instead of runs: the hosts of a fleet, from the metrics of virtax serve that Prometheus "
	 "or "
	 "VictoriaMetrics keeps at URL; one host is one sample",
	 0, cli_set_string, AT(prometheus), NULL},
	{"since", 0, "TIME",
	 "with --prometheus: length of the time that is compared, as 30m, 12h, 7d "
	 "(default " FLEET_SINCE ")",
	 0, cli_set_string, AT(since), NULL},
	{"until", 0, "TIME",
	 "with --prometheus: end of that time, before now (default " FLEET_UNTIL
	 ", so that all samples have arrived)",
	 0, cli_set_string, AT(until), NULL},
	{"load-steps", 0, NULL,
	 "from runs at several request rates, compute the fixed cost per second and the marginal "
	 "cost per request",
	 0, cli_set_true, AT(load_steps), NULL},
	{"functions", 0, NULL,
	 "also compare functions: the own and the total CPU time of each per request (the runs "
	 "need a profile: record --profile)",
	 0, cli_set_true, AT(functions), NULL},
	{"format", 'f', "FORMAT", "term (default), json, csv or html", 0, cli_set_choice,
	 AT(format), &(const struct cli_choice){"format", format_name, ARRAY_SIZE(format_name)}},
	{"output", 'o', "FILE", "write to FILE instead of standard output", 0, cli_set_string,
	 AT(output), NULL},
};

static error_t add_run(void *input, char *word)
{
	struct compare_options *o = input;

	o->run[o->n_runs++] = word; /* there is room for all of argv */
	return 0;
}

static error_t check_fleet(const struct compare_options *o)
{
	uint64_t seconds;

	if (!o->prometheus)
		return o->since || o->until ? cli_bad("%s: needs --prometheus URL",
						      o->since ? "--since" : "--until")
					    : 0;
	if (o->n_runs)
		return cli_bad("--prometheus: cannot be combined with runs ('%s')", o->run[0]);
	if (o->load_steps || o->functions)
		return cli_bad("--prometheus: cannot be combined with %s",
			       o->load_steps ? "--load-steps" : "--functions");
	if (o->by == COMPARE_BY_STAGE)
		return cli_bad("--by stage: metrics have no stages");
	if (o->since && !query_time(o->since, &seconds))
		return cli_bad("--since: '%s' is not a length of time (30m, 12h, 7d)", o->since);
	if (o->until && !query_time(o->until, &seconds))
		return cli_bad("--until: '%s' is not a length of time (30s, 12h, 7d)", o->until);
	return 0;
}

static error_t check_options(void *input)
{
	const struct compare_options *o = input;
	error_t err = check_fleet(o);

	if (err)
		return err;
	if (!o->n_runs && !o->prometheus)
		return cli_bad("compare: no runs given (name files saved by record -o)");
	if (o->load_steps && o->base)
		return cli_bad("--base: cannot be combined with --load-steps");
	if (o->functions && o->load_steps)
		return cli_bad("--functions: cannot be combined with --load-steps");
	if (o->functions && o->by == COMPARE_BY_STAGE)
		return cli_bad("--functions: a profile is of a whole run, not of its stages");
	return 0;
}

static const struct cli_command command = {
	.args = "RUN...\n--prometheus URL",
	.doc = "Compare groups of saved runs: what differs, by how much, how certain that is, and "
	       "which layer of a request causes it. One run is one sample.",
	.options = options,
	.n_options = ARRAY_SIZE(options),
	.argument = add_run,
	.end = check_options,
};

static int add_runs(struct compare *compare, const struct compare_options *o, struct verr *ret_err)
{
	struct run run;
	int err = 0;

	for (size_t i = 0; i < o->n_runs && !err; i++) {
		err = run__read_head(&run, o->run[i], ret_err);
		if (err)
			return err;
		err = compare__add(compare, &run, o->run[i], ret_err);
		run__free(&run);
	}
	return err;
}

static int add_samples(struct compare *compare, const struct compare_options *o,
		       struct verr *ret_err)
{
	struct fleet_options fleet = {.url = o->prometheus,
				      .since = o->since ? o->since : FLEET_SINCE,
				      .target = o->target,
				      .by_target = o->by == COMPARE_BY_TARGET};

	if (!o->prometheus)
		return add_runs(compare, o, ret_err);
	query_time(o->until ? o->until : FLEET_UNTIL, &fleet.until_s);
	return compare_add_fleet(compare, &fleet, ret_err);
}

static int write_comparison(const struct comparison *comparison, enum format format, FILE *f)
{
	struct term_options term;

	switch (format) {
	case FORMAT_CSV:
		return compare_write_csv(comparison, f);
	case FORMAT_JSON:
		compare_write_json(comparison, f);
		return 0;
	case FORMAT_HTML:
		return html_write_comparison(comparison, f);
	default:
		cli_term_options(&term, fileno(f));
		compare_write_term(comparison, &term, f);
		return 0;
	}
}

/* CSV has no place for warnings. */
static void print_warnings(const struct comparison *comparison)
{
	for (size_t i = 0; i < comparison->n_warnings; i++) {
		char *safe = escape_term(comparison->warning[i]);

		fprintf(stderr, "virtax: compare: %s\n", safe ? safe : "?");
		free(safe);
	}
}

static int print(const struct comparison *comparison, const struct compare_options *o,
		 struct verr *ret_err)
{
	struct outfile out;
	int err;

	err = outfile__open(&out, o->output, ret_err);
	if (err)
		return err;
	err = write_comparison(comparison, o->format, out.f);
	if (!err && o->format == FORMAT_CSV)
		print_warnings(comparison);
	if (!err)
		return outfile__commit(&out, ret_err);
	outfile__abort(&out);
	return verr_set(ret_err, err, "compare: cannot write: %s", strerror(-err));
}

int cli_print_comparison(const struct comparison *comparison, struct verr *ret_err)
{
	return print(comparison, &(struct compare_options){.output = "-"}, ret_err);
}

/* Input that cannot be compared exits with 2, like an unreadable file; our own failures with 1. */
static int failed(int err, const struct verr *verr)
{
	struct verr own;

	if (!verr->msg[0])
		verr_set(&own, err, "compare: %s", strerror(-err));
	cli_error(verr->msg[0] ? verr : &own);
	return err == -ENOMEM ? CLI_FAILED : CLI_USAGE;
}

static int compare(const struct compare_options *o)
{
	/* Of a fleet, the server chooses the target. */
	struct compare *compare = compare__new(o->by, o->prometheus ? NULL : o->target);
	const struct comparison *comparison;
	struct verr verr = {};
	int err, status;

	if (compare && o->functions)
		compare__want_functions(compare);
	if (compare && o->functions && o->format == FORMAT_HTML)
		compare__want_flames(compare);
	err = compare ? add_samples(compare, o, &verr) : -ENOMEM;
	if (!err && o->load_steps)
		err = compare__finish_lines(compare, &comparison, &verr);
	else if (!err)
		err = compare__finish(compare, o->base, &comparison, &verr);
	if (err) {
		status = failed(err, &verr);
		goto out;
	}
	status = comparison->untrusted ? CLI_FAILED : CLI_OK;
	if (print(comparison, o, &verr)) {
		cli_error(&verr);
		status = CLI_FAILED;
	}
out:
	compare__free(compare);
	return status;
}

int cmd_compare(int argc, char **argv)
{
	struct compare_options o = {.by = COMPARE_BY_ANY, .output = "-"};
	int status = CLI_USAGE;

	o.run = calloc((size_t)argc + 1, sizeof(*o.run));
	if (!o.run)
		return failed(-ENOMEM, &(struct verr){});
	switch (cli_parse(&command, argc, argv, &o)) {
	case CLI_PARSED_HELP:
		status = CLI_OK;
		break;
	case CLI_PARSED_BAD:
		break;
	case CLI_PARSED:
		status = compare(&o);
	}
	free(o.run);
	return status;
}
