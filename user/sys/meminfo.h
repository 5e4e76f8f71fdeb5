/* SPDX-License-Identifier: GPL-2.0-or-later */
/* meminfo.h - the host's own memory figures. */
#ifndef VIRTAX_MEMINFO_H
#define VIRTAX_MEMINFO_H

#include "model/run.h"
#include "sys/procfs.h"

/*
 * Takes the host's memory from the text of /proc/meminfo, in bytes. Which target holds it is left
 * unknown. -EINVAL if the text lacks MemTotal, MemFree or
 * MemAvailable.
 */
int meminfo_parse(const char *text, struct run_host_memory *ret);
int meminfo_read(const struct sysroot *sr, struct run_host_memory *ret);

#endif
