/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qemu.h - the parts of a QEMU command line that matter here. Pure: nothing is read.
 */
#ifndef VIRTAX_QEMU_H
#define VIRTAX_QEMU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sys/proc_argv.h"

#define QEMU_MAX_FORWARDS 16
#define QEMU_MAX_RAM      16

struct qemu_args {
	char *name;     /* of -name; NULL if not given */
	char *uuid;     /* of -uuid; NULL if not given */
	bool daemonize; /* the started process forks and waits until its grandchild is up */
	bool probe;     /* -machine none: libvirt probes this QEMU's features; no VM */
	/*
	 * The guest's memory: its backends' sizes and, unless backends are the memory it boots
	 * with, the size that -m gives or implies. n_ram is 0 if there are too many backends to
	 * know.
	 */
	size_t n_ram;
	uint64_t ram_bytes[QEMU_MAX_RAM];
	uint64_t m_bytes; /* of -m; 0: not given */
	size_t n_forwards;
	struct {
		uint16_t host_port, guest_port; /* TCP, of user-mode networking */
	} forward[QEMU_MAX_FORWARDS];
};

/* Is this the base name of a QEMU system emulator? */
bool qemu_is_program(const char *base);

/* Returns 0. What cannot be parsed is left out. */
int qemu_args__parse(const struct proc_argv *argv, struct qemu_args *ret);
void qemu_args__free(struct qemu_args *args);

/*
 * Does an argument have the absolute path as a whole word: "path=/x,…", "unix:/x", JSON's "/x", or
 * alone? QEMU doubles a comma within a value.
 */
bool qemu_names_path(const struct proc_argv *argv, const char *path);

/*
 * The value of `key` in QEMU's "a=b,c=d", where ",," is a comma; a first element without '=' is the
 * value of `implied` (may be NULL). malloc'd; NULL if there is none or no memory.
 */
char *qemu_opt(const char *opts, const char *key, const char *implied);

#endif
