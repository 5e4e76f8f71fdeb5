/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * err.h - an error message. Code below cli/ fills it and returns -errno; only cli/ and main print
 * it.
 */
#ifndef VIRTAX_ERR_H
#define VIRTAX_ERR_H

struct verr {
	char msg[512]; /* one printable line: "WHAT: WHY" or "WHAT: WHY (REMEDY)" */
};

/*
 * Formats the message into `e`, which may be NULL, and returns `code`, a -errno value. Control
 * characters, invalid UTF-8 and invisible characters are escaped (see escape.h). A message that
 * does not fit is cut between two characters.
 */
int verr_set(struct verr *e, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
