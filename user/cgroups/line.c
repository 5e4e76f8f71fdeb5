// SPDX-License-Identifier: GPL-2.0-or-later
#include "cgroups/line.h"

#include <errno.h>
#include <string.h>

#define DELETED_SUFFIX "(deleted)"

bool cgroup_line_next(const char **text, struct cgroup_line *ret)
{
	const char *line, *end, *first, *second;
	size_t cut = strlen(" " DELETED_SUFFIX);

	while (**text) {
		line = *text;
		end = strchrnul(line, '\n');
		*text = *end ? end + 1 : end;
		first = memchr(line, ':', end - line);
		second = first ? memchr(first + 1, ':', end - first - 1) : NULL;
		if (!second || second + 1 == end || second[1] != '/')
			continue;
		ret->controllers = first + 1;
		ret->n_controllers = second - first - 1;
		ret->path = second + 1;
		ret->n_path = end - ret->path;
		if (ret->n_path > cut && !memcmp(end - cut, " " DELETED_SUFFIX, cut))
			ret->n_path -= cut;
		return true;
	}
	return false;
}

bool cgroup_line_of(const struct cgroup_line *line, const struct cgroup_hier *hier)
{
	if (hier->v2)
		return !line->n_controllers;
	/* One loop in the kernel writes both texts, so the controllers have the same order. */
	return line->n_controllers == strlen(hier->controllers) &&
	       !memcmp(line->controllers, hier->controllers, line->n_controllers);
}

int cgroup_line_path(const char *text, const struct cgroup_hier *hier, char *ret, size_t size)
{
	struct cgroup_line line;

	while (cgroup_line_next(&text, &line)) {
		if (!cgroup_line_of(&line, hier))
			continue;
		if (line.n_path >= size)
			return -ENAMETOOLONG;
		memcpy(ret, line.path, line.n_path);
		ret[line.n_path] = '\0';
		return 0;
	}
	return -ENOENT;
}
