/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scan.h - inside of the inventory: what one scan holds while it works. Only inventory.c, the vm….c
 * and the container….c see it.
 */
#ifndef VIRTAX_SCAN_H
#define VIRTAX_SCAN_H

#include "owners/helper_table.h"
#include "owners/inventory.h"

/* A path inside the text of a cgroup file; s is NULL where the process is not in the hierarchy. */
struct scan_path {
	const char *s;
	size_t n;
};

struct scan {
	const struct sysroot *sr;
	struct inventory *inv;
	struct helper_set *helpers;
	struct scan_path (*paths)[VTX_MAX_HIERS]; /* of each process, by watched hierarchy */
};

int scan_vms(struct scan *scan);
int scan_containers(struct scan *scan);

/* Appends a zeroed one; NULL if there is no memory. Earlier pointers become invalid. */
struct found *scan_add_found(struct scan *scan);

/* The process at index i of the table becomes part of found[owner]. */
int scan_take(struct scan *scan, size_t i, size_t owner, enum vtx_role role, struct found_tie tie);

/* Is the path equal to top, or below it? */
bool scan_path_within(const struct scan_path *path, const char *top, size_t n_top);

/* Is the process a QEMU system emulator? */
bool scan_is_qemu(const struct sysroot *sr, const char *exe, const char *comm, pid_t pid);

#endif
