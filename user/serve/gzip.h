/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gzip.h - compresses an answer. */
#ifndef VIRTAX_SERVE_GZIP_H
#define VIRTAX_SERVE_GZIP_H

#include <stddef.h>

/* The text in the format of gzip, malloc'd. 0 or -ENOMEM. */
int gzip_text(const char *text, size_t len, char **ret, size_t *ret_len);

#endif
