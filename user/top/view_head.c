// SPDX-License-Identifier: GPL-2.0-or-later
/* view_head.c - the lines above and below the table. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "report/units.h"
#include "top/view.h"

#define TALL 16 /* from so many lines on the head has all of its lines */

static const char *dot(const struct top_canvas *canvas)
{
	return canvas->utf8 ? " · " : " | ";
}

static double percent(const struct top_view *view, uint64_t ns)
{
	return view->table->all_ns ? (double)ns / (double)view->table->all_ns * 100 : 0;
}

/* ---- the first line: what is shown, and in which state ---- */

static unsigned int draw_state(const struct top_view *view, struct top_canvas *canvas,
			       unsigned int x)
{
	if (view->file) {
		x = top_canvas__text(canvas, x, 0, canvas->width, TOP_PLAIN, dot(canvas));
		x = top_canvas__print(canvas, x, 0, TOP_ALARM, "%s %s",
				      canvas->utf8 ? "● recording" : "* recording", view->file);
	}
	if (view->paused) {
		x = top_canvas__text(canvas, x, 0, canvas->width, TOP_PLAIN, dot(canvas));
		x = top_canvas__text(canvas, x, 0, canvas->width, TOP_WARN, "paused");
		if (view->skipped)
			x = top_canvas__print(canvas, x, 0, TOP_WARN, ", %zu rows not shown",
					      view->skipped);
	} else if (view->ended) {
		x = top_canvas__text(canvas, x, 0, canvas->width, TOP_PLAIN, dot(canvas));
		x = top_canvas__text(canvas, x, 0, canvas->width, TOP_WARN, "end of the run");
	}
	if (view->lost) {
		x = top_canvas__text(canvas, x, 0, canvas->width, TOP_PLAIN, dot(canvas));
		x = top_canvas__print(canvas, x, 0, TOP_ALARM, "%llu events lost",
				      (unsigned long long)view->lost);
	}
	return x;
}

static void draw_title(const struct top_view *view, struct top_canvas *canvas)
{
	const struct top_table *table = view->table;
	unsigned int x = top_canvas__text(canvas, 0, 0, canvas->width, TOP_STRONG, "virtax top");

	x = draw_state(view, canvas, x);
	if (view->host) {
		x = top_canvas__text(canvas, x, 0, canvas->width, TOP_PLAIN, dot(canvas));
		x = top_canvas__text(canvas, x, 0, canvas->width / 5, TOP_PLAIN, view->host);
	}
	if (view->replay) {
		x = top_canvas__text(canvas, x, 0, canvas->width, TOP_PLAIN, dot(canvas));
		x = top_canvas__text(canvas, x, 0, canvas->width / 4, TOP_PLAIN, view->source);
	}
	if (table->n_rows)
		top_canvas__print(canvas, x, 0, TOP_PLAIN, "%s%.1f s%srow of %.2g s", dot(canvas),
				  (double)table->at_ns / 1e9, dot(canvas),
				  (double)table->length_ns / 1e9);
}

/* ---- the CPUs as one bar, and what this costs ---- */

static void sum_modes(const struct top_view *view, uint64_t ret[TOP_MODES])
{
	uint64_t modes[TOP_MODES];

	memset(ret, 0, TOP_MODES * sizeof(*ret));
	for (size_t i = 0; i < view->table->n; i++) {
		top_item_modes(view->table->item[i], modes);
		for (int m = 0; m < TOP_MODES; m++)
			ret[m] += modes[m];
	}
}

static void draw_cpus(const struct top_view *view, struct top_canvas *canvas, unsigned int y)
{
	const struct top_table *table = view->table;
	unsigned int width = canvas->width / 3, x;
	uint64_t modes[TOP_MODES], targets = 0;

	sum_modes(view, modes);
	for (int m = 0; m < TOP_MODES; m++)
		targets += modes[m];
	x = top_canvas__print(canvas, 0, y, TOP_PLAIN, "%llu CPUs [",
			      (unsigned long long)table->cpus);
	top_canvas__bar(canvas, x, y, width, modes, (double)table->all_ns);
	x = top_canvas__print(canvas, x + width, y, TOP_PLAIN, "] targets ");
	x = top_canvas__print(canvas, x, y, TOP_STRONG, "%.1f%%", percent(view, targets));
	x = top_canvas__print(canvas, x, y, TOP_PLAIN, "  idle %.1f%%",
			      percent(view, top_item_ns(&table->fixed[TOP_IDLE])));
}

