/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * address.h - the text of --requests [LABEL:]SOURCE: where a count of requests comes from. Pure.
 */
#ifndef VIRTAX_ADDRESS_H
#define VIRTAX_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum address_kind {
	ADDRESS_ONCE,   /* a number, or a file with one: read when the recording has ended */
	ADDRESS_LOG,    /* log:/PATH */
	ADDRESS_PAGE,   /* http://…: a page with the server's own count */
	ADDRESS_METRIC, /* http://…#NAME{…}: a Prometheus counter */
};

/* The length of LABEL in [LABEL:]SOURCE, without the colon; 0: there is none. */
size_t address_label(const char *text);

/* What SOURCE (without a label) is. */
enum address_kind address_kind(const char *source);

/* Is it read while the recording runs, too? */
static inline bool address_is_live(const char *source)
{
	return address_kind(source) != ADDRESS_ONCE;
}

#endif
