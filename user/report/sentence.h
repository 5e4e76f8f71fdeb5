/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sentence.h - the first sentence of a report or a comparison as plain text, the same in every
 * output: what a request costs each target, by what factor they differ, which layer carries most of
 * it, and whether that can be trusted.
 *
 * The text holds names from outside, as they are: whoever prints it must escape it.
 */
#ifndef VIRTAX_SENTENCE_H
#define VIRTAX_SENTENCE_H

#include <stdbool.h>

#include "compare/compare.h"
#include "model/run.h"

enum sentence_trust {
	SENTENCE_TRUSTED,
	SENTENCE_CAREFUL, /* read `trust` before the numbers */
	SENTENCE_NOT,     /* losses, or books out of balance */
};

struct sentence {
	char *cost;  /* "A request costs container 146 µs of CPU time and vm 486 µs, …." */
	char *trust; /* one or more sentences: can it be trusted, and why not */
	enum sentence_trust level;
};

/* utf8 false: no characters beyond ASCII except those of names. Both return 0 or -ENOMEM. */
int sentence__of_run(struct sentence *ret, const struct run *run, bool utf8);
int sentence__of_comparison(struct sentence *ret, const struct comparison *comparison, bool utf8);

/* A zeroed one is allowed. */
void sentence__free(struct sentence *sentence);

#endif
