/* SPDX-License-Identifier: GPL-2.0-or-later */
/* source.h - one live source of --requests and its readings. */
#ifndef VIRTAX_SOURCE_H
#define VIRTAX_SOURCE_H

#include "model/evidence.h"
#include "sources/address.h"
#include "sources/growth.h"
#include "sources/readings.h"

/* The last reading is repeated this often, until it is the same twice. */
#define SOURCE_LAST_READS 4

struct source {
	const char *what; /* as typed, without the label */
	char title[256];  /* "--requests WHAT", for messages */
	enum address_kind address;
	enum run_requests_source kind;
	size_t target;
	struct growth log;
	struct readings readings;
	struct reading last[SOURCE_LAST_READS]; /* at the end */
	size_t n_last;
};

/* A log: `root` is the target's root directory. Messages in ret_err. */
int source__open_log(struct source *source, int root, struct verr *ret_err);

/* Reads it. root may be -1. */
struct reading source__read_log(struct source *source, int root);

/* Is the last reading the same as the one before? */
bool source__is_settled(const struct source *source);

/* Chooses the reading at the end: the settled one, else the first. */
void source__choose_end(struct source *source);

/* See sources__counts(). */
int source__counts(const struct source *source, size_t n_rows, size_t n_stages,
		   struct evidence_given *ret);

#endif
