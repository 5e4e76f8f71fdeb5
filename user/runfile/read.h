/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * read.h - run files read back. The file is not trusted: whatever it holds, the answer is a run
 * whose parts add up, or one clear error; memory is bounded by the limits below.
 */
#ifndef VIRTAX_READ_H
#define VIRTAX_READ_H

#include <stddef.h>

#include "base/err.h"
#include "model/run.h"

#define READ_MAX_BYTES  ((size_t)256 << 20)
#define READ_MAX_ROWS   ((size_t)1 << 20) /* intervals × targets: about 1 kB of memory each */
#define READ_MAX_VALUES ((size_t)1 << 20) /* of JSON besides: about 400 bytes each */

/*
 * Reads a run file; "-" is standard input. Fields this version does not know are ignored.
 * Returns 0, and the caller frees with run__free; or -errno with *ret_err set: -EINVAL for what is
 * not a run file, -EPROTO for one of a newer schema, -EFBIG, else from open and read.
 */
int run__read(struct run *ret, const char *path, struct verr *ret_err);

/* The same without the time series, whose rows are not even looked at: for statistics over many. */
int run__read_head(struct run *ret, const char *path, struct verr *ret_err);

/* The same from memory; `what` names it in errors. */
int run__read_text(struct run *ret, const char *text, size_t size, const char *what,
		   struct verr *ret_err);
int run__read_head_text(struct run *ret, const char *text, size_t size, const char *what,
			struct verr *ret_err);

#endif
