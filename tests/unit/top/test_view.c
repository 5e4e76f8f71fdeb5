// SPDX-License-Identifier: GPL-2.0-or-later
/* Frames of the live view at any size, keys and the mouse; no terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <locale.h>
#include <stdio.h>

#include "base/utf8.h"
#include "rows.h"
#include "top/keys.h"

struct frame {
	struct rows rows;
	struct top_view view;
	struct top_canvas canvas;
};

static void frame__init(struct frame *frame, size_t n)
{
	memset(frame, 0, sizeof(*frame));
	rows__init(&frame->rows, n);
	frame->view.table = &frame->rows.table;
	frame->view.order = &frame->rows.order;
	frame->canvas.utf8 = frame->canvas.colour = true;
}

static void frame__draw(struct frame *frame, unsigned int width, unsigned int height)
{
	assert_int_equal(top_canvas__resize(&frame->canvas, width, height), 0);
	assert_int_equal(top_order__make(&frame->rows.order, &frame->rows.table), 0);
	assert_int_equal(top_view__draw(&frame->view, &frame->canvas), 0);
}

static void frame__free(struct frame *frame)
{
	top_canvas__free(&frame->canvas);
	top_view__free(&frame->view);
	rows__free(&frame->rows);
}

/* All lines; the caller frees them. */
static char *text_of(const struct frame *frame)
{
	char *text, *line;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	for (unsigned int y = 0; y < frame->canvas.height; y++) {
		line = top_canvas__line(&frame->canvas, y);
		fprintf(f, "%s\n", line);
		free(line);
	}
	fclose(f);
	return text;
}

static bool shows(const struct frame *frame, const char *what)
{
	char *text = text_of(frame);
	bool found = strstr(text, what);

	free(text);
	return found;
}

static void press(struct frame *frame, uint32_t key)
{
	assert_int_equal(top_key__press(&frame->view, key), TOP_NOTHING);
	frame__draw(frame, frame->canvas.width, frame->canvas.height);
}

/* ---- sizes ---- */

static void assert_lines_fit(const struct frame *frame)
{
	for (unsigned int y = 0; y < frame->canvas.height; y++) {
		char *line = top_canvas__line(&frame->canvas, y);

		assert_true(utf8_width(line) <= frame->canvas.width);
		free(line);
	}
}

static void test_any_size(void **state)
{
	struct frame frame;

	frame__init(&frame, 50);
	for (int i = 0; i < 5; i++)
		assert_int_equal(rows__add(&frame.rows, 50), 0);
	for (int how = 0; how < 8; how++) {
		frame.canvas.utf8 = how & 1;
		frame.canvas.colour = how & 2;
		frame.view.help = how & 4;
		for (unsigned int width = 1; width < 220; width += width < 20 ? 1 : 13)
			for (unsigned int height = 1; height < 60; height += height < 12 ? 1 : 7) {
				frame__draw(&frame, width, height);
				assert_lines_fit(&frame);
			}
	}
	frame__free(&frame);
}

static void test_80_by_24(void **state)
{
	static const char *const titles[] = {"target", "cpu%",   "req/s", "cpu/req",
					     "p99",    "wait/s", "flt/s", "memory"};
	struct frame frame;

	frame__init(&frame, 3);
	assert_int_equal(rows__add(&frame.rows, 3), 0);
	frame__draw(&frame, 80, 24);
	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
		assert_true(shows(&frame, titles[i]));
	assert_true(shows(&frame, "\nidle"));
	assert_false(shows(&frame, "read/s"));
	press(&frame, TOP_KEY_RIGHT);
	press(&frame, TOP_KEY_RIGHT);
	assert_true(shows(&frame, "read/s"));
	frame__draw(&frame, 160, 50);
	assert_true(shows(&frame, "tx/s"));
	frame__free(&frame);
}

/* At 40 × 10 the accounts that are no targets are below the targets, in the same list. */
static void test_40_by_10(void **state)
{
	struct frame frame;

	frame__init(&frame, 9);
	assert_int_equal(rows__add(&frame.rows, 9), 0);
	frame__draw(&frame, 40, 10);
	assert_true(shows(&frame, "\nt8 "));
	assert_false(shows(&frame, "\nidle"));
	press(&frame, TOP_KEY_END);
	assert_true(shows(&frame, "\nidle"));
	assert_false(shows(&frame, "\nt8 "));
	press(&frame, TOP_KEY_HOME);
	assert_true(shows(&frame, "\nt8 "));
	frame__free(&frame);
}

