// SPDX-License-Identifier: GPL-2.0-or-later
/* view_columns.c - the columns that fit, and a line of the table in them. */
#include <math.h>
#include <string.h>

#include "top/view.h"

#define NAME_LEAST   11
#define NAME_USUAL   16
#define NAME_MOST    40
#define BAR_NARROW   6
#define BAR_MOST     24
#define HISTORY_MOST 60

/* ---- which columns, and where ---- */

static void add_column(struct top_view *view, enum top_column column, unsigned int width)
{
	view->shown[view->n_shown].column = column;
	view->shown[view->n_shown++].width = width;
}

/* Gives cells that are left over to the columns that can use them. */
static void widen(struct top_view *view, unsigned int left)
{
	static const struct {
		enum top_column column;
		unsigned int most;
	} order[] = {{COLUMN_NAME, 24},      {COLUMN_BAR, 16},
		     {COLUMN_HISTORY, 40},   {COLUMN_NAME, NAME_MOST},
		     {COLUMN_BAR, BAR_MOST}, {COLUMN_HISTORY, HISTORY_MOST},
		     {COLUMN_NAME, ~0u}};

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]) && left; i++) {
		for (size_t s = 0; s < view->n_shown; s++) {
			unsigned int *width = &view->shown[s].width, more = 0;

			if (view->shown[s].column != order[i].column)
				continue;
			if (*width < order[i].most)
				more = order[i].most - *width;
			more = more < left ? more : left;
			*width += more;
			left -= more;
		}
	}
}

void top_view__fit_columns(struct top_view *view, const struct top_canvas *canvas)
{
	unsigned int width = canvas->width, used, x = 0;

	view->n_shown = 0;
	add_column(view, COLUMN_NAME, width < 60 ? NAME_LEAST : NAME_USUAL);
	add_column(view, COLUMN_CPU, top_column_width(COLUMN_CPU));
	add_column(view, COLUMN_BAR, width < 60 ? BAR_NARROW : top_column_width(COLUMN_BAR));
	used = view->shown[0].width + view->shown[1].width + view->shown[2].width + 2;
	for (enum top_column c = COLUMN_REQUESTS + view->column; c < COLUMNS_ALL; c++) {
		if (used + 1 + top_column_width(c) > width)
			break;
		add_column(view, c, top_column_width(c));
		used += 1 + top_column_width(c);
	}
	if (used < width)
		widen(view, width - used);
	for (size_t i = 0; i < view->n_shown; i++) {
		view->shown[i].x = x;
		x += view->shown[i].width + 1;
	}
}

enum top_column top_view__column_at(const struct top_view *view, unsigned int x)
{
	for (size_t i = 0; i < view->n_shown; i++)
		if (x >= view->shown[i].x && x < view->shown[i].x + view->shown[i].width)
			return view->shown[i].column;
	return COLUMNS_ALL;
}

/* ---- titles ---- */

static bool is_left(enum top_column column)
{
	return column == COLUMN_NAME || column == COLUMN_BAR || column == COLUMN_HISTORY;
}

void top_view__titles(const struct top_view *view, struct top_canvas *canvas, unsigned int y)
{
	for (unsigned int x = 0; x < canvas->width; x++)
		top_canvas__text(canvas, x, y, 1, TOP_TITLE, " ");
	for (size_t i = 0; i < view->n_shown; i++) {
		enum top_column column = view->shown[i].column;
		enum top_style style = column == view->order->by ? TOP_TITLE_SORT : TOP_TITLE;
		unsigned int x = view->shown[i].x, width = view->shown[i].width;

		if (column == COLUMN_BAR)
			top_canvas__print(canvas, x, y, style, "%s%.3g%%",
					  width > 9 ? "full: " : "/", top_view__scale(view) * 100);
		else if (is_left(column))
			top_canvas__text(canvas, x, y, width, style, top_column_title(column));
		else
			top_canvas__right(canvas, x, y, width, style, top_column_title(column));
	}
}

/* ---- a line ---- */

void top_item_modes(const struct top_item *item, uint64_t ret[TOP_MODES])
{
	_Static_assert((int)TOP_MODES == (int)VTX_MODES, "a style for each mode");
	uint64_t sum = 0;

	for (int m = 0; m < VTX_MODES; m++) {
		ret[m] = 0;
		for (int r = 0; r < VTX_ROLES; r++) {
			uint64_t ns = item->now.cpu.role[r].ns[m];

			ret[m] += ns == RUN_UNKNOWN ? 0 : ns;
		}
		sum += ret[m];
	}
	/* Of managers and other tasks only the sum is known. */
	if (sum < item->now.cpu.total_ns)
		ret[VTX_TASK] += item->now.cpu.total_ns - sum;
}

double top_view__scale(const struct top_view *view)
{
	static const double round[] = {0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1};
	double most = 0;

	for (size_t i = 0; i < view->order->n; i++)
		most = fmax(most, top_table__share(view->table, view->order->item[i]));
	for (size_t i = 0; i < sizeof(round) / sizeof(round[0]); i++)
		if (most <= round[i] * 1.001)
			return round[i];
	return 1;
}

static void draw_history(const struct top_view *view, struct top_canvas *canvas, unsigned int x,
			 unsigned int y, unsigned int width, const struct top_item *item)
{
	double full = item->fixed == TOP_IDLE ? 1 : top_view__scale(view);

	for (unsigned int i = 0; i < width; i++) {
		double share = top_table__past(view->table, item->share, i);

		top_canvas__spark(canvas, x + width - 1 - i, y, share / full);
	}
}

static enum top_style name_style(const struct top_item *item)
{
	return item->fixed != TOP_FIXED || !item->running ? TOP_DIM : TOP_STRONG;
}

void top_view__item(const struct top_view *view, struct top_canvas *canvas, unsigned int y,
		    const struct top_item *item)
{
	char text[COLUMN_TEXT];
	uint64_t modes[TOP_MODES];

	for (size_t i = 0; i < view->n_shown; i++) {
		enum top_column column = view->shown[i].column;
		unsigned int x = view->shown[i].x, width = view->shown[i].width;

		if (column == COLUMN_NAME) {
			top_canvas__text(canvas, x, y, width, name_style(item),
					 top_item_name(item));
		} else if (column == COLUMN_BAR) {
			top_item_modes(item, modes);
			if (item->fixed != TOP_IDLE && item->fixed != TOP_STEAL)
				top_canvas__bar(canvas, x, y, width, modes,
						top_view__scale(view) *
							(double)view->table->all_ns);
		} else if (column == COLUMN_HISTORY) {
			draw_history(view, canvas, x, y, width, item);
		} else {
			top_column_text(column, view->table, item, canvas->utf8, text);
			top_canvas__right(canvas, x, y, width, TOP_PLAIN, text);
		}
	}
}
