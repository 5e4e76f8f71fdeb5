// SPDX-License-Identifier: GPL-2.0-or-later
/* virtax record: measures, saves the run, prints the report. */
#include <errno.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/record_args.h"
#include "record/recorder.h"
#include "version.h"

/* Fail before measuring, not after, if -o cannot be written. */
static int check_output(const char *path, struct verr *ret_err)
{
	char *copy;
	int err = 0;

	if (!path || !strcmp(path, "-"))
		return 0;
	copy = strdup(path);
	if (!copy)
		return -ENOMEM;
	if (access(dirname(copy), W_OK))
		err = verr_set(ret_err, -EINVAL, "%s: cannot be written: %s", path,
			       strerror(errno));
	free(copy);
	return err;
}

/* The command's own status takes precedence over ours. */
static int exit_status(const struct record_result *result)
{
	char why[256];
	bool trusted = run_trusted(&result->run, why, sizeof(why));

	if (!trusted)
		fprintf(stderr, "virtax: this run: not to be trusted: %s (repeat it)\n", why);
	if (result->has_command && result->command_status)
		return result->command_status;
	return trusted ? CLI_OK : CLI_FAILED;
}

static int failure_status(const struct record_result *result, int err)
{
	if (result->has_command && result->command_status)
		return result->command_status;
	return err == -EINVAL || err == -ENOENT ? CLI_USAGE : CLI_FAILED;
}

/* Saves the run, then prints the report. Returns the exit status. */
static int finish(const struct record_args *args, const struct record_result *result)
{
	const struct record_options *options = &args->record;
	bool to_stdout = options->output && !strcmp(options->output, "-");
	struct verr verr;
	int err = 0, status;

	if (options->output)
		err = cli_save_json(&result->run, options->output, &verr);
	if (!err && !options->quiet && !to_stdout) {
		to_stdout = true;
		err = cli_print_report(&result->run, args->verbose, &verr);
	}
	status = exit_status(result);
	if (err == -EPIPE && to_stdout)
		return status ? status : cli_write_failed(err);
	if (!err)
		return status;
	cli_error(&verr);
	return CLI_FAILED;
}

static int record(const struct record_args *args)
{
	struct record_result result = {};
	struct verr verr = {};
	int err, status;

	err = check_output(args->record.output, &verr);
	if (!err && campaign_wanted(&args->campaign))
		return campaign_run(&args->campaign, &args->record);
	if (!err)
		err = recorder__run(&args->record, &result, &verr);
	if (err) {
		cli_error(&verr);
		return failure_status(&result, err);
	}
	status = finish(args, &result);
	run__free(&result.run);
	return status;
}

int cmd_record(int argc, char **argv)
{
	int status = CLI_USAGE;
	struct record_args args;

	switch (record_args__parse(&args, argc, argv)) {
	case CLI_PARSED_HELP:
		status = CLI_OK;
		break;
	case CLI_PARSED_BAD:
		break;
	case CLI_PARSED:
		args.record.version = VIRTAX_VERSION;
		args.record.commit = VIRTAX_COMMIT;
		/* The run must be saved even if the reader has closed standard output. */
		signal(SIGPIPE, SIG_IGN);
		status = record(&args);
	}
	record_args__free(&args);
	return status;
}
