/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * helper_table.h - processes that serve containers and VMs from outside: the runtime's helper of
 * one container (containerd-shim, conmon, docker-proxy, …), and the managers of all VMs or
 * containers.
 */
#ifndef VIRTAX_HELPER_TABLE_H
#define VIRTAX_HELPER_TABLE_H

#include <stddef.h>

#include "abi.h"
#include "sys/proc_table.h"

#define HELPER_DOCKER_ROOTS 33 /* of the first 16 daemons, and the default */

enum helper_kind {
	HELPER_SHIM = 0,         /* containerd-shim* */
	HELPER_CONMON = 1,       /* podman's and CRI-O's */
	HELPER_DOCKER_PROXY = 2, /* serves one published port */
	HELPER_LXC_MONITOR = 3,
	HELPER_NSPAWN = 4,
	HELPER_RUNC = 5, /* in the foreground */
	HELPER_CRUN = 6,
};

/* Strings are NULL where the command line does not have them. */
struct helper {
	const struct proc *proc; /* points into the process table */
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
	const char *name;   /* the program: a constant, not the name the process chose */
};

struct helper_table {
	struct helper *helper;
	size_t n, room;
	struct manager *manager;
	size_t n_managers, room_managers;
	/*
	 * Where docker keeps its containers: of each dockerd the data root as it sees it (in a
	 * container or with a /run of its own: /proc/PID/root/…) and as its path says; the default.
	 */
	char *docker_root[HELPER_DOCKER_ROOTS];
	size_t n_docker_roots;
};

/* Reads the command lines of helpers and some managers only. Returns 0 or -ENOMEM. */
int helper_table__scan(const struct sysroot *sr, const struct proc_table *procs,
		       struct helper_table **ret);
void helper_table__free(struct helper_table *table);

/* Is a program of this base name, or thread name where exe is NULL, a helper or a manager? */
bool helper_table_has_program(const char *exe, const char *comm);

#endif
