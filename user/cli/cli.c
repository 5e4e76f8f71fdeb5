// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/cli.h"

#include <errno.h>
#include <langinfo.h>
#include <signal.h>
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

int cli_write_failed(int err)
{
	struct verr verr;

	if (err == -EPIPE) {
		signal(SIGPIPE, SIG_DFL);
		raise(SIGPIPE);
	}
	verr_set(&verr, err, "write error on standard output: %s", strerror(-err));
	cli_error(&verr);
	return CLI_FAILED;
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
	verr_set(&err, 0, "%s", text ? text : "command line: out of memory");
	free(text);
	cli_error(&err);
	return ECANCELED;
}

/* ---- setters ------------------------------------------------------------------------------- */

error_t cli_set_string(void *input, const struct cli_option *option, char *value)
{
	*(const char **)((char *)input + option->at) = value;
	return 0;
}

error_t cli_set_true(void *input, const struct cli_option *option, char *value)
{
	*(bool *)((char *)input + option->at) = true;
	return 0;
}

error_t cli_set_choice(void *input, const struct cli_option *option, char *value)
{
	const struct cli_choice *choice = option->arg;
	char known[128] = "";

	for (size_t i = 0; i < choice->n; i++) {
		size_t used = strlen(known);

		if (!strcmp(value, choice->name[i])) {
			*(unsigned int *)((char *)input + option->at) = (unsigned int)i;
			return 0;
		}
		snprintf(known + used, sizeof(known) - used, "%s%s",
			 !i                  ? ""
			 : i + 1 < choice->n ? ", "
					     : " or ",
			 choice->name[i]);
	}
	return cli_bad("--%s: unknown %s '%s' (%s)", option->name, choice->noun, value, known);
}

/* ---- argp, kept from printing errors and from exiting --------------------------------------- */

enum { KEY_HELP = '?', KEY_LONG = 0x100 };

struct parse {
	const struct cli_command *command;
	const struct argp_option *options; /* the command's in their order, then --help */
	const char *name;
	void *input;
	int next; /* index of the argument after the wrong one */
	bool help;
};

static int key_of(const struct cli_command *command, size_t i)
{
	const struct cli_option *option = &command->options[i];

	return !option->name ? 0 : option->letter ? option->letter : KEY_LONG + (int)i;
}

/* The option that an argument like --format=x or -o means; NULL: none. */
static const struct argp_option *find_option(const struct parse *parse, const char *word)
{
	const struct argp_option *o = parse->options;
	size_t n;

	for (; o->name || o->doc; o++) {
		if (word[1] != '-' && word[1] && o->key == word[1])
			return o;
		n = o->name ? strlen(o->name) : 0;
		if (n && word[1] == '-' && !strncmp(word + 2, o->name, n) &&
		    (!word[2 + n] || word[2 + n] == '='))
			return o;
	}
	return NULL;
}

/* argp only reports that an argument is wrong: find out why. */
static void explain(const struct parse *parse, int argc, char **argv)
{
	const char *word = argv[parse->next > 0 ? parse->next - 1 : 0], *why;
	const struct argp_option *o;

	if (word[0] != '-' && parse->next < argc) /* inside a cluster of letters */
		word = argv[parse->next];
	o = find_option(parse, word);
	why = word[0] != '-' ? "cannot be parsed"
	      : !o           ? "unknown option"
	      : o->arg       ? "its value is missing"
			     : "it takes no value";
	cli_bad("%s'%s': %s (see virtax %s --help)", word[0] == '-' && o ? "option " : "", word,
		why, parse->name);
}

static error_t take_argument(const struct parse *parse, char *word)
{
	if (parse->command->argument)
		return parse->command->argument(parse->input, word);
	return cli_bad("%s: unexpected argument '%s' (see virtax %s --help)", parse->name, word,
		       parse->name);
}

static error_t take_option(const struct parse *parse, int key, char *value)
{
	for (size_t i = 0; i < parse->command->n_options; i++) {
		const struct cli_option *option = &parse->command->options[i];

		if (option->name && key == key_of(parse->command, i))
			return option->set(parse->input, option, value);
	}
	return ARGP_ERR_UNKNOWN;
}

static error_t parse_opt(int key, char *arg, struct argp_state *state)
{
	struct parse *parse = state->input;
	char name[64];

	switch (key) {
	case KEY_HELP:
		snprintf(name, sizeof(name), "virtax %s", parse->name);
		argp_help(state->root_argp, stdout, ARGP_HELP_STD_HELP & ~ARGP_HELP_EXIT_OK, name);
		parse->help = true;
		return ECANCELED;
	case ARGP_KEY_ERROR:
		parse->next = state->next;
		return 0;
	case ARGP_KEY_ARG:
		return take_argument(parse, arg);
	case ARGP_KEY_END:
		return parse->command->end ? parse->command->end(parse->input) : 0;
	default:
		return take_option(parse, key, arg);
	}
}

/* The options in the form argp takes; malloc'd. */
static struct argp_option *argp_options_of(const struct cli_command *command)
{
	size_t n = command->n_options;
	struct argp_option *ret = calloc(n + 2, sizeof(*ret));

	for (size_t i = 0; ret && i < n; i++) {
		const struct cli_option *option = &command->options[i];

		ret[i] = (struct argp_option){.name = option->name,
					      .key = key_of(command, i),
					      .arg = option->value,
					      .doc = option->doc,
					      .group = option->group};
		if (option->value && *option->value == '?') {
			ret[i].arg = option->value + 1;
			ret[i].flags = OPTION_ARG_OPTIONAL;
		}
	}
	if (ret)
		ret[n] = (struct argp_option){"help", KEY_HELP, NULL, 0, "show this help", -1};
	return ret;
}

enum cli_parsed cli_parse(const struct cli_command *command, int argc, char **argv, void *input)
{
	struct argp_option *options = argp_options_of(command);
	struct parse parse = {command, options, argv[0], input, 0, false};
	const struct argp argp = {options, parse_opt, command->args, command->doc,
				  NULL,    NULL,      NULL};
	error_t err;

	err = !options ? ENOMEM
		       : argp_parse(&argp, argc, argv,
				    ARGP_IN_ORDER | ARGP_NO_ERRS | ARGP_NO_HELP | ARGP_NO_EXIT,
				    NULL, &parse);
	if (err == EINVAL)
		explain(&parse, argc, argv);
	else if (err && err != ECANCELED)
		cli_bad("command line: %s", strerror(err));
	free(options);
	return parse.help ? CLI_PARSED_HELP : err ? CLI_PARSED_BAD : CLI_PARSED;
}

/* ---- the terminal ----------------------------------------------------------------------- */

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

	*ret = (struct term_options){.width = terminal_width(fd)};
	ret->colour = isatty(fd) && !(no_color && *no_color) && !(term && !strcmp(term, "dumb"));
	ret->utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
}
