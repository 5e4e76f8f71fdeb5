// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cgrouppath.c - paths and ids of single cgroups: from /proc/PID/cgroup, from what a person typed,
 * to the directory and the number the kernel gave it.
 */
#include "sys/cgroupfs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
	/* Both texts come from one loop over the controllers in the kernel: the same order. */
	return line->n_controllers == strlen(hier->controllers) &&
	       !memcmp(line->controllers, hier->controllers, line->n_controllers);
}

int cgroup_path_in(const char *text, const struct cgroup_hier *hier, char *ret, size_t size)
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
			memmove(ret + n, typed, len); /* it may be cleaned in place */
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

int cgroup_dir(const struct sysroot *sr, const struct cgroup_hier *hier, const char *path,
	       char *ret, size_t size)
{
	const char *top = hier->mount_root;

	/* In a cgroup namespace: what lies outside of it has no name we could follow. */
	if (!strncmp(path, "/..", 3) || !strncmp(top, "/..", 3))
		return -ENOENT;
	if (strcmp(top, "/")) {
		if (!cgroup_path_within(path, top))
			return -ENOENT;
		path += strlen(top);
	}
	return sysroot_path(sr, ret, size, "%s%s", hier->mount, strcmp(path, "/") ? path : "");
}

int cgroup_dir_id(const char *dir, uint64_t *ret)
{
	struct {
		struct file_handle head;
		unsigned char bytes[MAX_HANDLE_SZ];
	} handle = {.head.handle_bytes = MAX_HANDLE_SZ};
	struct stat st;
	int mount_id;

	if (stat(dir, &st))
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	*ret = st.st_ino;
	/* The inode number is the id where ino_t has 64 bits; a kernfs handle is the id everywhere.
	 */
	if (!name_to_handle_at(AT_FDCWD, dir, &handle.head, &mount_id, 0) &&
	    handle.head.handle_type == 0xfe && handle.head.handle_bytes == sizeof(*ret))
		memcpy(ret, handle.bytes, sizeof(*ret));
	return 0;
}

int cgroup_ids__add(struct cgroup_ids *ids, const struct sysroot *sr,
		    const struct cgroup_layout *layout, unsigned int hier, const char *path)
{
	char dir[PATH_MAX];
	uint64_t id;
	int err;

	if (!strcmp(path, "/"))
		return -ENOENT;
	err = cgroup_dir(sr, &layout->hier[hier], path, dir, sizeof(dir));
	if (!err)
		err = cgroup_dir_id(dir, &id);
	if (err)
		return err;
	if (ids->n == VTX_MAX_HIERS)
		return -ENOSPC;
	ids->id[ids->n].hier = hier;
	ids->id[ids->n++].id = id;
	return 0;
}

/* The hierarchy in whose mount point an absolute path lies, the deepest of them; n_hiers: none. */
static size_t hier_of(const struct cgroup_layout *layout, const char *path)
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
	hier = hier_of(layout, clean);
	if (hier == layout->n_hiers)
		return -ENOENT;
	return cgroup_path_clean(clean + strlen(layout->hier[hier].mount), ret, size);
}

int cgroup_resolve(const struct sysroot *sr, const struct cgroup_layout *layout, const char *typed,
		   struct cgroup_ids *ret, char *ret_path, size_t size, struct verr *err_ret)
{
	char path[PATH_MAX];
	size_t i, one = layout->n_hiers;
	int err;

	memset(ret, 0, sizeof(*ret));
	err = cgroup_path_clean(typed, path, sizeof(path));
	if (err) {
		return verr_set(err_ret, err, "cgroup '%s': %s (give a path below the cgroup root)",
				typed,
				err == -EINVAL ? "'..' is not allowed" : "the path is too long");
	}
	if (typed[0] == '/')
		one = hier_of(layout, path);
	err = one == layout->n_hiers
		  ? 0
		  : cgroup_path_clean(path + strlen(layout->hier[one].mount), path, sizeof(path));
	if (err || (size_t)snprintf(ret_path, size, "%s", path) >= size)
		return verr_set(err_ret, -ENAMETOOLONG,
				"cgroup '%s': the path is too long (give a shorter one)", typed);
	if (!strcmp(path, "/")) {
		return verr_set(err_ret, -EINVAL,
				"cgroup '%s': that is the whole machine (name a cgroup below it)",
				typed);
	}
	if (one < layout->n_watched)
		cgroup_ids__add(ret, sr, layout, one, path);
	for (i = 0; one >= layout->n_watched && i < layout->n_watched; i++)
		cgroup_ids__add(ret, sr, layout, i, path);
	if (ret->n)
		return 0;
	return verr_set(
	    err_ret, -ENOENT,
	    "cgroup '%s': there is no such cgroup (see /proc/PID/cgroup of a process in it)",
	    typed);
}
