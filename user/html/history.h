/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * history.h - the time series of a recording without end, in bounded memory: when there is no room
 * for another row, each two neighbours become one, so rows get longer and cover the whole time.
 */
#ifndef VIRTAX_HTML_HISTORY_H
#define VIRTAX_HTML_HISTORY_H

#include <stddef.h>

#include "html/points.h"

#define HISTORY_ROWS    240
#define HISTORY_TARGETS 256 /* all targets beyond are one, at this index */

struct history_row {
	uint64_t at_ns, length_ns; /* its end, since the start */
	unsigned int n_rows;       /* of the recording */
	size_t n_targets;
	uint64_t *value; /* by target, COLUMNS each */
};

struct history {
	struct history_row row[HISTORY_ROWS];
	size_t n;
	unsigned int every; /* so many rows of the recording become one; 0: none was added yet */
};

/*
 * Adds a row; numbers(context, i) are those of target i in it. Levels that it does not know are
 * those of the row before. -ENOMEM: it is not in the history.
 */
typedef const struct run_numbers *(*history_numbers)(const void *context, size_t target);
int history__add(struct history *history, uint64_t at_ns, uint64_t length_ns, size_t n_targets,
		 history_numbers numbers, const void *context);

/* The target's place is another one's from now on. */
void history__forget(struct history *history, size_t target);

/* A zeroed one is empty. */
void history__free(struct history *history);

#endif
