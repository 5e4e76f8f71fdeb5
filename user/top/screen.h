/* SPDX-License-Identifier: GPL-2.0-or-later */
/* screen.h - the terminal, by ncurses; nothing else of this program knows it. */
#ifndef VIRTAX_TOP_SCREEN_H
#define VIRTAX_TOP_SCREEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "top/canvas.h"

struct screen;

struct screen_input {
	bool mouse;   /* else a key */
	uint32_t key; /* a code point or enum top_key */
	int wheel;    /* lines; 0: a click */
	unsigned int x, y;
};

/*
 * Takes over standard input and output. Returns 0, or -errno with *ret_err set: they are no
 * terminal, or not one that ncurses knows.
 */
int screen__open(struct screen **ret, struct verr *ret_err);
/* Restores the terminal, as far as it is still there. NULL is allowed. */
void screen__close(struct screen *screen);

/* Sets the canvas's size to the terminal's, which may have changed. -ENOMEM. */
int screen__fit(struct screen *screen, struct top_canvas *canvas);
void screen__draw(struct screen *screen, const struct top_canvas *canvas);
/* The next frame is drawn as a whole. */
void screen__repaint(struct screen *screen);

/* Takes what was typed; false if there is nothing more. Does not wait. */
bool screen__input(struct screen *screen, struct screen_input *ret);

#endif
