// SPDX-License-Identifier: GPL-2.0-or-later
#include "symbols/jit_map.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "symbols/debug_file.h"
#include "sys/proc.h"

#define JIT_MAX_BYTES (64u << 20)

static int by_start(const void *a, const void *b)
{
	const struct jit_name *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* "7f0000001000 40 name with spaces" */
static int take_line(char *line, struct jit_name *ret)
{
	char *end, *size;

	ret->start = strtoull(line, &size, 16);
	if (size == line || *size != ' ')
		return 0;
	ret->size = strtoull(size, &end, 16);
	if (end == size || *end != ' ' || !end[1])
		return 0;
	ret->name = end + 1;
	return ret->size != 0;
}

void jit_map__parse(struct jit_map *ret, char *text)
{
	char *next;

	memset(ret, 0, sizeof(*ret));
	ret->text = text;
	for (char *line = text; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (!array_grow(&ret->name, ret->n, &ret->room))
			break;
		ret->n += (size_t)take_line(line, &ret->name[ret->n]);
	}
	if (ret->n)
		qsort(ret->name, ret->n, sizeof(*ret->name), by_start);
}

static int open_map(pid_t pid)
{
	char path[64];
	pid_t inner;

	if (proc_inner_pid(&sysroot_live, pid, &inner))
		return -1;
	snprintf(path, sizeof(path), "tmp/perf-%d.map", (int)inner);
	return open_inside(pid, path, O_NOFOLLOW, 0);
}

void jit_map__read(struct jit_map *ret, pid_t pid)
{
	size_t size = 0;
	struct stat st;
	ssize_t got;
	char *text;
	int fd;

	memset(ret, 0, sizeof(*ret));
	fd = open_map(pid);
	if (fd < 0)
		return;
	text = fstat(fd, &st) || st.st_size > JIT_MAX_BYTES ? NULL : malloc((size_t)st.st_size + 1);
	while (text && size < (size_t)st.st_size) {
		got = read(fd, text + size, (size_t)st.st_size - size);
		if (got <= 0)
			break;
		size += (size_t)got;
	}
	close(fd);
	if (!text)
		return;
	text[size] = '\0';
	jit_map__parse(ret, text);
}

const char *jit_map__at(const struct jit_map *map, uint64_t ip)
{
	size_t low = 0, high = map->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (map->name[middle].start <= ip)
			low = middle + 1;
		else
			high = middle;
	}
	return low && ip - map->name[low - 1].start < map->name[low - 1].size
		       ? map->name[low - 1].name
		       : NULL;
}

void jit_map__free(struct jit_map *map)
{
	free(map->name);
	free(map->text);
	memset(map, 0, sizeof(*map));
}
