/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * canvas.h - a screen as a grid of cells, without a terminal: text is escaped here, cut to fit and
 * placed; nothing is ever outside the grid.
 */
#ifndef VIRTAX_TOP_CANVAS_H
#define VIRTAX_TOP_CANVAS_H

#include <stdbool.h>
#include <stdint.h>

#define TOP_MODES 7 /* as many as enum vtx_mode has */

enum top_style {
	TOP_PLAIN,
	TOP_DIM,
	TOP_STRONG,
	TOP_WARN,
	TOP_ALARM,
	TOP_TITLE,      /* the line of column titles */
	TOP_TITLE_SORT, /* the one that the table is sorted by */
	TOP_KEY,
	TOP_MODE, /* and the modes that follow, as in enum vtx_mode */
	TOP_STYLES = TOP_MODE + TOP_MODES,
};

/* A character with what combines with it; "" if the one before takes two cells. */
struct top_cell {
	char text[15];
	uint8_t style;
};

struct top_canvas {
	unsigned int width, height;
	bool utf8;   /* else ASCII only */
	bool colour; /* else modes are letters, because they must not be known by colour alone */
	struct top_cell *cell;
	int selected; /* this line is shown as selected; -1: none */
};

/* An empty canvas of this size, also again. -ENOMEM; then it is of size 0. */
int top_canvas__resize(struct top_canvas *canvas, unsigned int width, unsigned int height);
void top_canvas__clear(struct top_canvas *canvas);
void top_canvas__free(struct top_canvas *canvas);

/*
 * Writes text, escaped, from cell x of line y, in at most `cells` cells; what does not fit is cut
 * with an ellipsis. Returns the cell after it.
 */
unsigned int top_canvas__text(struct top_canvas *canvas, unsigned int x, unsigned int y,
			      unsigned int cells, enum top_style style, const char *text);
/* Likewise, ending at x + cells. */
void top_canvas__right(struct top_canvas *canvas, unsigned int x, unsigned int y,
		       unsigned int cells, enum top_style style, const char *text);
/* printf into the rest of the line. */
unsigned int top_canvas__print(struct top_canvas *canvas, unsigned int x, unsigned int y,
			       enum top_style style, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* A bar of parts by mode; `full` is all of its cells. Anything above 0 is visible. */
void top_canvas__bar(struct top_canvas *canvas, unsigned int x, unsigned int y, unsigned int cells,
		     const uint64_t ns[TOP_MODES], double full);
/* One cell whose height is `part` (0 … 1); NAN: empty. */
void top_canvas__spark(struct top_canvas *canvas, unsigned int x, unsigned int y, double part);

/* All of a line in this style, as far as its cells are plain. */
void top_canvas__restyle(struct top_canvas *canvas, unsigned int y, enum top_style style);

/* A line as text, without blanks at its end; the caller frees it. NULL: no memory. */
char *top_canvas__line(const struct top_canvas *canvas, unsigned int y);

#endif
