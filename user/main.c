// SPDX-License-Identifier: GPL-2.0-or-later
/* virtax: runs the command named by the first argument. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/str.h"
#include "cli/cli.h"
#include "version.h"

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *doc;
} commands[] = {
	{"list", cmd_list, "show the VMs and containers running here"},
	{"check", cmd_check, "show what virtax can measure on this kernel"},
	{"record", cmd_record, "measure, print the report, save the run"},
	{"report", cmd_report, "show a saved run: text, page, CSV, JSON, metrics, profile"},
	{"compare", cmd_compare, "compare groups of runs: what differs, in which layer"},
	{"join", cmd_join, "split a VM's guest time by a recording made inside it"},
	{"mark", cmd_mark, "start a new stage in the recording in progress"},
	{"top", cmd_top, "the live view, or the rows of a run file"},
	{"serve", cmd_serve, "metrics for Prometheus over HTTP, until it is stopped"},
	{"schema", cmd_schema, "print the JSON Schema of a run file"},
};

static int finish_stdout(void)
{
	errno = 0;
	if (!fflush(stdout) && !ferror(stdout))
		return CLI_OK;
	return cli_write_failed(errno ? -errno : -EIO);
}

static void print_help(void)
{
	printf("Usage: virtax COMMAND [OPTION...]\n"
	       "Attribute CPU, memory and IO to VMs and containers, and to HTTP requests.\n\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %-8s %s\n", commands[i].name, commands[i].doc);
	printf("\nvirtax COMMAND --help shows a command's options, virtax --version the "
	       "version.\n");
}

static int unknown(const char *word)
{
	const char *names[ARRAY_SIZE(commands)];
	int closest;

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		names[i] = commands[i].name;
	closest = word[0] == '-' ? -1 : str_closest(word, names, ARRAY_SIZE(commands));
	if (closest >= 0)
		cli_bad("'%s': unknown command (did you mean %s?)", word, names[closest]);
	else
		cli_bad("'%s': unknown %s (see virtax --help)", word,
			word[0] == '-' ? "option" : "command");
	return CLI_USAGE;
}

static int dispatch(int argc, char **argv)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!strcmp(argv[0], commands[i].name))
			return commands[i].run(argc, argv);
	}
	return unknown(argv[0]);
}

static int run(int argc, char **argv)
{
	if (argc < 2) {
		cli_bad("command line: no command given (see virtax --help)");
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

/*
 * Opens /dev/null in place of standard streams that are closed, so that no file or BPF object gets
 * their number and receives the output. Read-only: writing to it stays an error.
 */
static void hold_standard_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0)
			open("/dev/null", O_RDONLY);
	}
}

int main(int argc, char **argv)
{
	int status;

	setlocale(LC_CTYPE, ""); /* LC_NUMERIC stays that of the C locale */
	hold_standard_streams();
	/* Not raised by what is freed: the kernel's BTF, 5 MB, is to be given back at once. */
	mallopt(M_MMAP_THRESHOLD, 128 * 1024);
	status = run(argc, argv);
	return status == CLI_OK ? finish_stdout() : status;
}
