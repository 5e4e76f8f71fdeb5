/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli.h - the commands. Each parses its argv, does one thing and returns the exit status of the
 * process. Only user/cli and main print errors: one line, "virtax: WHAT: WHY (REMEDY)", the remedy
 * being optional.
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
int cmd_join(int argc, char **argv);
int cmd_mark(int argc, char **argv);
int cmd_top(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_schema(int argc, char **argv);

/* ---- command lines ------------------------------------------------------------------------- */

struct cli_option;

/*
 * Takes the value of an option (NULL for a switch); `input` is cli_parse's. Returns 0, ENOMEM, or,
 * after an error was printed, ECANCELED (which cli_bad() returns).
 */
typedef error_t (*cli_set_fn)(void *input, const struct cli_option *option, char *value);

/* One option. A row without a name is a heading in --help: `doc`, above its group's options. */
struct cli_option {
	const char *name;
	char letter; /* 0: none */
	/* its name in --help; NULL: a switch; "?NAME": may be left out, and is NULL then */
	const char *value;
	const char *doc;
	int group; /* order and grouping in --help, as in argp */
	cli_set_fn set;
	size_t at;       /* for the setters below: offset of the member within the input */
	const void *arg; /* for `set` */
};

/* Setters of a const char * and a bool. */
error_t cli_set_string(void *input, const struct cli_option *option, char *value);
error_t cli_set_true(void *input, const struct cli_option *option, char *value);

/* Setter of an enum (or unsigned int); arg: struct cli_choice. */
struct cli_choice {
	const char *noun; /* for the error: "mode", "format" */
	const char *const *name;
	size_t n;
};
error_t cli_set_choice(void *input, const struct cli_option *option, char *value);

struct cli_command {
	const char *args, *doc;           /* for --help; args may be NULL */
	const struct cli_option *options; /* n_options of them */
	size_t n_options;
	error_t (*argument)(void *input, char *word); /* NULL: the command takes no arguments */
	error_t (*end)(void *input);                  /* checks the whole; may be NULL */
};

enum cli_parsed {
	CLI_PARSED = 0,      /* go on */
	CLI_PARSED_HELP = 1, /* help was requested and printed: exit with CLI_OK */
	CLI_PARSED_BAD = -1, /* an error was printed: exit with CLI_USAGE */
};

/* Parses argv (argv[0] is the command's name) into `input`. Any error is one line on stderr. */
enum cli_parsed cli_parse(const struct cli_command *command, int argc, char **argv, void *input);

/* For setters: prints "virtax: <message>" and returns the code that stops the parsing. */
error_t cli_bad(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* ---- output -------------------------------------------------------------------------------- */

/* Prints the one error line. */
void cli_error(const struct verr *err);

/*
 * Standard output could not be written; err is -errno. Dies of SIGPIPE if the reader has closed it,
 * as filters do; else prints the error and returns CLI_FAILED.
 */
int cli_write_failed(int err);

/*
 * Writes the run file to path ("-": standard output), in full or not at all. Returns 0 or -errno.
 */
struct run;
int cli_save_json(const struct run *run, const char *path, struct verr *ret_err);

/* Prints the report in the way that suits standard output. Returns 0 or -errno. */
int cli_print_report(const struct run *run, bool verbose, struct verr *ret_err);

/* Prints a comparison likewise. Returns 0 or -errno. */
struct comparison;
int cli_print_comparison(const struct comparison *comparison, struct verr *ret_err);

/* How to write text to this terminal: width, colour (NO_COLOR), character set. */
struct term_options;
void cli_term_options(struct term_options *ret, int fd);

#endif
