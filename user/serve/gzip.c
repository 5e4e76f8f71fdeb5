// SPDX-License-Identifier: GPL-2.0-or-later
#include "serve/gzip.h"

#include <errno.h>
#include <stdlib.h>
#include <zlib.h>

#define LEVEL       3 /* metrics repeat themselves: more costs time and hardly saves bytes */
#define WINDOW_GZIP (15 + 16)
#define MEMORY      8

int gzip_text(const char *text, size_t len, char **ret, size_t *ret_len)
{
	z_stream z = {.next_in = (Bytef *)text, .avail_in = (uInt)len};
	size_t room;
	int done;

	if (deflateInit2(&z, LEVEL, Z_DEFLATED, WINDOW_GZIP, MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	room = deflateBound(&z, len);
	*ret = malloc(room);
	z.next_out = (Bytef *)*ret;
	z.avail_out = (uInt)room;
	done = *ret ? deflate(&z, Z_FINISH) : Z_MEM_ERROR;
	*ret_len = z.total_out;
	deflateEnd(&z);
	if (done == Z_STREAM_END)
		return 0;
	free(*ret);
	*ret = NULL;
	return -ENOMEM;
}
