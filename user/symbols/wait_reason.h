/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wait_reason.h - what a task waits for, by the kernel's functions that it is in. */
#ifndef VIRTAX_WAIT_REASON_H
#define VIRTAX_WAIT_REASON_H

#include <stdbool.h>

#include "model/run_profile.h"

/* By one function; RUN_WAIT_OTHER: look at its caller. NULL is allowed. */
enum run_wait_for wait_reason(const char *function);

/* Is it the scheduler itself, which every task off the CPU is in? */
bool wait_is_scheduler(const char *function);

#endif
