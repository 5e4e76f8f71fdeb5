// SPDX-License-Identifier: GPL-2.0-or-later
#include "symbols/kernel.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

/* No function is longer: a gap behind the last one of a module is none of it. */
#define LONGEST (1u << 20)

/* The whole file; a file of /proc has no size. */
static int read_text(const char *path, char **ret)
{
	size_t size = 0, room = 1 << 20, got;
	FILE *file = fopen(path, "re");
	int err = file ? 0 : -errno;

	while (!err) {
		char *bigger = realloc(*ret, room + 1);

		if (!bigger) {
			err = -ENOMEM;
			break;
		}
		*ret = bigger;
		got = fread(*ret + size, 1, room - size, file);
		size += got;
		(*ret)[size] = '\0';
		if (!got)
			break;
		if (size == room)
			room *= 2;
	}
	if (file)
		fclose(file);
	return err;
}

/* "ffffffff81000000 T name\t[module]": false unless it is a function with a known address. */
static bool take_line(char *line, struct kernel_name *ret)
{
	char *end;

	ret->start = strtoull(line, &end, 16);
	if (end == line || end[0] != ' ' || !end[1] || end[2] != ' ')
		return false;
	ret->name = end + 3;
	end[3 + strcspn(end + 3, " \t")] = '\0';
	return ret->start && strchr("tTwW", end[1]);
}

/* Of several names at an address the first one in the file stays. */
static int by_start(const void *a, const void *b)
{
	const struct kernel_name *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

int kernel_names__read(struct kernel_names *ret, const struct sysroot *sr)
{
	char path[PATH_MAX], *line, *next;
	int err;

	memset(ret, 0, sizeof(*ret));
	err = sysroot_path(sr, path, sizeof(path), "/proc/kallsyms");
	if (!err)
		err = read_text(path, &ret->text);
	for (line = ret->text; !err && line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (!array_grow(&ret->name, ret->n, &ret->room))
			err = -ENOMEM;
		else if (take_line(line, &ret->name[ret->n]))
			ret->n++;
	}
	if (ret->n)
		qsort(ret->name, ret->n, sizeof(*ret->name), by_start);
	return err;
}

void kernel_names__free(struct kernel_names *names)
{
	free(names->name);
	free(names->text);
	memset(names, 0, sizeof(*names));
}

const char *kernel_names__at(const struct kernel_names *names, uint64_t ip)
{
	size_t low = 0, high = names->n, first;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (names->name[middle].start <= ip)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || ip - names->name[low - 1].start >= LONGEST)
		return NULL;
	for (first = low - 1; first && names->name[first - 1].start == names->name[low - 1].start;)
		first--;
	return names->name[first].name;
}
