// SPDX-License-Identifier: GPL-2.0-or-later
/* Rows that are differences: as complete ones after any way through the run file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/row.h"
#include "runfile/read.h"
#include "runfile/write.h"
#include "sample_run.h"

#define ROWS    40
#define TARGETS 100

/* One of a few values, often the same again; sometimes unknown. */
static uint64_t some(unsigned *seed)
{
	int r = rand_r(seed) % 8;

	return r == 7 ? RUN_UNKNOWN : r < 4 ? 0 : (uint64_t)r * 1000;
}

/* Counters of a target that ran in every third row or so; levels that stay now and then. */
static void random_numbers(struct run_numbers *n, unsigned *seed)
{
	struct run_numbers before = *n;
	struct run_role *role = &n->cpu.role[rand_r(seed) % VTX_ROLES];

	memset(n, 0, sizeof(*n));
	run_memory__set_unknown(&n->memory);
	run_block__set_unknown(&n->block);
	run_block__set_unknown(&n->block_top);
	n->memory.present = rand_r(seed) % 4;
	n->requests.source = rand_r(seed) % 2 ? RUN_REQUESTS_HTTP : RUN_REQUESTS_NONE;
	n->net.rx_packets = n->net.tx_packets = n->net.rx_bytes = n->net.tx_bytes = some(seed);
	n->sched.wait_ns = some(seed);
	n->sched.throttled_ns = some(seed);
	if (rand_r(seed) % 3 == 0) {
		role->present = true;
		role->ns[rand_r(seed) % VTX_MODES] = n->cpu.total_ns = 5000;
		n->requests.count = n->requests.source ? 3 : 0;
		n->requests.row_p99_ns = n->requests.count ? 1 + some(seed) % 9000 : 0;
	}
	if (n->memory.present) {
		n->memory.fault_ns = n->memory.fault_error_ns = n->memory.fault_wait_ns =
			some(seed);
		memset(&n->memory.faults, 0, sizeof(n->memory.faults));
		n->memory.faults.minor = some(seed);
		n->memory.at.rss_bytes = rand_r(seed) % 2 ? before.memory.at.rss_bytes : some(seed);
		n->memory.at.pss_bytes = rand_r(seed) % 2 ? before.memory.at.pss_bytes : some(seed);
		n->memory.at.memcg.current_bytes = some(seed);
	}
	if (rand_r(seed) % 4 == 0) {
		memset(&n->block, 0, sizeof(n->block));
		n->block.known = true;
		n->block.kind[rand_r(seed) % VTX_BLOCK_KINDS].bytes = some(seed);
		n->block.queue_ns = some(seed);
	}
}

static void add_targets(struct run *run)
{
	run->target = realloc(run->target, TARGETS * sizeof(*run->target));
	memset(run->target + run->n_targets, 0, (TARGETS - run->n_targets) * sizeof(*run->target));
	for (size_t i = 0; i < run->n_targets; i++)
		run->target[i].total.kvm.present = false; /* nor do the rows have exits */
	for (; run->n_targets < TARGETS; run->n_targets++) {
		struct run_target *t = &run->target[run->n_targets];
		char label[16];

		snprintf(label, sizeof(label), "t%zu", run->n_targets);
		t->label = strdup(label);
		t->name = strdup(label);
		run_memory__set_unknown(&t->total.memory);
		t->total.memory.present = run->n_targets % 2;
		t->total.memory.start.sampled_at_ns = 0;
		t->total.memory.start.rss_bytes = 4000;
	}
}

/* The same rows twice: as they are, and as differences. */
static void two_runs(struct run *complete, struct run *changes)
{
	struct run_numbers *state = calloc(TARGETS, sizeof(*state));
	unsigned seed = 4711;

	sample_run(complete);
	sample_run(changes);
	run__free(&(struct run){.interval = complete->interval, .n_intervals = 2});
	run__free(&(struct run){.interval = changes->interval, .n_intervals = 2});
	add_targets(complete);
	add_targets(changes);
	changes->rows_changes = true;
	complete->interval = calloc(ROWS, sizeof(*complete->interval));
	changes->interval = calloc(ROWS, sizeof(*changes->interval));
	complete->n_intervals = changes->n_intervals = ROWS;
	for (size_t i = 0; i < ROWS; i++) {
		struct run_interval *row = &complete->interval[i];
		struct row_changes collected = {};

		row->at_ns = changes->interval[i].at_ns = (i + 1) * 1000;
		row->length_ns = changes->interval[i].length_ns = 1000;
		row->n_targets = TARGETS;
		row->target = calloc(TARGETS, sizeof(*row->target));
		for (size_t t = 0; t < TARGETS; t++) {
			if (i)
				row->target[t] = complete->interval[i - 1].target[t];
			random_numbers(&row->target[t], &seed);
			assert_int_equal(
				row_changes__add(&collected, t, &state[t], &row->target[t]), 0);
		}
		row_changes__move(&collected, &changes->interval[i]);
	}
	free(state);
}

