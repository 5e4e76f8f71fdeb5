// SPDX-License-Identifier: GPL-2.0-or-later
/* The terminal report: what must hold at any width and in any character set. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "report/paint.h"
#include "report/units.h"
#include "reports.h"

/* The next line without its newline; *rest moves past it. */
static char *line_of(char **rest)
{
	return strsep(rest, "\n");
}

static void test_lines_fit(void **state)
{
	static const unsigned int widths[] = {50, 60, 80, 100, 101, 120, 200};
	struct run run;

	sample_run(&run);
	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		for (unsigned int how = 0; how < 4; how++) {
			char *text = report_with(&run, (struct term_options){.width = widths[i],
									     .utf8 = how & 1,
									     .verbose = how & 2});
			char *rest = text, *line;

			while ((line = line_of(&rest))) {
				size_t n = strlen(line);

				assert_true(utf8_width(line) <= widths[i]);
				assert_true(!n || line[n - 1] != ' ');
			}
			free(text);
		}
	}
	run__free(&run);
}

static void test_columns_turn_into_pages(void **state)
{
	struct run run;
	char *text;

	sample_run(&run);
	text = report(&run, 80, false, true); /* two targets side by side */
	assert_int_equal(count(text, "\nRequests"), 1);
	free(text);
	text = report(&run, 60, false, true);
	assert_int_equal(count(text, "\nRequests"), 2);
	assert_int_equal(count(text, "\nbooks "), 1);
	free(text);
	text = report(&run, 1, false, true); /* too narrow for a column: still a report */
	assert_int_equal(count(text, "\nRequests"), 2);
	free(text);
	run__free(&run);
}

static void test_numbers_are_there(void **state)
{
	struct run run;
	char *text;

	sample_run(&run);
	text = report(&run, 80, false, true);
	assert_non_null(strstr(text, "of 0.00 CPU s, +250 ppm"));
	assert_non_null(strstr(text, "lost 0"));
	assert_non_null(strstr(text, "user+kernel"));
	assert_non_null(strstr(text, "note   what: why; costs"));
	assert_non_null(strstr(text, "user/kernel"));
	assert_null(strstr(text, "Do not trust"));
	assert_null(strstr(text, "TCG"));
	free(text);
	run__free(&run);
}

static void test_warnings_are_loud(void **state)
{
	struct run run;
	char *text;

	sample_run(&run);
	strcpy(run.target[1].accel, "tcg");
	run.books.lost[VTX_LOST_BLOCK] = 77;
	text = report(&run, 200, false, true);
	assert_non_null(strstr(text, "Do not trust this run: events were lost: block 77."));
	assert_non_null(strstr(text, "lost 77"));
	assert_non_null(strstr(text, "second ran under TCG"));
	assert_null(strstr(text, "first ran under TCG"));
	free(text);
	run__free(&run);
}

static void test_colour_only_when_asked(void **state)
{
	struct run run;
	char *text;

	sample_run(&run);
	text = report(&run, 80, false, true);
	assert_null(strchr(text, '\033'));
	free(text);
	text = report(&run, 80, true, true);
	assert_non_null(strstr(text, "\033[1m"));
	assert_true(count(text, "\033[") % 2 == 0); /* each style is switched off again */
	free(text);
	run__free(&run);
}

static void test_ascii_is_ascii(void **state)
{
	struct run run;
	char *text;

	sample_run(&run);
	free(run.target[0].name);
	run.target[0].name = strdup("\346\227\245\346\234\254");
	text = report(&run, 100, true, false);
	for (const char *s = text; *s; s++)
		assert_true((unsigned char)*s < 0x7f);
	assert_non_null(strstr(text, "\\u65e5\\u672c"));
	free(text);
	run__free(&run);
}

static void replace(char **text, const char *by)
{
	free(*text);
	*text = strdup(by);
}

static void test_hostile_names_are_harmless(void **state)
{
	static const char hostile[] = "\033[2J\a\n\r\233x\302\233y\342\200\256z\177";
	struct run run;
	char *text;

	sample_run(&run);
	replace(&run.label, hostile);
	replace(&run.start, hostile);
	replace(&run.split, hostile);
	replace(&run.host.hostname, hostile);
	replace(&run.host.kernel, hostile);
	replace(&run.host.arch, hostile);
	replace(&run.host.cpu_model, hostile);
	replace(&run.host.hypervisor, hostile);
	replace(&run.target[0].label, hostile);
	replace(&run.target[0].name, hostile);
	replace(&run.target[0].runtime, hostile);
	replace(&run.target[0].accel, hostile);
	replace(&run.degraded[0].what, hostile);
	replace(&run.degraded[0].why, hostile);
	replace(&run.degraded[0].costs, hostile);
	text = report(&run, 100, false, true);
	for (const char *s = text; *s; s++)
		assert_true(*s == '\n' || ((unsigned char)*s >= 0x20 && *s != 0x7f));
	assert_null(strstr(text, "\302\233"));
	assert_null(strstr(text, "\342\200\256"));
	assert_non_null(strstr(text, "\\x1b[2J\\x07\\x0a\\x0d\\x9bx\\u009by\\u202ez\\x7f"));
	free(text);
	run__free(&run);
}

