// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The notes below the tables: what could not be measured, why, and what that means for the numbers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/str.h"
#include "report/term_parts.h"

#define INDENT    7
#define KEY_CHARS "abcdefghijklmnopqrstuvwxyz0123456789_./-"

/* The run file's notes name its keys. The reader of the report looks for the labels of the tables.
 */
static const struct {
	const char *key, *label;
} labels[] = {
	{"null", "unknown"},
	{"user_ns", "user time"},
	{"kernel_ns", "kernel time"},
	{"task_ns", "user+kernel"},
	{"fault_ns", "time in faults"},
	{"fault_wait_ns", "time asleep in faults"},
	{"faults.guest", "faults by guest"},
	{"faults.read", "faults by read"},
	{"rss_bytes", "RSS"},
	{"pss_bytes", "PSS"},
	{"held_bytes", "memory held"},
	{"private_bytes", "private memory"},
	{"ksm_bytes", "memory merged by KSM"},
	{"guest_ram_bytes", "guest RAM"},
	{"vmm_bytes", "VMM overhead"},
	{"balloon_bytes", "memory in the balloon"},
	{"memcg", "memory charged to the cgroup"},
	{"net", "network traffic"},
};

/* The text with labels in place of keys; malloc'd, NULL if there is no memory. */
static char *with_labels(const char *text)
{
	char *ret = NULL;
	size_t size;
	FILE *f = open_memstream(&ret, &size);

	if (!f)
		return NULL;
	for (size_t n; *text; text += n) {
		const char *label = NULL;

		n = strspn(text, KEY_CHARS);
		for (size_t i = 0; n && i < ARRAY_SIZE(labels); i++) {
			if (strlen(labels[i].key) == n && !strncmp(labels[i].key, text, n))
				label = labels[i].label;
		}
		n = n ? n : 1;
		if (label)
			fputs(label, f);
		else
			fwrite(text, 1, n, f);
	}
	if (!fclose(f))
		return ret;
	free(ret);
	return NULL;
}

/* Does the warning about TCG say the same already? */
static bool said_above(const struct run *run, const struct run_degraded *degraded)
{
	for (size_t i = 0; i < run->n_targets; i++) {
		const char *accel = run->target[i].accel;

		if (accel && !strcmp(accel, "tcg") && str_starts(degraded->what, "vm ") &&
		    !strcmp(degraded->what + 3, run->target[i].label))
			return true;
	}
	return false;
}

void term_notes(struct paint *p, const struct run *run)
{
	for (size_t i = 0; i < run->n_degraded; i++) {
		const struct run_degraded *degraded = &run->degraded[i];
		char *costs, *text;

		if (said_above(run, degraded))
			continue;
		costs = with_labels(degraded->costs);
		text = costs ? str_printf("%s: %s; %s", degraded->what, degraded->why, costs)
			     : NULL;
		paint__text(p, STYLE_BOLD, "note");
		paint__to(p, INDENT);
		paint__wrap(p, STYLE_DIM, text ? text : degraded->what);
		free(costs);
		free(text);
	}
}
