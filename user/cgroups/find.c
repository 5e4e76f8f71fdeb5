// SPDX-License-Identifier: GPL-2.0-or-later
#include "cgroups/find.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cgroups/line.h"
#include "cgroups/path.h"
#include "sys/proc.h"

bool cgroup_hier_has(const struct cgroup_hier *hier, const char *controller)
{
	return hier->v2 || str_list_has(hier->controllers, controller);
}

/* The kernel's id of the cgroup in a hierarchy; 0: unknown. */
static uint64_t id_in(const struct cgroup_ids *ids, size_t hier)
{
	for (size_t i = 0; i < ids->n; i++)
		if (ids->id[i].hier == hier)
			return ids->id[i].id;
	return 0;
}

/* Is the cgroup at `path` the one with that id? ret_dir is its directory then. */
static bool dir_is(const struct sysroot *sr, const struct cgroup_hier *hier, const char *path,
		   uint64_t id, char *ret_dir, size_t size)
{
	uint64_t found;

	return !cgroup_path_dir(sr, hier, path, ret_dir, size) &&
	       !cgroup_id_of_dir(ret_dir, &found) && (!id || found == id);
}

/* The path of the process in the hierarchy. */
static bool path_of_pid(const struct sysroot *sr, const struct cgroup_hier *hier, pid_t pid,
			char *ret_path, size_t size)
{
	char *text;
	bool ret;

	if (!pid || proc_cgroup_read(sr, pid, &text))
		return false;
	ret = !cgroup_line_path(text, hier, ret_path, size);
	free(text);
	return ret;
}

bool cgroup_find(const struct sysroot *sr, const struct cgroup_layout *layout, size_t hier,
		 const struct cgroup_of *of, char *ret_dir, size_t size)
{
	const struct cgroup_hier *h = &layout->hier[hier];
	uint64_t id = id_in(of->ids, hier);
	char path[PATH_MAX], *slash;
	bool has_path = path_of_pid(sr, h, of->pid, path, sizeof(path));

	if (!id) /* not watched: only the path identifies it */
		return of->path && (!of->pid || (has_path && cgroup_path_within(path, of->path))) &&
		       dir_is(sr, h, of->path, 0, ret_dir, size);
	if (of->path && dir_is(sr, h, of->path, id, ret_dir, size))
		return true;
	while (has_path && !dir_is(sr, h, path, id, ret_dir, size)) {
		slash = strrchr(path, '/');
		has_path = slash && slash != path;
		if (has_path)
			*slash = '\0';
	}
	return has_path;
}
