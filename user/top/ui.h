/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ui.h - the live view on a terminal: rows come in, keys come in, frames go out. One descriptor
 * says that there is something to do.
 */
#ifndef VIRTAX_TOP_UI_H
#define VIRTAX_TOP_UI_H

#include "base/err.h"
#include "top/keys.h"
#include "top/screen.h"

struct top_ui {
	struct top_table table;
	struct top_order order;
	struct top_view view;
	struct top_canvas canvas;
	struct screen *screen;
	int fd; /* readable: call top_ui__wake */
	int signals;
	bool closed;            /* a signal that ends us, or the terminal is gone */
	uint64_t own_ns, at_ns; /* at the last row: CPU time of this process; the time */
	uint64_t rows_left;     /* 0: no limit */
};

struct top_ui_options {
	const char *host, *source; /* kept by reference */
	bool replay;
	bool signals;  /* SIGINT, SIGTERM and SIGHUP end it; else the caller takes care of them */
	uint64_t rows; /* ends after so many; 0: no limit */
};

/* Takes over the terminal. Returns 0 or -errno with *ret_err set; end with top_ui__close. */
int top_ui__open(struct top_ui *ui, const struct top_ui_options *options, struct verr *ret_err);
/* Gives the terminal back. A zeroed one is allowed. */
void top_ui__close(struct top_ui *ui);

/* A row: shown unless the view is paused. Returns 0, 1 if it was the last one wanted, -errno. */
int top_ui__row(struct top_ui *ui, const struct top_row *row);

/* Takes keys and signals and draws. Returns the first action that is left to the caller. */
enum top_action top_ui__wake(struct top_ui *ui);
int top_ui__draw(struct top_ui *ui);

#endif
