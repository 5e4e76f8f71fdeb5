/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fleet.h - what the hosts of a fleet did lately, from the metrics of `virtax serve` that
 * Prometheus or VictoriaMetrics keeps. Each host becomes a run, so that it is a sample like any
 * other.
 */
#ifndef VIRTAX_FLEET_H
#define VIRTAX_FLEET_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "model/run.h"

#define FLEET_SINCE "1d"
#define FLEET_UNTIL "30s" /* VictoriaMetrics, and agents, may be that late */

/* The server is not trusted: more than that is an error. */
#define FLEET_HOSTS        20000
#define FLEET_HOST_TARGETS 4096
#define FLEET_TARGETS      100000 /* of all hosts */

struct fleet_options {
	const char *url;
	const char *since;  /* as query_time() knows it: the time until… */
	uint64_t until_s;   /* … so many seconds ago, so that all samples are there */
	const char *target; /* only targets of that name; NULL: all */
	bool by_target;     /* each target is a sample; else all targets of a kind of a host */
};

struct fleet_host {
	struct run run; /* numbers that the metrics do not have are unknown; no host name */
	char *name;     /* its instance label */
	bool known;     /* there is a virtax_host_info */
	bool changed;   /* two kernels or labels in this time: it is in no group */
};

struct fleet {
	struct fleet_host *host;
	size_t n, room;
	size_t n_targets; /* of all hosts */
	json_t *index;    /* of hosts, by job and instance */
	char *source;     /* the address, without a password */
};

/*
 * Hosts without requests have no target. Returns 0, -ENOMEM, or -errno with *ret_err set: no
 * answer, a query that fails, no host. End with fleet__free() in any case.
 */
int fleet__read(struct fleet *ret, const struct fleet_options *options, struct verr *ret_err);
void fleet__free(struct fleet *fleet);

/* Those with targets that are in a group; and those that are not, because they changed. */
size_t fleet__usable(const struct fleet *fleet);
size_t fleet__changed(const struct fleet *fleet);

#endif
