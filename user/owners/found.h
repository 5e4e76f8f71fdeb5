/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * found.h - one VM, container, cgroup or process tree as it runs now: its identity and everything
 * that belongs to it. Plain data; the recorder turns it into BPF maps.
 */
#ifndef VIRTAX_FOUND_H
#define VIRTAX_FOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "abi.h"
#include "cgroups/id.h"
#include "sys/proc_table.h"

#define FOUND_YOUNG_SECONDS 3

/* Why a process belongs to its target. */
enum found_why {
	FOUND_MAIN = 0,           /* QEMU, the container's first process, the tree's root */
	FOUND_DESCENDANT = 1,     /* of process `by` */
	FOUND_CGROUP = 2,         /* in the target's cgroup */
	FOUND_SCOPE = 3,          /* in the cgroup that was created for the VM */
	FOUND_KTHREAD = 4,        /* a kernel thread named for thread or process `by` of the VM */
	FOUND_KTHREAD_CGROUP = 5, /* a kernel thread in QEMU's cgroup */
	FOUND_SERVES = 6,         /* a helper that holds the socket `path` of QEMU's command line */
	FOUND_NAMES = 7,          /* a helper whose command line has the same socket `path` */
	FOUND_PARENT = 8,         /* the parent of the helper `by`, and the same program */
	FOUND_RUNTIME = 9,        /* a process of the runtime, for this container */
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
	char *comm; /* unescaped: it may hold anything */
	char *why;  /* one phrase, unescaped: it may quote a path */
};

struct found_netdev {
	unsigned int ifindex; /* in our network namespace */
	bool inward; /* macvtap: traffic towards the target is its ingress; else its egress */
	char *name;
};

struct found_port {
	uint16_t port;       /* on the host, or in the target's network namespace */
	uint16_t guest_port; /* VMs with user networking: the guest's port behind it; else 0 */
};

struct found {
	enum vtx_kind kind;
	char *name; /* never NULL */
	char *id;   /* container id, VM uuid; may be NULL */
	pid_t pid;  /* QEMU, the container's first process, the tree's root; 0 for a cgroup */
	uint64_t start_ticks; /* of pid; 0 without pid */
	char *runtime; /* "docker", …; "qemu" or the VMM's program; NULL for cgroups, processes */
	char *accel;   /* VMs: "kvm" or "tcg"; NULL: no privilege to see it */
	char *cgroup;  /* path to show; NULL if it is in the root cgroups only */

	/*
	 * The top cgroup in each watched hierarchy; child cgroups belong to the target as well.
	 * For a VM only if no other process is in that cgroup. Empty: only `procs` identify it.
	 */
	struct cgroup_ids cgroups;

	/* All its processes by rising tgid, including the runtime's. */
	struct found_proc *procs;
	size_t n_procs, room_procs;

	/*
	 * The host's ends of its veths, and its taps; none if its network is user-mode or the
	 * host's.
	 */
	struct found_netdev *netdevs;
	size_t n_netdevs, room_netdevs;

	/*
	 * A VM that started less than FOUND_YOUNG_SECONDS ago: QEMU may still open devices, so
	 * accel and netdevs may change.
	 */
	bool young;

	uint64_t netns; /* inode number of its network namespace; 0: no privilege to see it */
	bool host_netns;

	uint64_t threads[VTX_ROLES]; /* number of threads by role */
	uint32_t vcpus;              /* VMs: vCPUs that KVM has created; 0 also if unknown */

	struct found_port *http; /* filled only by listeners__find() */
	size_t n_http, room_http;

	struct found_thread *thread; /* by rising tid; filled only by thread_roles__find() */
	size_t n_thread, room_thread;
};

void found__free(struct found *found);

/* Frees what it holds, but not the struct, which is zeroed. */
void found__release(struct found *found);

/* A deep copy, without `thread`, malloc'd; NULL if there is no memory. */
struct found *found__copy(const struct found *from);

int found__add_proc(struct found *found, const struct proc *proc, enum vtx_role role,
		    struct found_tie tie);
/* Removes a process, if it is there. */
void found__remove_proc(struct found *found, pid_t tgid);
int found__add_netdev(struct found *found, unsigned int ifindex, bool inward, const char *name);
int found__add_http(struct found *found, uint16_t port, uint16_t guest_port);
/* Takes over why (malloc'd; NULL is -ENOMEM), copies comm. */
int found__add_thread(struct found *found, const struct found_thread *thread);

/* Orders `procs` by tgid and sums the threads of containers, cgroups and processes by role. */
void found__finish(struct found *found);

/* A VM whose program has QEMU's name. */
bool found_is_qemu(const struct found *found);

/* A VM that uses KVM. */
bool found_is_kvm(const struct found *found);

/*
 * Is `now` what was recorded as `then`, so that nothing has to be bound again? Never for a VM,
 * which may have opened other files, nor with a network of its own, which others may share.
 */
bool found_unchanged(const struct found *then, const struct found *now);

const struct found_proc *found__proc(const struct found *found, pid_t tgid);

#endif
