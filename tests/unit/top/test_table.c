// SPDX-License-Identifier: GPL-2.0-or-later
/* The live view's table: shares, rates, history, order and filter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <math.h>
#include <stdio.h>

#include "rows.h"
#include "top/replay.h"

static double all_shares(const struct top_table *table)
{
	double sum = 0;

	for (size_t i = 0; i < table->n; i++)
		sum += top_table__share(table, table->item[i]);
	for (int f = 0; f < TOP_FIXED; f++)
		sum += top_table__share(table, &table->fixed[f]);
	return sum;
}

static void test_all_is_100_percent(void **state)
{
	struct rows rows;

	rows__init(&rows, 5);
	rows.host_cpu = (struct run_host_cpu){.other_ns = 70000000,
					      .softirq_ns = 3000000,
					      .hardirq_ns = 2000000,
					      .tracer_ns = 5000000};
	assert_int_equal(rows__add(&rows, 5), 0);
	assert_true(fabs(all_shares(&rows.table) - 1) < 1e-9);
	assert_true(fabs(top_column_value(COLUMN_CPU, &rows.table, rows.table.item[4]) - 0.25) <
		    1e-9);
	assert_true(fabs(top_column_value(COLUMN_CPU, &rows.table,
					  &rows.table.fixed[TOP_UNATTRIBUTED]) -
			 0.25) < 1e-9);
	rows__free(&rows);
}

static void test_rates(void **state)
{
	struct rows rows;
	struct top_item *item;

	rows__init(&rows, 1);
	rows.numbers[0].requests = (struct run_requests){.source = RUN_REQUESTS_HTTP, .count = 50};
	rows.numbers[0].sched.wait_ns = 7;
	rows.numbers[0].memory.present = true;
	rows.numbers[0].memory.faults =
		(struct run_faults){.user = 2, .kernel = 3, .guest = 4, .major = 9};
	rows.numbers[0].memory.at.held_bytes = 4096;
	rows.numbers[0].block.known = true;
	rows.numbers[0].block.kind[VTX_BLOCK_READ].bytes = 11;
	rows.numbers[0].block.kind[VTX_BLOCK_WRITE].bytes = 12;
	rows.numbers[0].net = (struct run_net){1, 13, 2, 14};
	assert_int_equal(rows__add(&rows, 1), 0);
	item = rows.table.item[0];
	assert_true(top_column_value(COLUMN_REQUESTS, &rows.table, item) == 50);
	assert_true(top_column_value(COLUMN_CPU_PER_REQUEST, &rows.table, item) == 20000);
	assert_true(top_column_value(COLUMN_WAIT, &rows.table, item) == 7);
	assert_true(top_column_value(COLUMN_FAULTS, &rows.table, item) == 9);
	assert_true(top_column_value(COLUMN_MEMORY, &rows.table, item) == 4096);
	assert_true(top_column_value(COLUMN_READ, &rows.table, item) == 11);
	assert_true(top_column_value(COLUMN_WRITE, &rows.table, item) == 12);
	assert_true(top_column_value(COLUMN_RX, &rows.table, item) == 13);
	assert_true(top_column_value(COLUMN_TX, &rows.table, item) == 14);
	assert_true(isnan(top_column_value(COLUMN_P99, &rows.table, item)));
	rows__free(&rows);
}

/* What was not measured is not 0, and sorts below everything. */
static void test_unknown(void **state)
{
	struct rows rows;
	char text[COLUMN_TEXT];

	rows__init(&rows, 3);
	rows.numbers[1].requests.source = RUN_REQUESTS_HTTP;
	assert_int_equal(rows__add(&rows, 3), 0);
	for (enum top_column c = COLUMN_FAULTS; c <= COLUMN_TX; c++) {
		assert_true(isnan(top_column_value(c, &rows.table, rows.table.item[0])));
		assert_string_equal(top_column_text(c, &rows.table, rows.table.item[0], true, text),
				    "");
	}
	for (int reverse = 0; reverse < 2; reverse++) {
		rows.order.by = COLUMN_REQUESTS;
		rows.order.reverse = reverse;
		assert_int_equal(top_order__make(&rows.order, &rows.table), 0);
		assert_string_equal(rows.order.item[0]->label, "t1");
	}
	rows__free(&rows);
}

