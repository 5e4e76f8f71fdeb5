// SPDX-License-Identifier: GPL-2.0-or-later
/* view_help.c - the help, over the table. */
#include "top/view.h"

static const struct {
	const char *key, *does;
} keys[] = {
	{"Up Down PgUp PgDn Home End", "select a target (also k j, the wheel)"},
	{"Left Right", "columns that do not fit"},
	{"Enter", "roles and modes, exits, devices, history of a target (click it twice)"},
	{"s S  < >", "sort by the next or previous column (click its title)"},
	{"i", "sort the other way round"},
	{"/", "filter by label, name, id, cgroup or device; Esc drops the filter"},
	{"p Space", "pause, go on"},
	{".", "one more row, while paused in a replay"},
	{"+ -", "play a run file faster or slower"},
	{"r", "start a run file in the current directory; again: save it"},
	{"q Ctrl-C", "quit"},
};

void top_view__help(const struct top_view *view, struct top_canvas *canvas)
{
	unsigned int y = view->body_y ? view->body_y - 1 : 0, end = canvas->height - 1;
	unsigned int wide = canvas->width < 60 ? 14 : 28;

	for (unsigned int i = y; i < end; i++)
		for (unsigned int x = 0; x < canvas->width; x++)
			top_canvas__text(canvas, x, i, 1, TOP_PLAIN, " ");
	canvas->selected = -1;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && y < end; i++, y++) {
		top_canvas__text(canvas, 0, y, wide - 1, TOP_KEY, keys[i].key);
		top_canvas__text(canvas, wide, y, canvas->width, TOP_PLAIN, keys[i].does);
	}
	y++;
	for (enum top_column c = COLUMN_CPU; c < COLUMNS_ALL && y < end; c++) {
		if (!*top_column_title(c))
			continue;
		top_canvas__text(canvas, 0, y, wide - 1, TOP_STRONG, top_column_title(c));
		top_canvas__text(canvas, wide, y++, canvas->width, TOP_PLAIN, top_column_doc(c));
	}
}
