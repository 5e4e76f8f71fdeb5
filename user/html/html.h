/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * html.h - a run or a comparison as one HTML file that needs nothing else: the page (page/), the
 * charts' library and the data. Names from outside are data in JSON, and text of the browser's
 * document tree; they are never markup.
 */
#ifndef VIRTAX_HTML_H
#define VIRTAX_HTML_H

#include <stdio.h>

#include "compare/compare.h"
#include "html/history.h"
#include "model/run.h"

/*
 * Write errors stay in f. Both return 0 or -ENOMEM. A history (may be NULL) is in place of the rows
 * that the run does not have.
 */
int html_write_run(const struct run *run, const struct history *history, FILE *f);
int html_write_comparison(const struct comparison *comparison, FILE *f);

#endif
