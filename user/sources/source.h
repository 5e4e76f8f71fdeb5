/* SPDX-License-Identifier: GPL-2.0-or-later */
/* source.h - one live source of --requests and its readings. */
#ifndef VIRTAX_SOURCE_H
#define VIRTAX_SOURCE_H

#include "model/evidence.h"
#include "sources/address.h"
#include "sources/counter.h"
#include "sources/fetch.h"
#include "sources/growth.h"
#include "sources/prom_text.h"
#include "sources/readings.h"

/* The last reading is repeated this often, until it is the same twice. */
#define SOURCE_LAST_READS 4

/* What a reading is for. */
enum source_want { SOURCE_ROW, SOURCE_STAGE, SOURCE_WANTS };

struct source_wanted {
	bool on;
	size_t index; /* of the row or stage */
	uint64_t at_ns;
};

struct source {
	const char *what; /* as typed, without the label */
	char *title;      /* "--requests WHAT", for messages */
	enum address_kind address;
	enum run_requests_source kind; /* NONE: a page that was not read yet */
	size_t target;
	struct growth log;
	/* pages */
	char *url;
	struct prom_selector metric;
	struct counter counter;
	bool own_unclear; /* it could not be found out whether our visits are in its count */
	bool says_start;  /* it says when it was started, so restarts are seen */
	bool kept;        /* our connection, by the last answer */
	bool blind;       /* a restart between two readings might not have been seen */
	uint64_t read_s;  /* when the last answer came */
	bool busy;        /* a visit is under way, */
	struct source_wanted carries[SOURCE_WANTS],
		wanted[SOURCE_WANTS]; /* … for these; next ones */
	struct reading now;           /* the last visit's */
	char trouble[128];            /* why it failed */
	uint64_t own_at_start;        /* visits */
	struct readings readings;
	struct reading last[SOURCE_LAST_READS]; /* at the end */
	size_t n_last;
};

/* -ENOMEM, or -EINVAL with the reason in ret_err. End with source__free(). */
int source__init(struct source *source, const char *what, size_t target, struct verr *ret_err);
void source__free(struct source *source);

/* A log: `root` is the target's root directory. Messages in ret_err. */
int source__open_log(struct source *source, int root, struct verr *ret_err);

/* Reads it. root may be -1. */
struct reading source__read_log(struct source *source, int root);

/* Takes the answer of a visit, at s seconds since any moment: sets now and trouble. */
void source__take_answer(struct source *source, const struct fetch_answer *answer, uint64_t s);

/* Is the last reading the same as the one before? */
bool source__is_settled(const struct source *source);

/* Chooses the reading at the end: the settled one, else the first. */
void source__choose_end(struct source *source);

/* See sources__counts(). */
int source__counts(const struct source *source, size_t n_rows, size_t n_stages,
		   struct evidence_given *ret);

#endif
