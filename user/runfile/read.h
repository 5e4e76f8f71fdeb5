/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * read.h - reads run files. A file is not trusted: the result is either a run with consistent sums
 * or one clear error. Memory is bounded by the limits below.
 */
#ifndef VIRTAX_READ_H
#define VIRTAX_READ_H

#include <stddef.h>

#include "base/err.h"
#include "model/run.h"

#define READ_MAX_BYTES    ((size_t)256 << 20)
#define READ_MAX_ROWS     ((size_t)1 << 20) /* intervals × targets: about 1 kB of memory each */
#define READ_CHANGES_MORE 8 /* so many times more of differences, which take less memory */
#define READ_MAX_VALUES   ((size_t)1 << 20) /* other JSON values: about 400 bytes each */

/*
 * Reads a run file; "-" is standard input. Fields this version does not know are ignored. Returns
 * 0, and the caller frees with run__free; or -errno with *ret_err set: -EINVAL if it is not a run
 * file, -EPROTO if its schema is newer, -EFBIG, or an error of open or read.
 */
int run__read(struct run *ret, const char *path, struct verr *ret_err);

/* Likewise without the time series, whose rows are not parsed: for statistics over many runs. */
int run__read_head(struct run *ret, const char *path, struct verr *ret_err);

/* Likewise from memory; `what` names the text in errors. */
int run__read_text(struct run *ret, const char *text, size_t size, const char *what,
		   struct verr *ret_err);
int run__read_head_text(struct run *ret, const char *text, size_t size, const char *what,
			struct verr *ret_err);

#endif
