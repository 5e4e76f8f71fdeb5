// SPDX-License-Identifier: GPL-2.0-or-later
/* virtax mark: starts a new stage in the recording in progress. */
#include <errno.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/array.h"
#include "base/str.h"
#include "cli/cli.h"
#include "record/marks.h"

struct mark_options {
	const char *name;
	pid_t pid;
};

static error_t set_pid(void *input, const struct cli_option *option, char *value)
{
	struct mark_options *o = input;
	uint64_t pid;

	if (!str_to_u64(value, &pid) || !pid || pid > INT32_MAX)
		return cli_bad("--pid: invalid process id '%s' (give the recorder's)", value);
	o->pid = (pid_t)pid;
	return 0;
}

static error_t set_name(void *input, char *word)
{
	struct mark_options *o = input;

	if (o->name)
		return cli_bad("mark: unexpected argument '%s' (mark takes one name; quote a name "
			       "that contains spaces)",
			       word);
	if (!*word || strlen(word) > MARKS_NAME_MAX)
		return cli_bad("mark: a name must have 1 to %d bytes", MARKS_NAME_MAX);
	o->name = word;
	return 0;
}

static error_t check_name(void *input)
{
	const struct mark_options *o = input;

	return o->name ? 0 : cli_bad("mark: no name given (usage: virtax mark NAME)");
}

static const struct cli_option options[] = {
	{"pid", 0, "PID", "mark the recording of this process, if there are several", 0, set_pid, 0,
	 NULL},
};

static const struct cli_command command = {
	.args = "NAME",
	.doc = "Start a new stage, called NAME, in the recording in progress. The run file then "
	       "holds every number per stage; the time before the first mark is the stage 'start'.",
	.options = options,
	.n_options = ARRAY_SIZE(options),
	.argument = set_name,
	.end = check_name,
};

int cmd_mark(int argc, char **argv)
{
	struct mark_options o = {};
	struct verr verr = {};
	int err;

	switch (cli_parse(&command, argc, argv, &o)) {
	case CLI_PARSED_HELP:
		return CLI_OK;
	case CLI_PARSED_BAD:
		return CLI_USAGE;
	case CLI_PARSED:
		break;
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
