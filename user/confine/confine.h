/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * confine.h - gives up, for good, what a recorder that has attached its programs and starts no
 * other program does not need: capabilities, new privileges, system calls.
 */
#ifndef VIRTAX_CONFINE_H
#define VIRTAX_CONFINE_H

#include "base/err.h"

/*
 * Keeps those of CONFINE_CAPS (capabilities.c) that the process has. A system call that is not in
 * the list of syscalls.c fails with EPERM from now on. -errno with the reason in ret_err.
 */
int confine(struct verr *ret_err);

#endif