/* Page tables are not walked in every row: the level that was last known stays. */
static void test_held_is_kept(void **state)
{
	struct rows rows;

	rows__init(&rows, 1);
	rows.numbers[0].memory.present = true;
	rows.numbers[0].memory.at.rss_bytes = 9000;
	assert_int_equal(rows__add(&rows, 1), 0);
	assert_int_equal(rows.table.item[0]->held_bytes, 9000);
	rows.numbers[0].memory.at.held_bytes = 8000;
	assert_int_equal(rows__add(&rows, 1), 0);
	rows.numbers[0].memory.at.held_bytes = RUN_UNKNOWN;
	assert_int_equal(rows__add(&rows, 1), 0);
	assert_int_equal(rows.table.item[0]->held_bytes, 8000);
	rows__free(&rows);
}

static void test_sort_and_filter(void **state)
{
	struct rows rows;

	rows__init(&rows, 12);
	rows__label(&rows, 3, "Web-1");
	assert_int_equal(rows__add(&rows, 12), 0);
	assert_string_equal(rows.order.item[0]->label, "t11");
	rows.order.reverse = true;
	assert_int_equal(top_order__make(&rows.order, &rows.table), 0);
	assert_string_equal(rows.order.item[0]->label, "t0");
	rows.order = (struct top_order){
		.by = COLUMN_NAME, .item = rows.order.item, .room = rows.order.room};
	assert_int_equal(top_order__make(&rows.order, &rows.table), 0);
	assert_string_equal(rows.order.item[0]->label, "Web-1");
	top_order__step(&rows.order, 1);
	assert_int_equal(rows.order.by, COLUMN_CPU);
	top_order__step(&rows.order, 1);
	assert_int_equal(rows.order.by, COLUMN_REQUESTS); /* the bar does not sort */
	top_order__step(&rows.order, -1);
	top_order__step(&rows.order, -1);
	top_order__step(&rows.order, -1);
	assert_int_equal(rows.order.by, COLUMN_TX); /* around the end */
	assert_int_equal(top_order__filter(&rows.order, "web"), 0);
	assert_int_equal(top_order__make(&rows.order, &rows.table), 0);
	assert_int_equal(rows.order.n, 1);
	assert_int_equal(rows.order.n_hidden, 11);
	assert_int_equal(rows.order.hidden_ns, (78 - 4) * 1000000);
	rows__free(&rows);
}

/* Targets that end stay for a minute and then are left out; one that comes later is added. */
static void test_come_and_go(void **state)
{
	struct rows rows;

	rows__init(&rows, 3);
	assert_int_equal(rows__add(&rows, 2), 0);
	assert_int_equal(rows.order.n, 2);
	assert_int_equal(rows__add(&rows, 3), 0);
	assert_int_equal(rows.order.n, 3);
	assert_true(isnan(top_table__past(&rows.table, rows.table.item[2]->share, 1)));
	rows.feed[1].running = false;
	rows.numbers[1].cpu.total_ns = 0;
	for (int i = 0; i < 60; i++)
		assert_int_equal(rows__add(&rows, 3), 0);
	assert_int_equal(rows.order.n, 3);
	assert_int_equal(rows__add(&rows, 3), 0);
	assert_int_equal(rows.order.n, 2);
	/* A new window counts from 0 again, in another order of the targets. */
	top_table__new_window(&rows.table);
	rows.at_ns = 0;
	rows__label(&rows, 0, "t2");
	rows__label(&rows, 2, "t0");
	assert_int_equal(rows__add(&rows, 3), 0);
	assert_int_equal(rows.table.n, 3);
	assert_int_equal(rows.table.item[0]->now.cpu.total_ns, 3000000);
	assert_int_equal(rows.table.at_ns, 64 * SECOND_NS);
	rows__free(&rows);
}

/* Of many targets some may be missing in a row: each number still goes to its own target. */
static void test_missing_targets(void **state)
{
	struct rows rows;
	struct top_feed *all;

	rows__init(&rows, 9);
	assert_int_equal(rows__add(&rows, 9), 0);
	all = rows.feed;
	rows.feed = (struct top_feed[]){all[2], all[3], all[7], all[0]};
	assert_int_equal(rows__add(&rows, 4), 0);
	rows.feed = all;
	assert_int_equal(rows.table.n, 9);
	for (size_t i = 0; i < 9; i++)
		assert_int_equal(rows.table.item[i]->now.cpu.total_ns,
				 i == 2 || i == 3 || i == 7 || i == 0 ? (i + 1) * 1000000 : 0);
	rows__free(&rows);
}

