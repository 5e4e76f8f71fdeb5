/* SPDX-License-Identifier: GPL-2.0-or-later */
/* prom.h - asks Prometheus, or what has its interface, for the values of an expression: libcurl. */
#ifndef VIRTAX_FLEET_PROM_H
#define VIRTAX_FLEET_PROM_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct prom;

/* `labels` is an object of strings. Returns 0 or -errno, which ends the query. */
typedef int (*prom_fn)(void *context, const json_t *labels, double value);

/*
 * `url`: http:// or https://, with the path before /api/v1. All queries are about the same moment,
 * so many seconds before this call. -EINVAL, -ENOENT (no libcurl) with the reason in ret_err, or
 * -ENOMEM.
 */
int prom__open(struct prom **ret, const char *url, uint64_t ago_s, struct verr *ret_err);

/* NULL is allowed. */
void prom__free(struct prom *prom);

/* The address without a password, for messages. */
const char *prom__name(const struct prom *prom);

/*
 * Calls fn for each series of an instant vector whose value is a finite number. Fails with the
 * reason in ret_err: -EIO if there is no answer, -EBADMSG if it is an error or makes no sense,
 * -ENOTSUP if the server does not know a function of the query.
 */
int prom__query(struct prom *prom, const char *query, prom_fn fn, void *context,
		struct verr *ret_err);

#endif
