/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cgroupname.h - which container or VM a cgroup path belongs to, by the names that the runtimes
 * give their cgroups. Pure: nothing is read. Containers of runtimes that let the user choose the
 * path (runc, crun, ctr) are found by state files instead, see runtime.h.
 */
#ifndef VIRTAX_CGROUPNAME_H
#define VIRTAX_CGROUPNAME_H

#include <stdbool.h>
#include <stddef.h>

enum container_kind {
	CONTAINER_NONE = 0,
	CONTAINER_OCI = 1, /* an id, but the runtime is unknown */
	CONTAINER_DOCKER = 2,
	CONTAINER_PODMAN = 3,
	CONTAINER_CONTAINERD = 4, /* CRI, ctr, nerdctl */
	CONTAINER_CRIO = 5,
	CONTAINER_RUNC = 6,
	CONTAINER_CRUN = 7,
	CONTAINER_LXC = 8,
	CONTAINER_NSPAWN = 9,
	CONTAINER_LIBVIRT_LXC = 10,
	CONTAINER_KINDS = 11,
};

extern const char *const container_runtime[CONTAINER_KINDS]; /* "", "oci", "docker", … */

#define CONTAINER_ID 256 /* size of an id or a name: no component of a path is longer */

struct container_match {
	enum container_kind kind;
	char id[CONTAINER_ID]; /* LXC and nspawn: the name, unescaped */
	size_t n_top;          /* this many bytes of the path are the container's top cgroup */
	bool named;            /* id is a name that a person chose */
	unsigned int depth;    /* 1, and 1 more for each container that it is in */
};

/*
 * path: n bytes, as in /proc/PID/cgroup. Of containers within containers the innermost is returned.
 * Returns false if the path is in no container. The cgroups of monitors (conmon, LXC), which work
 * for a container from outside, belong to the container around them, if there is one.
 */
bool cgroupname_match(const char *path, size_t n, struct container_match *ret);

/* Bytes of the path up to a VM's cgroup (machine-qemu….scope, qemu.slice/…); 0 if there is none. */
size_t cgroupname_vm_top(const char *path, size_t n);

/* Is s, of n bytes, 64 hexadecimal digits? */
bool cgroupname_is_id(const char *s, size_t n);

#endif
