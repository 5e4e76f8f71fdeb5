// SPDX-License-Identifier: GPL-2.0-or-later
/* view_help.c - the help, over the table. It fits 80 × 24. */
#include "top/view.h"

#define KEY_CELLS 17

static const struct {
	const char *key, *does;
} keys[] = {
	{"arrows, k j", "select a target; left and right: more columns"},
	{"Enter", "its roles and modes, exits, waiting, memory, IO, history"},
	{"s S < >   i", "sort by the next, previous column; the other way round"},
	{"/", "filter by label, name, id, cgroup, device; Esc shows all"},
	{"p", "pause, go on; in a replay . is one more row, + - the pace"},
	{"r", "record into a file here (virtax-DATE.json); again: save it"},
	{"mouse", "a title sorts, a target is selected, twice: its details"},
	{"q, Ctrl-C", "quit"},
};

void top_view__help(const struct top_view *view, struct top_canvas *canvas)
{
	unsigned int y = view->body_y ? view->body_y - 1 : 0, end = canvas->height - 1;
	unsigned int wide = canvas->width < 60 ? 12 : KEY_CELLS;

	for (unsigned int i = y; i < end; i++)
		for (unsigned int x = 0; x < canvas->width; x++)
			top_canvas__text(canvas, x, i, 1, TOP_PLAIN, " ");
	canvas->selected = -1;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && y < end; i++, y++) {
		top_canvas__text(canvas, 0, y, wide - 1, TOP_KEY, keys[i].key);
		top_canvas__text(canvas, wide, y, canvas->width, TOP_PLAIN, keys[i].does);
	}
	for (enum top_column c = COLUMN_CPU; c < COLUMN_HISTORY && y < end; c++) {
		if (!*top_column_title(c))
			continue;
		top_canvas__text(canvas, 0, y, wide - 1, TOP_STRONG, top_column_title(c));
		top_canvas__text(canvas, wide, y++, canvas->width, TOP_PLAIN, top_column_doc(c));
	}
}
