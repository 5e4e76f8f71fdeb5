// SPDX-License-Identifier: GPL-2.0-or-later
#include "cgroups/memcg.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/file.h"
#include "model/fields.h"

#define TEXT_LIMIT (64 * 1024)

struct line {
	const char *name;
	size_t offset;
};

#define LINE(name, member)                                                                         \
	{                                                                                          \
		name, offsetof(struct run_memcg, member)                                           \
	}

static const struct line v2_lines[] = {
	LINE("anon", anon_bytes),
	LINE("file", file_bytes),
	LINE("shmem", shmem_bytes),
	LINE("file_mapped", mapped_file_bytes),
	LINE("inactive_file", inactive_file_bytes),
	LINE("kernel", kernel_bytes),
	LINE("slab", slab_bytes),
	LINE("pagetables", page_table_bytes),
	LINE("kernel_stack", kernel_stack_bytes),
	LINE("sock", sock_bytes),
	{NULL, 0},
};

static const struct line v1_lines[] = {
	LINE("total_rss", anon_bytes),
	LINE("total_cache", file_bytes),
	LINE("total_shmem", shmem_bytes),
	LINE("total_mapped_file", mapped_file_bytes),
	LINE("total_inactive_file", inactive_file_bytes),
	LINE("total_swap", swap_bytes),
	{NULL, 0},
};

/* Parses the first well-formed line "NAME NUMBER\n" and returns what follows; NULL at the end. */
static const char *next_line(const char *text, const char **ret_name, size_t *ret_n, uint64_t *ret)
{
	unsigned long long value;
	char *end;

	while (*text) {
		*ret_name = text;
		*ret_n = strcspn(text, " \n");
		text += *ret_n;
		if (*text == ' ' && text[1] >= '0' && text[1] <= '9') {
			value = strtoull(text, &end, 10);
			*ret = value >= RUN_UNKNOWN - 1 ? RUN_UNKNOWN - 1 : value;
			text = end + strcspn(end, "\n");
			return *text ? text + 1 : text;
		}
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return NULL;
}

static bool is(const char *name, size_t n, const char *wanted)
{
	return strlen(wanted) == n && !strncmp(name, wanted, n);
}

void memcg_stat_parse(const char *text, bool v2, struct run_memcg *ret)
{
	/* "kernel" exists since 5.18; these are most of it. */
	static const char *const parts[] = {"slab", "kernel_stack", "pagetables", "percpu"};
	uint64_t value = 0, sum = 0;
	const char *name = text;
	bool any = false;
	size_t n;

	while ((text = next_line(text, &name, &n, &value))) {
		for (const struct line *line = v2 ? v2_lines : v1_lines; line->name; line++)
			if (is(name, n, line->name))
				*(uint64_t *)((char *)ret + line->offset) = value;
		for (size_t i = 0; v2 && i < ARRAY_SIZE(parts); i++) {
			if (!is(name, n, parts[i]))
				continue;
			sum = run_add(sum, value);
			any = true;
		}
	}
	if (ret->kernel_bytes == RUN_UNKNOWN && any)
		ret->kernel_bytes = sum;
}

static char *file_in(const char *dir, const char *name)
{
	char path[PATH_MAX], *text;

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path) ||
	    file_read(AT_FDCWD, path, TEXT_LIMIT, &text, NULL))
		return NULL;
	return text;
}

static uint64_t number_in(const char *dir, const char *name)
{
	char *text = file_in(dir, name), *end;
	uint64_t ret = RUN_UNKNOWN;

	if (text) {
		ret = strtoull(text, &end, 10);
		if (end == text)
			ret = RUN_UNKNOWN;
	}
	free(text);
	return ret;
}

static void read_dir(const char *dir, bool v2, struct run_memcg *ret)
{
	char *stat;

	ret->current_bytes = number_in(dir, v2 ? "memory.current" : "memory.usage_in_bytes");
	if (ret->current_bytes == RUN_UNKNOWN)
		return;
	stat = file_in(dir, "memory.stat");
	if (stat)
		memcg_stat_parse(stat, v2, ret);
	free(stat);
	if (v2) {
		ret->swap_bytes = number_in(dir, "memory.swap.current");
		return;
	}
	ret->kernel_bytes = number_in(dir, "memory.kmem.usage_in_bytes");
	ret->sock_bytes = number_in(dir, "memory.kmem.tcp.usage_in_bytes");
}

void memcg_read(const struct sysroot *sr, const struct cgroup_layout *layout,
		const struct cgroup_of *of, struct run_memcg *ret)
{
	char dir[PATH_MAX];

	tree_set_unknown(memcg_fields, ret);
	for (size_t i = 0; i < of->ids->n; i++) {
		unsigned int hier = of->ids->id[i].hier;

		if (!cgroup_hier_has(&layout->hier[hier], "memory") ||
		    !cgroup_find(sr, layout, hier, of, dir, sizeof(dir)))
			continue;
		read_dir(dir, layout->hier[hier].v2, ret);
		if (ret->current_bytes != RUN_UNKNOWN)
			return;
	}
}
