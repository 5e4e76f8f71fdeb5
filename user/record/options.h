/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options.h - what to record, as given on the command line; constant after that has been parsed. */
#ifndef VIRTAX_RECORD_OPTIONS_H
#define VIRTAX_RECORD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "owners/spec.h"
#include "probes/plan.h"
#include "record/watch.h"

/* --http [LABEL:][DEV:]PORT */
struct http_rule {
	char *label;      /* NULL: every target */
	char *dev;        /* NULL: the target's own devices */
	unsigned ifindex; /* of dev, 0 without */
	uint16_t port;
};

/* --requests [LABEL:]FILE|N */
struct given_requests {
	char *label; /* NULL: the only target */
	char *what;
};

struct record_options {
	struct target_spec *spec;
	size_t n_specs;
	uint64_t duration_ns; /* 0: until CMD ends or a signal arrives */
	uint64_t interval_ns;
	const char *output; /* NULL: none; "-": stdout */
	const char *label;
	bool quiet;
	/*
	 * It has no end: a target that comes again under its name continues its account, the slot
	 * of one that ended long ago is used again, and no marks are taken.
	 */
	bool endless;
	struct http_rule *http;
	size_t n_http;
	struct given_requests *given;
	size_t n_given;
	enum split split;
	unsigned parts;        /* enum part */
	unsigned block_layers; /* 1 << enum vtx_block_layer */
	bool off_cpu;          /* the profile has what tasks wait for, too */
	unsigned profile_hz;   /* 0: no profile */
	char **command;        /* NULL-terminated argv, or NULL */
	const char *version, *commit;
	const struct record_watch *watch; /* NULL: nobody looks */
};

#endif
