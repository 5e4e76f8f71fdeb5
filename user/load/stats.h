/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stats.h - the results of the requests. Every latency is kept, so percentiles are exact. */
#ifndef LOAD_STATS_H
#define LOAD_STATS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct samples {
	uint64_t *ns;
	size_t n, room;
};

struct stats {
	uint64_t scheduled; /* requests that were due */
	uint64_t requests;  /* complete responses received */
	uint64_t status[6]; /* responses by class; [0]: none of 1xx..5xx */
	uint64_t timeouts, truncated, protocol_errors, gave_up; /* requests without a response */
	uint64_t retries, reconnects, connect_errors;
	uint64_t bytes_received;
	uint64_t wall_ns;       /* from the first scheduled time to the last response */
	struct samples latency; /* from the scheduled time to the response's last byte */
	struct samples service; /* from the time of sending */
	struct samples delay;   /* from the scheduled time to the time of sending */
};

struct stats_params {
	const char *url;
	unsigned int connections;
	double target_rate; /* requests per second; 0: closed loop */
};

/* Adds a response; times are CLOCK_MONOTONIC, in ns. Returns 0 or -ENOMEM. */
int stats__response(struct stats *s, int status, uint64_t due_ns, uint64_t sent_ns,
		    uint64_t end_ns);

/* How many requests got no response. */
uint64_t stats__errors(const struct stats *s);

/* Print the statistics; both sort the samples. */
void stats__print_json(struct stats *s, const struct stats_params *p, FILE *f);
void stats__print_text(struct stats *s, const struct stats_params *p, FILE *f);

/* Frees the samples, not s. */
void stats__free(struct stats *s);

#endif
