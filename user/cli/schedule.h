/* SPDX-License-Identifier: GPL-2.0-or-later */
/* schedule.h - repeated recordings: in which order, and where each is saved. */
#ifndef VIRTAX_SCHEDULE_H
#define VIRTAX_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Which of `conditions` run number i (from 0) is of, each to be repeated `repeat` times.
 * Interleaved they come A B B A A B B A …: a drift that is straight over four runs hits both alike.
 * Else all of one come before all of the next.
 */
size_t schedule_condition(size_t i, size_t conditions, size_t repeat, bool interleave);

/*
 * The file of run number n (from 1) of `total`: in `pattern` %n is the number, padded with zeros to
 * the width of the total, %l the label (what a path could not hold is replaced by _) and %% a
 * percent sign. Without %n, ".n" is added. malloc'd; NULL if there is no memory.
 */
char *schedule_path(const char *pattern, size_t n, size_t total, const char *label);

#endif
