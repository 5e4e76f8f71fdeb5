/* SPDX-License-Identifier: GPL-2.0-or-later */
/* points.h - the numbers of a target in a row that charts over time show. */
#ifndef VIRTAX_HTML_POINTS_H
#define VIRTAX_HTML_POINTS_H

#include "model/run.h"

enum column {
	/* the modes of all roles come first: column m is mode m */
	COL_REQUESTS = VTX_MODES,
	COL_WAIT,
	COL_FAULTS,
	COL_READ,
	COL_WRITE,
	COL_RX,
	COL_TX,
	COL_EXITS,
	COL_HELD, /* levels from here on */
	COL_RSS,
	COLUMNS,
};

/* How it is called in the page's data. */
const char *column_key(int column);

/* Those that a row does not know are RUN_UNKNOWN. */
void points_read(uint64_t ret[COLUMNS], const struct run_numbers *n);

/* Of two numbers of which any may be RUN_UNKNOWN, the sum of those that are known. */
uint64_t known_sum(uint64_t a, uint64_t b);

#endif
