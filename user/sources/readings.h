/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * readings.h - the readings of one counter, at the start, at rows, marks and the end of a
 * recording, and the counts between them. Pure.
 */
#ifndef VIRTAX_READINGS_H
#define VIRTAX_READINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a counter showed. Only readings of one era may be subtracted. */
struct reading {
	bool known;
	uint32_t era; /* grows when the counter began again, or may have missed something */
	uint64_t count;
};

struct reading_list {
	struct reading *at; /* at the ends of rows, or of stages */
	size_t n, room;
};

struct readings {
	struct reading start, end;
	struct reading_list rows, stages;
};

/* The growth between two readings; RUN_UNKNOWN if it cannot be known. */
uint64_t reading_since(const struct reading *from, const struct reading *to);

/* Notes the reading at the end of row or stage `index`; those in between are unknown. -ENOMEM. */
int reading_list__put(struct reading_list *list, size_t index, const struct reading *reading);

/* The counts of n rows or stages; the last one ends with the window. malloc'd; NULL: no memory. */
uint64_t *readings_counts(const struct readings *readings, const struct reading_list *list,
			  size_t n);

void readings__free(struct readings *readings);

#endif
