/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * families.h - samples by the name of their metric. Both formats want all samples of a name in one
 * piece, with type, unit and help before them; a run is walked target by target.
 */
#ifndef VIRTAX_METRICS_FAMILIES_H
#define VIRTAX_METRICS_FAMILIES_H

#include <stdbool.h>
#include <stdio.h>

#include "metrics/metrics.h"
#include "model/tree.h"

enum family_type { FAMILY_COUNTER, FAMILY_GAUGE, FAMILY_HISTOGRAM, FAMILY_INFO };

struct sample {
	char *labels; /* as between the braces; may be empty */
	uint64_t value;
	uint64_t created_ns;         /* of a counter, since the epoch; 0: not known */
	const struct run_hist *hist; /* FAMILY_HISTOGRAM; owned by the run */
};

struct family {
	char *name; /* without _total, _bucket, _info */
	enum family_type type;
	enum number_unit unit;
	const char *help; /* static */
	struct sample *sample;
	size_t n, room;
};

struct families {
	struct family *family; /* in the order in which they were first named */
	size_t n, room, last;
	bool no_memory; /* a sample is missing */
};

/*
 * Adds a sample to the family of that name, which is created with the type, unit and help given if
 * it does not exist. Owns `name` and `labels`; NULL for either means that there was no memory.
 */
void families__add(struct families *families, char *name, const struct family *like, char *labels,
		   struct sample sample);

/* Returns 0, or -ENOMEM, without output, if a sample is missing. */
int families__write(const struct families *families, enum metrics_form form, FILE *f);

void families__free(struct families *families);

#endif
