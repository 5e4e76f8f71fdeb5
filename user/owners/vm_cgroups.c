// SPDX-License-Identifier: GPL-2.0-or-later
#include "owners/vm_cgroups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "owners/cgroupname.h"
#include "sys/proc_table.h"

/* Is the cgroup private to this VM, apart from kernel threads? */
static bool cgroup_is_own(struct scan *scan, size_t hier, const char *top, int owner)
{
	const struct inventory *inv = scan->inv;
	size_t i;

	for (i = 0; i < inv->table->n; i++) {
		if (inv->owner[i] != owner &&
		    scan_path_within(&scan->paths[i][hier], top, strlen(top)))
			return false;
	}
	return true;
}

static int take_within(struct scan *scan, size_t hier, const char *top, size_t n_top, size_t owner)
{
	struct inventory *inv = scan->inv;
	int err = 0;
	size_t i;

	for (i = 0; !err && i < inv->table->n; i++) {
		if (inv->owner[i] < 0 && scan_path_within(&scan->paths[i][hier], top, n_top))
			err = scan__take(scan, i, owner, VTX_EMULATOR,
					 (struct found_tie){.why = FOUND_SCOPE});
	}
	return err;
}

int vm_cgroups__take_scope(struct scan *scan, size_t vm, size_t owner)
{
	const struct scan_path *path;
	size_t h, scope;
	int err = 0;

	for (h = 0; !err && h < scan->inv->layout->n_watched; h++) {
		path = &scan->paths[vm][h];
		scope = path->s ? cgroupname_vm_top(path->s, path->n) : 0;
		if (scope)
			err = take_within(scan, h, path->s, scope, owner);
	}
	return err;
}

static int own_cgroups(struct scan *scan, size_t vm, size_t owner)
{
	struct inventory *inv = scan->inv;
	struct found *found = &inv->found[owner];
	const struct scan_path *path;
	size_t h, scope;
	char *top;

	for (h = 0; h < inv->layout->n_watched; h++) {
		path = &scan->paths[vm][h];
		if (!path->s || path->n < 2)
			continue;
		scope = cgroupname_vm_top(path->s, path->n);
		top = strndup(path->s, scope ? scope : path->n);
		if (!top)
			return -ENOMEM;
		if (cgroup_is_own(scan, h, top, owner))
			cgroup_ids__add(&found->cgroups, scan->sr, inv->layout, h, top);
		if (found->cgroup)
			free(top);
		else
			found->cgroup = top;
	}
	return 0;
}

int vm_cgroups__find(struct scan *scan)
{
	const struct proc_table *table = scan->inv->table;
	const struct proc *qemu;
	int err = 0;
	size_t i;

	for (i = 0; !err && i < scan->inv->n; i++) {
		qemu = proc_table__find(table, scan->inv->found[i].pid);
		if (qemu)
			err = own_cgroups(scan, qemu - table->proc, i);
	}
	return err;
}
