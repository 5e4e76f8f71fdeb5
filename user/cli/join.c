// SPDX-License-Identifier: GPL-2.0-or-later
/* virtax join: joins recordings made inside VMs to the recording of their host. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "cli/cli.h"
#include "join/join.h"
#include "runfile/read.h"

struct join_options {
	const char *host, *output;
	char **guest; /* "VM=FILE" */
	size_t n_guests;
};

static const struct cli_option options[] = {
	{"output", 'o', "FILE", "save the joined run; without it, print its report", 0,
	 cli_set_string, offsetof(struct join_options, output), NULL},
};

static error_t add_word(void *input, char *word)
{
	struct join_options *o = input;
	const char *equals = strchr(word, '=');

	if (!o->host) {
		o->host = word;
		return 0;
	}
	if (!equals || equals == word || !equals[1])
		return cli_bad("join: '%s': not VM=GUEST.json (name the VM that the file was "
			       "recorded in)",
			       word);
	o->guest[o->n_guests++] = word; /* there is room for all of argv */
	return 0;
}

static error_t check_words(void *input)
{
	const struct join_options *o = input;

	if (!o->host)
		return cli_bad("join: no run given (usage: virtax join HOST.json VM=GUEST.json)");
	return o->n_guests ? 0
			   : cli_bad("join: no recording of a guest given (usage: virtax join "
				     "HOST.json VM=GUEST.json)");
}

static const struct cli_command command = {
	.args = "HOST.json VM=GUEST.json...",
	.doc = "Split the guest time of VMs by recordings that were made inside them at the same "
	       "time. VM is a label or a name of the host's run.",
	.options = options,
	.n_options = ARRAY_SIZE(options),
	.argument = add_word,
	.end = check_words,
};

static int join_guest(struct run *host, const char *word, struct verr *ret_err)
{
	const char *path = strchr(word, '=') + 1;
	char *vm = strndup(word, (size_t)(path - 1 - word));
	struct run guest = {};
	int err;

	if (!vm)
		return verr_set(ret_err, -ENOMEM, "join: out of memory");
	err = run__read(&guest, path, ret_err);
	if (!err)
		err = join(host, vm, &guest, path, ret_err);
	run__free(&guest);
	free(vm);
	return err;
}

static int join_all(const struct join_options *o, struct run *host, struct verr *ret_err)
{
	int err = run__read(host, o->host, ret_err);

	for (size_t i = 0; i < o->n_guests && !err; i++)
		err = join_guest(host, o->guest[i], ret_err);
	return err;
}

int cmd_join(int argc, char **argv)
{
	struct join_options o = {.guest = calloc((size_t)argc + 1, sizeof(char *))};
	enum cli_parsed parsed = o.guest ? cli_parse(&command, argc, argv, &o) : CLI_PARSED_BAD;
	struct run host = {};
	struct verr verr;
	int err, status = CLI_OK;

	if (parsed == CLI_PARSED) {
		err = join_all(&o, &host, &verr);
		if (err)
			status = err == -ENOMEM ? CLI_FAILED : CLI_USAGE;
		else if (o.output)
			err = cli_save_json(&host, o.output, &verr);
		else
			err = cli_print_report(&host, false, &verr);
		if (err)
			cli_error(&verr);
		status = err && !status ? CLI_FAILED : status;
	}
	run__free(&host);
	free(o.guest);
	return parsed == CLI_PARSED_BAD ? CLI_USAGE : status;
}
