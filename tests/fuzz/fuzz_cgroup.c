// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Feeds any bytes to the parsers of mountinfo, of /proc/PID/cgroup and of a cgroup path from the
 * command line. A NUL splits the input: mountinfo comes before it, a cgroup file after it. Besides
 * memory safety it checks what the callers rely on.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cgroups/line.h"
#include "cgroups/path.h"
#include "owners/cgroupname.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void try_layout(const char *mountinfo, const char *cgroup)
{
	struct cgroup_layout *layout;
	char path[256];
	size_t i;

	if (cgroup_layout__parse(mountinfo, &layout))
		return;
	require(layout->n_watched <= VTX_MAX_HIERS && layout->n_watched <= layout->n_hiers);
	for (i = 0; i < layout->n_hiers; i++) {
		require(!layout->hier[i].v2 || !layout->hier[i].controllers[0]);
		if (!cgroup_line_path(cgroup, &layout->hier[i], path, sizeof(path)))
			require(path[0] == '/' && !strchr(path, '\n'));
	}
	cgroup_path_of_dir(layout, cgroup, path, sizeof(path));
	cgroup_layout__free(layout);
}

static void try_lines(const char *text)
{
	struct container_match match;
	struct cgroup_line line;
	const char *rest = text;

	while (cgroup_line_next(&rest, &line)) {
		require(line.path >= text && line.path + line.n_path <= rest);
		if (!cgroupname_match(line.path, line.n_path, &match))
			continue;
		require(match.n_top && match.n_top <= line.n_path);
		require(match.kind != CONTAINER_NONE && match.id[0] && !strchr(match.id, '/'));
		require(strlen(match.id) < sizeof(match.id));
	}
	require(cgroupname_vm_top(text, strlen(text)) <= strlen(text));
}

static void try_typed(const char *typed)
{
	char clean[128], again[128];

	if (cgroup_path_clean(typed, clean, sizeof(clean)))
		return;
	require(clean[0] == '/' && !strstr(clean, "//") && !strstr(clean, "/../"));
	require(!clean[1] || clean[strlen(clean) - 1] != '/');
	require(!cgroup_path_clean(clean, again, sizeof(again)) && !strcmp(clean, again));
	require(cgroup_path_within(clean, clean) && cgroup_path_within(clean, "/"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 2), *second;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = text[size + 1] = '\0';
	second = text + strlen(text) + 1;
	try_layout(text, second);
	try_lines(text);
	try_lines(second);
	try_typed(text);
	free(text);
	return 0;
}
