/* SPDX-License-Identifier: GPL-2.0-or-later */
/* proc_argv.h - the command line of a process. */
#ifndef VIRTAX_PROC_ARGV_H
#define VIRTAX_PROC_ARGV_H

#include <stddef.h>
#include <sys/types.h>

#include "sys/sysroot.h"

/* argv points into text and ends with NULL; both are malloc'd. */
struct proc_argv {
	int argc;
	char **argv;
	char *text;
};

/*
 * Reads at most 256 KiB of /proc/PID/cmdline; argc is 0 for a kernel thread or a zombie. The caller
 * frees ret with proc_argv__free(). Returns 0, -ESRCH if there is no such process, or -errno.
 */
int proc_argv__read(const struct sysroot *sr, pid_t pid, struct proc_argv *ret);

/*
 * Splits n bytes of NUL-terminated words. Takes ownership of `text`, which is malloc'd and has a
 * NUL after its n bytes; it is freed on error. Returns 0 or -ENOMEM.
 */
int proc_argv__parse(char *text, size_t n, struct proc_argv *ret);

void proc_argv__free(struct proc_argv *argv);

/*
 * The value of an option written `NAME VALUE` or `NAME=VALUE`; `name` includes its dashes. The last
 * occurrence wins. NULL if there is none. Points into argv.
 */
const char *proc_argv__option(const struct proc_argv *argv, const char *name);

#endif
