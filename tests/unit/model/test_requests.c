// SPDX-License-Identifier: GPL-2.0-or-later
/* Counts of requests from elsewhere, in targets, stages and both forms of rows. */
#include "evidence_fixture.h"

#include "model/assemble.h"
#include "model/per_request.h"
#include "model/row.h"

static uint64_t *numbers(uint64_t a, uint64_t b)
{
	uint64_t *ret = calloc(2, sizeof(*ret));

	assert_non_null(ret);
	ret[0] = a;
	ret[1] = b;
	return ret;
}

static void from_log(struct evidence *e)
{
	gather(e);
	e->given = calloc(1, sizeof(*e->given));
	e->given[0] = (struct evidence_given){.target = BOX,
					      .count = 12,
					      .source = RUN_REQUESTS_LOG,
					      .row = numbers(5, RUN_UNKNOWN),
					      .stage = numbers(4, 8),
					      .n_rows = 2,
					      .n_stages = 2,
					      .own_reads = 3};
	e->n_given = 1;
}

static struct run_numbers *two_targets(void)
{
	struct run_numbers *n = calloc(TARGETS, sizeof(*n));

	assert_non_null(n);
	for (size_t i = 0; i < TARGETS; i++)
		n[i].requests = (struct run_requests){.source = RUN_REQUESTS_HTTP, .count = 9};
	requests_from_elsewhere(&n[BOX].requests, RUN_REQUESTS_LOG, true);
	return n;
}

/* Whether a note of this kind exists. */
static bool has_note(const struct run *run, const char *what, const char *why)
{
	for (size_t i = 0; i < run->n_degraded; i++)
		if (!strcmp(run->degraded[i].what, what) && !strcmp(run->degraded[i].why, why))
			return true;
	return false;
}

static void test_the_wire_stands_beside_it(void **state)
{
	const struct run_requests *requests;
	struct run run = {};
	struct evidence e;

	from_log(&e);
	assert_int_equal(assemble(&run, &e), 0);
	requests = &run.target[BOX].total.requests;
	assert_int_equal(requests->source, RUN_REQUESTS_LOG);
	assert_int_equal(requests->count, 12);
	assert_int_equal(requests->wire_count, 10);
	assert_int_equal(requests->own_reads, 3);
	assert_true(requests->status[VTX_STATUS_2XX] == RUN_UNKNOWN);
	requests = &run.target[VM].total.requests;
	assert_int_equal(requests->source, RUN_REQUESTS_HTTP);
	assert_true(requests->wire_count == RUN_UNKNOWN);
	assert_true(has_note(&run, "requests in rows of box",
			     "their source did not answer in time in 1 of 2 rows"));
	done(&run, &e);
}

static void test_without_a_device_to_watch(void **state)
{
	struct run run = {};
	struct evidence e;

	from_log(&e);
	e.target[BOX].how.http = e.target[BOX].http = false;
	assert_int_equal(assemble(&run, &e), 0);
	assert_int_equal(run.target[BOX].total.requests.count, 12);
	assert_true(run.target[BOX].total.requests.wire_count == RUN_UNKNOWN);
	done(&run, &e);
}

static void test_rows_and_stages(void **state)
{
	struct run run = {};
	struct evidence e;

	from_log(&e);
	e.interval = calloc(3, sizeof(*e.interval));
	e.stage = calloc(2, sizeof(*e.stage));
	e.n_intervals = 3;
	e.n_stages = 2;
	for (size_t i = 0; i < 3; i++) {
		e.interval[i].target = two_targets();
		e.interval[i].n_targets = TARGETS;
	}
	for (size_t i = 0; i < 2; i++) {
		e.stage[i].target = two_targets();
		e.stage[i].n_targets = TARGETS;
	}
	assert_int_equal(assemble(&run, &e), 0);
	assert_int_equal(run.interval[0].target[BOX].requests.count, 5);
	assert_int_equal(run.interval[0].target[BOX].requests.wire_count, 9);
	assert_int_equal(run.interval[0].target[VM].requests.count, 9);
	assert_true(run.interval[1].target[BOX].requests.count == RUN_UNKNOWN);
	assert_true(run.interval[2].target[BOX].requests.count == RUN_UNKNOWN);
	assert_int_equal(run.stage[0].target[BOX].requests.count, 4);
	assert_int_equal(run.stage[1].target[BOX].requests.count, 8);
	assert_int_equal(run.stage[1].target[VM].requests.count, 9);
	done(&run, &e);
}

static void test_rows_as_differences(void **state)
{
	const struct run_numbers *row;
	struct row_cursor cursor;
	struct run run = {};
	struct evidence e;
	size_t n;

	from_log(&e);
	e.rows_changes = true;
	e.interval = calloc(3, sizeof(*e.interval));
	e.n_intervals = 3;
	for (size_t i = 0; i < 3; i++) {
		struct run_numbers before[TARGETS] = {}, *now = two_targets();
		struct row_changes changes = {};

		for (size_t t = 0; t < TARGETS && !i; t++)
			assert_int_equal(row_changes__add(&changes, t, &before[t], &now[t]), 0);
		row_changes__move(&changes, &e.interval[i]);
		free(now);
	}
	e.given[0].row[1] = 5;
	assert_int_equal(assemble(&run, &e), 0);
	assert_int_equal(row_cursor__begin(&cursor, &run), 0);
	for (size_t i = 0; i < 3; i++) {
		row = row_cursor__next(&cursor, &n);
		assert_int_equal(n, TARGETS);
		assert_true(row[BOX].requests.count == (i < 2 ? 5 : RUN_UNKNOWN));
		assert_int_equal(row[BOX].requests.source, RUN_REQUESTS_LOG);
		assert_int_equal(row[VM].requests.count, 9);
	}
	row_cursor__end(&cursor);
	done(&run, &e);
}

static void test_an_unknown_count_has_a_reason(void **state)
{
	struct run run = {};
	struct evidence e;

	from_log(&e);
	e.given[0].count = RUN_UNKNOWN;
	e.given[0].why = strdup("it was cut");
	e.given[0].note = strdup("it was rotated");
	assert_int_equal(assemble(&run, &e), 0);
	assert_true(run.target[BOX].total.requests.count == RUN_UNKNOWN);
	assert_int_equal(run.target[BOX].total.requests.source, RUN_REQUESTS_LOG);
	assert_true(has_note(&run, "requests of box", "it was cut"));
	assert_true(has_note(&run, "source of requests of box", "it was rotated"));
	done(&run, &e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_wire_stands_beside_it),
		cmocka_unit_test(test_without_a_device_to_watch),
		cmocka_unit_test(test_rows_and_stages),
		cmocka_unit_test(test_rows_as_differences),
		cmocka_unit_test(test_an_unknown_count_has_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
