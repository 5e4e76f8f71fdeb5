/* SPDX-License-Identifier: GPL-2.0-or-later */
/* view.h - one frame of the live view: what of the table is where on a canvas. */
#ifndef VIRTAX_TOP_VIEW_H
#define VIRTAX_TOP_VIEW_H

#include "top/canvas.h"
#include "top/order.h"

/* What the view needs to know besides the table. */
struct top_view {
	struct top_table *table;
	struct top_order *order;
	const char *host;   /* its name; may be NULL */
	const char *source; /* "live", or the run file that is played */
	bool replay;
	bool ended; /* no row follows */
	bool paused;
	size_t skipped;      /* rows that came while it was paused */
	const char *file;    /* the run file that is being recorded; NULL: none */
	uint64_t lost;       /* events; the numbers are not to be trusted */
	double own;          /* share of the CPUs that this process used since the last row */
	const char *message; /* shown in the last line until a key is pressed; NULL: none */
	bool typing;         /* the filter is being typed */
	bool help;

	struct top_item *selected; /* NULL: the first */
	unsigned int scroll;       /* first line of the body that is shown */
	unsigned int column;       /* so many columns after the bar are left out */

	/* Of the last frame, for keys and mouse. */
	unsigned int body_y, body_height; /* where the lines of targets are */
	struct top_line *line;            /* all of them */
	size_t n_lines, lines_room;
	struct {
		enum top_column column;
		unsigned int x, width;
	} shown[COLUMNS_ALL];
	size_t n_shown;
};

/* A line of the body: an item's, or one of the lines below an expanded one. */
struct top_line {
	struct top_item *item;
	unsigned int detail; /* 0: the item itself */
};

/* Draws a frame of the canvas's size. The order was made. -ENOMEM. */
int top_view__draw(struct top_view *view, struct top_canvas *canvas);
void top_view__free(struct top_view *view);

/* The selected item's index among the items of the lines; moves it by so many items. */
void top_view__move(struct top_view *view, long items);

/* The item shown at line y of the screen; NULL: none. */
struct top_item *top_view__at(const struct top_view *view, unsigned int y);
/* The column shown at cell x; COLUMNS_ALL: none. */
enum top_column top_view__column_at(const struct top_view *view, unsigned int x);

/* ---- parts ---- */

/* view_head.c: the first lines; returns how many. */
unsigned int top_view__head(const struct top_view *view, struct top_canvas *canvas);
void top_view__foot(const struct top_view *view, struct top_canvas *canvas);

/* view_columns.c: which columns fit, their titles, and an item in them. */
void top_view__fit_columns(struct top_view *view, const struct top_canvas *canvas);
void top_view__titles(const struct top_view *view, struct top_canvas *canvas, unsigned int y);
void top_view__item(const struct top_view *view, struct top_canvas *canvas, unsigned int y,
		    const struct top_item *item);
/* CPU time by mode, over the roles, ns. */
void top_item_modes(const struct top_item *item, uint64_t ret[TOP_MODES]);
/* The whole width of a row's bar is this share of the CPUs: a round number. */
double top_view__scale(const struct top_view *view);

/* view_detail.c: what is below an expanded item. Line k, from 1, of as many as _count returns. */
unsigned int top_detail__count(const struct top_item *item);
void top_detail__draw(const struct top_view *view, struct top_canvas *canvas, unsigned int y,
		      const struct top_item *item, unsigned int k);

/* view_inside.c: the guest of a joined VM, then the functions of a profile; likewise. */
unsigned int top_inside__count(const struct top_item *item);
void top_inside__draw(const struct top_view *view, struct top_canvas *canvas, unsigned int y,
		      const struct top_item *item, unsigned int k);

/* view_help.c */
void top_view__help(const struct top_view *view, struct top_canvas *canvas);

#endif
