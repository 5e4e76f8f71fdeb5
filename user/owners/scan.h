/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scan.h - an inventory while it is being taken: the target of each process, as far as it is known.
 * Internal to take_inventory.c and the files that find VMs and containers for it.
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
	struct helper_table *helpers;
	bool *holds;                              /* of each process: it holds a VM of KVM's */
	struct scan_path (*paths)[VTX_MAX_HIERS]; /* of each process, by watched hierarchy */
};

/* Fills scan->paths from the process table. Returns 0 or -ENOMEM. */
int scan__find_paths(struct scan *scan);

/* Appends a zeroed target; NULL if there is no memory. Invalidates earlier pointers to targets. */
struct found *scan__add_found(struct scan *scan);

/* Gives the process at index i of the table to found[owner]. Returns 0 or -ENOMEM. */
int scan__take(struct scan *scan, size_t i, size_t owner, enum vtx_role role, struct found_tie tie);

/* The same with process root and its descendants, except those that have an owner. */
int scan__take_tree(struct scan *scan, pid_t root, size_t owner, enum vtx_role role);

/* Is the path equal to top, or below it? */
bool scan_path_within(const struct scan_path *path, const char *top, size_t n_top);

/* Processes that started after this, in USER_HZ since boot, are young. */
uint64_t scan_young_ticks(const struct sysroot *sr);

/* Did a process with this start time start less than FOUND_YOUNG_SECONDS ago? */
bool scan_is_young(const struct sysroot *sr, uint64_t start_ticks);

#endif
