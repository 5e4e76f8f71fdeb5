/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli.h - the commands. Each parses its argv into const options, does one thing and returns the
 * exit status of the process. Only this side prints errors: one line, "virtax: WHAT: WHY (REMEDY)".
 */
#ifndef VIRTAX_CLI_H
#define VIRTAX_CLI_H

#include <argp.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"

enum cli_status {
	CLI_OK = 0,
	CLI_FAILED = 1, /* measurement failed or not to be trusted; output could not be written */
	CLI_USAGE = 2,  /* wrong command line, unreadable file */
};

/* argv[0] is the command's name. */
int cmd_list(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_record(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_compare(int argc, char **argv);
int cmd_mark(int argc, char **argv);
int cmd_schema(int argc, char **argv);

/* What cli_parse found, besides 0 (go on). */
enum cli_parsed {
	CLI_PARSED_HELP = 1, /* help was asked for and printed: exit with CLI_OK */
	CLI_PARSED_BAD = -1, /* an error was printed: exit with CLI_USAGE */
};

/*
 * Parses a command's options by argp. --help prints what `argp` documents; everything wrong is
 * one line on stderr. `input` is state->input of argp's parser. flags: 0 or ARGP_IN_ORDER.
 * The parser returns 0, ARGP_ERR_UNKNOWN or what cli_bad() returned.
 */
int cli_parse(const struct argp *argp, int argc, char **argv, unsigned int flags, void *input);

/* For parsers: prints "virtax: <message>" and returns the code that stops the parsing. */
error_t cli_bad(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Prints the one error line. */
void cli_error(const struct verr *err);

/* Writes the run file to path ("-": standard output), whole or not at all. Returns 0 or -errno. */
struct run;
int cli_save_json(const struct run *run, const char *path, struct verr *err_ret);

/* Prints the report as it suits standard output. Returns 0 or -errno. */
int cli_print_report(const struct run *run, struct verr *err_ret);

/* Prints a comparison likewise. Returns 0 or -errno. */
struct comparison;
int cli_print_comparison(const struct comparison *comparison, struct verr *err_ret);

/* How a text report is to look on this terminal: width, colour (NO_COLOR), character set. */
struct term_options;
void cli_term_options(struct term_options *ret, int fd);

#endif
