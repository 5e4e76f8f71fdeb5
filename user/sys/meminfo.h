/* SPDX-License-Identifier: GPL-2.0-or-later */
/* meminfo.h - the memory of the host as /proc/meminfo shows it, in the terms of free(1). */
#ifndef VIRTAX_MEMINFO_H
#define VIRTAX_MEMINFO_H

#include "model/run.h"
#include "sys/sysroot.h"

/*
 * The host's memory in bytes, from the text of /proc/meminfo. The numbers of the targets are left
 * RUN_UNKNOWN. Returns 0, or -EINVAL if MemTotal, MemFree or MemAvailable is missing; every number
 * is RUN_UNKNOWN then.
 */
int meminfo_parse(const char *text, struct run_host_memory *ret);

/* Likewise from the file. Returns 0 or -errno. */
int meminfo_read(const struct sysroot *sr, struct run_host_memory *ret);

#endif
