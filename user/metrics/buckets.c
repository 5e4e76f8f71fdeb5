// SPDX-License-Identifier: GPL-2.0-or-later
#include "metrics/buckets.h"

uint64_t bucket_upper_ns(unsigned int b)
{
	return (1ull << (BUCKETS_FIRST_LOG2 + b)) - 1;
}

void buckets_from_hist(uint64_t ret_upto[BUCKETS + 1], const struct run_hist *hist)
{
	uint64_t sum = 0;
	size_t i = 0;

	for (unsigned int b = 0; b <= BUCKETS; b++) {
		for (; i < hist->n; i++) {
			if (b < BUCKETS && hist->bucket[i].upper_ns > bucket_upper_ns(b))
				break;
			sum = run_add(sum, hist->bucket[i].count);
		}
		ret_upto[b] = sum;
	}
}
