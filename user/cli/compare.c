// SPDX-License-Identifier: GPL-2.0-or-later
/* virtax compare: groups of saved runs against each other. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/outfile.h"
#include "cli/cli.h"
#include "compare/compare.h"
#include "report/compare_out.h"
#include "runfile/read.h"

enum { OPT_BY = 256, OPT_BASE, OPT_TARGET, OPT_LOAD_STEPS };

enum format { FORMAT_TERM, FORMAT_JSON, FORMAT_CSV, FORMATS };

static const char *const format_name[FORMATS] = {"term", "json", "csv"};

struct options {
	enum compare_by by;
	const char *base, *target, *output;
	enum format format;
	bool load_steps;
	char **run;
	size_t n_runs;
};

static const struct argp_option argp_options[] = {
	{"by", OPT_BY, "target|label|kernel|stage", 0,
	 "what makes the groups (default: the first of label, target, kernel and stage of which "
	 "there are two)",
	 0},
	{"base", OPT_BASE, "GROUP", 0, "what the others are held against (default: the first)", 0},
	{"target", OPT_TARGET, "LABEL", 0, "only the targets of this label", 0},
	{"load-steps", OPT_LOAD_STEPS, NULL, 0,
	 "from runs at several rates: the cost of a second without a request and of each request",
	 0},
	{"format", 'f', "FORMAT", 0, "term (default), json or csv", 0},
	{"output", 'o', "FILE", 0, "write to FILE instead of standard output", 0},
	{},
};

static error_t parse_by(const char *arg, struct options *o)
{
	for (int i = 0; i < COMPARE_BYS; i++) {
		if (strcmp(arg, compare_by_name[i]))
			continue;
		o->by = (enum compare_by)i;
		return 0;
	}
	return cli_bad("--by %s: groups are not made so (use target, label, kernel or stage)", arg);
}

static error_t parse_format(const char *arg, struct options *o)
{
	for (int i = 0; i < FORMATS; i++) {
		if (strcmp(arg, format_name[i]))
			continue;
		o->format = (enum format)i;
		return 0;
	}
	return cli_bad("--format %s: there is no such format (use term, json or csv)", arg);
}

static error_t parse_opt(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case OPT_BY:
		return parse_by(arg, o);
	case OPT_BASE:
		o->base = arg;
		return 0;
	case OPT_TARGET:
		o->target = arg;
		return 0;
	case OPT_LOAD_STEPS:
		o->load_steps = true;
		return 0;
	case 'f':
		return parse_format(arg, o);
	case 'o':
		o->output = arg;
		return 0;
	case ARGP_KEY_ARG:
		o->run[o->n_runs++] = arg; /* there is room for all of argv */
		return 0;
	case ARGP_KEY_END:
		if (!o->n_runs)
			return cli_bad(
				"compare: which runs? (give the files that record -o saved)");
		if (o->load_steps && o->base)
			return cli_bad("--load-steps: no group is a base there (leave --base out)");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = argp_options,
	.parser = parse_opt,
	.args_doc = "RUN...",
	.doc = "Hold groups of saved runs against each other: what differs, by how much, how sure "
	       "that is, and which layer of a request carries it. The sample is the run.",
};

static int add_runs(struct compare *compare, const struct options *o, struct verr *ret_err)
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

static int write_comparison(const struct comparison *comparison, enum format format, FILE *f)
{
	struct term_options term;

	switch (format) {
	case FORMAT_CSV:
		return compare_write_csv(comparison, f);
	case FORMAT_JSON:
		compare_write_json(comparison, f);
		return 0;
	default:
		cli_term_options(&term, fileno(f));
		compare_write_term(comparison, &term, f);
		return 0;
	}
}

/* A table for programs has no place for them, and they are not to be lost. */
static void print_warnings(const struct comparison *comparison)
{
	for (size_t i = 0; i < comparison->n_warnings; i++) {
		char *safe = escape_term(comparison->warning[i]);

		fprintf(stderr, "virtax: compare: %s\n", safe ? safe : "?");
		free(safe);
	}
}

static int print(const struct comparison *comparison, const struct options *o, struct verr *ret_err)
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
	return verr_set(ret_err, err, "compare: cannot write: %s (free some memory)",
			strerror(-err));
}

int cli_print_comparison(const struct comparison *comparison, struct verr *err_ret)
{
	return print(comparison, &(struct options){.output = "-"}, err_ret);
}

/* Input that cannot be compared is 2, like an unreadable file; what is our own failure is 1. */
static int failed(int err, const struct verr *verr)
{
	struct verr own;

	if (!verr->msg[0])
		verr_set(&own, err, "compare: failed: %s (free some memory)", strerror(-err));
	cli_error(verr->msg[0] ? verr : &own);
	return err == -ENOMEM ? CLI_FAILED : CLI_USAGE;
}

static int compare(const struct options *o)
{
	struct compare *compare = compare__new(o->by, o->target);
	const struct comparison *comparison;
	struct verr verr = {};
	int err, status;

	err = compare ? add_runs(compare, o, &verr) : -ENOMEM;
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
	struct options o = {.by = COMPARE_BY_ANY, .output = "-"};
	int status = CLI_USAGE;

	o.run = calloc((size_t)argc + 1, sizeof(*o.run));
	if (!o.run)
		return failed(-ENOMEM, &(struct verr){});
	switch (cli_parse(&argp, argc, argv, 0, &o)) {
	case CLI_PARSED_HELP:
		status = CLI_OK;
		break;
	case CLI_PARSED_BAD:
		break;
	default:
		status = compare(&o);
	}
	free(o.run);
	return status;
}
