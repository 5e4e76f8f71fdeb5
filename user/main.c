// SPDX-License-Identifier: GPL-2.0-or-later
/* virtax: which command, and nothing else. */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cli/cli.h"
#include "version.h"

struct command {
	const char *name;
	int (*run)(int argc, char **argv); /* NULL: not in this version */
	const char *doc;
};

static const struct command commands[] = {
	{"list", cmd_list, "the VMs and containers running here"},
	{"check", cmd_check, "what this kernel lets virtax measure"},
	{"record", cmd_record, "measure, print the report, save the run"},
	{"report", cmd_report, "show a saved run: term, json, csv"},
	{"compare", cmd_compare, "are groups of runs different, and in which layer"},
	{"mark", cmd_mark, "start a new stage in the recording in progress"},
	{"schema", cmd_schema, "the JSON Schema of a run file"},
	{"top", NULL, ""},
	{"serve", NULL, ""},
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int finish_stdout(void)
{
	struct verr err;

	if (!fflush(stdout) && !ferror(stdout))
		return CLI_OK;
	clearerr(stdout);
	verr_set(&err, 0, "standard output: cannot write: %m (look at where it goes)");
	cli_error(&err);
	return CLI_FAILED;
}

static void print_help(void)
{
	printf("Usage: virtax COMMAND [OPTION...]\n"
	       "Where each CPU nanosecond goes: VMs and containers, per HTTP request.\n\n");
	for (size_t i = 0; i < N_COMMANDS; i++) {
		if (commands[i].run)
			printf("  %-8s %s\n", commands[i].name, commands[i].doc);
	}
	printf("\nvirtax COMMAND --help tells more; virtax --version which one this is.\n");
}

static int unknown(const char *word)
{
	const char *names[N_COMMANDS];
	int closest;

	for (size_t i = 0; i < N_COMMANDS; i++)
		names[i] = commands[i].name;
	closest = word[0] == '-' ? -1 : str_closest(word, names, N_COMMANDS);
	if (word[0] == '-')
		cli_bad("option '%s': not known (see virtax --help)", word);
	else if (closest >= 0)
		cli_bad("'%s': not a command (did you mean %s?)", word, names[closest]);
	else
		cli_bad("'%s': not a command (see virtax --help)", word);
	return CLI_USAGE;
}

static int dispatch(int argc, char **argv)
{
	for (size_t i = 0; i < N_COMMANDS; i++) {
		if (strcmp(argv[0], commands[i].name))
			continue;
		if (commands[i].run)
			return commands[i].run(argc, argv);
		cli_bad("%s: not in this version (see virtax --help)", argv[0]);
		return CLI_USAGE;
	}
	return unknown(argv[0]);
}

static int run(int argc, char **argv)
{
	if (argc < 2) {
		cli_bad("command line: which command? (see virtax --help)");
		return CLI_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		print_help();
		return CLI_OK;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		printf("virtax %s (%s)\n", VIRTAX_VERSION, VIRTAX_COMMIT);
		return CLI_OK;
	}
	return dispatch(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	int status;

	setlocale(LC_CTYPE, ""); /* numbers stay those of the C locale */
	/* A reader that ends early is an error to be told, not a silent death. */
	signal(SIGPIPE, SIG_IGN);
	status = run(argc, argv);
	return status == CLI_OK ? finish_stdout() : status;
}
