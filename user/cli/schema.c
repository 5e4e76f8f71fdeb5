// SPDX-License-Identifier: GPL-2.0-or-later
/* virtax schema: the JSON Schema of a run file, or a table of its numbers. */
#include <stdio.h>

#include "base/outfile.h"
#include "cli/cli.h"
#include "runfile/schema.h"

static const struct argp_option options[] = {
	{"numbers", 'n', NULL, 0, "Print a Markdown table of all numbers instead", 0},
	{},
};

static error_t parse_opt(int key, char *arg, struct argp_state *state)
{
	bool *numbers = state->input;

	if (key != 'n')
		return ARGP_ERR_UNKNOWN;
	*numbers = true;
	return 0;
}

static const struct argp argp = {
	.options = options,
	.parser = parse_opt,
	.doc = "Print the JSON Schema of a run file (virtax-run/1).",
};

int cmd_schema(int argc, char **argv)
{
	bool numbers = false;
	struct outfile out;
	struct verr verr;
	int err;

	switch (cli_parse(&argp, argc, argv, 0, &numbers)) {
	case CLI_PARSED_HELP:
		return CLI_OK;
	case CLI_PARSED_BAD:
		return CLI_USAGE;
	}
	err = outfile__open(&out, "-", &verr);
	if (!err) {
		if (numbers)
			run_write_numbers(out.f);
		else
			run_write_schema(out.f);
		err = outfile__commit(&out, &verr);
	}
	if (!err)
		return CLI_OK;
	cli_error(&verr);
	return CLI_FAILED;
}
