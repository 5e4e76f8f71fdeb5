/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * found.h - one VM, container, cgroup or process tree as it runs now: who it is and everything
 * that is its own. Plain data; the recorder turns it into BPF maps.
 */
#ifndef VIRTAX_FOUND_H
#define VIRTAX_FOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "abi.h"
#include "sys/cgroupfs.h"

#define FOUND_YOUNG_SECONDS 3

/* Why a process belongs to its target. */
enum found_why {
	FOUND_MAIN = 0,		  /* QEMU, the container's first process, the tree's root */
	FOUND_DESCENDANT = 1,	  /* of process `by` */
	FOUND_CGROUP = 2,	  /* in the target's cgroup */
	FOUND_SCOPE = 3,	  /* in the cgroup that was made for the VM */
	FOUND_KTHREAD = 4,	  /* a kernel thread named for thread or process `by` of the VM */
	FOUND_KTHREAD_CGROUP = 5, /* a kernel thread that was put into QEMU's cgroup */
	FOUND_SERVES = 6,	  /* a helper that holds the socket `path`, which QEMU was given */
	FOUND_NAMES = 7,	  /* a helper that was given the same socket `path` as QEMU */
	FOUND_PARENT = 8,	  /* of the helper `by`, and the same program */
	FOUND_RUNTIME = 9,	  /* the runtime's, for this container */
};

struct found_tie {
	enum found_why why;
	pid_t by;
	const char *path; /* copied; NULL: none */
};

struct found_proc {
	pid_t tgid;
	uint64_t start_ticks; /* as in /proc/PID/stat */
	uint32_t threads;
	enum vtx_role role; /* VMs: emulator, vhost or kvm; QEMU's threads have their own */
	enum found_why why;
	pid_t by;
	char *path;
};

/* A thread of the target. */
struct found_thread {
	pid_t tid, tgid;
	enum vtx_role role;
	char *comm; /* as it is: it may hold anything */
	char *why;  /* one phrase; it may quote a path, and that may hold anything */
};

struct found_netdev {
	unsigned int ifindex; /* in our network namespace */
	bool inward;	      /* a macvtap: what comes in there goes to the target; else what goes out */
	char *name;
};

struct found_port {
	uint16_t port;       /* where it is reached on the host or in its own netns */
	uint16_t guest_port; /* VMs with user networking: what it is forwarded to; else 0 */
};

struct found {
	enum vtx_kind kind;
	char *name; /* never NULL */
	char *id;   /* container id, VM uuid; may be NULL */
	pid_t pid;  /* QEMU, the container's first process, the tree's root; 0 for a cgroup */
	uint64_t start_ticks; /* of pid; 0 without pid */
	char *runtime;        /* "docker", …, "qemu"; NULL for cgroups and processes */
	char *accel;          /* VMs: "kvm" or "tcg"; NULL: not allowed to know */
	char *cgroup;         /* path to show; NULL when only the root cgroups hold it */

	/*
	 * The top cgroup in each watched hierarchy; its children belong to it as well. For a VM
	 * only when nothing else lives in that cgroup. Empty: `procs` is all there is to go by.
	 */
	struct cgroup_ids cgroups;

	/* Every process of it by rising tgid, the runtime's processes included. */
	struct found_proc *procs;
	size_t n_procs;

	/* Host side of its veths, its taps; none for user-mode networking or the host's network. */
	struct found_netdev *netdevs;
	size_t n_netdevs;

	/*
	 * A VM that started less than FOUND_YOUNG_SECONDS ago: QEMU may not have opened all it will
	 * have; accel and netdevs may change. Look again.
	 */
	bool young;

	uint64_t netns; /* inode number of its network namespace; 0: not allowed to know */
	bool host_netns;

	uint64_t threads[VTX_ROLES]; /* how many now */
	uint32_t vcpus;		     /* VMs: how many KVM has made; 0 also where not known */

	struct found_port *http; /* filled by inventory__find_http() only */
	size_t n_http;

	struct found_thread *thread; /* by rising tid; filled by inventory__find_threads() only */
	size_t n_thread;
};

void found__free(struct found *found); /* and what it holds */
void found__clear(struct found *found);

/* A deep copy, without `thread`, malloc'd; NULL if there is no memory. */
struct found *found__copy(const struct found *from);

int found__add_proc(struct found *found, const struct proc *proc, enum vtx_role role,
		    struct found_tie tie);
int found__add_netdev(struct found *found, unsigned int ifindex, bool inward, const char *name);
int found__add_http(struct found *found, uint16_t port, uint16_t guest_port);
/* Takes over why (malloc'd; NULL is an error), copies comm. */
int found__add_thread(struct found *found, const struct found_thread *thread);

/* Orders `procs` by tgid and sums the threads of containers, cgroups and processes by role. */
void found__finish(struct found *found);

/* A VM that uses KVM. */
bool found_is_kvm(const struct found *found);

const struct found_proc *found__proc(const struct found *found, pid_t tgid);

#endif
