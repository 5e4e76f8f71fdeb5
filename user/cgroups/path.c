// SPDX-License-Identifier: GPL-2.0-or-later
#include "cgroups/path.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

bool cgroup_path_within(const char *path, const char *top)
{
	size_t n = strlen(top);

	if (n == 1)
		return *path == '/';
	return !strncmp(path, top, n) && (!path[n] || path[n] == '/');
}

int cgroup_path_clean(const char *typed, char *ret, size_t size)
{
	size_t n = 0, len;

	for (;;) {
		typed += strspn(typed, "/");
		len = strcspn(typed, "/");
		if (!len)
			break;
		if (len == 2 && typed[0] == '.' && typed[1] == '.')
			return -EINVAL;
		if (len != 1 || typed[0] != '.') {
			if (n + len + 2 > size)
				return -ENAMETOOLONG;
			ret[n++] = '/';
			memmove(ret + n, typed, len); /* ret may be typed */
			n += len;
		}
		typed += len;
	}
	if (!n) {
		if (size < 2)
			return -ENAMETOOLONG;
		ret[n++] = '/';
	}
	ret[n] = '\0';
	return 0;
}

size_t cgroup_path_hier(const struct cgroup_layout *layout, const char *path)
{
	size_t i, n, best_n = 0, best = layout->n_hiers;

	for (i = 0; i < layout->n_hiers; i++) {
		n = strlen(layout->hier[i].mount);
		if (n > best_n && cgroup_path_within(path, layout->hier[i].mount)) {
			best = i;
			best_n = n;
		}
	}
	return best;
}

int cgroup_path_of_dir(const struct cgroup_layout *layout, const char *dir, char *ret, size_t size)
{
	char clean[PATH_MAX];
	size_t hier;
	int err;

	err = cgroup_path_clean(dir, clean, sizeof(clean));
	if (err)
		return err;
	hier = cgroup_path_hier(layout, clean);
	if (hier == layout->n_hiers)
		return -ENOENT;
	return cgroup_path_clean(clean + strlen(layout->hier[hier].mount), ret, size);
}

int cgroup_path_dir(const struct sysroot *sr, const struct cgroup_hier *hier, const char *path,
		    char *ret, size_t size)
{
	const char *top = hier->mount_root;

	/* In a cgroup namespace, cgroups outside it have no usable path. */
	if (!strncmp(path, "/..", 3) || !strncmp(top, "/..", 3))
		return -ENOENT;
	if (strcmp(top, "/")) {
		if (!cgroup_path_within(path, top))
			return -ENOENT;
		path += strlen(top);
	}
	return sysroot_path(sr, ret, size, "%s%s", hier->mount, strcmp(path, "/") ? path : "");
}
