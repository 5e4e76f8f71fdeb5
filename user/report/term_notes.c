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

#define INDENT        7
#define MOST_SUBJECTS 4 /* of one note, without --verbose */
#define KEY_CHARS     "abcdefghijklmnopqrstuvwxyz0123456789_./-"

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

/* Notes on numbers that only --verbose shows. */
static const char *const details[] = {
	"storage",
	"memory in balloons",
	"parts of memory charged",
	"memory charged",
	"memory held by targets, by row",
	"what targets hold, by rows",
	"accesses of page faults",
	"pages merged by KSM",
	"time queued",
};

static bool is_detail(const struct run_degraded *degraded)
{
	for (size_t i = 0; i < ARRAY_SIZE(details); i++) {
		if (str_starts(degraded->what, details[i]))
			return true;
	}
	return false;
}

/* Do they differ in nothing but the thing that they are about? */
static bool same_reason(const struct run_degraded *a, const struct run_degraded *b)
{
	return !strcmp(a->why, b->why) && !strcmp(a->costs, b->costs);
}

/* The length of the words that both begin with, the blank included. */
static size_t common_words(const char *a, const char *b)
{
	size_t n = 0, words = 0;

	for (; a[n] && a[n] == b[n]; n++) {
		if (a[n] == ' ')
			words = n + 1;
	}
	return words;
}

/* The notes from `first` on that have its reason: all in one, "requests of a, b and 7 more". */
static char *subjects(const struct run *run, size_t first, bool verbose)
{
	const char *what = run->degraded[first].what;
	size_t size, n = 0, left = 0;
	char *ret = NULL;
	FILE *f = open_memstream(&ret, &size);

	for (size_t i = first; f && i < run->n_degraded; i++) {
		const char *other = run->degraded[i].what;

		if (!same_reason(&run->degraded[first], &run->degraded[i]))
			continue;
		if (n && n >= MOST_SUBJECTS && !verbose)
			left++;
		else
			fprintf(f, "%s%s", n ? ", " : "",
				n ? other + common_words(what, other) : other);
		n++;
	}
	if (f && left)
		fprintf(f, " and %zu more", left);
	if (f && !fclose(f))
		return ret;
	free(ret);
	return NULL;
}

static void print_note(struct paint *p, const char *text)
{
	paint__text(p, STYLE_BOLD, "note");
	paint__to(p, INDENT);
	paint__wrap(p, STYLE_DIM, text);
}

/* Was a note before this one printed with its reason? */
static bool grouped(const struct run *run, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (same_reason(&run->degraded[k], &run->degraded[i]) &&
		    !said_above(run, &run->degraded[k]))
			return true;
	}
	return false;
}

static void print_group(struct paint *p, const struct run *run, size_t first)
{
	const struct run_degraded *degraded = &run->degraded[first];
	char *what = subjects(run, first, p->options->verbose);
	char *costs = with_labels(degraded->costs), *text = NULL;

	if (what && costs)
		text = str_printf("%s: %s; %s", what, degraded->why, costs);
	print_note(p, text ? text : degraded->what);
	free(what);
	free(costs);
	free(text);
}

void term_notes(struct paint *p, const struct run *run)
{
	size_t hidden = 0;
	char text[64];

	for (size_t i = 0; i < run->n_degraded; i++) {
		const struct run_degraded *degraded = &run->degraded[i];

		if (said_above(run, degraded) || grouped(run, i))
			continue;
		if (!p->options->verbose && is_detail(degraded))
			hidden++;
		else
			print_group(p, run, i);
	}
	snprintf(text, sizeof(text), "%zu on details that --verbose shows", hidden);
	if (hidden)
		print_note(p, text);
}
