// SPDX-License-Identifier: GPL-2.0-or-later
/* virtax report: shows a saved run. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/outfile.h"
#include "cli/cli.h"
#include "html/html.h"
#include "metrics/metrics.h"
#include "profile/folded.h"
#include "profile/pprof.h"
#include "report/csv.h"
#include "report/term.h"
#include "runfile/read.h"
#include "runfile/write.h"

enum format {
	FORMAT_TERM,
	FORMAT_JSON,
	FORMAT_CSV,
	FORMAT_HTML,
	FORMAT_OPENMETRICS,
	FORMAT_PROMETHEUS,
	FORMAT_FOLDED,
	FORMAT_PPROF,
};

static const char *const format_name[] = {"term",        "json",       "csv",    "html",
					  "openmetrics", "prometheus", "folded", "pprof"};

struct report_options {
	const char *run;
	const char *output;
	enum format format;
	bool verbose;
};

#define AT(member) offsetof(struct report_options, member)

static const struct cli_option options[] = {
	{"format", 'f', "FORMAT", "term, json, csv, html, openmetrics, prometheus, folded or pprof",
	 0, cli_set_choice, AT(format),
	 &(const struct cli_choice){"format", format_name, ARRAY_SIZE(format_name)}},
	{"output", 'o', "FILE", "write to FILE instead of standard output", 0, cli_set_string,
	 AT(output), NULL},
	{"verbose", 'v', NULL, "show every number on the terminal, also the details", 0,
	 cli_set_true, AT(verbose), NULL},
};

static error_t set_run(void *input, char *word)
{
	struct report_options *o = input;

	if (o->run)
		return cli_bad("report: unexpected argument '%s' (report shows one run)", word);
	o->run = word;
	return 0;
}

static error_t check_run(void *input)
{
	const struct report_options *o = input;

	return o->run ? 0
		      : cli_bad("report: no run given (name a file saved by record -o, or - for "
				"standard input)");
}

static const struct cli_command command = {
	.args = "RUN",
	.doc = "Show a run saved by `virtax record -o FILE`; RUN may be - for standard input.",
	.options = options,
	.n_options = ARRAY_SIZE(options),
	.argument = set_run,
	.end = check_run,
};

static int write_run(const struct run *run, enum format format, bool verbose, FILE *f)
{
	struct term_options term;

	switch (format) {
	case FORMAT_CSV:
		return run_write_csv(run, f);
	case FORMAT_JSON:
		return run_write_json(run, f);
	case FORMAT_HTML:
		return html_write_run(run, NULL, f);
	case FORMAT_OPENMETRICS:
		return metrics_write_run(run, METRICS_OPENMETRICS, NULL, f);
	case FORMAT_PROMETHEUS:
		return metrics_write_run(run, METRICS_TEXT, NULL, f);
	case FORMAT_FOLDED:
		return folded_write(run, f);
	case FORMAT_PPROF:
		return pprof_write(run, f);
	default:
		cli_term_options(&term, fileno(f));
		term.verbose = verbose;
		run_write_term(run, &term, f);
		return 0;
	}
}

static int print_run(const struct run *run, enum format format, bool verbose, const char *path,
		     struct verr *ret_err)
{
	struct outfile out;
	int err;

	err = outfile__open(&out, path, ret_err);
	if (err)
		return err;
	err = write_run(run, format, verbose, out.f);
	if (!err)
		return outfile__commit(&out, ret_err);
	outfile__abort(&out);
	return verr_set(ret_err, err, "report: cannot write: %s", strerror(-err));
}

int cli_save_json(const struct run *run, const char *path, struct verr *ret_err)
{
	return print_run(run, FORMAT_JSON, false, path, ret_err);
}

int cli_print_report(const struct run *run, bool verbose, struct verr *ret_err)
{
	return print_run(run, FORMAT_TERM, verbose, "-", ret_err);
}

int cmd_report(int argc, char **argv)
{
	struct report_options o = {.output = "-", .format = FORMAT_TERM};
	struct verr verr;
	struct run run;
	int err;

	switch (cli_parse(&command, argc, argv, &o)) {
	case CLI_PARSED_HELP:
		return CLI_OK;
	case CLI_PARSED_BAD:
		return CLI_USAGE;
	case CLI_PARSED:
		break;
	}
	err = run__read(&run, o.run, &verr);
	if (err) {
		cli_error(&verr);
		return err == -ENOMEM ? CLI_FAILED : CLI_USAGE;
	}
	if ((o.format == FORMAT_FOLDED || o.format == FORMAT_PPROF) && !run.profile.present)
		err = verr_set(&verr, -ENODATA, "%s: no profile in it (record with --profile)",
			       o.run);
	else
		err = print_run(&run, o.format, o.verbose, o.output, &verr);
	run__free(&run);
	if (!err)
		return CLI_OK;
	cli_error(&verr);
	return err == -ENODATA ? CLI_USAGE : CLI_FAILED;
}
