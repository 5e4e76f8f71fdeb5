// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/cli.h"

#include <errno.h>
#include <langinfo.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/str.h"
#include "report/term.h"

void cli_error(const struct verr *err)
{
	fflush(stdout);
	fprintf(stderr, "virtax: %s\n", err->msg);
}

error_t cli_bad(const char *fmt, ...)
{
	char *text = NULL;
	struct verr err;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	verr_set(&err, 0, "%s", text ? text : "command line: out of memory (free some)");
	free(text);
	cli_error(&err);
	return ECANCELED;
}

/* ---- argp, made to say one line and never to exit ------------------------------------------ */

struct parse {
	const struct argp *argp;
	const char *command;
	void *input;
	int next; /* the word after the wrong one */
	bool help;
};

enum { KEY_HELP = '?' };

/* The declared option that a word like --format=x or -o means; NULL: none. */
static const struct argp_option *find_option(const struct argp *argp, const char *word)
{
	const struct argp_option *o = argp->options;
	size_t n;

	for (; o && (o->name || o->key || o->doc || o->group); o++) {
		if (word[1] != '-' && word[1] && o->key == word[1])
			return o;
		n = o->name ? strlen(o->name) : 0;
		if (n && word[1] == '-' && !strncmp(word + 2, o->name, n) &&
		    (!word[2 + n] || word[2 + n] == '='))
			return o;
	}
	return NULL;
}

/* argp tells only that a word was wrong: this finds out why. */
static void explain(const struct parse *parse, int argc, char **argv)
{
	const char *word = argv[parse->next > 0 ? parse->next - 1 : 0];
	const struct argp_option *o;

	if (word[0] != '-' && parse->next < argc) /* inside a cluster of letters */
		word = argv[parse->next];
	o = find_option(parse->argp, word);
	if (word[0] != '-')
		cli_bad("'%s': not understood (see virtax %s --help)", word, parse->command);
	else if (o && o->arg)
		cli_bad("option '%s': its value is missing (see virtax %s --help)", word,
			parse->command);
	else if (o)
		cli_bad("option '%s': it takes no value (see virtax %s --help)", word,
			parse->command);
	else
		cli_bad("option '%s': not known (see virtax %s --help)", word, parse->command);
}

static error_t parse_opt(int key, char *arg, struct argp_state *state)
{
	struct parse *parse = state->input;
	char name[64];

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = parse->input;
		return 0;
	case KEY_HELP:
		snprintf(name, sizeof(name), "virtax %s", parse->command);
		argp_help(state->root_argp, stdout, ARGP_HELP_STD_HELP & ~ARGP_HELP_EXIT_OK, name);
		parse->help = true;
		return ECANCELED;
	case ARGP_KEY_ERROR:
		parse->next = state->next;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option common_options[] = {
	{"help", KEY_HELP, NULL, 0, "show this", -1},
	{},
};

int cli_parse(const struct argp *argp, int argc, char **argv, unsigned int flags, void *input)
{
	struct parse parse = {.argp = argp, .command = argv[0], .input = input};
	const struct argp_child children[] = {{argp, 0, NULL, 0}, {}};
	const struct argp outer = {common_options, parse_opt, NULL, NULL, children, NULL, NULL};
	int rest = argc;
	error_t err;

	err = argp_parse(&outer, argc, argv, flags | ARGP_NO_ERRS | ARGP_NO_HELP | ARGP_NO_EXIT,
			 &rest, &parse);
	if (parse.help)
		return CLI_PARSED_HELP;
	if (!err && rest >= argc)
		return 0;
	if (!err)
		cli_bad("'%s': one word too many (see virtax %s --help)", argv[rest], argv[0]);
	else if (err == EINVAL)
		explain(&parse, argc, argv);
	else if (err != ECANCELED)
		cli_bad("command line: %s (see virtax %s --help)", strerror(err), argv[0]);
	return CLI_PARSED_BAD;
}

/* ---- the terminal --------------------------------------------------------------------------- */

static unsigned int terminal_width(int fd)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	uint64_t n;

	if (columns && str_to_u64(columns, &n) && n > 0 && n <= 10000)
		return (unsigned int)n;
	if (!ioctl(fd, TIOCGWINSZ, &size) && size.ws_col)
		return size.ws_col;
	return 100; /* a file or a pipe: three targets side by side */
}

void cli_term_options(struct term_options *ret, int fd)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	ret->width = terminal_width(fd);
	ret->colour = isatty(fd) && !(no_color && *no_color) && !(term && !strcmp(term, "dumb"));
	ret->utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
}
