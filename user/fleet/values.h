/* SPDX-License-Identifier: GPL-2.0-or-later */
/* values.h - what a server answered to a query, as series and their values: jansson. */
#ifndef VIRTAX_FLEET_VALUES_H
#define VIRTAX_FLEET_VALUES_H

#include "fleet/prom.h"

struct values_text {
	const char *from; /* of whom, for messages */
	const char *text; /* n bytes, not terminated; NULL if n is 0 */
	size_t n;
	long status; /* of HTTP */
};

/* As prom__query(). */
int values_each(const struct values_text *text, prom_fn fn, void *context, struct verr *ret_err);

#endif
