// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * view_inside.c - more lines below an expanded target: what the guest of a joined VM did, and the
 * most expensive functions of a profile.
 */
#include <stdio.h>

#include "base/array.h"
#include "report/units.h"
#include "top/view.h"

#define INDENT 2
#define WORDS  13 /* cells of a line's name */
#define NUMBER 8

/* ---- inside the guest ---- */

#define INSIDE_LINES 2

struct part {
	const char *name;
	uint64_t ns;
};

static void draw_parts(const struct top_view *view, struct top_canvas *canvas, unsigned int y,
		       const struct part *part, size_t n)
{
	double all = view->table->all_ns ? (double)view->table->all_ns : 1;
	unsigned int x = INDENT + WORDS;

	for (size_t i = 0; i < n; i++) {
		char text[COLUMN_TEXT];

		if (!part[i].ns || part[i].ns == RUN_UNKNOWN)
			continue;
		if (x > INDENT + WORDS)
			x = top_canvas__text(canvas, x, y, 2, TOP_PLAIN, "  ");
		x = top_canvas__text(canvas, x, y, canvas->width, TOP_DIM, part[i].name);
		format_fixed(text, sizeof(text), (double)part[i].ns / all * 100, 2);
		x = top_canvas__print(canvas, x, y, TOP_PLAIN, " %s%%", text);
	}
}

static void draw_work(const struct top_view *view, struct top_canvas *canvas, unsigned int y,
		      const struct top_item *item)
{
	const struct run_inside_work *w = &item->now.inside.work;
	const struct part part[] = {{"user", w->user_ns},       {"kernel", w->kernel_ns},
				    {"usr+krn", w->task_ns},    {"softirq", w->softirq_ns},
				    {"hardirq", w->hardirq_ns}, {"nested VM", w->nested_ns}};

	top_canvas__text(canvas, INDENT, y, WORDS, TOP_DIM, "guest's work");
	draw_parts(view, canvas, y, part, ARRAY_SIZE(part));
}

static void draw_rest(const struct top_view *view, struct top_canvas *canvas, unsigned int y,
		      const struct top_item *item)
{
	const struct run_inside_rest *r = &item->now.inside.rest;
	const struct part part[] = {{"idle loop", r->idle_ns},      {"other", r->other_ns},
				    {"softirq", r->softirq_ns},     {"hardirq", r->hardirq_ns},
				    {"tracer", r->tracer_ns},       {"unknown", r->unknown_ns},
				    {"not recorded", r->outside_ns}};

	top_canvas__text(canvas, INDENT, y, WORDS, TOP_DIM, "guest's rest");
	draw_parts(view, canvas, y, part, ARRAY_SIZE(part));
}

/* ---- functions ---- */

static void draw_titles(struct top_canvas *canvas, unsigned int y)
{
	top_canvas__text(canvas, INDENT, y, WORDS, TOP_DIM, "functions");
	top_canvas__right(canvas, INDENT + WORDS, y, NUMBER - 1, TOP_DIM, "self");
	top_canvas__right(canvas, INDENT + WORDS + NUMBER, y, NUMBER - 1, TOP_DIM, "total");
	top_canvas__text(canvas, INDENT + WORDS + 2 * NUMBER + 1, y, canvas->width, TOP_DIM,
			 "of the target's time so far");
}

static void draw_function(struct top_canvas *canvas, unsigned int y,
			  const struct top_function *function)
{
	const double share[] = {function->self, function->total};
	char text[COLUMN_TEXT];

	for (unsigned int i = 0; i < ARRAY_SIZE(share); i++) {
		snprintf(text, sizeof(text), "%.1f%%", share[i] * 100);
		top_canvas__right(canvas, INDENT + WORDS + i * NUMBER, y, NUMBER - 1, TOP_PLAIN,
				  text);
	}
	top_canvas__text(canvas, INDENT + WORDS + 2 * NUMBER + 1, y, canvas->width, TOP_PLAIN,
			 function->name);
}

/* ---- lines ---- */

static unsigned int inside_lines(const struct top_item *item)
{
	return item->now.inside.known ? INSIDE_LINES : 0;
}

unsigned int top_inside__count(const struct top_item *item)
{
	return inside_lines(item) + (item->n_functions ? 1 + (unsigned int)item->n_functions : 0);
}

void top_inside__draw(const struct top_view *view, struct top_canvas *canvas, unsigned int y,
		      const struct top_item *item, unsigned int k)
{
	unsigned int lines = inside_lines(item);

	if (k <= lines)
		(k == 1 ? draw_work : draw_rest)(view, canvas, y, item);
	else if (k == lines + 1)
		draw_titles(canvas, y);
	else
		draw_function(canvas, y, &item->function[k - lines - 2]);
}
