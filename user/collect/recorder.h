/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * recorder.h - one recording from start to end: targets, clocks, the command, the time series;
 * ends in a struct run.
 */
#ifndef VIRTAX_RECORDER_H
#define VIRTAX_RECORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "collect/plan.h"
#include "collect/spec.h"
#include "model/run.h"

/* --http [LABEL:][DEV:]PORT */
struct http_rule {
	char *label;	  /* NULL: every target */
	char *dev;	  /* NULL: the target's own devices */
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
	uint64_t duration_ns; /* 0: until CMD ends or a signal comes */
	uint64_t interval_ns;
	const char *output; /* NULL: none; "-": stdout */
	const char *label;
	bool quiet;
	struct http_rule *http;
	size_t n_http;
	struct given_requests *given;
	size_t n_given;
	enum split split;
	unsigned parts; /* enum part */
	unsigned block_layers; /* 1 << enum vtx_block_layer */
	char **command; /* NULL-terminated argv, or NULL */
	const char *version, *commit;
};

struct record_result {
	struct run run;
	bool has_command;
	int command_status; /* as a shell shows it: 128 + signal, 127 not found, 126 not executable */
	bool interrupted;   /* ended by a signal */
};

/*
 * Runs the whole recording. ret is filled when 0 is returned; free ret->run with run__free.
 * -EINVAL and -ENOENT mean a wrong command line (exit status 2), everything else a failure.
 */
int recorder__run(const struct record_options *options, struct record_result *ret,
		  struct verr *ret_err);

#endif
