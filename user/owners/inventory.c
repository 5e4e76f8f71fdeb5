// SPDX-License-Identifier: GPL-2.0-or-later
#include "owners/inventory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "owners/cgroupname.h"
#include "owners/qemu.h"
#include "owners/scan.h"
#include "owners/vmparts.h"

struct found *scan_add_found(struct scan *scan)
{
	struct inventory *inv = scan->inv;
	struct found *grown = inv->found;

	if (!(inv->n & (inv->n - 1)))
		grown = realloc(grown, (inv->n ? 2 * inv->n : 1) * sizeof(*grown));
	if (!grown)
		return NULL;
	inv->found = grown;
	memset(&grown[inv->n], 0, sizeof(*grown));
	return &grown[inv->n++];
}

int scan_take(struct scan *scan, size_t i, size_t owner, enum vtx_role role, struct found_tie tie)
{
	scan->inv->owner[i] = owner;
	return found__add_proc(&scan->inv->found[owner], &scan->inv->table->proc[i], role, tie);
}

bool scan_path_within(const struct scan_path *path, const char *top, size_t n_top)
{
	return path->s && path->n >= n_top && !memcmp(path->s, top, n_top) &&
	       (path->n == n_top || path->s[n_top] == '/');
}

static bool starts(const char *s, const char *with)
{
	return !strncmp(s, with, strlen(with));
}

bool scan_is_qemu(const struct sysroot *sr, const char *exe, const char *comm, pid_t pid)
{
	char base[NAME_MAX + 1] = "";
	struct proc_argv argv;

	if (exe && qemu_is_program(exe))
		return true;
	/* argv[0] is the program's own word: asked when the executable cannot tell. */
	if (exe && !starts(exe, "ld-") && !starts(comm, "qemu-") && !starts(comm, "kvm"))
		return false;
	if (proc_argv__read(sr, pid, &argv))
		return false;
	if (argv.argc)
		path_base(argv.argv[0], base, sizeof(base));
	proc_argv__free(&argv);
	return qemu_is_program(base);
}

/* Finds each process's path in each watched hierarchy once; everything after compares slices. */
static int scan_paths(struct scan *scan)
{
	const struct cgroup_layout *layout = scan->inv->layout;
	const struct proc_table *table = scan->inv->table;
	struct cgroup_line line;
	const char *text;
	size_t i, h;

	scan->paths = calloc(table->n + 1, sizeof(*scan->paths));
	if (!scan->paths)
		return -ENOMEM;
	for (i = 0; i < table->n; i++) {
		text = table->proc[i].cgroup ? table->proc[i].cgroup : "";
		while (cgroup_line_next(&text, &line)) {
			for (h = 0; h < layout->n_watched; h++) {
				if (!cgroup_line_of(&line, &layout->hier[h]))
					continue;
				scan->paths[i][h].s = line.path;
				scan->paths[i][h].n = line.n_path;
				break;
			}
		}
	}
	return 0;
}

static int scan_managers(struct scan *scan)
{
	const struct helper_set *set = scan->helpers;
	struct inventory *inv = scan->inv;
	struct inventory_manager *to;
	size_t i;

	if (!set->n_managers)
		return 0;
	inv->manager = calloc(set->n_managers, sizeof(*inv->manager));
	if (!inv->manager)
		return -ENOMEM;
	for (i = 0; i < set->n_managers; i++) {
		const struct proc *proc = set->manager[i].proc;

		if (inv->owner[proc - inv->table->proc] >= 0)
			continue; /* docker in docker: that container's workload */
		to = &inv->manager[inv->n_managers];
		to->name = strdup(set->manager[i].name);
		if (!to->name)
			return -ENOMEM;
		to->pid = proc->stat.pid;
		to->start_ticks = proc->stat.start_ticks;
		to->threads = proc->stat.threads;
		to->kind = set->manager[i].kind;
		inv->n_managers++;
	}
	return 0;
}

