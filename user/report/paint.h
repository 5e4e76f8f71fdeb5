/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * paint.h - lines on a terminal, cell by cell: positions, styles, bars. Whatever text comes here
 * is escaped here, so that no name from outside can slip past; no line has blanks at its end.
 */
#ifndef VIRTAX_PAINT_H
#define VIRTAX_PAINT_H

#include "report/term.h"

enum style {
	STYLE_PLAIN,
	STYLE_BOLD,
	STYLE_DIM,
	STYLE_WARN,  /* look here */
	STYLE_ALARM, /* do not believe this */
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
	const char *rule, *more, *dot, *none, *sigma, *plus_minus, *micro, *bar[9], *spark[9];
};

struct paint {
	FILE *f;
	const struct term_options *options;
	const struct glyphs *glyph;
	unsigned int at;   /* cells written on this line */
	unsigned int want; /* cells to be at before the next text */
};

void paint__init(struct paint *p, const struct term_options *options, FILE *f);

/* The next text starts at this cell, or right here if that is behind us. */
void paint__to(struct paint *p, unsigned int cell);
void paint__end(struct paint *p);

void paint__text(struct paint *p, enum style style, const char *text);
/* At most `cells` wide, cut with an ellipsis. */
void paint__fit(struct paint *p, enum style style, const char *text, unsigned int cells);
/* Ends `cells` after where we are. */
void paint__right(struct paint *p, enum style style, const char *text, unsigned int cells);
/* From here to the right edge. */
void paint__rule(struct paint *p, enum style style);

/* A part of `cells`, 0 … 1; what is more than nothing is seen. */
void paint__bar(struct paint *p, enum style style, double part, unsigned int cells);
/* One cell, its height a part of 1. */
void paint__spark(struct paint *p, enum style style, double part);

/* One of several, parted by dots; on a new line from cell `indent` where it does not fit. */
void paint__item(struct paint *p, enum style style, const char *text, unsigned int indent);

/* Words over as many lines as it takes, later ones indented like the first; ends the line. */
void paint__wrap(struct paint *p, enum style style, const char *text);

#endif