static void test_host_memory_is_kept(void **state)
{
	struct rows rows;

	rows__init(&rows, 1);
	rows.host_memory.total_bytes = 100;
	rows.host_memory.targets_bytes = 50;
	assert_int_equal(rows__add(&rows, 1), 0);
	rows.host_memory.total_bytes = 101;
	rows.host_memory.targets_bytes = RUN_UNKNOWN;
	assert_int_equal(rows__add(&rows, 1), 0);
	run_host_memory__set_unknown(&rows.host_memory);
	assert_int_equal(rows__add(&rows, 1), 0);
	assert_int_equal(rows.table.host_memory.total_bytes, 101);
	assert_int_equal(rows.table.host_memory.targets_bytes, 50);
	rows__free(&rows);
}

static void test_history(void **state)
{
	struct rows rows;

	rows__init(&rows, 1);
	for (unsigned int i = 1; i <= TOP_HISTORY + 10; i++) {
		rows.numbers[0].cpu.total_ns = i * 1000;
		assert_int_equal(rows__add(&rows, 1), 0);
	}
	for (unsigned int back = 0; back < TOP_HISTORY; back++) {
		double share = (TOP_HISTORY + 10 - back) * 1000 / 2e9;

		assert_true(fabs(top_table__past(&rows.table, rows.table.item[0]->share, back) -
				 share) < share * 1e-6);
	}
	assert_true(isnan(top_table__past(&rows.table, rows.table.item[0]->share, TOP_HISTORY)));
	rows__free(&rows);
}

/* A run without rows is one row, which has the percentiles. */
static void test_replay_of_a_window(void **state)
{
	struct run_target target = {.label = "a", .name = "b"};
	struct run run = {.wall_ns = 3 * SECOND_NS, .cpus = 2, .target = &target, .n_targets = 1};
	struct top_replay replay;
	struct top_table table;
	struct top_row row;

	target.total.cpu.total_ns = SECOND_NS;
	target.total.requests = (struct run_requests){
		.source = RUN_REQUESTS_HTTP, .count = 6, .latency = {.count = 6, .p99 = 77}};
	run.host_cpu.idle_ns = 5 * SECOND_NS;
	assert_int_equal(top_replay__begin(&replay, &run), 0);
	assert_true(top_replay__next(&replay, &row));
	top_table__init(&table);
	assert_int_equal(top_table__add(&table, &row), 0);
	assert_true(top_column_value(COLUMN_REQUESTS, &table, table.item[0]) == 2);
	assert_true(top_column_value(COLUMN_P99, &table, table.item[0]) == 77);
	assert_false(top_replay__more(&replay));
	assert_false(top_replay__next(&replay, &row));
	top_table__free(&table);
	top_replay__end(&replay);
}

/* Rows of a run file have percentiles but no histograms. */
static void test_p99_of_a_row(void **state)
{
	struct rows rows;

	rows__init(&rows, 1);
	rows.numbers[0].requests = (struct run_requests){
		.source = RUN_REQUESTS_HTTP, .count = 6, .row_p50_ns = 40, .row_p99_ns = 77};
	assert_int_equal(rows__add(&rows, 1), 0);
	assert_true(top_column_value(COLUMN_P99, &rows.table, rows.table.item[0]) == 77);
	assert_int_equal(rows.table.item[0]->p50_ns, 40);
	rows.numbers[0].requests = (struct run_requests){.source = RUN_REQUESTS_HTTP};
	assert_int_equal(rows__add(&rows, 1), 0);
	assert_true(isnan(top_column_value(COLUMN_P99, &rows.table, rows.table.item[0])));
	rows__free(&rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_is_100_percent),
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_held_is_kept),
		cmocka_unit_test(test_sort_and_filter),
		cmocka_unit_test(test_come_and_go),
		cmocka_unit_test(test_missing_targets),
		cmocka_unit_test(test_host_memory_is_kept),
		cmocka_unit_test(test_history),
		cmocka_unit_test(test_replay_of_a_window),
		cmocka_unit_test(test_p99_of_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
