// SPDX-License-Identifier: GPL-2.0-or-later
#include "owners/describe_containers.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "owners/oci_names.h"
#include "sys/proc_table.h"

static bool is_helper(const struct helper_table *helpers, pid_t pid)
{
	size_t i;

	for (i = 0; i < helpers->n; i++) {
		if (helpers->helper[i].proc->stat.pid == pid)
			return true;
	}
	return false;
}

/* The process that started first, but not nspawn's supervisor, which shares the cgroup. */
static const struct proc *find_init(const struct container_set *set,
				    const struct container *container)
{
	const struct found *found = &set->scan->inv->found[container_set__owner(set, container)];
	const struct proc *proc, *ret = NULL;
	bool helper, ret_helper = false;
	size_t i;

	for (i = 0; i < found->n_procs; i++) {
		proc = proc_table__find(set->scan->inv->table, found->procs[i].tgid);
		if (proc->stat.pid == container->init)
			return proc;
		helper = is_helper(set->scan->helpers, proc->stat.pid);
		if (!ret || helper < ret_helper ||
		    (helper == ret_helper && proc->stat.start_ticks < ret->stat.start_ticks)) {
			ret = proc;
			ret_helper = helper;
		}
	}
	return ret;
}

/*
 * Adds the container's cgroup in each watched hierarchy where its first process is at or below the
 * container's path, or at another path that names the same container.
 */
static void find_cgroups(const struct container_set *set, const struct container *container,
			 const struct proc *init)
{
	struct scan *scan = set->scan;
	struct found *found = &scan->inv->found[container_set__owner(set, container)];
	const struct scan_path *paths = scan->paths[init - scan->inv->table->proc];
	struct container_match match;
	char top[PATH_MAX];
	size_t h, n;

	for (h = 0; container->top && h < scan->inv->layout->n_watched; h++) {
		if (!paths[h].s)
			continue;
		if (scan_path_within(&paths[h], container->top, strlen(container->top)))
			n = strlen(container->top);
		else if (cgroupname_match(paths[h].s, paths[h].n, &match) &&
			 !strcmp(match.id, container->id))
			n = match.n_top;
		else
			continue;
		if ((size_t)snprintf(top, sizeof(top), "%.*s", (int)n, paths[h].s) < sizeof(top))
			cgroup_ids__add(&found->cgroups, scan->sr, scan->inv->layout, h, top);
	}
}

static int describe(const struct container_set *set, struct container *container)
{
	struct scan *scan = set->scan;
	struct found *found = &scan->inv->found[container_set__owner(set, container)];
	const struct proc *init = find_init(set, container);
	char *name = NULL;

	found->pid = init->stat.pid;
	found->start_ticks = init->stat.start_ticks;
	if (!container->named)
		name = oci_names_find(scan->sr, scan->helpers, container->id, &container->kind);
	if (!name && cgroupname_is_id(container->id, strlen(container->id)))
		name = strndup(container->id, 12);
	else if (!name)
		name = strdup(container->id);
	found->name = name;
	found->id = strdup(container->id);
	found->runtime = strdup(container_runtime[container->kind]);
	found->cgroup = container->top ? strdup(container->top) : NULL;
	if (!found->name || !found->id || !found->runtime || (container->top && !found->cgroup))
		return -ENOMEM;
	find_cgroups(set, container, init);
	return inventory__add_netns(scan->sr, scan->inv, found->pid, found);
}

/* Is the address local in this fib_trie: "|-- 10.0.0.2", then "/32 host LOCAL"? */
static bool fib_has(const char *text, const char *address)
{
	size_t n = strlen(address);
	const char *line = text, *end;
	bool at = false;

	for (; *line; line = *end ? end + 1 : end) {
		const char *word = strstr(line, "|-- ");

		end = strchrnul(line, '\n');
		if (word && word < end) {
			word += 4;
			at = (size_t)(end - word) == n && !memcmp(word, address, n);
		} else if (at && memmem(line, end - line, "host LOCAL", 10)) {
			return true;
		}
	}
	return false;
}

static bool has_address(struct scan *scan, const struct found *found, const char *address)
{
	char path[PATH_MAX], *text;
	bool ret;

	if (!found->netns || found->host_netns ||
	    sysroot_path(scan->sr, path, sizeof(path), "/proc/%d/net/fib_trie", found->pid) ||
	    file_read(AT_FDCWD, path, 1 << 20, &text, NULL))
		return false;
	ret = fib_has(text, address);
	free(text);
	return ret;
}

/* Does the helper work for this container? */
static bool helper_is_of(const struct container_set *set, const struct helper *helper,
			 const struct container *container, pid_t init_ppid)
{
	const struct found *found = &set->scan->inv->found[container_set__owner(set, container)];

	switch (helper->kind) {
	case HELPER_DOCKER_PROXY:
		return helper->address && has_address(set->scan, found, helper->address);
	case HELPER_LXC_MONITOR:
		return container->kind == CONTAINER_LXC && helper->id &&
		       !strcmp(helper->id, container->id);
	case HELPER_SHIM:
	case HELPER_CONMON:
		if (helper->id && !strcmp(helper->id, container->id))
			return true;
		break;
	default: /* nspawn, or runc or crun in the foreground: the first process's parent */
		return helper->proc->stat.pid == init_ppid;
	}
	/* A shim that a pod shares, after the container it was started for has exited. */
	return helper->proc->stat.pid == init_ppid &&
	       (!helper->id || !container_set__find(set, helper->id, false));
}

static int take_helper(const struct container_set *set, const struct helper *helper,
		       const struct container *container)
{
	struct inventory *inv = set->scan->inv;
	size_t owner = container_set__owner(set, container), i;
	struct found *found = &inv->found[owner];

	for (i = 0; i < found->n_procs; i++) {
		if (found->procs[i].tgid != helper->proc->stat.pid)
			continue;
		found->procs[i].role = VTX_RUNTIME; /* it shares the container's cgroup */
		found->procs[i].why = FOUND_RUNTIME;
		return 0;
	}
	i = helper->proc - inv->table->proc;
	return inv->owner[i] >= 0 ? 0
				  : scan__take(set->scan, i, owner, VTX_RUNTIME,
					       (struct found_tie){.why = FOUND_RUNTIME});
}

static int take_all_helpers(const struct container_set *set)
{
	const struct helper_table *helpers = set->scan->helpers;
	struct inventory *inv = set->scan->inv;
	const struct proc *init;
	size_t i, j;
	int err = 0;

	for (i = 0; !err && i < set->n; i++) {
		init = proc_table__find(inv->table, inv->found[set->first + i].pid);
		for (j = 0; !err && j < helpers->n; j++) {
			if (helpers->helper[j].proc != init &&
			    helper_is_of(set, &helpers->helper[j], &set->container[i],
					 init->stat.ppid))
				err = take_helper(set, &helpers->helper[j], &set->container[i]);
		}
	}
	return err;
}

int describe_containers(const struct container_set *set)
{
	int err = 0;
	size_t i;

	for (i = 0; !err && i < set->n; i++)
		err = describe(set, &set->container[i]);
	return err ? err : take_all_helpers(set);
}
