// SPDX-License-Identifier: GPL-2.0-or-later
#include "holdings/status_sizes.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/file.h"

#define TEXT_LIMIT (64 * 1024)

static const struct {
	const char *name;
	size_t offset;
} lines[] = {
	{"RssAnon", offsetof(struct status_sizes, rss_anon)},
	{"RssFile", offsetof(struct status_sizes, rss_file)},
	{"RssShmem", offsetof(struct status_sizes, rss_shmem)},
	{"VmSwap", offsetof(struct status_sizes, swap)},
	{"VmPTE", offsetof(struct status_sizes, page_tables)},
	{"HugetlbPages", offsetof(struct status_sizes, hugetlb)},
};

void status_sizes_parse(const char *text, struct status_sizes *ret)
{
	unsigned long long kib;

	memset(ret, 0, sizeof(*ret));
	for (; text && *text; text = strchr(text, '\n'), text += text != NULL) {
		size_t n = strcspn(text, ":\n");

		if (text[n] != ':' || sscanf(text + n + 1, " %llu kB", &kib) != 1 ||
		    kib > UINT64_MAX / 2048)
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
			if (strlen(lines[i].name) == n && !strncmp(lines[i].name, text, n)) {
				*(uint64_t *)((char *)ret + lines[i].offset) = kib * 1024;
				ret->has_memory = true;
			}
	}
}

int status_sizes_read(const struct sysroot *sr, pid_t pid, struct status_sizes *ret)
{
	char path[PATH_MAX], *text;
	int err;

	err = sysroot_path(sr, path, sizeof(path), "/proc/%d/status", pid);
	if (!err)
		err = file_read(AT_FDCWD, path, TEXT_LIMIT, &text, NULL);
	if (err)
		return err == -ENOENT ? -ESRCH : err;
	status_sizes_parse(text, ret);
	free(text);
	return ret->has_memory ? 0 : -ESRCH;
}
