// SPDX-License-Identifier: GPL-2.0-or-later
#include "owners/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/file.h"
#include "cgroups/line.h"
#include "sys/proc_table.h"

/* Finds each process's path in each watched hierarchy once; later steps compare slices of it. */
int scan__find_paths(struct scan *scan)
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

struct found *scan__add_found(struct scan *scan)
{
	struct inventory *inv = scan->inv;

	if (!array_grow(&inv->found, inv->n, &inv->room))
		return NULL;
	memset(&inv->found[inv->n], 0, sizeof(*inv->found)); /* a dropped VM may have been there */
	return &inv->found[inv->n++];
}

int scan__take(struct scan *scan, size_t i, size_t owner, enum vtx_role role, struct found_tie tie)
{
	scan->inv->owner[i] = owner;
	return found__add_proc(&scan->inv->found[owner], &scan->inv->table->proc[i], role, tie);
}

int scan__take_tree(struct scan *scan, pid_t root, size_t owner, enum vtx_role role)
{
	const struct inventory *inv = scan->inv;
	bool *mark = calloc(inv->table->n, sizeof(*mark));
	struct found_tie tie = {.by = root};
	int err = mark ? 0 : -ENOMEM;
	size_t i;

	if (mark)
		proc_table__mark_tree(inv->table, root, mark);
	for (i = 0; !err && i < inv->table->n; i++) {
		tie.why = inv->table->proc[i].stat.pid == root ? FOUND_MAIN : FOUND_DESCENDANT;
		if (mark[i] && inv->owner[i] < 0)
			err = scan__take(scan, i, owner, role, tie);
	}
	free(mark);
	return err;
}

bool scan_path_within(const struct scan_path *path, const char *top, size_t n_top)
{
	return path->s && path->n >= n_top && !memcmp(path->s, top, n_top) &&
	       (path->n == n_top || path->s[n_top] == '/');
}

/* Seconds since boot; infinity, so that nothing is young, if /proc/uptime cannot be read. */
static double uptime_seconds(const struct sysroot *sr)
{
	char path[PATH_MAX], *text;
	double ret;

	if (sysroot_path(sr, path, sizeof(path), "/proc/uptime") ||
	    file_read(AT_FDCWD, path, 256, &text, NULL))
		return INFINITY;
	ret = strtod(text, NULL);
	free(text);
	return ret;
}

uint64_t scan_young_ticks(const struct sysroot *sr)
{
	double seconds = uptime_seconds(sr) - FOUND_YOUNG_SECONDS;

	if (seconds < 0)
		return 0;
	return isinf(seconds) ? UINT64_MAX : (uint64_t)(seconds * sysconf(_SC_CLK_TCK));
}

bool scan_is_young(const struct sysroot *sr, uint64_t start_ticks)
{
	return start_ticks > scan_young_ticks(sr);
}
