/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * counter.h - what a server's own count of requests says about a recording: without our own visits,
 * and with every doubt in a new era. Pure.
 */
#ifndef VIRTAX_COUNTER_H
#define VIRTAX_COUNTER_H

#include "sources/readings.h"

struct counter {
	bool counts_own; /* each of our visits is in the count */
	bool seen;       /* it has had a value */
	bool missed;     /* it did not answer since */
	bool cut_off;    /* its server closed our connection since, without notice */
	uint64_t last;
	uint64_t started; /* when the server was started, s; RUN_UNKNOWN */
	uint64_t own;     /* our visits that the next value includes */
	uint64_t own_era; /* … at the beginning of the era */
	uint64_t least;   /* what it grew by, at least, without our visits */
	uint32_t era;
	const char *why; /* the first doubt; NULL: none */
};

/*
 * A visit was answered with this count. started: when the server was started, s since any moment,
 * to within 2 s; RUN_UNKNOWN if it does not say.
 */
struct reading counter__value(struct counter *counter, uint64_t value, uint64_t started);

/* The next value comes by a new connection, and nobody said that the last one would be closed. */
void counter__cut_off(struct counter *counter);

/* A visit failed. sent: the request had been sent; served: there was an answer, without a count. */
void counter__failed(struct counter *counter, bool sent, bool served);

#endif
