// SPDX-License-Identifier: GPL-2.0-or-later
#include "owners/take_inventory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "cgroups/line.h"
#include "owners/cgroup_index.h"
#include "owners/cgroupname.h"
#include "owners/find_containers.h"
#include "owners/helper_table.h"
#include "owners/scan.h"
#include "owners/vm_helpers.h"
#include "owners/vms.h"
#include "sys/proc_table.h"

static int add_managers(struct scan *scan)
{
	const struct helper_table *helpers = scan->helpers;
	struct inventory *inv = scan->inv;
	struct inventory_manager *to;
	size_t i;

	if (!helpers->n_managers)
		return 0;
	inv->manager = calloc(helpers->n_managers, sizeof(*inv->manager));
	if (!inv->manager)
		return -ENOMEM;
	for (i = 0; i < helpers->n_managers; i++) {
		const struct proc *proc = helpers->manager[i].proc;

		if (inv->owner[proc - inv->table->proc] >= 0)
			continue; /* docker in docker: part of that container's workload */
		to = &inv->manager[inv->n_managers];
		to->name = strdup(helpers->manager[i].name);
		if (!to->name)
			return -ENOMEM;
		to->pid = proc->stat.pid;
		to->start_ticks = proc->stat.start_ticks;
		to->threads = proc->stat.threads;
		to->kind = helpers->manager[i].kind;
		inv->n_managers++;
	}
	return 0;
}

static void set_limits(struct inventory *inv)
{
	size_t users = 0, i;

	for (i = 0; i < inv->table->n; i++)
		users += !proc_is_kthread(inv->table->proc[i].stat.flags);
	/* Even root may not see one or two; without privilege nearly all are hidden. */
	if (inv->table->exe_denied > users / 2)
		inv->limits |= INVENTORY_NO_EXE;
	if (!proc_table__find(inv->table, 1))
		inv->limits |= INVENTORY_HIDEPID;
}

static int read_sources(struct scan *scan)
{
	struct inventory *inv = scan->inv;
	const struct sysroot *sr = scan->sr;
	char path[PATH_MAX], text[64];
	size_t i;
	int err;

	err = cgroup_layout__read(sr, &inv->layout);
	if (!err)
		err = proc_table__scan(sr, &inv->table);
	if (!err)
		err = netdev_table__read(sr, &inv->devs);
	if (!err)
		err = helper_table__scan(sr, inv->table, &scan->helpers);
	if (!err)
		err = sysroot_path(sr, path, sizeof(path), "/proc/self/ns/net");
	if (err)
		return err;
	if (!file_read_link(AT_FDCWD, path, text, sizeof(text)))
		inv->host_netns = proc_ns_inode(text);
	inv->owner = malloc((inv->table->n + 1) * sizeof(*inv->owner));
	if (!inv->owner)
		return -ENOMEM;
	for (i = 0; i < inv->table->n; i++)
		inv->owner[i] = -1;
	err = cgroup_index__make(inv->table, inv->layout, &inv->by_cgroup);
	return err ? err : scan__find_paths(scan);
}

static int find_holders(struct scan *scan, struct vmm_watch *watch)
{
	const struct proc_table *table = scan->inv->table;
	size_t users = 0, denied, i;
	int err;

	scan->holds = malloc((table->n + 1) * sizeof(*scan->holds));
	if (!scan->holds)
		return -ENOMEM;
	err = vmm_watch__scan(watch, scan->sr, table, scan_young_ticks(scan->sr), scan->holds,
			      &denied);
	for (i = 0; i < table->n; i++)
		users += !proc_is_kthread(table->proc[i].stat.flags);
	if (!err && denied > users / 2) /* even root may not see those of one or two */
		scan->inv->limits |= INVENTORY_NO_VMMS;
	return err;
}

int take_inventory_again(const struct sysroot *sr, struct vmm_watch *watch, struct inventory **ret,
			 struct verr *ret_err)
{
	struct scan scan = {.sr = sr};
	size_t i;
	int err;

	scan.inv = calloc(1, sizeof(*scan.inv));
	err = scan.inv ? read_sources(&scan) : -ENOMEM;
	if (!err)
		err = find_holders(&scan, watch);
	if (!err)
		err = vms__find(&scan);
	if (!err)
		err = find_containers(&scan);
	if (!err)
		err = add_managers(&scan);
	if (!err) {
		for (i = 0; i < scan.inv->n; i++)
			found__finish(&scan.inv->found[i]);
		set_limits(scan.inv);
		*ret = scan.inv;
	} else {
		inventory__free(scan.inv);
	}
	helper_table__free(scan.helpers);
	free(scan.paths);
	free(scan.holds);
	if (err)
		return verr_set(ret_err, err, "processes: %s (is /proc mounted?)", strerror(-err));
	return 0;
}

int take_inventory(const struct sysroot *sr, struct inventory **ret, struct verr *ret_err)
{
	struct vmm_watch watch = {};
	int err = take_inventory_again(sr, &watch, ret, ret_err);

	vmm_watch__free(&watch);
	return err;
}

static bool in_container_cgroup(const struct sysroot *sr, pid_t pid)
{
	struct container_match match;
	struct cgroup_line line;
	const char *rest;
	bool ret = false;
	char *text;

	if (proc_cgroup_read(sr, pid, &text))
		return false;
	rest = text;
	while (!ret && cgroup_line_next(&rest, &line))
		ret = cgroupname_match(line.path, line.n_path, &match);
	free(text);
	return ret;
}

int take_inventory_is_due(const struct sysroot *sr, pid_t pid)
{
	char path[PATH_MAX], link[PATH_MAX], base[NAME_MAX + 1];
	const char *exe = NULL;
	struct proc_stat stat;
	int err;

	err = proc_stat_read(sr, pid, &stat);
	if (err)
		return err;
	if (!sysroot_path(sr, path, sizeof(path), "/proc/%d/exe", pid) &&
	    !file_read_link(AT_FDCWD, path, link, sizeof(link))) {
		proc_base_name(link, base, sizeof(base));
		exe = base;
	}
	return helper_table_has_program(exe, stat.comm) || vm_helpers_has_program(exe, stat.comm) ||
	       vms_is_qemu(sr, exe, stat.comm, pid) || proc_is_ns_init(sr, pid) ||
	       in_container_cgroup(sr, pid);
}
