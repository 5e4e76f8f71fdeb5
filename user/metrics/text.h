/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text.h - a text that grows. Formatting with printf took half of the time of a scrape. */
#ifndef VIRTAX_METRICS_TEXT_H
#define VIRTAX_METRICS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A zeroed one is empty. */
struct text {
	char *s; /* not terminated */
	size_t n, room;
	bool no_memory; /* something is missing */
};

void text__add(struct text *text, const char *s, size_t n);
void text__put(struct text *text, const char *s);

/* In decimal, with zeros in front up to `digits`. */
void text__u64(struct text *text, uint64_t value, int digits);

void text__free(struct text *text);

#endif
