// SPDX-License-Identifier: GPL-2.0-or-later
/* virtax schema: the JSON Schema of a run file, or a table of its numbers. */
#include <stdio.h>

#include "base/array.h"
#include "base/outfile.h"
#include "cli/cli.h"
#include "runfile/schema.h"

struct schema_options {
	bool numbers;
};

static const struct cli_option options[] = {
	{"numbers", 'n', NULL, "print a Markdown table of all numbers instead", 0, cli_set_true,
	 offsetof(struct schema_options, numbers), NULL},
};

static const struct cli_command command = {
	.doc = "Print the JSON Schema of a run file (virtax-run/1).",
	.options = options,
	.n_options = ARRAY_SIZE(options),
};

int cmd_schema(int argc, char **argv)
{
	struct schema_options o = {};
	struct outfile out;
	struct verr verr;
	int err;

	switch (cli_parse(&command, argc, argv, &o)) {
	case CLI_PARSED_HELP:
		return CLI_OK;
	case CLI_PARSED_BAD:
		return CLI_USAGE;
	case CLI_PARSED:
		break;
	}
	err = outfile__open(&out, "-", &verr);
	if (!err) {
		if (o.numbers)
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
