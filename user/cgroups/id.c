// SPDX-License-Identifier: GPL-2.0-or-later
#include "cgroups/id.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroups/path.h"

int cgroup_id_of_dir(const char *dir, uint64_t *ret)
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
	/* The inode number is the id only where ino_t has 64 bits; a kernfs handle always is. */
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
	err = cgroup_path_dir(sr, &layout->hier[hier], path, dir, sizeof(dir));
	if (!err)
		err = cgroup_id_of_dir(dir, &id);
	if (err)
		return err;
	if (ids->n == VTX_MAX_HIERS)
		return -ENOSPC;
	ids->id[ids->n].hier = hier;
	ids->id[ids->n++].id = id;
	return 0;
}

int cgroup_ids__resolve(const struct sysroot *sr, const struct cgroup_layout *layout,
			const char *typed, struct cgroup_ids *ret, char *ret_path, size_t size,
			struct verr *ret_err)
{
	char path[PATH_MAX];
	size_t i, one = layout->n_hiers;
	int err;

	memset(ret, 0, sizeof(*ret));
	err = cgroup_path_clean(typed, path, sizeof(path));
	if (err) {
		return verr_set(ret_err, err, "cgroup '%s': %s (give a path below the cgroup root)",
				typed,
				err == -EINVAL ? "'..' is not allowed" : "the path is too long");
	}
	if (typed[0] == '/')
		one = cgroup_path_hier(layout, path);
	err = one == layout->n_hiers ? 0
				     : cgroup_path_clean(path + strlen(layout->hier[one].mount),
							 path, sizeof(path));
	if (err || (size_t)snprintf(ret_path, size, "%s", path) >= size)
		return verr_set(ret_err, -ENAMETOOLONG, "cgroup '%s': the path is too long", typed);
	if (!strcmp(path, "/")) {
		return verr_set(ret_err, -EINVAL,
				"cgroup '%s': this is the root cgroup (name a cgroup below it)",
				typed);
	}
	if (one < layout->n_watched)
		cgroup_ids__add(ret, sr, layout, one, path);
	for (i = 0; one >= layout->n_watched && i < layout->n_watched; i++)
		cgroup_ids__add(ret, sr, layout, i, path);
	if (ret->n)
		return 0;
	return verr_set(ret_err, -ENOENT,
			"cgroup '%s': no such cgroup (see /proc/PID/cgroup of a process in it)",
			typed);
}
