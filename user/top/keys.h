/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keys.h - what keys and the mouse do to the view. No terminal: keys come as numbers. */
#ifndef VIRTAX_TOP_KEYS_H
#define VIRTAX_TOP_KEYS_H

#include <stdint.h>

#include "top/view.h"

/* Besides characters, which are their code points. */
enum top_key {
	TOP_KEY_UP = 0x110000,
	TOP_KEY_DOWN,
	TOP_KEY_LEFT,
	TOP_KEY_RIGHT,
	TOP_KEY_PAGE_UP,
	TOP_KEY_PAGE_DOWN,
	TOP_KEY_HOME,
	TOP_KEY_END,
	TOP_KEY_ENTER,
	TOP_KEY_ESCAPE,
	TOP_KEY_ERASE,
	TOP_KEY_REDRAW,
};

/* What is left to the caller. */
enum top_action {
	TOP_NOTHING,
	TOP_QUIT,
	TOP_RECORD, /* start or stop writing a run file */
	TOP_PAUSE,
	TOP_STEP, /* one more row */
	TOP_FASTER,
	TOP_SLOWER,
	TOP_REPAINT, /* the whole screen: something else has written on it */
};

enum top_action top_key__press(struct top_view *view, uint32_t key);

/* The left button at cell x, y; the wheel by so many lines. */
void top_key__click(struct top_view *view, unsigned int x, unsigned int y);
void top_key__wheel(struct top_view *view, int lines);

#endif
