/* SPDX-License-Identifier: GPL-2.0-or-later */
/* replay.h - the rows of a run file, for the live view. */
#ifndef VIRTAX_TOP_REPLAY_H
#define VIRTAX_TOP_REPLAY_H

#include "model/row.h"
#include "top/table.h"

struct top_replay {
	const struct run *run;
	struct row_cursor cursor;
	struct top_feed *feed;
	size_t next; /* row */
};

/* Keeps the run by reference. -ENOMEM. End with top_replay__end in any case. */
int top_replay__begin(struct top_replay *replay, const struct run *run);
void top_replay__end(struct top_replay *replay);

/*
 * The next row, valid until the next call; false after the last one. A run without rows is one row:
 * its whole window.
 */
bool top_replay__next(struct top_replay *replay, struct top_row *ret);
bool top_replay__more(const struct top_replay *replay);

#endif
