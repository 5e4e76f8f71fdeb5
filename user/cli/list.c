// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * virtax list: the VMs and containers running here. Reads /proc, cgroupfs and the runtimes' state;
 * loads nothing. Without root it shows what may be seen and says what may not.
 */
#include <argp.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "cli/cli.h"
#include "cli/list.h"
#include "owners/listeners.h"
#include "owners/take_inventory.h"
#include "owners/thread_roles.h"

static const struct argp_option argp_options[] = {
	{"threads", 't', NULL, 0, "each thread with its role and why it has it", 0},
	{"json", 'j', NULL, 0, "as one JSON object; the threads are in it", 0},
	{0},
};

struct list_options {
	bool json, threads;
};

static error_t parse_opt(int key, char *arg, struct argp_state *state)
{
	struct list_options *options = state->input;

	switch (key) {
	case 'j':
		options->json = true;
		return 0;
	case 't':
		options->threads = true;
		return 0;
	case ARGP_KEY_ARG:
		return cli_bad("list '%s': it takes no arguments (see virtax list --help)", arg);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = argp_options,
	.parser = parse_opt,
	.doc = "Show the VMs and containers running here: kind, name, id, pid, roles with their "
	       "thread counts, network devices, where they seem to serve HTTP (8090>80: a port of "
	       "this host forwarded to the guest's), cgroup.",
};

/* One line that says what may be missing, and why. */
static void tell_limits(unsigned int limits)
{
	struct verr err;

	if (!limits)
		return;
	verr_set(&err, 0,
		 "list: not allowed to see everything: %s%s%s%s may be missing (run as root)",
		 limits & INVENTORY_HIDEPID ? "other users' processes, " : "",
		 limits & INVENTORY_NO_STATE ? "containers, names of containers, " : "",
		 limits & INVENTORY_NO_FILES ? "VMs' accelerators, VMs' network devices, " : "",
		 "HTTP ports, reasons for roles");
	cli_error(&err);
}

static int print(const struct inventory *inv, const struct list_options *options)
{
	int err;

	if (options->json)
		return list_json(inv, stdout);
	err = list_table(inv, stdout);
	return err || !options->threads ? err : list_threads(inv, stdout);
}

int cmd_list(int argc, char **argv)
{
	struct inventory *inv = NULL;
	struct list_options options = {0};
	struct verr verr;
	int err, status;
	size_t i;

	status = cli_parse(&argp, argc, argv, 0, &options);
	if (status)
		return status == CLI_PARSED_HELP ? CLI_OK : CLI_USAGE;
	err = take_inventory(&sysroot_live, &inv, &verr);
	for (i = 0; !err && i < inv->n; i++) {
		err = listeners__find(&sysroot_live, &inv->found[i]);
		if (!err)
			err = thread_roles__find(&sysroot_live, &inv->found[i]);
		if (err)
			verr_set(&verr, err, "list: %s (free some memory)", strerror(-err));
	}
	if (!err) {
		tell_limits(inv->limits);
		err = print(inv, &options);
		if (!err && fflush(stdout))
			err = -errno;
		if (err)
			verr_set(&verr, err, "standard output: %s (is the disk full?)",
				 strerror(-err));
	}
	if (err)
		cli_error(&verr);
	inventory__free(inv);
	return err ? CLI_FAILED : CLI_OK;
}
