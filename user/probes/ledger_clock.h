/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ledger_clock.h - the clocks of all CPUs: every nanosecond between start and stop is charged. */
#ifndef VIRTAX_LEDGER_CLOCK_H
#define VIRTAX_LEDGER_CLOCK_H

#include <stdint.h>

struct ledger;

/* Creates entries for the tasks that exist, then starts every CPU's clock. -errno. */
int ledger_clock__start(struct ledger *ledger);

/*
 * Closes the open slice on every CPU, so that a task that never switches is charged, and starts the
 * clock of CPUs that came online. -errno.
 */
int ledger_clock__settle(struct ledger *ledger);

/* Settles, then stops every clock: the totals do not change any more. -errno. */
int ledger_clock__stop(struct ledger *ledger);

/* The owners have changed: every task is looked up again, running ones at once. */
void ledger_clock__owners_changed(struct ledger *ledger);

/* When the clocks were started and stopped, CLOCK_MONOTONIC ns; 0: not yet. */
uint64_t ledger_clock__started_ns(const struct ledger *ledger);
uint64_t ledger_clock__stopped_ns(const struct ledger *ledger);

/* Number of CPUs whose clock ran. */
uint32_t ledger_clock__cpus(const struct ledger *ledger);

#endif
