// SPDX-License-Identifier: GPL-2.0-or-later
#include "owners/find_containers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cgroups/line.h"
#include "owners/container_set.h"
#include "owners/describe_containers.h"
#include "owners/runtime.h"
#include "sys/proc_table.h"

/*
 * Which container do the cgroups of a process name? Unwatched hierarchies count as well. A
 * container within a container need not have a cgroup in each of them: the innermost of all is it.
 */
static bool match_text(const char *text, struct container_match *ret, struct cgroup_line *ret_line)
{
	struct cgroup_line before = {0}, line;
	struct container_match match;

	ret->depth = 0;
	while (cgroup_line_next(&text, &line)) {
		/* Usually all hierarchies have the same path. */
		if (before.n_path == line.n_path && before.path &&
		    !memcmp(before.path, line.path, before.n_path))
			continue;
		before = line;
		if (!cgroupname_match(line.path, line.n_path, &match) || match.depth <= ret->depth)
			continue;
		*ret = match;
		*ret_line = line;
	}
	return ret->depth;
}

static int take_by_cgroup(struct container_set *set, size_t i)
{
	struct inventory *inv = set->scan->inv;
	struct container_match match;
	struct cgroup_line line = {0};
	struct container *container;

	if (inv->owner[i] >= 0 || !inv->table->proc[i].cgroup ||
	    !match_text(inv->table->proc[i].cgroup, &match, &line))
		return 0;
	container = container_set__find(set, match.id, match.named);
	if (!container) {
		container = container_set__add(set, match.kind, match.id,
					       strndup(line.path, match.n_top));
		if (!container || !container->top)
			return -ENOMEM;
		container->named = match.named;
	}
	return scan__take(set->scan, i, container_set__owner(set, container), VTX_WORKLOAD,
			  (struct found_tie){.why = FOUND_CGROUP});
}

static bool is_known(const char *id, const void *arg)
{
	return container_set__find(arg, id, false);
}

/* The process that the runtime recorded; NULL if it has exited. */
static const struct proc *state_init(const struct container_set *set,
				     const struct runtime_state *state)
{
	const struct proc *proc = proc_table__find(set->scan->inv->table, state->pid);

	if (proc && state->start_ticks && proc->stat.start_ticks != state->start_ticks)
		return NULL;
	return proc;
}

static bool is_below(const struct scan *scan, size_t i, const char *top)
{
	size_t h;

	for (h = 0; h < scan->inv->layout->n_watched; h++)
		if (scan_path_within(&scan->paths[i][h], top, strlen(top)))
			return true;
	return false;
}

/* Takes the processes below a cgroup that have no owner, or the owner `from` (-1: none). */
static int take_below(struct container_set *set, size_t owner, const char *top, int from)
{
	struct inventory *inv = set->scan->inv;
	int err = 0;
	size_t i;

	for (i = 0; !err && i < inv->table->n; i++) {
		if ((inv->owner[i] >= 0 && inv->owner[i] != from) || !is_below(set->scan, i, top))
			continue;
		if (inv->owner[i] >= 0)
			found__remove_proc(&inv->found[from], inv->table->proc[i].stat.pid);
		err = scan__take(set->scan, i, owner, VTX_WORKLOAD,
				 (struct found_tie){.why = FOUND_CGROUP});
	}
	return err;
}

/*
 * A process that already has an owner may be the first of a container within that owner, if it is
 * a container with a cgroup further up and other processes there. Returns false if it is not.
 */
static bool is_inner(const struct container_set *set, const struct runtime_state *state, int owner)
{
	const struct inventory *inv = set->scan->inv;
	const struct container *outer;
	size_t i;

	if (owner < (int)set->first || !state->cgroup)
		return false;
	outer = &set->container[owner - (int)set->first];
	if (!outer->top || !str_path_below(state->cgroup, outer->top))
		return false;
	for (i = 0; i < inv->table->n; i++)
		if (inv->owner[i] == owner && !is_below(set->scan, i, state->cgroup))
			return true;
	return false;
}

/* A container of the state files that no cgroup's name revealed. */
static int take_by_state(struct container_set *set, const struct runtime_state *state)
{
	struct inventory *inv = set->scan->inv;
	const struct proc *init = state_init(set, state);
	int outer = init ? inv->owner[init - inv->table->proc] : -1, err;
	struct container *container;
	size_t owner;
	char *top;

	if (!init || (outer >= 0 && !is_inner(set, state, outer)))
		return 0; /* stopped, or already known by the name its engine gave it */
	top = state->cgroup ? strdup(state->cgroup) : NULL;
	if (state->cgroup && !top)
		return -ENOMEM;
	container = container_set__add(set, state->kind, state->id, top);
	if (!container)
		return -ENOMEM;
	container->init = state->pid;
	owner = container_set__owner(set, container);
	err = container->top ? take_below(set, owner, container->top, outer) : 0;
	/* Its processes may never have been put into its cgroups: take the process tree then. */
	if (!err && !inv->found[owner].n_procs)
		err = scan__take_tree(set->scan, state->pid, owner, VTX_WORKLOAD);
	return err;
}

/* The cgroup in which systemd-nspawn runs its payload; NULL where both share one cgroup. */
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
 * A container of systemd-nspawn in a unit of any name (--keep-unit): the program's child. Its
 * cgroup may be shared, so the process tree counts.
 */
static int take_nspawn(struct container_set *set, const struct helper *helper)
{
	const struct proc_table *table = set->scan->inv->table;
	struct container *container;
	size_t i, owner;
	int err = 0;

	for (i = 0; !err && i < table->n; i++) {
		if (table->proc[i].stat.ppid != helper->proc->stat.pid ||
		    set->scan->inv->owner[i] >= 0 || !helper->id)
			continue;
		container = container_set__add(set, CONTAINER_NSPAWN, helper->id,
					       payload_top(set->scan, i));
		if (!container)
			return -ENOMEM;
		container->named = true;
		container->init = table->proc[i].stat.pid;
		owner = container_set__owner(set, container);
		err = scan__take_tree(set->scan, container->init, owner, VTX_WORKLOAD);
		if (!err && container->top)
			err = take_below(set, owner, container->top, -1);
	}
	return err;
}

static int find_all(struct container_set *set)
{
	struct inventory *inv = set->scan->inv;
	struct runtime_states *states;
	size_t i;
	int err = 0;

	for (i = 0; !err && i < inv->table->n; i++)
		err = take_by_cgroup(set, i);
	if (err)
		return err;
	err = runtime_states__read(set->scan->sr, inv->layout, set->scan->helpers, is_known, set,
				   &states);
	if (err)
		return err;
	for (i = 0; !err && i < states->n; i++)
		err = take_by_state(set, &states->state[i]);
	if (states->denied)
		inv->limits |= INVENTORY_NO_STATE;
	runtime_states__free(states);
	for (i = 0; !err && i < set->scan->helpers->n; i++) {
		if (set->scan->helpers->helper[i].kind == HELPER_NSPAWN)
			err = take_nspawn(set, &set->scan->helpers->helper[i]);
	}
	return err;
}

int find_containers(struct scan *scan)
{
	struct container_set set = {.scan = scan, .first = scan->inv->n};
	int err;

	err = find_all(&set);
	if (!err)
		err = describe_containers(&set);
	container_set__release(&set);
	return err;
}
