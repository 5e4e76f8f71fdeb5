// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Feeds any bytes to the parsers of what a hostile process or a broken state file may show: stat, a
 * command line (mainly QEMU's), a namespace link, netlink messages, the table of unix sockets, a
 * system call, the JSON of container runtimes, a target from the command line.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sys/netdev.h"
#include "owners/oci_names.h"
#include "owners/qemu.h"
#include "owners/runtime.h"
#include "owners/spec.h"
#include "sys/task.h"
#include "sys/unix_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void try_stat(const char *text)
{
	struct proc_stat stat;

	if (proc_stat_parse(text, &stat))
		return;
	require(stat.pid > 0 && memchr(stat.comm, '\0', sizeof(stat.comm)));
}

static void try_argv(const uint8_t *data, size_t size)
{
	char *copy = malloc(size + 1);
	struct proc_argv argv;
	struct qemu_args args;
	int i;

	if (!copy)
		return;
	memcpy(copy, data, size);
	copy[size] = '\0';
	if (proc_argv__parse(copy, size, &argv))
		return;
	require(!argv.argv[argv.argc]);
	for (i = 0; i < argv.argc; i++)
		require(argv.argv[i] >= copy && argv.argv[i] <= copy + size);
	proc_argv__option(&argv, "-id");
	qemu_names_path(&argv, "/a,b");
	if (argv.argc > 1)
		qemu_names_path(&argv, argv.argv[1]);
	qemu_args__parse(&argv, &args);
	require(args.n_forwards <= QEMU_MAX_FORWARDS);
	qemu_args__free(&args);
	proc_argv__free(&argv);
}

static void try_state(const char *text)
{
	struct cgroup_layout *layout;
	struct runtime_state state;

	if (cgroup_layout__parse("1 1 0:1 / /cg rw - cgroup2 cgroup2 rw\n", &layout))
		return;
	if (!runtime_parse_runc(text, layout, &state)) {
		require(!state.cgroup || state.cgroup[0] == '/');
		runtime_state__release(&state);
	}
	if (!runtime_parse_crun(text, &state)) {
		require(!state.cgroup || (state.cgroup[0] == '/' && state.cgroup[1]));
		runtime_state__release(&state);
	}
	free(oci_names_of_config(text));
	cgroup_layout__free(layout);
}

static void try_spec(const char *text)
{
	struct target_spec spec;
	struct verr err;

	if (spec__parse(&spec, VTX_KIND_CONTAINER, text, &err))
		return;
	require(spec.what[0] && (!spec.label || spec.label[0]));
	spec__answers_to(&spec, "x");
	spec__release(&spec);
}

static void try_netlink(const uint8_t *data, size_t size)
{
	struct netdev_table *table = calloc(1, sizeof(*table));
	void *block = malloc(size ? size : 1); /* aligned like a receive buffer */

	if (table && block) {
		memcpy(block, data, size);
		netdev_table__parse(table, block, size);
	}
	netdev_table__free(table);
	free(block);
}

static bool any_path(const char *path, const void *arg)
{
	(void)arg;
	require(path[0] == '/');
	return true;
}

/* Changes the text. */
static void try_sockets(char *text)
{
	struct unix_table *table;
	size_t i, j;

	if (unix_table__parse(text, any_path, NULL, &table))
		return;
	for (i = 0; i < table->n; i++) {
		for (j = 0; j < i; j++)
			require(table->sock[i].inode != table->sock[j].inode);
	}
	unix_table__free(table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), base[16];

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	try_stat(text);
	try_argv(data, size);
	try_state(text);
	try_spec(text);
	try_netlink(data, size);
	proc_ns_inode(text);
	proc_base_name(text, base, sizeof(base));
	free(qemu_opt(text, "guest", "guest"));
	task_guest_ticks(text);
	require(task_kvm_run_fd(text) >= -1);
	try_sockets(text);
	free(text);
	return 0;
}