/* Everything that rows show is the same. */
static void assert_same_rows(const struct run *a, const struct run *b)
{
	const struct node all = {.type = NODE_PART, .children = tree_numbers};
	struct row_cursor x, y;

	assert_int_equal(a->n_intervals, b->n_intervals);
	assert_int_equal(row_cursor__begin(&x, a), 0);
	assert_int_equal(row_cursor__begin(&y, b), 0);
	for (size_t i = 0; i < a->n_intervals; i++) {
		size_t n, m;
		const struct run_numbers *p = row_cursor__next(&x, &n);
		const struct run_numbers *q = row_cursor__next(&y, &m);

		assert_int_equal(n, m);
		for (size_t t = 0; t < n; t++)
			for (const struct node *node = all.children; node->type; node++)
				if (node->flags & IN_ROW && !row_same(node, &p[t], &q[t]))
					fail_msg("row %zu, target %zu: %s", i, t,
						 node->key ? node->key : "");
	}
	assert_null(row_cursor__next(&x, &(size_t){0}));
	row_cursor__end(&x);
	row_cursor__end(&y);
}

static void test_same_rows(void **state)
{
	struct run complete, changes, read;
	char *text, *again, *all;
	struct verr err = {};

	two_runs(&complete, &changes);
	assert_same_rows(&complete, &changes);
	assert_int_equal(run_to_json(&changes, &text), 0);
	if (run__read_text(&read, text, strlen(text), "text", &err))
		fail_msg("%s", err.msg);
	assert_true(read.rows_changes);
	assert_same_rows(&complete, &read);
	assert_int_equal(run_to_json(&read, &again), 0);
	assert_string_equal(text, again);
	assert_int_equal(run_to_json(&complete, &all), 0);
	assert_true(strlen(text) < strlen(all));
	run__free(&read);
	run__free(&complete);
	run__free(&changes);
	free(text);
	free(again);
	free(all);
}

/* A target in which nothing happens is in no row, and what is left out reads as nothing. */
static void test_quiet_targets(void **state)
{
	struct run run, read;
	struct row_cursor cursor;
	struct verr err = {};
	char *text;
	size_t n;

	sample_run(&run);
	row_changes_free_all(run.interval, 0);
	for (size_t i = 0; i < run.n_intervals; i++) {
		free(run.interval[i].target);
		run.interval[i].target = NULL;
		run.interval[i].n_targets = 0;
	}
	run.rows_changes = true;
	assert_int_equal(run_to_json(&run, &text), 0);
	if (run__read_text(&read, text, strlen(text), "text", &err))
		fail_msg("%s", err.msg);
	assert_int_equal(row_cursor__begin(&cursor, &read), 0);
	for (const struct run_numbers *row; (row = row_cursor__next(&cursor, &n));)
		for (size_t t = 0; t < n; t++)
			assert_int_equal(row[t].cpu.total_ns, 0);
	row_cursor__end(&cursor);
	run__free(&run);
	run__free(&read);
	free(text);
}

static void test_unknown_label(void **state)
{
	char *text, *label;
	struct run complete, changes, read;
	struct verr err = {};

	two_runs(&complete, &changes);
	assert_int_equal(run_to_json(&changes, &text), 0);
	label = strstr(strstr(text, "\"intervals\""), "\"label\":\"t99\"");
	assert_non_null(label);
	memcpy(label, "\"label\":\"x99\"", strlen("\"label\":\"x99\""));
	assert_int_equal(run__read_text(&read, text, strlen(text), "text", &err), -EINVAL);
	assert_non_null(strstr(err.msg, "is not the label of a target"));
	free(text);
	run__free(&complete);
	run__free(&changes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_rows),
		cmocka_unit_test(test_quiet_targets),
		cmocka_unit_test(test_unknown_label),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
