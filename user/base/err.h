/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * err.h - why something failed, in words. Code below cli/ fills it and returns -errno; only cli/
 * and main print it.
 */
#ifndef VIRTAX_ERR_H
#define VIRTAX_ERR_H

struct verr {
	char msg[512]; /* one line, "WHAT: WHY (REMEDY)"; printable, NUL-terminated */
};

/*
 * Formats the message and returns `code`, a -errno. Control bytes, invalid UTF-8 and the like in
 * what was formatted are shown as escapes; a message that is too long is cut. e may be NULL.
 */
int verr_set(struct verr *e, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
