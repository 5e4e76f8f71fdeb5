// SPDX-License-Identifier: GPL-2.0-or-later
#include "sys/ksyms.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* No function of interest is longer; if it seems to be, the symbol after it is missing. */
#define LONGEST (1u << 16)

/* A page at a time is what the kernel gives; the default buffer, by st_blksize, is a quarter. */
#define READ_BYTES 4096

struct line {
	uint64_t address;
	const char *name;
};

/* "ffffffff81000000 T name\n"; false for anything else, including data and symbols of modules. */
static bool line_parse(char *text, struct line *ret)
{
	char *end;

	ret->address = strtoull(text, &end, 16);
	if (end == text || end[0] != ' ' || !end[1] || end[2] != ' ' || strchr(end, '['))
		return false;
	ret->name = end + 3;
	end[3 + strcspn(end + 3, "\n")] = '\0';
	return strchr("tTwW", end[1]) != NULL;
}

/* Starts a wanted function, and ends the functions before it whose end was not known yet. */
static void take_line(const struct line *line, const char *const *names, size_t n, struct ksym *ret)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t size = line->address - ret[i].start;

		if (ret[i].start && line->address > ret[i].start &&
		    (!ret[i].size || size < ret[i].size))
			ret[i].size = size;
		if (!ret[i].start && !strcmp(line->name, names[i]))
			ret[i] = (struct ksym){.start = line->address};
	}
}

int ksyms_find(const struct sysroot *sr, const char *const *names, size_t n, struct ksym *ret)
{
	char path[PATH_MAX], *text = NULL;
	struct line line;
	size_t size = 0;
	FILE *file;
	int err;

	memset(ret, 0, n * sizeof(*ret));
	err = sysroot_path(sr, path, sizeof(path), "/proc/kallsyms");
	if (err)
		return err;
	file = fopen(path, "re");
	if (!file)
		return -errno;
	setvbuf(file, NULL, _IOFBF, READ_BYTES);
	while (getline(&text, &size, file) > 0)
		if (line_parse(text, &line))
			take_line(&line, names, n, ret);
	err = ferror(file) ? -EIO : 0;
	fclose(file);
	free(text);
	for (size_t i = 0; i < n; i++)
		if (ret[i].size > LONGEST)
			ret[i].size = 0;
	return err;
}
