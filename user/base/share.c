// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/share.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned __int128 u128;

struct cut {
	u128 lost; /* remainder of the division */
	size_t part;
};

uint64_t share_scale(uint64_t a, uint64_t b, uint64_t c)
{
	u128 ret = c ? (u128)a * b / c : 0;

	return ret > UINT64_MAX ? UINT64_MAX : (uint64_t)ret;
}

static int most_first(const void *a, const void *b)
{
	const struct cut *x = a, *y = b;

	if (x->lost != y->lost)
		return x->lost < y->lost ? 1 : -1;
	return (x->part > y->part) - (x->part < y->part);
}

int share_out(uint64_t total, const uint64_t *weight, size_t n, uint64_t *ret_part)
{
	struct cut *cut = calloc(n + 1, sizeof(*cut));
	uint64_t left = total;
	u128 sum = 0;

	if (!cut)
		return -ENOMEM;
	memset(ret_part, 0, n * sizeof(*ret_part));
	for (size_t i = 0; i < n; i++)
		sum += weight[i];
	for (size_t i = 0; i < n && sum; i++) {
		u128 product = (u128)total * weight[i];

		ret_part[i] = (uint64_t)(product / sum);
		cut[i] = (struct cut){product % sum, i};
		left -= ret_part[i];
	}
	if (sum)
		qsort(cut, n, sizeof(*cut), most_first);
	for (size_t i = 0; i < n && sum && left; i++, left--)
		ret_part[cut[i].part]++;
	free(cut);
	return 0;
}
