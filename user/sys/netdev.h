/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netdev.h - the network devices of our own network namespace, and to which other namespace the
 * far end of each veth leads. Asks rtnetlink; needs no privilege and enters no namespace.
 */
#ifndef VIRTAX_NETDEV_H
#define VIRTAX_NETDEV_H

#include <net/if.h>
#include <stddef.h>
#include <sys/types.h>

#include "sys/procfs.h"

struct netdev {
	unsigned int ifindex;
	int peer_nsid; /* the namespace of its peer as our namespace numbers it; -1: none */
	char kind[16]; /* "veth", "tun", "bridge", …; "" where not told */
	char name[IF_NAMESIZE];
};

struct netdev_table {
	struct netdev *dev;
	size_t n;
};

/* On a sysroot that is not live: names and numbers from /sys/class/net alone. */
int netdev_table__read(const struct sysroot *sr, struct netdev_table **ret);
void netdev_table__free(struct netdev_table *table);

/* Adds the devices of one block of RTM_NEWLINK messages. Returns 1 at NLMSG_DONE, 0 or -errno. */
int netdev_table__parse(struct netdev_table *table, const void *block, size_t n);

const struct netdev *netdev_table__by_name(const struct netdev_table *table, const char *name);
const struct netdev *netdev_table__by_index(const struct netdev_table *table, unsigned int ifindex);

/*
 * The number our namespace gave to the network namespace of a process. -ENOENT if it has none: then
 * no device of ours leads there. Ask after netdev_table__read(): the dump gives the numbers out.
 */
int netns_number(const struct sysroot *sr, pid_t pid, int *ret);

#endif
