// SPDX-License-Identifier: GPL-2.0-or-later
#include "top/keys.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

#define FILTER_BYTES 128
#define FAR          1000000L

/* ---- the filter ---- */

static void erase_last(char *text)
{
	size_t n = strlen(text);

	while (n && ((unsigned char)text[n - 1] & 0xc0) == 0x80)
		n--;
	text[n ? n - 1 : 0] = '\0';
}

static void type_filter(struct top_view *view, uint32_t key)
{
	char text[FILTER_BYTES] = "", one[5] = "";

	if (view->order->filter)
		strncat(text, view->order->filter, sizeof(text) - 1);
	if (key == TOP_KEY_ENTER) {
		view->typing = false;
		return;
	}
	if (key == TOP_KEY_ESCAPE) {
		view->typing = false;
		*text = '\0';
	} else if (key == TOP_KEY_ERASE) {
		erase_last(text);
	} else if (key >= ' ' && key < 0x110000) {
		utf8_put(key, one);
		if (strlen(text) + strlen(one) < sizeof(text))
			strcat(text, one);
	}
	top_order__filter(view->order, text);
}

/* ---- moving ---- */

static bool move(struct top_view *view, uint32_t key)
{
	long page = view->body_height > 1 ? (long)view->body_height - 1 : 1, items;

	switch (key) {
	case TOP_KEY_UP:
	case 'k':
		items = -1;
		break;
	case TOP_KEY_DOWN:
	case 'j':
		items = 1;
		break;
	case TOP_KEY_PAGE_UP:
		items = -page;
		break;
	case TOP_KEY_PAGE_DOWN:
		items = page;
		break;
	case TOP_KEY_HOME:
	case 'g':
		items = -FAR;
		break;
	case TOP_KEY_END:
	case 'G':
		items = FAR;
		break;
	default:
		return false;
	}
	top_view__move(view, items);
	return true;
}

static bool shift(struct top_view *view, uint32_t key)
{
	if (key == TOP_KEY_LEFT && view->column)
		view->column--;
	else if (key == TOP_KEY_RIGHT && view->column < COLUMN_HISTORY - COLUMN_REQUESTS)
		view->column++;
	else
		return key == TOP_KEY_LEFT || key == TOP_KEY_RIGHT;
	return true;
}

/* ---- the table ---- */

static void expand(struct top_item *item)
{
	if (item && item->fixed == TOP_FIXED)
		item->expanded = !item->expanded;
}

static void sort_by(struct top_order *order, enum top_column column)
{
	if (!top_column_sorts(column))
		return;
	order->reverse = order->by == column && !order->reverse;
	order->by = column;
}

static bool arrange(struct top_view *view, uint32_t key)
{
	switch (key) {
	case 's':
	case '>':
		top_order__step(view->order, 1);
		return true;
	case 'S':
	case '<':
		top_order__step(view->order, -1);
		return true;
	case 'i':
	case 'I':
		view->order->reverse = !view->order->reverse;
		return true;
	case '/':
		view->typing = true;
		return true;
	case TOP_KEY_ESCAPE:
		top_order__filter(view->order, NULL);
		return true;
	case TOP_KEY_ENTER:
		expand(view->selected);
		return true;
	case '?':
	case 'h':
		view->help = true;
		return true;
	default:
		return false;
	}
}

static enum top_action action_of(uint32_t key)
{
	switch (key) {
	case 'q':
	case 'Q':
		return TOP_QUIT;
	case 'r':
		return TOP_RECORD;
	case 'p':
	case ' ':
		return TOP_PAUSE;
	case '.':
		return TOP_STEP;
	case '+':
		return TOP_FASTER;
	case '-':
		return TOP_SLOWER;
	case TOP_KEY_REDRAW:
	case 'L' - '@':
		return TOP_REPAINT;
	default:
		return TOP_NOTHING;
	}
}

enum top_action top_key__press(struct top_view *view, uint32_t key)
{
	view->message = NULL;
	if (view->typing) {
		type_filter(view, key);
		return TOP_NOTHING;
	}
	if (view->help) { /* any key leaves it */
		view->help = false;
		return TOP_NOTHING;
	}
	if (move(view, key) || shift(view, key) || arrange(view, key))
		return TOP_NOTHING;
	return action_of(key);
}

/* ---- the mouse ---- */

void top_key__click(struct top_view *view, unsigned int x, unsigned int y)
{
	struct top_item *item = top_view__at(view, y);
	enum top_column column = top_view__column_at(view, x);

	view->message = NULL;
	if (view->help) {
		view->help = false;
	} else if (view->body_y && y == view->body_y - 1 && column < COLUMNS_ALL) {
		sort_by(view->order, column == COLUMN_BAR ? COLUMN_CPU : column);
	} else if (item && item == view->selected) {
		expand(item);
	} else if (item) {
		view->selected = item;
	}
}

void top_key__wheel(struct top_view *view, int lines)
{
	top_view__move(view, lines);
}
