// SPDX-License-Identifier: GPL-2.0-or-later
/* The page's data: harmless in markup, and equal to the run's numbers. tests/html looks at the
 * page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/str.h"
#include "html/html.h"
#include "html/series.h"
#include "sample_run.h"

static char *page_of(const struct run *run)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_int_equal(html_write_run(run, NULL, f), 0);
	fclose(f);
	return text;
}

/* The text of the data; the caller frees it. */
static char *data_of(const char *page)
{
	const char *mark = "id=\"data\">", *begin = strstr(page, mark), *end;

	assert_non_null(begin);
	begin += strlen(mark);
	end = strstr(begin, "</script>");
	assert_non_null(end);
	return strndup(begin, (size_t)(end - begin));
}

static void rename_target(struct run *run, const char *name)
{
	free(run->target[0].label);
	run->target[0].label = strdup(name);
	free(run->target[0].name);
	run->target[0].name = strdup(name);
}

/* Nothing of a name is markup, neither in the data nor in the sentence. */
static void test_hostile_names(void **state)
{
	static const char *const names[] = {
		"</script><script>alert(1)</script>",
		"<!--<script>",
		"\"><img src=x>",
		"\xe2\x80\xa8\xe2\x80\xa9",
		"\xe2\x80\xae"
		"evil",
		"\xff\xfe\xc3(",
		"@DATA@@TRUST@",
		"\x1b[2J",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct run run;
		char *page, *data;
		json_t *json;

		sample_run(&run);
		rename_target(&run, names[i]);
		page = page_of(&run);
		data = data_of(page);
		json = json_loads(data, 0, NULL);
		assert_non_null(json);
		assert_null(strpbrk(data, "<>&\x1b"));
		assert_null(strstr(page, "<script>alert"));
		assert_null(strstr(page, "<img"));
		assert_null(strstr(page, "\xe2\x80\xa8"));
		assert_null(strstr(page, "\xe2\x80\xae"));
		assert_null(strstr(page, "\xff\xfe"));
		assert_non_null(strstr(page, "</html>\n"));
		json_decref(json);
		free(data);
		free(page);
		run__free(&run);
	}
}

static json_t *series_of(const struct run *run)
{
	char *page = page_of(run), *data = data_of(page);
	json_t *json = json_loads(data, 0, NULL), *series;

	assert_non_null(json);
	series = json_incref(json_object_get(json, "series"));
	json_decref(json);
	free(data);
	free(page);
	return series;
}

/* A column of equal values is one value. */
static json_int_t cell(const json_t *columns, const char *key, size_t row)
{
	const json_t *column = json_object_get(columns, key);

	return json_integer_value(json_is_array(column) ? json_array_get(column, row) : column);
}

static void test_columns(void **state)
{
	struct run run;
	json_t *series;

	sample_run(&run);
	assert_true(run.n_intervals > 1);
	series = series_of(&run);
	assert_int_equal(json_integer_value(json_object_get(series, "merged")), 1);
	for (size_t i = 0; i < run.n_intervals; i++) {
		const struct run_interval *row = &run.interval[i];

		assert_int_equal(cell(series, "at_ns", i), row->at_ns);
		assert_int_equal(cell(series, "length_ns", i), row->length_ns);
		for (size_t t = 0; t < row->n_targets; t++) {
			const json_t *to = json_array_get(json_object_get(series, "targets"), t);
			const struct run_numbers *n = &row->target[t];

			assert_int_equal(cell(to, "target", 0), t);
			assert_int_equal(cell(to, "requests", i), n->requests.count);
			assert_int_equal(cell(to, "kernel", i), run_cpu_mode(&n->cpu, VTX_KERNEL));
			assert_int_equal(cell(to, "wait_ns", i), n->sched.wait_ns);
			assert_int_equal(cell(to, "rx_bytes", i), n->net.rx_bytes);
		}
	}
	json_decref(series);
	run__free(&run);
}

/* Replaces the run's rows with n copies of its first. */
static void repeat_rows(struct run *run, size_t n)
{
	struct run_interval first = run->interval[0];

	for (size_t i = 1; i < run->n_intervals; i++)
		free(run->interval[i].target);
	run->interval = realloc(run->interval, n * sizeof(*run->interval));
	for (size_t i = 0; i < n; i++) {
		struct run_interval *row = &run->interval[i];
		size_t size = first.n_targets * sizeof(*first.target);

		*row = first;
		row->at_ns = (i + 1) * first.length_ns;
		row->target = malloc(size);
		memcpy(row->target, first.target, size);
	}
	free(first.target);
	run->n_intervals = n;
}

/* Of too many rows neighbours are added up, and nothing is lost. */
static void test_merged(void **state)
{
	size_t n = 2 * SERIES_MAX_ROWS + 1;
	struct run run;
	json_t *series, *to;
	json_int_t sum = 0, length = 0;

	sample_run(&run);
	repeat_rows(&run, n);
	series = series_of(&run);
	to = json_array_get(json_object_get(series, "targets"), 0);
	assert_int_equal(json_integer_value(json_object_get(series, "merged")), 3);
	assert_int_equal(json_array_size(json_object_get(series, "at_ns")), (n + 2) / 3);
	for (size_t i = 0; i < (n + 2) / 3; i++) {
		sum += cell(to, "requests", i);
		length += cell(series, "length_ns", i);
	}
	assert_int_equal(sum, n * run.interval[0].target[0].requests.count);
	assert_int_equal(length, n * run.interval[0].length_ns);
	assert_int_equal(cell(series, "at_ns", (n + 2) / 3 - 1), run.interval[n - 1].at_ns);
	json_decref(series);
	run__free(&run);
}

static void test_no_rows(void **state)
{
	struct run run;
	json_t *series;

	sample_run(&run);
	for (size_t i = 0; i < run.n_intervals; i++)
		free(run.interval[i].target);
	run.n_intervals = 0;
	series = series_of(&run);
	assert_true(json_is_null(series));
	json_decref(series);
	run__free(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_merged),
		cmocka_unit_test(test_no_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
