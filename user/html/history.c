// SPDX-License-Identifier: GPL-2.0-or-later
#include "html/history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Room for so many targets; what is new is unknown. */
static int make_room(struct history_row *row, size_t n_targets)
{
	size_t n = n_targets > HISTORY_TARGETS ? HISTORY_TARGETS + 1 : n_targets;
	uint64_t *value;

	if (n <= row->n_targets)
		return 0;
	value = realloc(row->value, n * COLUMNS * sizeof(*value));
	if (!value)
		return -ENOMEM;
	for (size_t i = row->n_targets * COLUMNS; i < n * COLUMNS; i++)
		value[i] = RUN_UNKNOWN;
	row->value = value;
	row->n_targets = n;
	return 0;
}

/* Counts are added up, levels replaced by later ones that are known. */
static void add_later(uint64_t *to, const uint64_t *later)
{
	for (int c = 0; c < COLUMNS; c++) {
		if (c < COL_HELD)
			to[c] = known_sum(to[c], later[c]);
		else if (later[c] != RUN_UNKNOWN)
			to[c] = later[c];
	}
}

/* `later` is empty afterwards, and what was no memory for is missing. */
static void merge_two(struct history_row *to, struct history_row *later)
{
	make_room(to, later->n_targets);
	for (size_t i = 0; i < later->n_targets && i < to->n_targets; i++)
		add_later(&to->value[i * COLUMNS], &later->value[i * COLUMNS]);
	to->at_ns = later->at_ns;
	to->length_ns = run_add(to->length_ns, later->length_ns);
	to->n_rows += later->n_rows;
	free(later->value);
	*later = (struct history_row){};
}

static void halve(struct history *history)
{
	for (size_t i = 0; i < history->n / 2; i++) {
		struct history_row row = history->row[2 * i];

		history->row[2 * i] = (struct history_row){};
		merge_two(&row, &history->row[2 * i + 1]);
		history->row[i] = row;
	}
	history->n /= 2;
	history->every *= 2;
}

/* Targets beyond the limit are one: their levels are added up, too. */
static void fill(struct history_row *row, size_t n_targets, history_numbers numbers,
		 const void *context)
{
	for (size_t i = 0; i < n_targets; i++) {
		uint64_t value[COLUMNS], *to;

		points_read(value, numbers(context, i));
		if (i < HISTORY_TARGETS) {
			memcpy(&row->value[i * COLUMNS], value, sizeof(value));
			continue;
		}
		to = &row->value[HISTORY_TARGETS * COLUMNS];
		for (int c = 0; c < COLUMNS; c++)
			to[c] = known_sum(to[c], value[c]);
	}
}

int history__add(struct history *history, uint64_t at_ns, uint64_t length_ns, size_t n_targets,
		 history_numbers numbers, const void *context)
{
	struct history_row row = {.at_ns = at_ns, .length_ns = length_ns, .n_rows = 1};
	struct history_row *last = history->n ? &history->row[history->n - 1] : NULL;
	int err = make_room(&row, n_targets);

	if (err)
		return err;
	fill(&row, n_targets, numbers, context);
	if (!history->every)
		history->every = 1;
	if (last && last->n_rows < history->every) {
		merge_two(last, &row);
		return 0;
	}
	if (history->n == HISTORY_ROWS)
		halve(history);
	history->row[history->n++] = row;
	return 0;
}

void history__forget(struct history *history, size_t target)
{
	for (size_t i = 0; i < history->n; i++) {
		struct history_row *row = &history->row[i];

		if (target >= row->n_targets || target >= HISTORY_TARGETS)
			continue;
		for (int c = 0; c < COLUMNS; c++)
			row->value[target * COLUMNS + (size_t)c] = RUN_UNKNOWN;
	}
}

void history__free(struct history *history)
{
	for (size_t i = 0; i < history->n; i++)
		free(history->row[i].value);
	memset(history, 0, sizeof(*history));
}
