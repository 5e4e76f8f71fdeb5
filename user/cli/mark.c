// SPDX-License-Identifier: GPL-2.0-or-later
/* virtax mark: a new stage in the recording in progress. */
#include <errno.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/cli.h"
#include "record/marks.h"

enum { OPT_PID = 256 };

struct options {
	const char *name;
	pid_t pid;
};

static const struct argp_option argp_options[] = {
	{"pid", OPT_PID, "PID", 0, "the recording of this process, where there are several", 0},
	{},
};

static error_t set_pid(const char *arg, pid_t *ret)
{
	uint64_t pid;

	if (!str_to_u64(arg, &pid) || !pid || pid > INT32_MAX)
		return cli_bad("--pid %s: not a process id (give the recorder's)", arg);
	*ret = (pid_t)pid;
	return 0;
}

static error_t set_name(char *arg, struct options *o)
{
	if (o->name)
		return cli_bad("mark: one name at a time, and '%s' is another (quote names with "
			       "blanks)",
			       arg);
	if (!*arg || strlen(arg) > MARKS_NAME_MAX)
		return cli_bad("mark: a name has from 1 to %d bytes (choose another)",
			       MARKS_NAME_MAX);
	o->name = arg;
	return 0;
}

static error_t parse_opt(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case OPT_PID:
		return set_pid(arg, &o->pid);
	case ARGP_KEY_ARG:
		return set_name(arg, o);
	case ARGP_KEY_END:
		if (!o->name)
			return cli_bad("mark: which name shall the stage have? (virtax mark NAME)");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = argp_options,
	.parser = parse_opt,
	.args_doc = "NAME",
	.doc = "Start a new stage, called NAME, in the recording in progress. The run file then "
	       "has "
	       "every number by stage; what came before the first mark is the stage 'start'.",
};

int cmd_mark(int argc, char **argv)
{
	struct options o = {};
	struct verr verr = {};
	int err;

	switch (cli_parse(&argp, argc, argv, 0, &o)) {
	case CLI_PARSED_HELP:
		return CLI_OK;
	case CLI_PARSED_BAD:
		return CLI_USAGE;
	}
	if (geteuid()) {
		cli_bad("mark: needs root (use sudo)");
		return CLI_FAILED;
	}
	err = marks_send(o.name, o.pid, &verr);
	if (!err)
		return CLI_OK;
	cli_error(&verr);
	return err == -EINVAL ? CLI_USAGE : CLI_FAILED;
}
