/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * outfile.h - an output file that appears in full or not at all: it gets its name only when it is
 * committed, and then replaces an older file of that name. "-" means standard output. Anything that
 * is not a regular file (a device, a pipe) is written directly.
 */
#ifndef VIRTAX_OUTFILE_H
#define VIRTAX_OUTFILE_H

#include <stdio.h>

#include "base/err.h"

struct outfile {
	FILE *f;    /* write here; commit reports write errors */
	char *path; /* final path, symbolic links resolved; NULL: f is written directly */
	char *temp; /* temporary name; NULL while there is none */
	char *what; /* name in messages */
};

/*
 * Returns 0, or -errno with *ret_err set. On success the caller must call outfile__commit() or
 * outfile__abort(); on failure neither is needed.
 */
int outfile__open(struct outfile *ret, const char *path, struct verr *ret_err);

/*
 * Flushes the file and moves it to its final path. Returns 0, or -errno with *ret_err set; then the
 * older file is unchanged. Releases `out` in either case.
 */
int outfile__commit(struct outfile *out, struct verr *ret_err);

/* Discards what was written. Does nothing after commit or on a zeroed struct. */
void outfile__abort(struct outfile *out);

#endif
