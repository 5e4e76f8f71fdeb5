// SPDX-License-Identifier: GPL-2.0-or-later
#include "cgroups/cpu_stat.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

#define TEXT_LIMIT 16384
#define MAX_DIRS   256 /* limits the time that one target may take, and the depth */

/* The number in the line "NAME NUMBER", or 0. */
static uint64_t number_of(const char *text, const char *name)
{
	size_t n = strlen(name);

	while (text && *text) {
		if (!strncmp(text, name, n) && text[n] == ' ')
			return strtoull(text + n, NULL, 10);
		text = strchr(text, '\n');
		text += text != NULL;
	}
	return 0;
}

void cpu_stat_add(struct cgroup_throttled *sum, const char *text)
{
	sum->periods += number_of(text, "nr_throttled");
	sum->ns += number_of(text, "throttled_usec") * 1000 + number_of(text, "throttled_time");
}

static int add_dir(int fd, unsigned int *budget, struct cgroup_throttled *sum);

/* Cgroups come and go: one that has been removed is skipped. */
static int add_below(int fd, unsigned int *budget, struct cgroup_throttled *sum)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = 0;
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;

	if (!dir && copy >= 0)
		close(copy);
	while (dir && err != -E2BIG && (entry = readdir(dir))) {
		int below;

		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		below = openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (below < 0)
			continue;
		err = add_dir(below, budget, sum);
		close(below);
	}
	if (dir)
		closedir(dir);
	return err == -E2BIG ? err : 0;
}

static int add_dir(int fd, unsigned int *budget, struct cgroup_throttled *sum)
{
	char *text;
	int err;

	if (!*budget)
		return -E2BIG;
	--*budget;
	err = file_read(fd, "cpu.stat", TEXT_LIMIT, &text, NULL);
	if (err)
		return err;
	cpu_stat_add(sum, text);
	free(text);
	return add_below(fd, budget, sum);
}

int cpu_stat_read(const struct sysroot *sr, const struct cgroup_layout *layout,
		  const struct cgroup_of *of, struct cgroup_throttled *ret)
{
	unsigned int budget = MAX_DIRS;
	int fd, err = -ENOENT;
	char dir[PATH_MAX];

	*ret = (struct cgroup_throttled){};
	/* If a v1 hierarchy has the controller, the v2 hierarchy does not. */
	for (size_t i = layout->n_hiers; i-- > 0 && err == -ENOENT;) {
		if (!cgroup_hier_has(&layout->hier[i], "cpu") ||
		    !cgroup_find(sr, layout, i, of, dir, sizeof(dir)))
			continue;
		fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		err = fd < 0 ? -errno : add_dir(fd, &budget, ret);
		if (fd >= 0)
			close(fd);
	}
	return err;
}
