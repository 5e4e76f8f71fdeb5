// SPDX-License-Identifier: GPL-2.0-or-later
#include "top/view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

void top_view__free(struct top_view *view)
{
	free(view->line);
	view->line = NULL;
	view->n_lines = view->lines_room = 0;
}

/* ---- lines of the body ---- */

static int add_line(struct top_view *view, struct top_item *item, unsigned int detail)
{
	if (!array_grow(&view->line, view->n_lines, &view->lines_room))
		return -ENOMEM;
	view->line[view->n_lines++] = (struct top_line){item, detail};
	return 0;
}

static unsigned int n_fixed(const struct top_view *view)
{
	unsigned int n = view->order->n_hidden ? 1 : 0;

	for (int f = 0; f < TOP_FIXED; f++)
		n += top_table__shows(view->table, &view->table->fixed[f]);
	return n;
}

/* `pinned`: the accounts that are no targets have lines of their own below the body. */
static int make_lines(struct top_view *view, bool pinned)
{
	const struct top_order *order = view->order;
	int err = 0;

	view->n_lines = 0;
	for (size_t i = 0; i < order->n && !err; i++) {
		struct top_item *item = order->item[i];
		unsigned int details = item->expanded ? top_detail__count(item) : 0;

		for (unsigned int k = 0; k <= details && !err; k++)
			err = add_line(view, item, k);
	}
	for (int f = 0; f < TOP_FIXED && !pinned && !err; f++)
		if (top_table__shows(view->table, &view->table->fixed[f]))
			err = add_line(view, &view->table->fixed[f], 0);
	return err;
}

static size_t line_of(const struct top_view *view, const struct top_item *item)
{
	for (size_t i = 0; i < view->n_lines; i++)
		if (view->line[i].item == item && !view->line[i].detail)
			return i;
	return view->n_lines;
}

/* The selected item may have left the table or been filtered out. */
static void keep_selected(struct top_view *view)
{
	if (!view->n_lines)
		view->selected = NULL;
	else if (!view->selected || line_of(view, view->selected) == view->n_lines)
		view->selected =
			view->line[view->scroll < view->n_lines && !view->line[view->scroll].detail
					   ? view->scroll
					   : 0]
				.item;
}

/* Scrolls so that the selected item and, as far as possible, its details are shown. */
static void keep_scroll(struct top_view *view)
{
	size_t first = view->selected ? line_of(view, view->selected) : 0, last = first;
	size_t height = view->body_height;

	while (last + 1 < view->n_lines && view->line[last + 1].detail)
		last++;
	if (last >= view->scroll + height)
		view->scroll = (unsigned int)(last + 1 - height);
	if (first < view->scroll)
		view->scroll = (unsigned int)first;
	if (view->n_lines <= height)
		view->scroll = 0;
	else if (view->scroll > view->n_lines - height)
		view->scroll = (unsigned int)(view->n_lines - height);
}

void top_view__move(struct top_view *view, long items)
{
	size_t at = view->selected ? line_of(view, view->selected) : 0;
	size_t to = at;

	while (items > 0 && at + 1 < view->n_lines) {
		at++;
		if (!view->line[at].detail) {
			to = at;
			items--;
		}
	}
	while (items < 0 && at > 0 && at <= view->n_lines) {
		at--;
		if (!view->line[at].detail) {
			to = at;
			items++;
		}
	}
	if (to < view->n_lines)
		view->selected = view->line[to].item;
}

struct top_item *top_view__at(const struct top_view *view, unsigned int y)
{
	size_t line = (size_t)view->scroll + y - view->body_y;

	if (y < view->body_y || y >= view->body_y + view->body_height || line >= view->n_lines)
		return NULL;
	return view->line[line].item;
}

/* ---- a frame ---- */

static void draw_body(struct top_view *view, struct top_canvas *canvas)
{
	for (unsigned int i = 0; i < view->body_height; i++) {
		const struct top_line *line;
		unsigned int y = view->body_y + i;

		if (view->scroll + i >= view->n_lines)
			break;
		line = &view->line[view->scroll + i];
		if (line->detail)
			top_detail__draw(view, canvas, y, line->item, line->detail);
		else
			top_view__item(view, canvas, y, line->item);
		if (line->item == view->selected && !line->detail)
			canvas->selected = (int)y;
	}
	if (!view->n_lines && view->body_height)
		top_canvas__text(canvas, 0, view->body_y, canvas->width, TOP_DIM,
				 view->order->n_hidden ? "no target matches the filter"
						       : "no target yet");
}

static void draw_hidden(const struct top_view *view, struct top_canvas *canvas, unsigned int y)
{
	double share = (double)view->order->hidden_ns / (double)view->table->all_ns;
	unsigned int x = view->shown[1].x;

	top_canvas__print(canvas, 0, y, TOP_DIM, "%zu filtered out", view->order->n_hidden);
	if (view->table->all_ns)
		top_canvas__print(canvas, x, y, TOP_PLAIN, "%5.1f", share * 100);
}

static void draw_pinned(const struct top_view *view, struct top_canvas *canvas, unsigned int y)
{
	if (view->order->n_hidden)
		draw_hidden(view, canvas, y++);
	for (int f = 0; f < TOP_FIXED; f++)
		if (top_table__shows(view->table, &view->table->fixed[f]))
			top_view__item(view, canvas, y++, &view->table->fixed[f]);
}

int top_view__draw(struct top_view *view, struct top_canvas *canvas)
{
	unsigned int fixed = n_fixed(view), y, rest;
	bool pinned;
	int err;

	top_canvas__clear(canvas);
	top_view__fit_columns(view, canvas);
	y = top_view__head(view, canvas);
	if (y + 2 > canvas->height)
		return 0;
	top_view__titles(view, canvas, y++);
	rest = canvas->height - y - 1;
	pinned = rest >= 2 * fixed;
	view->body_y = y;
	view->body_height = pinned ? rest - fixed : rest;
	err = make_lines(view, pinned);
	if (err)
		return err;
	keep_selected(view);
	keep_scroll(view);
	draw_body(view, canvas);
	if (pinned)
		draw_pinned(view, canvas, y + view->body_height);
	if (view->help)
		top_view__help(view, canvas);
	top_view__foot(view, canvas);
	return 0;
}
