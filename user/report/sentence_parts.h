/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sentence_parts.h - pieces of sentences, used by sentence.c and sentence_compare.c. */
#ifndef VIRTAX_SENTENCE_PARTS_H
#define VIRTAX_SENTENCE_PARTS_H

#include <stdio.h>

#include "layers/layers.h"
#include "report/sentence.h"

/* A sentence while it is written. */
struct prose {
	FILE *f;
	bool utf8;
};

/* Opens a text that prose__end() puts into *ret_text. False: no memory. */
bool prose__begin(struct prose *prose, bool utf8, char **ret_text, size_t *ret_size);
/* Returns 0 or -ENOMEM, with *text freed and NULL. */
int prose__end(struct prose *prose, char **text);

/* A name from outside: cut if long, quoted if it could be taken for words of the sentence. */
void prose__name(const struct prose *prose, const char *name);
void prose__ns(const struct prose *prose, double ns);

/* "the same", "23 % more", "12 % less", "3.3 times as much" */
void prose__factor(const struct prose *prose, double factor);

/*
 * Which layer carries a difference: "; most of the difference is vcpu guest, +319 µs". `layer_ns`
 * is the layer's part of whole_ns, and has its sign. ends: the names of both sides; NULL: they are
 * obvious.
 */
void prose__carrier(const struct prose *prose, const char *layer, double layer_ns, double whole_ns,
		    const char *const *ends);

/*
 * Who adds what to a difference: ": the same work +9.0 µs, the guest's kernel +81 µs …". `ends`:
 * between which two; NULL: that is obvious.
 */
void prose__parts(const struct prose *prose, const double ns[LAYER_PARTS], double whole_ns,
		  const char *const *ends);

/* "3 runs", "1 run" */
void prose__count(const struct prose *prose, size_t n, const char *what);

/* Drops the blank after the last sentence. NULL is allowed. */
void prose_trim(char *text);

#endif
