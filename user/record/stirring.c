// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/stirring.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"

#define TEXT_LIMIT (4 << 20)

/* "processes N" in /proc/stat. */
static uint64_t read_forks(void)
{
	char *text, *line;
	uint64_t forks = clock_ns(CLOCK_MONOTONIC);

	if (file_read(AT_FDCWD, "/proc/stat", TEXT_LIMIT, &text, NULL))
		return forks;
	line = strstr(text, "\nprocesses ");
	if (line)
		forks = strtoull(line + strlen("\nprocesses "), NULL, 10);
	free(text);
	return forks;
}

/* The third column of /proc/cgroups. */
static uint64_t read_cgroups(void)
{
	uint64_t cgroups = 0, of;
	char *text, *line, *state;

	if (file_read(AT_FDCWD, "/proc/cgroups", TEXT_LIMIT, &text, NULL))
		return clock_ns(CLOCK_MONOTONIC);
	for (line = strtok_r(text, "\n", &state); line; line = strtok_r(NULL, "\n", &state))
		if (sscanf(line, "%*s %*s %" SCNu64, &of) == 1)
			cgroups += of;
	free(text);
	return cgroups;
}

struct stirring stirring_read(void)
{
	return (struct stirring){.forks = read_forks(), .cgroups = read_cgroups()};
}
