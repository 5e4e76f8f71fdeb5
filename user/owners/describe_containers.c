// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * containerinfo.c - what there is to know of a container once it is found: its first process, name,
 * cgroups, network, and which helper processes outside of it work for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "owners/containers_impl.h"
#include "owners/runtime.h"

static bool is_helper(const struct helper_set *helpers, pid_t pid)
{
	size_t i;

	for (i = 0; i < helpers->n; i++) {
		if (helpers->helper[i].proc->stat.pid == pid)
			return true;
	}
	return false;
}

/* The process that was there first; not nspawn's supervisor, which shares the cgroup. */
static const struct proc *box_init(const struct boxes *boxes, const struct box *box)
{
	const struct found *found = &boxes->scan->inv->found[box_owner(boxes, box)];
	const struct proc *proc, *ret = NULL;
	bool helper, ret_helper = false;
	size_t i;

	for (i = 0; i < found->n_procs; i++) {
		proc = proc_table__find(boxes->scan->inv->table, found->procs[i].tgid);
		if (proc->stat.pid == box->init)
			return proc;
		helper = is_helper(boxes->scan->helpers, proc->stat.pid);
		if (!ret || helper < ret_helper ||
		    (helper == ret_helper && proc->stat.start_ticks < ret->stat.start_ticks)) {
			ret = proc;
			ret_helper = helper;
		}
	}
	return ret;
}

/*
 * Its cgroup in each watched hierarchy in which its first process is at or below the container's
 * path, or at a path of its own that names the same container.
 */
static void box_cgroups(const struct boxes *boxes, const struct box *box, const struct proc *init)
{
	struct scan *scan = boxes->scan;
	struct found *found = &scan->inv->found[box_owner(boxes, box)];
	const struct scan_path *paths = scan->paths[init - scan->inv->table->proc];
	struct container_match match;
	char top[PATH_MAX];
	size_t h, n;

	for (h = 0; box->top && h < scan->inv->layout->n_watched; h++) {
		if (!paths[h].s)
			continue;
		if (scan_path_within(&paths[h], box->top, strlen(box->top)))
			n = strlen(box->top);
		else if (container_match_path(paths[h].s, paths[h].n, &match) &&
			 !strcmp(match.id, box->id))
			n = match.n_top;
		else
			continue;
		if ((size_t)snprintf(top, sizeof(top), "%.*s", (int)n, paths[h].s) < sizeof(top))
			cgroup_ids__add(&found->cgroups, scan->sr, scan->inv->layout, h, top);
	}
}

static int box_describe(const struct boxes *boxes, struct box *box)
{
	struct scan *scan = boxes->scan;
	struct found *found = &scan->inv->found[box_owner(boxes, box)];
	const struct proc *init = box_init(boxes, box);
	char *name = NULL;

	found->pid = init->stat.pid;
	found->start_ticks = init->stat.start_ticks;
	if (!box->named)
		name = runtime_name(scan->sr, scan->helpers, box->id, &box->kind);
	if (!name && container_is_id(box->id, strlen(box->id)))
		name = strndup(box->id, 12);
	else if (!name)
		name = strdup(box->id);
	found->name = name;
	found->id = strdup(box->id);
	found->runtime = strdup(container_runtime[box->kind]);
	found->cgroup = box->top ? strdup(box->top) : NULL;
	if (!found->name || !found->id || !found->runtime || (box->top && !found->cgroup))
		return -ENOMEM;
	box_cgroups(boxes, box, init);
	return inventory__add_netns(scan->sr, scan->inv, found->pid, found);
}

/* "  |-- 10.0.0.2" followed by "/32 host LOCAL": an address of this namespace. */
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

/* Does a helper work for this container? */
static bool helper_is_of(const struct boxes *boxes, const struct helper *helper,
			 const struct box *box, pid_t init_ppid)
{
	const struct found *found = &boxes->scan->inv->found[box_owner(boxes, box)];

	switch (helper->kind) {
	case HELPER_DOCKER_PROXY:
		return helper->address && has_address(boxes->scan, found, helper->address);
	case HELPER_LXC_MONITOR:
		return box->kind == CONTAINER_LXC && helper->id && !strcmp(helper->id, box->id);
	case HELPER_SHIM:
	case HELPER_CONMON:
		if (helper->id && !strcmp(helper->id, box->id))
			return true;
		break;
	default: /* nspawn, runc and crun in the foreground: the first process is its child */
		return helper->proc->stat.pid == init_ppid;
	}
	/* A shim that a whole pod shares, where what it was started for is gone. */
	return helper->proc->stat.pid == init_ppid &&
	       (!helper->id || !boxes_find(boxes, helper->id, false));
}

static int give_helper(const struct boxes *boxes, const struct helper *helper,
		       const struct box *box)
{
	struct inventory *inv = boxes->scan->inv;
	size_t owner = box_owner(boxes, box), i;
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
				  : scan_take(boxes->scan, i, owner, VTX_RUNTIME,
					      (struct found_tie){.why = FOUND_RUNTIME});
}

static int boxes_give_helpers(const struct boxes *boxes)
{
	const struct helper_set *helpers = boxes->scan->helpers;
	struct inventory *inv = boxes->scan->inv;
	const struct proc *init;
	size_t i, j;
	int err = 0;

	for (i = 0; !err && i < boxes->n; i++) {
		init = proc_table__find(inv->table, inv->found[boxes->first + i].pid);
		for (j = 0; !err && j < helpers->n; j++) {
			if (helpers->helper[j].proc != init &&
			    helper_is_of(boxes, &helpers->helper[j], &boxes->box[i],
					 init->stat.ppid))
				err = give_helper(boxes, &helpers->helper[j], &boxes->box[i]);
		}
	}
	return err;
}

int boxes_describe(const struct boxes *boxes)
{
	int err = 0;
	size_t i;

	for (i = 0; !err && i < boxes->n; i++)
		err = box_describe(boxes, &boxes->box[i]);
	return err ? err : boxes_give_helpers(boxes);
}
