/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rootmount.h - the root file system of a process, from the text of its mountinfo: for an overlay,
 * the writable layer and the image layers below it. Pure.
 */
#ifndef VIRTAX_ROOTMOUNT_H
#define VIRTAX_ROOTMOUNT_H

#include <stdbool.h>
#include <stddef.h>

#define ROOTMOUNT_MAX_LAYERS 512 /* the kernel's own limit is 500 */

struct rootmount {
	bool overlay;
	char *fstype;
	unsigned int major, minor; /* of the file system */
	char *root;                /* the directory of it that is mounted */
	char *upper;               /* overlay: the writable layer; NULL: mounted read-only */
	char **lower;              /* overlay: the image layers from the top down */
	size_t n_lower, room;
	size_t n_left_out; /* layers with unknown directories, or beyond the maximum */
};

/*
 * From the text of /proc/PID/mountinfo: the last mount on "/", which is the one the process sees.
 * Relative paths (podman) are resolved from the writable layer: the store is two directories up. If
 * there is none, these layers are left out. The caller frees ret with rootmount__free(), also on
 * error. Returns 0, -ENOENT if nothing is mounted on "/", or -ENOMEM.
 */
int rootmount__parse(const char *mountinfo, struct rootmount *ret);

/*
 * The path at which we can reach the mounted directory, from the text of our own mountinfo. *ret is
 * malloc'd. Returns 0, -ENOENT if it is mounted nowhere here, or -ENOMEM.
 */
int rootmount_on_host(const char *own_mountinfo, const struct rootmount *mount, char **ret);

/*
 * The type of the file system that contains an absolute path, from the text of our own mountinfo;
 * ret is truncated to size bytes. False if no mount contains it.
 */
bool rootmount_fstype(const char *own_mountinfo, const char *path, char *ret, size_t size);

/* Frees what mount contains and zeroes it. */
void rootmount__free(struct rootmount *mount);

#endif
