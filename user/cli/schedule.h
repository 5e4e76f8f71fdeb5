/* SPDX-License-Identifier: GPL-2.0-or-later */
/* schedule.h - the order of repeated recordings, and the file of each. */
#ifndef VIRTAX_SCHEDULE_H
#define VIRTAX_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The condition (0 to conditions - 1) of run number i (from 0), each being repeated `repeat` times.
 * Interleaved, their order is A B B A A B B A …, so that a drift which is linear over four runs
 * affects both alike. Otherwise all runs of one condition precede those of the next.
 */
size_t schedule_condition(size_t i, size_t conditions, size_t repeat, bool interleave);

/*
 * The file of run number n (from 1) of `total`: in `pattern` %n is the number, padded with zeros to
 * the width of the total, %l the label (characters unfit for a path become _) and %% a percent
 * sign. Without %n, ".n" is appended. malloc'd; NULL if there is no memory.
 */
char *schedule_path(const char *pattern, size_t n, size_t total, const char *label);

#endif
