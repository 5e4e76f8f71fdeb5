// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * virtax list: the VMs and containers running here. Reads /proc, cgroupfs and the runtimes' state;
 * loads nothing. Without root it shows what it can see and says what may be missing.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/list.h"
#include "base/array.h"
#include "base/escape.h"
#include "cli/cli.h"
#include "owners/listeners.h"
#include "owners/take_inventory.h"
#include "owners/thread_roles.h"

struct list_options {
	bool json, threads;
};

#define AT(member) offsetof(struct list_options, member)

static const struct cli_option options[] = {
	{"threads", 't', NULL, "list every thread with its role and the reason for it", 0,
	 cli_set_true, AT(threads), NULL},
	{"json", 'j', NULL, "print one JSON object, threads included", 0, cli_set_true, AT(json),
	 NULL},
};

static const struct cli_command command = {
	.doc = "Show the VMs and containers running here: kind, name, id, pid, roles with their "
	       "thread counts, network devices, the ports on which they seem to serve HTTP "
	       "(8090->80: a port of this host forwarded to the guest's), cgroup.",
	.options = options,
	.n_options = ARRAY_SIZE(options),
};

/* Warns about what may be missing, and why. */
static void print_limits(unsigned int limits)
{
	struct verr err;

	if (!limits)
		return;
	verr_set(&err, 0, "list: not running as root: %s%s%s%s%s may be missing (use sudo)",
		 limits & INVENTORY_HIDEPID ? "other users' processes, " : "",
		 limits & INVENTORY_NO_STATE ? "containers, names of containers, " : "",
		 limits & INVENTORY_NO_VMMS ? "VMs of other programs than QEMU, " : "",
		 limits & INVENTORY_NO_FILES ? "VMs' accelerators, VMs' network devices, " : "",
		 "HTTP ports, reasons for roles");
	cli_error(&err);
}

static int print(const struct inventory *inv, const struct list_options *o)
{
	int err;

	if (o->json)
		return list_json(inv, stdout);
	err = list_table(inv, stdout);
	return err || !o->threads ? err : list_threads(inv, stdout);
}

static int scan(struct inventory **ret, struct verr *ret_err)
{
	int err = take_inventory(&sysroot_live, ret, ret_err);

	for (size_t i = 0; !err && i < (*ret)->n; i++) {
		err = listeners__find(&sysroot_live, &(*ret)->found[i]);
		if (!err)
			err = thread_roles__find(&sysroot_live, &(*ret)->found[i]);
		if (err)
			verr_set(ret_err, err, "list: %s", strerror(-err));
	}
	return err;
}

int cmd_list(int argc, char **argv)
{
	struct inventory *inv = NULL;
	struct list_options o = {};
	struct verr verr;
	int err;

	switch (cli_parse(&command, argc, argv, &o)) {
	case CLI_PARSED_HELP:
		return CLI_OK;
	case CLI_PARSED_BAD:
		return CLI_USAGE;
	case CLI_PARSED:
		break;
	}
	err = scan(&inv, &verr);
	if (!err) {
		print_limits(inv->limits);
		err = print(inv, &o);
		if (err)
			verr_set(&verr, err, "list: %s", strerror(-err));
	}
	if (err)
		cli_error(&verr);
	inventory__free(inv);
	return err ? CLI_FAILED : CLI_OK;
}
