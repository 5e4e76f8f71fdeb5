// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * containers.c - the containers of a scan. First by the names of cgroups, which every process
 * shows; then by the runtimes' state files, for containers whose cgroup may have any name.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/container.h"
#include "collect/runtime.h"
#include "collect/scan.h"

/* Beside found[first + i], until the scan ends. */
struct box {
	enum container_kind kind;
	char *id;
	char *top;  /* its cgroup's path; NULL: it has none but the root */
	bool named; /* id is its name */
	pid_t init; /* 0: not said by the runtime */
};

struct boxes {
	struct scan *scan;
	struct box *box;
	size_t n;
	size_t first; /* index in inv->found of the first container */
};


static struct box *boxes_find(const struct boxes *boxes, const char *id, bool named)
{
	size_t i;

	for (i = 0; i < boxes->n; i++) {
		if (boxes->box[i].named == named && !strcmp(boxes->box[i].id, id))
			return &boxes->box[i];
	}
	return NULL;
}

/* Takes over top. */
static struct box *boxes_add(struct boxes *boxes, enum container_kind kind, const char *id,
			     char *top)
{
	struct box *grown;

	grown = realloc(boxes->box, (boxes->n + 1) * sizeof(*grown));
	if (!grown || !scan_add_found(boxes->scan)) {
		boxes->box = grown ? grown : boxes->box;
		free(top);
		return NULL;
	}
	boxes->box = grown;
	grown[boxes->n] = (struct box){.kind = kind, .id = strdup(id), .top = top};
	boxes->scan->inv->found[boxes->first + boxes->n].kind = VTX_KIND_CONTAINER;
	if (!grown[boxes->n++].id) /* counted: the top is freed with the others */
		return NULL;
	return &grown[boxes->n - 1];
}

static size_t box_owner(const struct boxes *boxes, const struct box *box)
{
	return boxes->first + (box - boxes->box);
}

/* Which container do the cgroups of a process name? Hierarchies not watched count as well. */
static bool match_text(const char *text, struct container_match *ret, struct cgroup_line *ret_line)
{
	struct cgroup_line before = {0};

	while (cgroup_line_next(&text, ret_line)) {
		/* Mostly all hierarchies say the same. */
		if (before.n_path == ret_line->n_path && before.path &&
		    !memcmp(before.path, ret_line->path, before.n_path))
			continue;
		if (container_match_path(ret_line->path, ret_line->n_path, ret))
			return true;
		before = *ret_line;
	}
	return false;
}

static int take_by_cgroup(struct boxes *boxes, size_t i)
{
	struct inventory *inv = boxes->scan->inv;
	struct container_match match;
	struct cgroup_line line;
	struct box *box;

	if (inv->owner[i] >= 0 || !inv->table->proc[i].cgroup ||
	    !match_text(inv->table->proc[i].cgroup, &match, &line))
		return 0;
	box = boxes_find(boxes, match.id, match.named);
	if (!box) {
		box = boxes_add(boxes, match.kind, match.id, strndup(line.path, match.n_top));
		if (!box || !box->top)
			return -ENOMEM;
		box->named = match.named;
	}
	return scan_take(boxes->scan, i, box_owner(boxes, box), VTX_WORKLOAD);
}

static bool is_known(const char *id, const void *arg)
{
	return boxes_find(arg, id, false);
}

/* The process the runtime wrote down, if it is still that one. */
static const struct proc *state_init(const struct boxes *boxes, const struct runtime_state *state)
{
	const struct proc *proc = proc_table__find(boxes->scan->inv->table, state->pid);

	if (proc && state->start_ticks && proc->stat.start_ticks != state->start_ticks)
		return NULL;
	return proc;
}

static int take_tree(struct boxes *boxes, size_t owner, pid_t root)
{
	struct inventory *inv = boxes->scan->inv;
	bool *mark = calloc(inv->table->n, sizeof(*mark));
	int err = mark ? 0 : -ENOMEM;
	size_t i;

	if (mark)
		proc_table__mark_tree(inv->table, root, mark);
	for (i = 0; !err && i < inv->table->n; i++) {
		if (mark[i] && inv->owner[i] < 0)
			err = scan_take(boxes->scan, i, owner, VTX_WORKLOAD);
	}
	free(mark);
	return err;
}

static int take_below(struct boxes *boxes, size_t owner, const char *top)
{
	struct inventory *inv = boxes->scan->inv;
	int err = 0;
	size_t i, h;

	for (i = 0; !err && i < inv->table->n; i++) {
		for (h = 0; inv->owner[i] < 0 && h < inv->layout->n_watched; h++) {
			if (scan_path_within(&boxes->scan->paths[i][h], top, strlen(top)))
				err = scan_take(boxes->scan, i, owner, VTX_WORKLOAD);
		}
	}
	return err;
}

/* A container of the state files that no cgroup's name gave away. */
static int take_by_state(struct boxes *boxes, const struct runtime_state *state)
{
	struct inventory *inv = boxes->scan->inv;
	const struct proc *init = state_init(boxes, state);
	struct box *box;
	size_t owner;
	char *top;
	int err;

	if (!init || inv->owner[init - inv->table->proc] >= 0)
		return 0; /* stopped; or known under the name its engine gave it */
	top = state->cgroup ? strdup(state->cgroup) : NULL;
	if (state->cgroup && !top)
		return -ENOMEM;
	box = boxes_add(boxes, state->kind, state->id, top);
	if (!box)
		return -ENOMEM;
	box->init = state->pid;
	owner = box_owner(boxes, box);
	err = box->top ? take_below(boxes, owner, box->top) : 0;
	/* Where it is in none of its cgroups (or was never put there) its descendants are left. */
	if (!err && !inv->found[owner].n_procs)
		err = take_tree(boxes, owner, state->pid);
	return err;
}

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
	default:
		break;
	}
	/* The first process is its child: nspawn, a foreground runc, a shim shared by a pod. */
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
		return 0;
	}
	i = helper->proc - inv->table->proc;
	return inv->owner[i] >= 0 ? 0 : scan_take(boxes->scan, i, owner, VTX_RUNTIME);
}

static int give_helpers(const struct boxes *boxes)
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

static int take_all(struct boxes *boxes)
{
	struct inventory *inv = boxes->scan->inv;
	struct runtime_states *states;
	size_t i;
	int err = 0;

	for (i = 0; !err && i < inv->table->n; i++)
		err = take_by_cgroup(boxes, i);
	if (err)
		return err;
	err = runtime_states__read(boxes->scan->sr, inv->layout, boxes->scan->helpers, is_known,
				   boxes, &states);
	if (err)
		return err;
	for (i = 0; !err && i < states->n; i++)
		err = take_by_state(boxes, &states->state[i]);
	if (states->denied)
		inv->limits |= INVENTORY_NO_STATE;
	runtime_states__free(states);
	return err;
}

int scan_containers(struct scan *scan)
{
	struct boxes boxes = {.scan = scan, .first = scan->inv->n};
	size_t i;
	int err;

	err = take_all(&boxes);
	for (i = 0; !err && i < boxes.n; i++)
		err = box_describe(&boxes, &boxes.box[i]);
	if (!err)
		err = give_helpers(&boxes);
	for (i = 0; i < boxes.n; i++) {
		free(boxes.box[i].id);
		free(boxes.box[i].top);
	}
	free(boxes.box);
	return err;
}
