// SPDX-License-Identifier: GPL-2.0-or-later
#include "sys/meminfo.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

/* The number in the line "NAME:   12 kB" times `unit`; RUN_UNKNOWN if there is no such line. */
static uint64_t line_of(const char *text, const char *name, uint64_t unit)
{
	unsigned long long value;
	size_t n = strlen(name);

	while (text && *text) {
		if (!strncmp(text, name, n) && text[n] == ':') {
			if (sscanf(text + n + 1, " %llu", &value) != 1 ||
			    value > (RUN_UNKNOWN - 1) / unit)
				return RUN_UNKNOWN;
			return value * unit;
		}
		text = strchr(text, '\n');
		text += text != NULL;
	}
	return RUN_UNKNOWN;
}

static uint64_t less(uint64_t all, uint64_t part)
{
	if (all == RUN_UNKNOWN || part == RUN_UNKNOWN)
		return RUN_UNKNOWN;
	return all > part ? all - part : 0;
}

int meminfo_parse(const char *text, struct run_host_memory *ret)
{
	uint64_t reclaimable = line_of(text, "SReclaimable", 1024);
	uint64_t huge_page = line_of(text, "Hugepagesize", 1024);

	run_host_memory__set_unknown(ret);
	ret->total_bytes = line_of(text, "MemTotal", 1024);
	ret->free_bytes = line_of(text, "MemFree", 1024);
	ret->available_bytes = line_of(text, "MemAvailable", 1024);
	if (ret->total_bytes == RUN_UNKNOWN || ret->free_bytes == RUN_UNKNOWN ||
	    ret->available_bytes == RUN_UNKNOWN) {
		run_host_memory__set_unknown(ret);
		return -EINVAL;
	}
	ret->used_bytes = less(ret->total_bytes, ret->available_bytes);
	ret->buffers_bytes = line_of(text, "Buffers", 1024);
	ret->cached_bytes = line_of(text, "Cached", 1024);
	if (ret->cached_bytes != RUN_UNKNOWN && reclaimable != RUN_UNKNOWN)
		ret->cached_bytes = run_add(ret->cached_bytes, reclaimable);
	ret->shmem_bytes = line_of(text, "Shmem", 1024);
	ret->slab_bytes = line_of(text, "SUnreclaim", 1024);
	ret->page_table_bytes = line_of(text, "PageTables", 1024);
	ret->kernel_stack_bytes = line_of(text, "KernelStack", 1024);
	ret->hugetlb_bytes = line_of(text, "Hugetlb", 1024);
	if (ret->hugetlb_bytes == RUN_UNKNOWN)
		ret->hugetlb_bytes = huge_page == RUN_UNKNOWN || !huge_page
					     ? 0
					     : line_of(text, "HugePages_Total", huge_page);
	ret->swap_total_bytes = line_of(text, "SwapTotal", 1024);
	ret->swap_used_bytes = less(ret->swap_total_bytes, line_of(text, "SwapFree", 1024));
	return 0;
}

int meminfo_read(const struct sysroot *sr, struct run_host_memory *ret)
{
	char path[PATH_MAX], *text;
	int err;

	run_host_memory__set_unknown(ret);
	err = sysroot_path(sr, path, sizeof(path), "/proc/meminfo");
	if (!err)
		err = file_read(AT_FDCWD, path, 64 * 1024, &text, NULL);
	if (err)
		return err;
	err = meminfo_parse(text, ret);
	free(text);
	return err;
}
