/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qemu.h - what a QEMU command line says. Pure: nothing is read.
 */
#ifndef VIRTAX_QEMU_H
#define VIRTAX_QEMU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sys/procfs.h"

#define QEMU_MAX_FORWARDS 16
#define QEMU_MAX_RAM	  16

struct qemu_args {
	char *name;     /* of -name; NULL if it has none */
	char *uuid;     /* of -uuid; NULL */
	bool daemonize; /* the process that was started forks and waits for the one that stays */
	bool probe;     /* -machine none: libvirt asking what this QEMU can do, no VM */
	/*
	 * The guest's memory: its backends' sizes, and, unless backends make up the memory it boots with,
	 * what -m says or implies. 0: not known, for there are too many backends.
	 */
	size_t n_ram;
	uint64_t ram_bytes[QEMU_MAX_RAM];
	uint64_t m_bytes; /* of -m; 0: not given */
	size_t n_forwards;
	struct {
		uint16_t host_port, guest_port; /* TCP, of user-mode networking */
	} forward[QEMU_MAX_FORWARDS];
};

/* Is this the base name of a QEMU system emulator, by any of its names? */
bool qemu_is_program(const char *base);

int qemu_args__parse(const struct proc_argv *argv, struct qemu_args *ret);
void qemu_args__free(struct qemu_args *args);

/*
 * Does an argument hold the absolute path, as a word of its own: "path=/x,…", "unix:/x", JSON's
 * "/x", or alone? QEMU's commas are written double.
 */
bool qemu_names_path(const struct proc_argv *argv, const char *path);

/*
 * The value of `key` in QEMU's "a=b,c=d" with ",," for a comma; the first element without '='
 * belongs to `implied` (may be NULL). malloc'd; NULL if it is not there or there is no memory.
 */
char *qemu_opt(const char *opts, const char *key, const char *implied);

#endif
