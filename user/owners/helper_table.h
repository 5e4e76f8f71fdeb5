/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * helpers.h - the processes around containers and VMs that are not in them: the runtime's helper of
 * one container (containerd-shim, conmon, docker-proxy, …) and the managers of all of a kind.
 */
#ifndef VIRTAX_HELPERS_H
#define VIRTAX_HELPERS_H

#include <stddef.h>

#include "abi.h"
#include "sys/procfs.h"

enum helper_kind {
	HELPER_SHIM = 0,         /* containerd-shim* */
	HELPER_CONMON = 1,       /* of podman and CRI-O */
	HELPER_DOCKER_PROXY = 2, /* one published port */
	HELPER_LXC_MONITOR = 3,
	HELPER_NSPAWN = 4,
	HELPER_RUNC = 5, /* in the foreground */
	HELPER_CRUN = 6,
};

/* All strings may be NULL: the helper did not say. */
struct helper {
	const struct proc *proc; /* into the table the scan was given */
	enum helper_kind kind;
	char *id;        /* the container's id (shim, conmon), its name (LXC, nspawn) */
	char *name;      /* conmon: the container's name */
	char *namespace; /* shim: containerd's namespace; docker's is "moby" */
	char *address;   /* docker-proxy: the container's IP address */
	char *dir;       /* shim: its bundle directory; runc and crun: --root */
};

struct manager {
	const struct proc *proc;
	enum vtx_kind kind; /* VTX_KIND_VM or VTX_KIND_CONTAINER */
	const char *name;   /* which one it is: a constant, not what the process calls itself */
};

struct helper_set {
	struct helper *helper;
	size_t n;
	struct manager *manager;
	size_t n_managers;
	char *docker_root; /* dockerd's --data-root, "/var/lib/docker" if it gives none */
};

/* Command lines are read of those processes only whose program is one of these. */
int helper_set__scan(const struct sysroot *sr, const struct proc_table *table,
		     struct helper_set **ret);
void helper_set__free(struct helper_set *set);

/* Is a program of this base name, or thread name, a helper or a manager? */
bool helper_is_program(const char *exe, const char *comm);

#endif
