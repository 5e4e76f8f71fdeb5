/* SPDX-License-Identifier: GPL-2.0-or-later */
/* accept.h - what a client would like to have, by its request's header lines (RFC 9110, 12.5). */
#ifndef VIRTAX_SERVE_ACCEPT_H
#define VIRTAX_SERVE_ACCEPT_H

#include <stdbool.h>

/*
 * Does the client name OpenMetrics 1.0 (or no version of it), and at least as gladly as plain text?
 * `accept` may be NULL.
 */
bool accept_openmetrics(const char *accept);

/* May the answer be compressed with gzip? `encodings` is Accept-Encoding and may be NULL. */
bool accept_gzip(const char *encodings);

#endif