static void draw_memory(const struct top_view *view, struct top_canvas *canvas, unsigned int y)
{
	const struct run_host_memory *memory = &view->table->host_memory;
	char used[32], total[32], held[32];
	unsigned int x = 0;

	if (memory->total_bytes != RUN_UNKNOWN) {
		x = top_canvas__print(
			canvas, 0, y, TOP_PLAIN, "memory %s of %s",
			format_bytes(used, sizeof(used), (double)memory->used_bytes),
			format_bytes(total, sizeof(total), (double)memory->total_bytes));
		if (memory->targets_bytes != RUN_UNKNOWN)
			x = top_canvas__print(
				canvas, x, y, TOP_PLAIN, "%stargets %s", dot(canvas),
				format_bytes(held, sizeof(held), (double)memory->targets_bytes));
		x = top_canvas__text(canvas, x, y, canvas->width, TOP_PLAIN, dot(canvas));
	}
	/* In a replay the programs are not attached: their time is the recorder's. */
	x = top_canvas__print(canvas, x, y, TOP_PLAIN, "virtax top %.2f%%", view->own * 100);
	top_canvas__print(canvas, x, y, TOP_PLAIN, "%stracer %.2f%%", dot(canvas),
			  percent(view, top_item_ns(&view->table->fixed[TOP_TRACER])));
}

/* What the bars' colours and letters mean. */
static void draw_legend(const struct top_view *view, struct top_canvas *canvas, unsigned int y)
{
	bool letters = !canvas->utf8 || !canvas->colour;
	unsigned int x = 0;

	for (int m = 0; m < TOP_MODES; m++) {
		const char *name = m == VTX_TASK ? "user+kernel" : run_mode_name[m];

		if (letters)
			x = top_canvas__print(canvas, x, y, TOP_MODE + m, "%c", "gukpsht"[m]);
		else
			x = top_canvas__text(canvas, x, y, 2, TOP_MODE + m, "█");
		x = top_canvas__print(canvas, x + 1, y, TOP_DIM, "%s", name);
		x += 2;
	}
}

unsigned int top_view__head(const struct top_view *view, struct top_canvas *canvas)
{
	draw_title(view, canvas);
	if (canvas->height < 8)
		return 1;
	draw_cpus(view, canvas, 1);
	if (canvas->height < TALL)
		return 2;
	draw_memory(view, canvas, 2);
	if (canvas->height < 24)
		return 3;
	draw_legend(view, canvas, 3);
	return 4;
}

/* ---- the last line ---- */

static void draw_keys(const struct top_view *view, struct top_canvas *canvas, unsigned int y)
{
	static const struct {
		const char *key, *does;
	} keys[] = {{"?", "help"},  {"s", "sort"},   {"/", "filter"}, {"Enter", "details"},
		    {"p", "pause"}, {"r", "record"}, {"q", "quit"}};
	unsigned int x = 0;

	if (view->order->filter) {
		x = top_canvas__text(canvas, x, y, canvas->width, TOP_WARN, "filter: ");
		x = top_canvas__text(canvas, x, y, canvas->width / 4, TOP_WARN,
				     view->order->filter);
		x += 2;
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *does = keys[i].does;

		if (keys[i].key[0] == 'r' && view->replay)
			continue;
		if (keys[i].key[0] == 'p' && view->paused)
			does = "go on";
		if (keys[i].key[0] == 'r' && view->file)
			does = "save";
		if (x + strlen(keys[i].key) + strlen(does) + 3 > canvas->width)
			break;
		x = top_canvas__text(canvas, x, y, canvas->width, TOP_KEY, keys[i].key);
		x = top_canvas__print(canvas, x + 1, y, TOP_PLAIN, "%s", does) + 2;
	}
}

void top_view__foot(const struct top_view *view, struct top_canvas *canvas)
{
	unsigned int y = canvas->height - 1, x;

	if (view->typing) {
		x = top_canvas__text(canvas, 0, y, canvas->width, TOP_KEY, "/");
		x = top_canvas__text(canvas, x, y, canvas->width, TOP_PLAIN,
				     view->order->filter ? view->order->filter : "");
		x = top_canvas__text(canvas, x, y, 1, TOP_KEY, "_");
		top_canvas__text(canvas, x + 2, y, canvas->width, TOP_DIM,
				 "Enter keeps it, Esc drops it");
	} else if (view->message) {
		top_canvas__text(canvas, 0, y, canvas->width, TOP_WARN, view->message);
	} else {
		draw_keys(view, canvas, y);
	}
}
