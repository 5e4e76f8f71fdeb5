/* SPDX-License-Identifier: GPL-2.0-or-later */
/* marking.h - receives marks, begins a stage for each, and answers when its sources were read. */
#ifndef VIRTAX_MARKING_H
#define VIRTAX_MARKING_H

#include <stdbool.h>

#include "probes/ledger.h"
#include "record/marks.h"
#include "record/stages.h"
#include "record/wakes.h"
#include "sources/sources.h"

struct marking {
	int socket;       /* -EADDRINUSE: another process has taken its name */
	bool paused;      /* until the next row: a process without the right to mark has tried */
	bool answering;   /* a source is still being read for `mark` */
	struct mark mark; /* the last one */
	struct wakes *wakes;
	struct ledger *ledger;
	struct stages *stages;
	struct sources *sources;
};

/* The other members are set. -errno. End with marking__close(). */
int marking__open(struct marking *marking);
void marking__close(struct marking *marking);

/* A mark has arrived: WAKE_MARK. -errno. */
int marking__wake(struct marking *marking);

/* A row begins: marks are received again. */
void marking__resume(struct marking *marking);

/* Answers the last mark if its sources have been read; `anyway`: they take too long. */
void marking__answer(struct marking *marking, bool anyway);

#endif
