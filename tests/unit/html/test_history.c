// SPDX-License-Identifier: GPL-2.0-or-later
/* The time series of a recording without end: rows become longer, their sums stay. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <string.h>

#include "html/history.h"

#define ROW_NS 5000000000ull

static struct run_numbers numbers[HISTORY_TARGETS + 3];

static const struct run_numbers *of(const void *context, size_t target)
{
	return &numbers[target];
}

/* Target t waits t + 1 ns in each row, and holds what `held` says. */
static void add(struct history *history, size_t row, size_t n_targets, uint64_t held)
{
	for (size_t t = 0; t < n_targets; t++) {
		numbers[t] = (struct run_numbers){.sched.wait_ns = t + 1};
		numbers[t].memory.present = true;
		numbers[t].memory.at.held_bytes = held;
	}
	assert_int_equal(history__add(history, (row + 1) * ROW_NS, ROW_NS, n_targets, of, NULL), 0);
}

static uint64_t sum(const struct history *history, size_t target, int c)
{
	uint64_t all = 0;

	for (size_t i = 0; i < history->n; i++)
		if (target < history->row[i].n_targets)
			all = known_sum(all, history->row[i].value[target * COLUMNS + (size_t)c]);
	return all;
}

static void bounded(void **state)
{
	struct history history = {};
	const struct history_row *last;
	uint64_t length_ns = 0;

	for (size_t row = 0; row < 5000; row++) {
		add(&history, row, row < 100 ? 1 : 2, row);
		assert_true(history.n <= HISTORY_ROWS);
	}
	assert_int_equal(history.every, 32);
	assert_int_equal(sum(&history, 0, COL_WAIT), 5000);
	assert_int_equal(sum(&history, 1, COL_WAIT), 4900 * 2);
	for (size_t i = 0; i < history.n; i++) {
		length_ns += history.row[i].length_ns;
		assert_int_equal(history.row[i].at_ns, length_ns);
	}
	assert_int_equal(length_ns, 5000 * ROW_NS);
	last = &history.row[history.n - 1];
	assert_int_equal(last->value[COL_HELD], 4999); /* a level is the last one */
	assert_true(history.row[0].value[COL_HELD] < 32);
	history__free(&history);
}

static void levels_may_be_unknown(void **state)
{
	struct history history = {};

	for (size_t row = 0; row < HISTORY_ROWS + 1; row++)
		add(&history, row, 1, row % 2 ? RUN_UNKNOWN : row);
	assert_int_equal(history.every, 2);
	assert_int_equal(history.row[0].value[COL_HELD], 0);
	assert_int_equal(history.row[1].value[COL_HELD], 2);
	history__free(&history);
}

static void many_targets(void **state)
{
	struct history history = {};

	add(&history, 0, HISTORY_TARGETS + 3, 10);
	assert_int_equal(history.row[0].n_targets, HISTORY_TARGETS + 1);
	assert_int_equal(sum(&history, HISTORY_TARGETS, COL_WAIT), 3 * HISTORY_TARGETS + 6);
	assert_int_equal(sum(&history, HISTORY_TARGETS, COL_HELD), 30);
	history__forget(&history, 1);
	assert_int_equal(history.row[0].value[COLUMNS + COL_WAIT], RUN_UNKNOWN);
	assert_int_equal(history.row[0].value[2 * COLUMNS + COL_WAIT], 3);
	history__free(&history);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bounded),
		cmocka_unit_test(levels_may_be_unknown),
		cmocka_unit_test(many_targets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
