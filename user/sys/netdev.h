/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netdev.h - the network devices of our own network namespace, and the namespace of the peer of
 * each veth. Uses rtnetlink; needs no privilege and enters no namespace.
 */
#ifndef VIRTAX_NETDEV_H
#define VIRTAX_NETDEV_H

#include <net/if.h>
#include <stddef.h>
#include <sys/types.h>

#include "sys/sysroot.h"

struct netdev {
	unsigned int ifindex;
	int peer_nsid; /* our namespace's number for the peer's namespace; -1: none */
	char kind[16]; /* "veth", "tun", "bridge", …; "": unknown */
	char name[IF_NAMESIZE];
};

struct netdev_table {
	struct netdev *dev;
	size_t n, room;
};

/*
 * Reads the table; from a sysroot that is not live only names and indices, from /sys/class/net. The
 * caller frees *ret with netdev_table__free(). Returns 0 or -errno.
 */
int netdev_table__read(const struct sysroot *sr, struct netdev_table **ret);
void netdev_table__free(struct netdev_table *table);

/*
 * Adds the devices of a block of n bytes of RTM_NEWLINK messages. Returns 1 after NLMSG_DONE, 0 if
 * more blocks follow, or -errno.
 */
int netdev_table__parse(struct netdev_table *table, const void *block, size_t n);

/* A device of the table; NULL if there is none. */
const struct netdev *netdev_table__by_name(const struct netdev_table *table, const char *name);
const struct netdev *netdev_table__by_index(const struct netdev_table *table, unsigned int ifindex);

/*
 * The number that our namespace gave to the network namespace of a process. Returns 0, -ENOENT if
 * it has none (no device of ours has its peer there) or the process has exited, or another -errno.
 * Call it after netdev_table__read(): the kernel assigns the numbers during the dump.
 */
int netdev_nsid(const struct sysroot *sr, pid_t pid, int *ret);

#endif