static void test_a_thousand(void **state)
{
	struct frame frame;

	frame__init(&frame, 1000);
	assert_int_equal(rows__add(&frame.rows, 1000), 0);
	frame__draw(&frame, 100, 30);
	assert_string_equal(frame.view.selected->label, "t999");
	for (int i = 0; i < 500; i++)
		top_key__press(&frame.view, TOP_KEY_DOWN);
	frame__draw(&frame, 100, 30);
	assert_string_equal(frame.view.selected->label, "t499");
	assert_true(shows(&frame, "\nt499 "));
	assert_true(frame.canvas.selected > 0);
	frame__free(&frame);
}

/* ---- keys and the mouse ---- */

static void test_filter(void **state)
{
	struct frame frame;

	frame__init(&frame, 12);
	assert_int_equal(rows__add(&frame.rows, 12), 0);
	frame__draw(&frame, 80, 24);
	press(&frame, '/');
	press(&frame, 't');
	press(&frame, '1');
	press(&frame, 'q'); /* a letter like any other here */
	assert_true(shows(&frame, "no target matches"));
	press(&frame, TOP_KEY_ERASE);
	press(&frame, TOP_KEY_ENTER);
	assert_int_equal(frame.rows.order.n, 3);
	assert_true(shows(&frame, "9 filtered out"));
	assert_true(shows(&frame, "filter: t1"));
	press(&frame, TOP_KEY_ESCAPE);
	assert_int_equal(frame.rows.order.n, 12);
	frame__free(&frame);
}

static void test_details(void **state)
{
	struct frame frame;

	frame__init(&frame, 3);
	assert_int_equal(rows__add(&frame.rows, 3), 0);
	frame__draw(&frame, 80, 24);
	press(&frame, TOP_KEY_DOWN);
	press(&frame, TOP_KEY_ENTER);
	assert_true(frame.view.selected->expanded);
	assert_true(shows(&frame, "workload"));
	assert_true(shows(&frame, "container name"));
	press(&frame, TOP_KEY_DOWN); /* past the details */
	assert_string_equal(frame.view.selected->label, "t0");
	press(&frame, TOP_KEY_UP);
	press(&frame, TOP_KEY_ENTER);
	assert_false(shows(&frame, "workload"));
	frame__free(&frame);
}

/* Functions of a profile stay as last given; their names are from outside. */
static void test_functions(void **state)
{
	const struct top_function function[] = {{"tcp_sendmsg", 0.5, 0.75},
						{"f\x1b[2J", 0.25, 0.25}};
	struct frame frame;

	frame__init(&frame, 2);
	frame.rows.feed[1].function = function;
	frame.rows.feed[1].n_functions = 2;
	assert_int_equal(rows__add(&frame.rows, 2), 0);
	frame.rows.feed[1].function = NULL;
	assert_int_equal(rows__add(&frame.rows, 2), 0);
	frame__draw(&frame, 80, 40);
	assert_false(shows(&frame, "tcp_sendmsg"));
	press(&frame, TOP_KEY_ENTER);
	assert_true(shows(&frame, "50.0%   75.0%  tcp_sendmsg"));
	assert_true(shows(&frame, "25.0%   25.0%  f\\x1b[2J"));
	frame.rows.feed[1].function = &function[1];
	frame.rows.feed[1].n_functions = 1;
	assert_int_equal(rows__add(&frame.rows, 2), 0);
	frame__draw(&frame, 80, 40);
	assert_false(shows(&frame, "tcp_sendmsg"));
	assert_true(shows(&frame, "f\\x1b[2J"));
	frame__free(&frame);
}

/* What the guest of a joined VM did, as shares of all CPUs: those of the row are 2 s. */
static void test_inside(void **state)
{
	struct frame frame;

	frame__init(&frame, 1);
	frame.rows.numbers[0].cpu.total_ns = 500000000;
	frame.rows.numbers[0].inside = (struct run_inside){.known = true,
							   .total_ns = 400000000,
							   .work.user_ns = 300000000,
							   .work.nested_ns = RUN_UNKNOWN,
							   .rest.idle_ns = 100000000};
	assert_int_equal(rows__add(&frame.rows, 1), 0);
	frame__draw(&frame, 80, 40);
	press(&frame, TOP_KEY_ENTER);
	assert_true(shows(&frame, "guest's work user 15.00%\n") ||
		    shows(&frame, "guest's work user 15.00% "));
	assert_true(shows(&frame, "guest's rest idle loop 5.00%"));
	assert_false(shows(&frame, "nested"));
	frame__free(&frame);
}

