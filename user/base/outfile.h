/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * outfile.h - a file that is there whole or not at all: it has no name until it is committed, then
 * it takes the place of what was there. "-" is standard output; what is not a regular file (a
 * device, a pipe) is written straight.
 */
#ifndef VIRTAX_OUTFILE_H
#define VIRTAX_OUTFILE_H

#include <stdio.h>

#include "base/err.h"

struct outfile {
	FILE *f;    /* write here; write errors are found at commit */
	char *path; /* where it goes, symbolic links followed; NULL: f is written straight */
	char *temp; /* its name until then; NULL while it has none */
	char *what; /* for messages */
};

/* Returns 0 or -errno with *err_ret set. After failure there is nothing to abort. */
int outfile__open(struct outfile *ret, const char *path, struct verr *err_ret);

/* Writes out the rest and puts the file in its place; whatever happens, `out` is done with. */
int outfile__commit(struct outfile *out, struct verr *err_ret);

/* Drops what was written. After commit, and on a zeroed struct, it does nothing. */
void outfile__abort(struct outfile *out);

#endif
