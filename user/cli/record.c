// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/record_opts.h"
#include "record/recorder.h"
#include "version.h"

/* An answer that cannot be saved is to be known before the measurement, not after. */
static int check_output(const char *path, struct verr *ret_err)
{
	char *copy, *dir;
	int err = 0;

	if (!path || !strcmp(path, "-"))
		return 0;
	copy = strdup(path);
	if (!copy)
		return -ENOMEM;
	dir = dirname(copy);
	if (access(dir, W_OK))
		err = verr_set(ret_err, -EINVAL,
			       "%s: cannot be written: %s (choose another place "
			       "for -o)",
			       path, strerror(errno));
	free(copy);
	return err;
}

/* 0 done, 1 failed or not to be trusted; a command's own status comes before both of ours. */
static int exit_status(const struct record_result *result)
{
	char why[256];
	bool trusted = run_trusted(&result->run, why, sizeof(why));

	if (!trusted)
		fprintf(stderr, "virtax: this run: is not to be trusted: %s (repeat it)\n", why);
	if (result->has_command && result->command_status)
		return result->command_status;
	return trusted ? CLI_OK : CLI_FAILED;
}

static int show(const struct record_options *options, const struct record_result *result,
		struct verr *ret_err)
{
	int err = 0;

	if (options->output)
		err = cli_save_json(&result->run, options->output, ret_err);
	if (err || options->quiet || (options->output && !strcmp(options->output, "-")))
		return err;
	return cli_print_report(&result->run, ret_err);
}

int cmd_record(int argc, char **argv)
{
	struct campaign_options campaign;
	struct record_options options;
	struct record_result result = {};
	struct verr verr = {};
	int err, status;

	status = record_options__parse(&options, &campaign, argc, argv);
	if (status != RECORD_GO_ON)
		goto out;
	options.version = VIRTAX_VERSION;
	options.commit = VIRTAX_COMMIT;
	err = check_output(options.output, &verr);
	if (!err && campaign_wanted(&campaign)) {
		status = campaign_run(&campaign, &options);
		goto out;
	}
	if (!err)
		err = recorder__run(&options, &result, &verr);
	if (err) {
		status = result.has_command && result.command_status ? result.command_status
			 : err == -EINVAL || err == -ENOENT          ? CLI_USAGE
								     : CLI_FAILED;
		cli_error(&verr);
		goto out;
	}
	err = show(&options, &result, &verr);
	status = exit_status(&result);
	if (err) {
		cli_error(&verr);
		status = CLI_FAILED;
	}
	run__free(&result.run);
out:
	campaign_options__free(&campaign);
	record_options__free(&options);
	return status;
}
