/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * container.h - which container a cgroup path belongs to, by the names the runtimes give their
 * cgroups. Pure: nothing is read. Runtimes that let the user choose the path (runc, crun, ctr)
 * are found by their state files instead, see runtime.h.
 */
#ifndef VIRTAX_CONTAINER_H
#define VIRTAX_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>

enum container_kind {
	CONTAINER_NONE = 0,
	CONTAINER_OCI = 1, /* an id, but no word of who made it */
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

#define CONTAINER_ID 256 /* room for an id or a name: no component of a path is longer */

struct container_match {
	enum container_kind kind;
	char id[CONTAINER_ID]; /* LXC and nspawn: the name, unescaped */
	size_t n_top;          /* this many bytes of the path are the container's top cgroup */
	bool named;            /* id is a name a person gave */
};

/*
 * path: n bytes, as in /proc/PID/cgroup. The outermost container wins: what runs inside another
 * container is that container's. Returns false if it is none; also for cgroups of monitors
 * (conmon, LXC) that belong to a container without being in it.
 */
bool container_match_path(const char *path, size_t n, struct container_match *ret);

/* machine-qemu…scope and qemu.slice/…: bytes of the path up to a VM's own cgroup; 0 if none. */
size_t vm_cgroup_top(const char *path, size_t n);

/* 64 hexadecimal digits. */
bool container_is_id(const char *s, size_t n);

#endif
