// SPDX-License-Identifier: GPL-2.0-or-later
/* virtax schema: the JSON Schema of a run file, as this program was built with. */
#include <stdio.h>

#include "base/outfile.h"
#include "cli/cli.h"
#include "schema.h"

static error_t parse_opt(int key, char *arg, struct argp_state *state)
{
	return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
	.parser = parse_opt,
	.doc = "Print the JSON Schema of a run file (virtax-run/1).",
};

int cmd_schema(int argc, char **argv)
{
	struct outfile out;
	struct verr verr;
	int err;

	switch (cli_parse(&argp, argc, argv, 0, NULL)) {
	case CLI_PARSED_HELP:
		return CLI_OK;
	case CLI_PARSED_BAD:
		return CLI_USAGE;
	}
	err = outfile__open(&out, "-", &verr);
	if (!err) {
		fputs(run_schema_json, out.f);
		err = outfile__commit(&out, &verr);
	}
	if (!err)
		return CLI_OK;
	cli_error(&verr);
	return CLI_FAILED;
}
