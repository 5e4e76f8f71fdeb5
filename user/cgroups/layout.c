// SPDX-License-Identifier: GPL-2.0-or-later
#include "cgroups/layout.h"
#include "base/array.h"
#include "base/file.h"
#include "base/str.h"
#include "sys/mountline.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define MOUNTINFO_LIMIT (4 * 1024 * 1024)

const char *const cgroup_mode_name[4] = {"none", "v1", "hybrid", "v2"};

/*
 * v1 controllers in order of preference: first those that every runtime uses and that attribute
 * block IO. One of a co-mounted set is enough.
 */
static const char *const v1_preference[] = {
	"cpuacct", "memory",     "blkio",   "pids",     "cpu",     "devices", "freezer",
	"cpuset",  "perf_event", "net_cls", "net_prio", "hugetlb", "rdma",    "misc",
};

/* The index in v1_preference; its size if no controller of the hierarchy is in the list. */
static size_t hier_rank(const struct cgroup_hier *hier)
{
	size_t i, n = ARRAY_SIZE(v1_preference);

	for (i = 0; i < n; i++) {
		if (str_list_has(hier->controllers, v1_preference[i]))
			return i;
	}
	return n;
}

static bool hier_watchable(const struct cgroup_hier *hier)
{
	return hier->v2 || hier_rank(hier) < ARRAY_SIZE(v1_preference);
}

static int by_worth(const void *a, const void *b)
{
	const struct cgroup_hier *x = a, *y = b;
	size_t rx = hier_rank(x), ry = hier_rank(y);

	if (x->v2 != y->v2)
		return x->v2 ? -1 : 1;
	return (rx > ry) - (rx < ry);
}

/* Only the controllers and the name in the super options of a v1 mount identify the hierarchy. */
static bool is_controller(const char *option)
{
	static const char *const other[] = {
		"rw",           "ro",   "xattr",    "noprefix", "clone_children", "cpuset_v2_mode",
		"favordynmods", "none", "seclabel",
	};
	size_t i;

	if (strchr(option, '='))
		return !strncmp(option, "name=", 5);
	for (i = 0; i < ARRAY_SIZE(other); i++) {
		if (!strcmp(option, other[i]))
			return false;
	}
	return *option;
}

static char *controllers_of(char *options)
{
	char *ret = calloc(1, strlen(options) + 2), *state, *option;
	size_t n = 0;

	for (option = strtok_r(options, ",", &state); ret && option;
	     option = strtok_r(NULL, ",", &state)) {
		if (!is_controller(option))
			continue;
		if (n)
			ret[n++] = ',';
		strcpy(ret + n, option);
		n += strlen(option);
	}
	return ret;
}

static void hier_free(struct cgroup_hier *hier)
{
	free(hier->mount);
	free(hier->mount_root);
	free(hier->controllers);
}

/* 1: the line describes a cgroup mount; 0: it does not; -ENOMEM. Modifies the line. */
static int hier_parse(char *line, struct cgroup_hier *ret)
{
	struct mountline found;
	size_t n;

	if (!mountline_split(line, &found) ||
	    (strcmp(found.type, "cgroup") && strcmp(found.type, "cgroup2")))
		return 0;
	n = strlen(found.mount);
	while (n && found.mount[n - 1] == '/')
		found.mount[--n] = '\0';
	if (found.options)
		mountline_unescape(found.options);
	ret->v2 = found.type[6] == '2';
	ret->mount = strdup(found.mount);
	ret->mount_root = strdup(found.root);
	ret->controllers = ret->v2 || !found.options ? strdup("") : controllers_of(found.options);
	if (ret->mount && ret->mount_root && ret->controllers)
		return 1;
	hier_free(ret);
	return -ENOMEM;
}

static bool hier_same(const struct cgroup_hier *a, const struct cgroup_hier *b)
{
	return a->v2 == b->v2 && !strcmp(a->controllers, b->controllers);
}

/*
 * Takes ownership of what hier contains. A hierarchy may be mounted many times, for containers with
 * only a part of it: keeps the mount that shows the most, the first if there are several.
 */
static int layout_add(struct cgroup_layout *layout, size_t *room, struct cgroup_hier *hier)
{
	size_t i;

	for (i = 0; i < layout->n_hiers; i++) {
		if (!hier_same(&layout->hier[i], hier))
			continue;
		if (strlen(hier->mount_root) < strlen(layout->hier[i].mount_root)) {
			hier_free(&layout->hier[i]);
			layout->hier[i] = *hier;
		} else {
			hier_free(hier);
		}
		return 0;
	}
	if (!array_grow(&layout->hier, layout->n_hiers, room)) {
		hier_free(hier);
		return -ENOMEM;
	}
	layout->hier[layout->n_hiers++] = *hier;
	return 0;
}

static void layout_order(struct cgroup_layout *layout)
{
	bool v2 = false, v1 = false;
	size_t i;

	if (layout->n_hiers)
		qsort(layout->hier, layout->n_hiers, sizeof(*layout->hier), by_worth);
	for (i = 0; i < layout->n_hiers && hier_watchable(&layout->hier[i]); i++) {
		v2 |= layout->hier[i].v2;
		v1 |= !layout->hier[i].v2;
		if (layout->n_watched < VTX_MAX_HIERS)
			layout->n_watched++;
	}
	layout->mode = v1 && v2 ? CGROUP_HYBRID : v2 ? CGROUP_V2 : v1 ? CGROUP_V1 : CGROUP_NONE;
}

int cgroup_layout__parse(const char *mountinfo, struct cgroup_layout **ret)
{
	struct cgroup_layout *layout = calloc(1, sizeof(*layout));
	struct cgroup_hier hier;
	char *text = strdup(mountinfo), *state, *line;
	size_t room = 0;
	int err;

	err = -ENOMEM;
	if (!layout || !text)
		goto out;
	err = 0;
	for (line = strtok_r(text, "\n", &state); line && !err;
	     line = strtok_r(NULL, "\n", &state)) {
		err = hier_parse(line, &hier);
		if (err > 0)
			err = layout_add(layout, &room, &hier);
	}
	if (err)
		goto out;
	layout_order(layout);
	*ret = layout;
	layout = NULL;
out:
	free(text);
	cgroup_layout__free(layout);
	return err;
}

int cgroup_layout__read(const struct sysroot *sr, struct cgroup_layout **ret)
{
	char path[PATH_MAX], *text;
	int err;

	err = sysroot_path(sr, path, sizeof(path), "/proc/self/mountinfo");
	if (err)
		return err;
	err = file_read(AT_FDCWD, path, MOUNTINFO_LIMIT, &text, NULL);
	if (err)
		return err;
	err = cgroup_layout__parse(text, ret);
	free(text);
	return err;
}

void cgroup_layout__free(struct cgroup_layout *layout)
{
	size_t i;

	if (!layout)
		return;
	for (i = 0; i < layout->n_hiers; i++)
		hier_free(&layout->hier[i]);
	free(layout->hier);
	free(layout);
}

int cgroup_layout__controller(const struct cgroup_layout *layout, const char *controller)
{
	int v2 = -1;

	for (size_t i = 0; i < layout->n_hiers; i++) {
		const struct cgroup_hier *hier = &layout->hier[i];

		if (!hier->v2 && str_list_has(hier->controllers, controller))
			return i < layout->n_watched ? (int)i : -1;
		if (hier->v2 && i < layout->n_watched)
			v2 = (int)i;
	}
	return v2;
}
