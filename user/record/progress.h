/* SPDX-License-Identifier: GPL-2.0-or-later */
/* progress.h - one line on a terminal while recording; without a terminal, nothing. */
#ifndef VIRTAX_PROGRESS_H
#define VIRTAX_PROGRESS_H

#include <stdbool.h>

#include "record/series.h"

struct progress {
	bool on;
};

void progress__start(struct progress *progress, bool quiet);
void progress__show(struct progress *progress, const struct series *series,
		    const struct targets *targets);
void progress__end(struct progress *progress); /* wipes the line */

#endif
