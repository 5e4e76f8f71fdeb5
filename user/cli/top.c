// SPDX-License-Identifier: GPL-2.0-or-later
/* virtax top: the live view, and the same over a run file. */
#include <string.h>

#include "base/array.h"
#include "base/str.h"
#include "cli/top.h"
#include "version.h"

static error_t set_rows(void *input, const struct cli_option *option, char *value)
{
	uint64_t *rows = &((struct top_args *)input)->rows;

	if (str_to_u64(value, rows) && *rows)
		return 0;
	return cli_bad("--%s: invalid number '%s' (give the number of rows, at least 1)",
		       option->name, value);
}

static error_t refuse_word(void *input, char *word)
{
	return cli_bad("top: unexpected argument '%s' (see virtax top --help)", word);
}

static error_t check(void *input)
{
	const struct top_args *args = input;

	if (args->replay && (args->record.record.n_specs || args->record.record.n_http))
		return cli_bad("top: --replay shows what is in the file (leave the targets out)");
	if (args->batch && args->record.record.profile_hz)
		return cli_bad("top: -b: its tables have no functions (record --profile, or leave "
			       "-b out)");
	return 0;
}

/* clang-format off */
#define RECORD(member)      offsetof(struct top_args, record.record.member)
#define AT(member)          offsetof(struct top_args, member)
#define LEAST_S(seconds)    &(const double){seconds}
#define CHOICE(noun, names) &(const struct cli_choice){noun, names, ARRAY_SIZE(names)}

static const struct cli_option options[] = {
	{.doc = "Targets, as in virtax record. Without any: every VM and container, also those that "
		"start later.", .group = 1},
	RECORD_ARGS_TARGETS("a virtual machine"),

	{.doc = "What to show:", .group = 2},
	{"interval", 'i', "SECONDS", "length of a row (default 1; of a replay: as recorded)",
	 2, record_args_set_time, RECORD(interval_ns), LEAST_S(0.05)},
	{"http", 0, "[LABEL:][DEV:]PORT", "count the requests served on PORT, as in virtax record",
	 2, record_args_add_http, 0, NULL},
	{"split", 0, "exact|sample|off", "how to split user from kernel time, as in virtax record",
	 2, cli_set_choice, RECORD(split), CHOICE("mode", split_name)},
	{"only", 0, "cpu,memory,block,http", "measure only these parts",
	 2, record_args_set_parts, 0, NULL},
	{"profile", 0, "?HZ", "an opened target (Enter) shows its most expensive functions, from HZ samples per "
		"second and CPU (default 99)",
	 2, record_args_set_profile, 0, NULL},
	{"replay", 0, "RUN", "play the rows of a run file; needs no root",
	 2, cli_set_string, AT(replay), NULL},

	{.doc = "Output:", .group = 3},
	{"batch", 'b', NULL, "print plain tables, one for each row, without a terminal",
	 3, cli_set_true, AT(batch), NULL},
	{"rows", 'n', "N", "end after N rows", 3, set_rows, 0, NULL},
};
/* clang-format on */

static const struct cli_command command = {
	.doc = "Show what VMs and containers use, row by row. The key ? shows all keys.",
	.options = options,
	.n_options = ARRAY_SIZE(options),
	.argument = refuse_word,
	.end = check,
};

int cmd_top(int argc, char **argv)
{
	struct top_args args = {.record = {.record = {.split = SPLIT_SAMPLE,
						      .parts = PART_ALL,
						      .block_layers = 1 << VTX_BLOCK_BOTTOM,
						      .quiet = true,
						      .version = VIRTAX_VERSION,
						      .commit = VIRTAX_COMMIT}}};
	int status = CLI_USAGE;

	switch (cli_parse(&command, argc, argv, &args)) {
	case CLI_PARSED_HELP:
		status = CLI_OK;
		break;
	case CLI_PARSED_BAD:
		break;
	case CLI_PARSED:
		status = args.replay ? top_replay_run(&args) : top_live_run(&args);
	}
	record_args__free(&args.record);
	return status;
}