/* Reasons of exits are the row's, else those of the whole run, which is 10 s here. */
static void test_reasons(void **state)
{
	struct run_exit row = {.name = "NPF", .count = 7}, run = {.name = "MSR", .count = 120};
	struct run_numbers whole = {.kvm = {.present = true, .reasons = {1, &run}}};
	struct run_kvm *kvm;
	struct frame frame;

	frame__init(&frame, 1);
	kvm = &frame.rows.numbers[0].kvm;
	*kvm = (struct run_kvm){.present = true, .exits = 7, .reasons = {1, &row}};
	frame.rows.feed[0].whole = &whole;
	frame.rows.feed[0].whole_ns = 10 * SECOND_NS;
	assert_int_equal(rows__add(&frame.rows, 1), 0);
	frame__draw(&frame, 80, 40);
	press(&frame, TOP_KEY_ENTER);
	assert_true(shows(&frame, "\n               NPF 7\n"));
	kvm->reasons.n = 0;
	assert_int_equal(rows__add(&frame.rows, 1), 0);
	frame__draw(&frame, 80, 40);
	assert_true(shows(&frame, "\n  whole run/s  MSR 12\n"));
	frame__free(&frame);
}

static void test_mouse(void **state)
{
	struct frame frame;
	unsigned int y;

	frame__init(&frame, 5);
	assert_int_equal(rows__add(&frame.rows, 5), 0);
	frame__draw(&frame, 80, 24);
	y = frame.view.body_y;
	top_key__click(&frame.view, 3, y + 2);
	frame__draw(&frame, 80, 24);
	assert_string_equal(frame.view.selected->label, "t2");
	top_key__click(&frame.view, 3, y + 2);
	assert_true(frame.view.selected->expanded);
	frame__draw(&frame, 80, 24);
	top_key__click(&frame.view, 1, y - 1); /* the title of the names */
	frame__draw(&frame, 80, 24);
	assert_int_equal(frame.rows.order.by, COLUMN_NAME);
	assert_string_equal(frame.rows.order.item[0]->label, "t0");
	top_key__click(&frame.view, 1, y - 1);
	frame__draw(&frame, 80, 24);
	assert_string_equal(frame.rows.order.item[0]->label, "t4");
	top_key__click(&frame.view, 1, 500);
	top_key__wheel(&frame.view, -3);
	frame__draw(&frame, 80, 24);
	assert_string_equal(frame.view.selected->label, "t4");
	frame__free(&frame);
}

static void test_actions(void **state)
{
	struct frame frame;

	frame__init(&frame, 1);
	assert_int_equal(rows__add(&frame.rows, 1), 0);
	frame__draw(&frame, 80, 24);
	assert_int_equal(top_key__press(&frame.view, 'q'), TOP_QUIT);
	assert_int_equal(top_key__press(&frame.view, 'p'), TOP_PAUSE);
	assert_int_equal(top_key__press(&frame.view, 'r'), TOP_RECORD);
	press(&frame, '?');
	assert_true(shows(&frame, "Ctrl-C"));
	press(&frame, 'q'); /* leaves the help only */
	assert_false(shows(&frame, "Ctrl-C"));
	frame__free(&frame);
}

/* ---- names ---- */

static void test_hostile_names(void **state)
{
	static const char *const names[] = {
		"a\033]0;x\007\033[2J",
		"\xff\xfe\xc3(",
		"a\u202etxt\u2066",
		"日本語のとても長い名前です",
		"e\u0301e\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301",
		"\xc2\x9b"
		"31m",
	};
	struct frame frame;
	char longest[301];

	memset(longest, 'x', 300);
	longest[300] = '\0';
	frame__init(&frame, 7);
	for (size_t i = 0; i < 6; i++)
		rows__label(&frame.rows, i, names[i]);
	rows__label(&frame.rows, 6, longest);
	frame.rows.feed[0].name = names[1];
	frame.rows.feed[0].cgroup = names[0];
	assert_int_equal(rows__add(&frame.rows, 7), 0);
	frame.rows.table.item[0]->expanded = true;
	for (int utf8 = 0; utf8 < 2; utf8++) {
		char *text;

		frame.canvas.utf8 = utf8;
		frame__draw(&frame, 80, 30);
		assert_lines_fit(&frame);
		text = text_of(&frame);
		for (const char *c = text; *c; c++)
			assert_true(*c == '\n' || (unsigned char)*c >= ' ');
		assert_null(strstr(text, "\u202e"));
		assert_null(strstr(text, "\xc2\x9b"));
		assert_non_null(strstr(text, "\\x1b]0;x"));
		assert_non_null(strstr(text, "\\xff\\xfe"));
		assert_non_null(strstr(text, "workload"));
		free(text);
	}
	frame__free(&frame);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_size),  cmocka_unit_test(test_80_by_24),
		cmocka_unit_test(test_40_by_10),  cmocka_unit_test(test_a_thousand),
		cmocka_unit_test(test_filter),    cmocka_unit_test(test_details),
		cmocka_unit_test(test_functions), cmocka_unit_test(test_inside),
		cmocka_unit_test(test_reasons),   cmocka_unit_test(test_mouse),
		cmocka_unit_test(test_actions),   cmocka_unit_test(test_hostile_names),
	};

	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
