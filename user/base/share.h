/* SPDX-License-Identifier: GPL-2.0-or-later */
/* share.h - integer arithmetic that loses no nanosecond. */
#ifndef VIRTAX_SHARE_H
#define VIRTAX_SHARE_H

#include <stddef.h>
#include <stdint.h>

/* a × b / c, rounded down, without overflow inside; 0 if c is 0; at most UINT64_MAX. */
uint64_t share_scale(uint64_t a, uint64_t b, uint64_t c);

/*
 * Divides `total` in proportion to n weights. The parts add up to total exactly: each is rounded
 * down, then those that lost most get one more. Nothing is divided if all weights are 0. -ENOMEM.
 */
int share_out(uint64_t total, const uint64_t *weight, size_t n, uint64_t *ret_part);

#endif
