/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * paint.h - lines on a terminal, cell by cell: positions, styles, bars. All text is escaped here,
 * so that no name from outside reaches the terminal unescaped; no line has trailing blanks.
 */
#ifndef VIRTAX_PAINT_H
#define VIRTAX_PAINT_H

#include "report/term.h"

enum style {
	STYLE_PLAIN,
	STYLE_BOLD,
	STYLE_DIM,
	STYLE_WARN,  /* needs attention */
	STYLE_ALARM, /* not to be trusted */
	STYLE_GUEST, /* bars, by mode: in the order of enum vtx_mode */
	STYLE_USER,
	STYLE_KERNEL,
	STYLE_POLL,
	STYLE_SOFTIRQ,
	STYLE_HARDIRQ,
	STYLE_TASK,
	STYLES,
};

#define STYLE_OF_MODE(mode) ((enum style)(STYLE_GUEST + (mode)))

struct glyphs {
	const char *rule, *more, *dot, *none, *sigma, *plus_minus, *micro, *arrow, *ellipsis,
		*times;
	const char *bar[9], *spark[9];
};

struct paint {
	FILE *f;
	const struct term_options *options;
	const struct glyphs *glyph;
	unsigned int at;   /* cells written on this line */
	unsigned int want; /* position of the next text, in cells */
};

void paint__init(struct paint *p, const struct term_options *options, FILE *f);

/* The next text starts at this cell, or right here if the line is already past it. */
void paint__to(struct paint *p, unsigned int cell);
void paint__end(struct paint *p);

void paint__text(struct paint *p, enum style style, const char *text);
/* At most `cells` wide, cut with an ellipsis. */
void paint__fit(struct paint *p, enum style style, const char *text, unsigned int cells);
/* Right-aligned: ends `cells` cells after the current position. */
void paint__right(struct paint *p, enum style style, const char *text, unsigned int cells);
/* From here to the right edge. */
void paint__rule(struct paint *p, enum style style);

/* A blank line, then title and remark (cut to fit; NULL: none) with a rule to the right edge. */
void paint__heading(struct paint *p, const char *title, const char *remark);

/* `part` (0 … 1) of a bar of `cells`; anything above 0 is visible. */
void paint__bar(struct paint *p, enum style style, double part, unsigned int cells);
/* One cell, its height in proportion to `part` (0 … 1). */
void paint__spark(struct paint *p, enum style style, double part);

/* One of several items separated by dots; starts a new line at cell `indent` if it does not fit. */
void paint__item(struct paint *p, enum style style, const char *text, unsigned int indent);

/* Wraps words over as many lines as needed, later ones indented like the first; ends the line. */
void paint__wrap(struct paint *p, enum style style, const char *text);

/* A line or more in this style behind "!!". */
void paint__warning(struct paint *p, enum style style, const char *text);

#endif
