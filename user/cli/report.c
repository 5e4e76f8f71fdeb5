// SPDX-License-Identifier: GPL-2.0-or-later
/* virtax report: a saved run, shown again. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/outfile.h"
#include "cli/cli.h"
#include "report/csv.h"
#include "runfile/write.h"
#include "runfile/read.h"
#include "report/term.h"

enum format { FORMAT_TERM, FORMAT_JSON, FORMAT_CSV, FORMAT_HTML, FORMAT_OPENMETRICS, FORMATS };

static const char *const format_name[FORMATS] = {"term", "json", "csv", "html", "openmetrics"};

struct report_options {
	const char *run;
	const char *output;
	enum format format;
};

static const struct argp_option options[] = {
	{"format", 'f', "FORMAT", 0, "term (default), json or csv", 0},
	{"output", 'o', "FILE", 0, "write to FILE instead of standard output", 0},
	{},
};

static error_t parse_format(const char *name, enum format *ret)
{
	for (int i = 0; i < FORMATS; i++) {
		if (strcmp(name, format_name[i]))
			continue;
		if (i == FORMAT_HTML || i == FORMAT_OPENMETRICS)
			return cli_bad("--format %s: not built yet in this version (use term, json "
				       "or csv)",
				       name);
		*ret = (enum format)i;
		return 0;
	}
	return cli_bad("--format %s: there is no such format (use term, json or csv)", name);
}

static error_t parse_opt(int key, char *arg, struct argp_state *state)
{
	struct report_options *o = state->input;

	switch (key) {
	case 'f':
		return parse_format(arg, &o->format);
	case 'o':
		o->output = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (o->run)
			return cli_bad("report: one run at a time, and '%s' is another (run it "
				       "once for each)",
				       arg);
		o->run = arg;
		return 0;
	case ARGP_KEY_END:
		if (!o->run)
			return cli_bad("report: which run? (give the file that record -o saved, "
				       "- for standard input)");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse_opt,
	.args_doc = "RUN",
	.doc = "Show a run that `virtax record -o FILE` saved; RUN may be - for standard input.",
};

static int write_run(const struct run *run, enum format format, FILE *f)
{
	struct term_options term;

	switch (format) {
	case FORMAT_CSV:
		return run_write_csv(run, f);
	case FORMAT_JSON:
		run_write_json(run, f);
		return 0;
	default:
		cli_term_options(&term, fileno(f));
		run_write_term(run, &term, f);
		return 0;
	}
}

static int print_run(const struct run *run, enum format format, const char *path,
		     struct verr *err_ret)
{
	struct outfile out;
	int err;

	err = outfile__open(&out, path, err_ret);
	if (err)
		return err;
	err = write_run(run, format, out.f);
	if (!err)
		return outfile__commit(&out, err_ret);
	outfile__abort(&out);
	return verr_set(err_ret, err, "report: cannot write: %s (free some memory)",
			strerror(-err));
}

int cli_save_json(const struct run *run, const char *path, struct verr *err_ret)
{
	return print_run(run, FORMAT_JSON, path, err_ret);
}

int cli_print_report(const struct run *run, struct verr *err_ret)
{
	return print_run(run, FORMAT_TERM, "-", err_ret);
}

int cmd_report(int argc, char **argv)
{
	struct report_options o = {.output = "-", .format = FORMAT_TERM};
	struct verr verr;
	struct run run;
	int err;

	switch (cli_parse(&argp, argc, argv, 0, &o)) {
	case CLI_PARSED_HELP:
		return CLI_OK;
	case CLI_PARSED_BAD:
		return CLI_USAGE;
	}
	err = run__read(&run, o.run, &verr);
	if (err) {
		cli_error(&verr);
		return err == -ENOMEM ? CLI_FAILED : CLI_USAGE;
	}
	err = print_run(&run, o.format, o.output, &verr);
	run__free(&run);
	if (!err)
		return CLI_OK;
	cli_error(&verr);
	return CLI_FAILED;
}
