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

static const struct argp_option argp_options[] = {
    {"json", 'j', NULL, 0, "as one JSON object", 0},
    {0},
};

static error_t parse_opt(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 'j':
		*(bool *)state->input = true;
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
		 "HTTP ports");
	cli_error(&err);
}

int cmd_list(int argc, char **argv)
{
	struct inventory *inv = NULL;
	struct verr verr;
	bool json = false;
	int err, status;
	size_t i;

	status = cli_parse(&argp, argc, argv, 0, &json);
	if (status)
		return status == CLI_PARSED_HELP ? CLI_OK : CLI_USAGE;
	err = inventory__scan(&sysroot_live, &inv, &verr);
	for (i = 0; !err && i < inv->n; i++) {
		err = inventory__find_http(&sysroot_live, &inv->found[i]);
		if (err)
			verr_set(&verr, err, "list: %s (free some memory)", strerror(-err));
	}
	if (!err) {
		tell_limits(inv->limits);
		err = json ? list_json(inv, stdout) : list_table(inv, stdout);
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
