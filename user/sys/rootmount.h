/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rootmount.h - what a process's root file system is made of, by the text of its mountinfo: of an
 * overlay the writable layer and the image layers below it. Pure.
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
	char *root;   /* which directory of it is mounted */
	char *upper;  /* overlay: the writable layer; NULL: mounted read-only */
	char **lower; /* overlay: the image layers, the topmost first */
	size_t n_lower;
	size_t n_left_out; /* layers whose paths cannot be completed, or that are too many */
};

/*
 * From the text of /proc/PID/mountinfo; the last mount on "/" counts, as for the process. Paths
 * that are not absolute are completed by the writable layer's (podman: the store's directory is two
 * up from it); without one they are left out. Returns 0, -ENOENT if nothing is mounted there,
 * -ENOMEM.
 */
int rootmount__parse(const char *mountinfo, struct rootmount *ret);

/*
 * Where the directory that is mounted there can be reached by us, by the text of our own mountinfo.
 * *ret is malloc'd. -ENOENT: nowhere, -ENOMEM.
 */
int rootmount_on_host(const char *own_mountinfo, const struct rootmount *mount, char **ret);

/* The type of the file system that an absolute path lies on, by the text of our own mountinfo. False:
 * it does not say. */
bool rootmount_fstype(const char *own_mountinfo, const char *path, char *ret, size_t size);

void rootmount__clear(struct rootmount *mount);

#endif
