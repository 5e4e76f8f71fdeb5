// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * containers.c - finding the containers of a scan. First by the names of cgroups, which every
 * process shows; then by the runtimes' state files, for containers whose cgroup may have any name.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "owners/containers_impl.h"
#include "owners/runtime.h"

struct box *boxes_find(const struct boxes *boxes, const char *id, bool named)
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
	return scan_take(boxes->scan, i, box_owner(boxes, box), VTX_WORKLOAD,
			 (struct found_tie){.why = FOUND_CGROUP});
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
	struct found_tie tie = {.by = root};
	int err = mark ? 0 : -ENOMEM;
	size_t i;

	if (mark)
		proc_table__mark_tree(inv->table, root, mark);
	for (i = 0; !err && i < inv->table->n; i++) {
		tie.why = inv->table->proc[i].stat.pid == root ? FOUND_MAIN : FOUND_DESCENDANT;
		if (mark[i] && inv->owner[i] < 0)
			err = scan_take(boxes->scan, i, owner, VTX_WORKLOAD, tie);
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
				err = scan_take(boxes->scan, i, owner, VTX_WORKLOAD,
						(struct found_tie){.why = FOUND_CGROUP});
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

/* The path below which systemd-nspawn puts what it runs; NULL where it shares its own cgroup. */
static char *payload_top(const struct scan *scan, size_t i)
{
	const struct scan_path *path;
	size_t h;

	for (h = 0; h < scan->inv->layout->n_watched; h++) {
		path = &scan->paths[i][h];
		if (path->s && path->n >= 8 && !memcmp(path->s + path->n - 8, "/payload", 8))
			return strndup(path->s, path->n);
	}
	return NULL;
}

/*
 * A container of systemd-nspawn in a unit of any name (--keep-unit): the child of the program. Its
 * cgroup is not always its own, so the process tree counts.
 */
static int take_nspawn(struct boxes *boxes, const struct helper *helper)
{
	const struct proc_table *table = boxes->scan->inv->table;
	struct box *box;
	size_t i, owner;
	int err = 0;

	for (i = 0; !err && i < table->n; i++) {
		if (table->proc[i].stat.ppid != helper->proc->stat.pid ||
		    boxes->scan->inv->owner[i] >= 0 || !helper->id)
			continue;
		box = boxes_add(boxes, CONTAINER_NSPAWN, helper->id, payload_top(boxes->scan, i));
		if (!box)
			return -ENOMEM;
		box->named = true;
		box->init = table->proc[i].stat.pid;
		owner = box_owner(boxes, box);
		err = take_tree(boxes, owner, box->init);
		if (!err && box->top)
			err = take_below(boxes, owner, box->top);
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
	for (i = 0; !err && i < boxes->scan->helpers->n; i++) {
		if (boxes->scan->helpers->helper[i].kind == HELPER_NSPAWN)
			err = take_nspawn(boxes, &boxes->scan->helpers->helper[i]);
	}
	return err;
}

int scan_containers(struct scan *scan)
{
	struct boxes boxes = {.scan = scan, .first = scan->inv->n};
	size_t i;
	int err;

	err = take_all(&boxes);
	if (!err)
		err = boxes_describe(&boxes);
	for (i = 0; i < boxes.n; i++) {
		free(boxes.box[i].id);
		free(boxes.box[i].top);
	}
	free(boxes.box);
	return err;
}
