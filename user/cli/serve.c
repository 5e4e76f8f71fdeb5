// SPDX-License-Identifier: GPL-2.0-or-later
/* virtax serve: the command line. */
#include "cli/serve.h"

#include "base/array.h"
#include "version.h"

static error_t refuse_word(void *input, char *word)
{
	return cli_bad("serve: unexpected argument '%s' (see virtax serve --help)", word);
}

static error_t check(void *input)
{
	struct serve_args *args = input;
	struct verr verr = {};

	if (!listen_parse(&args->at, args->listen, &verr))
		return 0;
	cli_error(&verr);
	return ECANCELED;
}

/* clang-format off */
#define RECORD(member)      offsetof(struct serve_args, record.record.member)
#define AT(member)          offsetof(struct serve_args, member)
#define CHOICE(noun, names) &(const struct cli_choice){noun, names, ARRAY_SIZE(names)}

static const struct cli_option options[] = {
	{.doc = "Targets, as in virtax record. Without any: every VM and container, also those that "
		"start later.", .group = 1},
	RECORD_ARGS_TARGETS("a virtual machine"),

	{.doc = "Where and what:", .group = 2},
	{"listen", 0, "[ADDR]:PORT|unix:PATH",
	 "where to serve (default " LISTEN_DEFAULT "); there is no TLS and no password: any address "
	 "but loopback is open to whoever reaches it",
	 2, cli_set_string, AT(listen), NULL},
	{"http", 0, "[LABEL:][DEV:]PORT", "count the requests served on PORT, as in virtax record",
	 2, record_args_add_http, 0, NULL},
	{"split", 0, "exact|sample|off", "how to split user from kernel time, as in virtax record",
	 2, cli_set_choice, RECORD(split), CHOICE("mode", split_name)},
	{"only", 0, "cpu,memory,block,http", "measure only these parts",
	 2, record_args_set_parts, 0, NULL},
	{"label", 'l', "TEXT", "the group of this host, as in virtax record",
	 2, cli_set_string, RECORD(label), NULL},
};
/* clang-format on */

static const struct cli_command command = {
	.doc = "Serve what VMs and containers use as metrics for Prometheus, /metrics; the same "
	       "since the start as a run file, /run.json, and as a page, /; and a run of the next "
	       "seconds, /run.json?seconds=N. Runs until SIGTERM or Ctrl-C.",
	.options = options,
	.n_options = ARRAY_SIZE(options),
	.argument = refuse_word,
	.end = check,
};

/* Rows only keep the levels of memory up to date. */
#define ROW_NS 5000000000ull

int cmd_serve(int argc, char **argv)
{
	struct serve_args args = {.listen = LISTEN_DEFAULT,
				  .record = {.record = {.split = SPLIT_SAMPLE,
							.parts = PART_ALL,
							.block_layers = 1 << VTX_BLOCK_BOTTOM,
							.interval_ns = ROW_NS,
							.quiet = true,
							.endless = true,
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
		status = serve_run(&args);
	}
	record_args__free(&args.record);
	return status;
}