/* Every number that may be unknown is unknown. */
static void test_unknown_is_not_zero(void **state)
{
	struct run run;
	char *text;

	sample_run(&run);
	for (size_t t = 0; t < run.n_targets; t++) {
		struct run_numbers *n = &run.target[t].total;

		n->sched.wait_ns = n->sched.switches = RUN_UNKNOWN;
		n->net = (struct run_net){RUN_UNKNOWN, RUN_UNKNOWN, RUN_UNKNOWN, RUN_UNKNOWN};
		n->requests.source = RUN_REQUESTS_NONE;
		n->cpu.split_error_ns = RUN_UNKNOWN;
	}
	run.self.user_cpu_ns = RUN_UNKNOWN;
	text = report(&run, 80, false, true);
	assert_null(strstr(text, "18446744073709551615"));
	assert_null(strstr(text, "\nCPU time per request"));
	assert_non_null(strstr(text, "CPU time of the whole run"));
	assert_non_null(strstr(text, "virtax ?"));
	free(text);
	run__free(&run);
}

static void test_empty_runs(void **state)
{
	struct run run = {};
	char *text = report(&run, 80, false, true);

	assert_non_null(strstr(text, "No target"));
	free(text);
}

static const char *ns(uint64_t value)
{
	static char buf[32];

	return format_ns(buf, sizeof(buf), value, false);
}

static const char *bytes(double value)
{
	static char buf[32];

	return format_bytes(buf, sizeof(buf), value);
}

static const char *fixed(double value, int decimals)
{
	static char buf[32];

	return format_fixed(buf, sizeof(buf), value, decimals);
}

static void test_units(void **state)
{
	assert_string_equal(ns(0), "0 ns");
	assert_string_equal(ns(999), "999 ns");
	assert_string_equal(ns(1000), "1.00 us");
	assert_string_equal(ns(9994), "9.99 us");
	assert_string_equal(ns(9996), "10.0 us");
	assert_string_equal(ns(99960), "100 us");
	assert_string_equal(ns(999499), "999 us");
	assert_string_equal(ns(999500), "1.00 ms");
	assert_string_equal(ns(1234567890123), "1235 s");
	assert_string_equal(bytes(0), "0 B");
	assert_string_equal(bytes(0.25), "0.25 B");
	assert_string_equal(bytes(999), "999 B");
	assert_string_equal(bytes(1e6), "1.00 MB");
	assert_string_equal(fixed(0, 1), "0.0");
	assert_string_equal(fixed(0.04, 1), "<0.1");
	assert_string_equal(fixed(0.05, 1), "0.1");
	assert_string_equal(fixed(12345.6, 0), "12346");
	assert_int_equal(decimals_for(0.5), 3);
	assert_int_equal(decimals_for(99999), 0);
}

/* Bars are empty for 0, full for 1, in proportion in between, and visible above 0. */
static void test_bars(void **state)
{
	const struct term_options options = {.width = 80, .utf8 = true};
	static const struct {
		double part;
		unsigned int cells;
	} cases[] = {{0, 0}, {1e-9, 1}, {0.5, 4}, {0.51, 5}, {1, 8}, {7, 8}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct paint p;
		char *text;
		size_t size;
		FILE *f = open_memstream(&text, &size);

		paint__init(&p, &options, f);
		paint__bar(&p, STYLE_PLAIN, cases[i].part, 8);
		assert_int_equal(p.at, cases[i].cells);
		fclose(f);
		assert_int_equal(utf8_width(text), cases[i].cells);
		free(text);
	}
}

/* Notes name keys of the run file; the report shows the labels of its tables, and whole keys only.
 */
static void test_notes_use_labels(void **state)
{
	struct run run;
	char *text;

	sample_run(&run);
	replace(&run.degraded[0].costs,
		"pss_bytes, net and faults.guest are null; pss_bytes_x stays");
	text = report(&run, 200, false, true);
	assert_non_null(strstr(text,
			       "note   what: why; PSS, network traffic and faults by guest are "
			       "unknown; pss_bytes_x stays\n"));
	free(text);
	run__free(&run);
}

static int use_utf8(void **state)
{
	return setlocale(LC_CTYPE, "C.UTF-8") ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_fit),
		cmocka_unit_test(test_columns_turn_into_pages),
		cmocka_unit_test(test_numbers_are_there),
		cmocka_unit_test(test_warnings_are_loud),
		cmocka_unit_test(test_colour_only_when_asked),
		cmocka_unit_test(test_ascii_is_ascii),
		cmocka_unit_test(test_hostile_names_are_harmless),
		cmocka_unit_test(test_unknown_is_not_zero),
		cmocka_unit_test(test_empty_runs),
		cmocka_unit_test(test_units),
		cmocka_unit_test(test_bars),
		cmocka_unit_test(test_notes_use_labels),
	};

	return cmocka_run_group_tests(tests, use_utf8, NULL);
}