static void note_limits(struct inventory *inv)
{
	size_t users = 0, i;

	for (i = 0; i < inv->table->n; i++)
		users += !proc_is_kthread(inv->table->proc[i].stat.flags);
	/* One or two that even root may not see are no news; nearly all are. */
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
		err = helper_set__scan(sr, inv->table, &scan->helpers);
	if (!err)
		err = sysroot_path(sr, path, sizeof(path), "/proc/self/ns/net");
	if (err)
		return err;
	if (!link_read(AT_FDCWD, path, text, sizeof(text)))
		inv->host_netns = ns_inode(text);
	inv->owner = malloc((inv->table->n + 1) * sizeof(*inv->owner));
	if (!inv->owner)
		return -ENOMEM;
	for (i = 0; i < inv->table->n; i++)
		inv->owner[i] = -1;
	return scan_paths(scan);
}

int inventory__scan(const struct sysroot *sr, struct inventory **ret, struct verr *err_ret)
{
	struct scan scan = {.sr = sr};
	size_t i;
	int err;

	scan.inv = calloc(1, sizeof(*scan.inv));
	err = scan.inv ? read_sources(&scan) : -ENOMEM;
	if (!err)
		err = scan_vms(&scan);
	if (!err)
		err = scan_containers(&scan);
	if (!err)
		err = scan_managers(&scan);
	if (!err) {
		for (i = 0; i < scan.inv->n; i++)
			found__finish(&scan.inv->found[i]);
		note_limits(scan.inv);
		*ret = scan.inv;
	} else {
		inventory__free(scan.inv);
	}
	helper_set__free(scan.helpers);
	free(scan.paths);
	if (err)
		return verr_set(err_ret, err, "processes: %s (is /proc mounted?)", strerror(-err));
	return 0;
}

void inventory__free(struct inventory *inv)
{
	size_t i;

	if (!inv)
		return;
	for (i = 0; i < inv->n; i++)
		found__clear(&inv->found[i]);
	for (i = 0; i < inv->n_managers; i++)
		free(inv->manager[i].name);
	free(inv->found);
	free(inv->manager);
	free(inv->owner);
	cgroup_layout__free(inv->layout);
	proc_table__free(inv->table);
	netdev_table__free(inv->devs);
	free(inv);
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
		ret = container_match_path(line.path, line.n_path, &match);
	free(text);
	return ret;
}

int inventory__is_interesting_exec(const struct sysroot *sr, pid_t pid)
{
	char path[PATH_MAX], link[PATH_MAX], base[NAME_MAX + 1];
	const char *exe = NULL;
	struct proc_stat stat;
	int err;

	err = proc_stat_read(sr, pid, &stat);
	if (err)
		return err;
	if (!sysroot_path(sr, path, sizeof(path), "/proc/%d/exe", pid) &&
	    !link_read(AT_FDCWD, path, link, sizeof(link))) {
		path_base(link, base, sizeof(base));
		exe = base;
	}
	return helper_is_program(exe, stat.comm) || vm_helper_is_program(exe, stat.comm) ||
	       scan_is_qemu(sr, exe, stat.comm, pid) || proc_is_ns_init(sr, pid) ||
	       in_container_cgroup(sr, pid);
}

int inventory__add_netns(const struct sysroot *sr, const struct inventory *inv, pid_t pid,
			 struct found *found)
{
	int number, err = 0;
	size_t i;

	if (proc_ns(sr, pid, "net", &found->netns))
		found->netns = 0;
	found->host_netns = found->netns && found->netns == inv->host_netns;
	if (found->host_netns || netns_number(sr, pid, &number))
		return 0;
	for (i = 0; !err && i < inv->devs->n; i++) {
		if (inv->devs->dev[i].peer_nsid == number)
			err = found__add_netdev(found, inv->devs->dev[i].ifindex, false,
						inv->devs->dev[i].name);
	}
	return err;
}
