// SPDX-License-Identifier: GPL-2.0-or-later
#include "sys/netdev.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/file.h"

#define BLOCK_BYTES (128 * 1024)

static int table_add(struct netdev_table *table, const struct netdev *dev)
{
	if (!array_grow(&table->dev, table->n, &table->room))
		return -ENOMEM;
	table->dev[table->n++] = *dev;
	return 0;
}

/* The text of an attribute, truncated to size bytes; it may lack a NUL. */
static void attr_string(const struct rtattr *attr, char *ret, size_t size)
{
	size_t n = RTA_PAYLOAD(attr);

	if (n >= size)
		n = size - 1;
	memcpy(ret, RTA_DATA(attr), n);
	ret[n] = '\0';
}

static int attr_int(const struct rtattr *attr, int otherwise)
{
	int value;

	if (RTA_PAYLOAD(attr) < sizeof(value))
		return otherwise;
	memcpy(&value, RTA_DATA(attr), sizeof(value));
	return value;
}

static void link_kind(const struct rtattr *info, struct netdev *ret)
{
	const struct rtattr *attr = RTA_DATA(info);
	int n = RTA_PAYLOAD(info);

	for (; RTA_OK(attr, n); attr = RTA_NEXT(attr, n)) {
		if (attr->rta_type == IFLA_INFO_KIND)
			attr_string(attr, ret->kind, sizeof(ret->kind));
	}
}

static int link_parse(const struct nlmsghdr *msg, struct netdev *ret)
{
	const struct ifinfomsg *info = NLMSG_DATA(msg);
	const struct rtattr *attr;
	int n;

	if (msg->nlmsg_len < NLMSG_LENGTH(sizeof(*info)))
		return -EBADMSG;
	memset(ret, 0, sizeof(*ret));
	ret->ifindex = info->ifi_index;
	ret->peer_nsid = -1;
	n = msg->nlmsg_len - NLMSG_LENGTH(sizeof(*info));
	for (attr = IFLA_RTA(info); RTA_OK(attr, n); attr = RTA_NEXT(attr, n)) {
		switch (attr->rta_type & NLA_TYPE_MASK) {
		case IFLA_IFNAME:
			attr_string(attr, ret->name, sizeof(ret->name));
			break;
		case IFLA_LINK_NETNSID:
			ret->peer_nsid = attr_int(attr, -1);
			break;
		case IFLA_LINKINFO:
			link_kind(attr, ret);
			break;
		}
	}
	return 0;
}

int netdev_table__parse(struct netdev_table *table, const void *block, size_t size)
{
	const struct nlmsghdr *msg = block;
	struct netdev dev;
	int n = size, err;

	/* The last message may lack its padding: n becomes negative then. */
	for (; n > 0 && NLMSG_OK(msg, (unsigned int)n); msg = NLMSG_NEXT(msg, n)) {
		if (msg->nlmsg_type == NLMSG_DONE)
			return 1;
		if (msg->nlmsg_type == NLMSG_ERROR)
			return -EIO;
		if (msg->nlmsg_type != RTM_NEWLINK)
			continue;
		err = link_parse(msg, &dev);
		if (!err)
			err = table_add(table, &dev);
		if (err)
			return err;
	}
	return 0;
}

static int rtnl_open(void)
{
	struct timeval timeout = {.tv_sec = 2};
	int fd;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	return fd;
}

static int dump_receive(int fd, struct netdev_table *table)
{
	char *block = malloc(BLOCK_BYTES);
	ssize_t n;
	int err;

	if (!block)
		return -ENOMEM;
	do {
		n = recv(fd, block, BLOCK_BYTES, 0);
		err = n < 0 ? (errno == EINTR ? 0 : -errno) : netdev_table__parse(table, block, n);
	} while (!err);
	free(block);
	return err < 0 ? err : 0;
}

static int read_netlink(struct netdev_table *table)
{
	struct {
		struct nlmsghdr head;
		struct ifinfomsg info;
		struct rtattr attr;
		uint32_t mask;
	} request = {
		.head =
			{
				.nlmsg_len = sizeof(request),
				.nlmsg_type = RTM_GETLINK,
				.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
			},
		.attr = {.rta_len = RTA_LENGTH(sizeof(uint32_t)), .rta_type = IFLA_EXT_MASK},
		.mask = RTEXT_FILTER_SKIP_STATS,
	};
	int fd, err;

	fd = rtnl_open();
	if (fd < 0)
		return fd;
	err = send(fd, &request, sizeof(request), 0) < 0 ? -errno : dump_receive(fd, table);
	close(fd);
	return err;
}

static int read_sysfs(const struct sysroot *sr, struct netdev_table *table)
{
	char path[PATH_MAX], *text;
	struct dirent *entry;
	struct netdev dev;
	int err;
	DIR *dir;

	err = sysroot_path(sr, path, sizeof(path), "/sys/class/net");
	if (err)
		return err;
	dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while (!err && (entry = readdir(dir))) {
		memset(&dev, 0, sizeof(dev));
		dev.peer_nsid = -1;
		if (entry->d_name[0] == '.' || strlen(entry->d_name) >= sizeof(dev.name))
			continue;
		strcpy(dev.name, entry->d_name);
		snprintf(path, sizeof(path), "%s/ifindex", entry->d_name);
		if (file_read(dirfd(dir), path, 64, &text, NULL))
			continue;
		dev.ifindex = strtoul(text, NULL, 10);
		free(text);
		err = table_add(table, &dev);
	}
	closedir(dir);
	return err;
}

int netdev_table__read(const struct sysroot *sr, struct netdev_table **ret)
{
	struct netdev_table *table = calloc(1, sizeof(*table));
	int err;

	if (!table)
		return -ENOMEM;
	err = sr->live ? read_netlink(table) : read_sysfs(sr, table);
	if (err)
		netdev_table__free(table);
	else
		*ret = table;
	return err;
}

void netdev_table__free(struct netdev_table *table)
{
	if (!table)
		return;
	free(table->dev);
	free(table);
}

const struct netdev *netdev_table__by_name(const struct netdev_table *table, const char *name)
{
	size_t i;

	for (i = 0; i < table->n; i++) {
		if (!strcmp(table->dev[i].name, name))
			return &table->dev[i];
	}
	return NULL;
}

const struct netdev *netdev_table__by_index(const struct netdev_table *table, unsigned int ifindex)
{
	size_t i;

	for (i = 0; i < table->n; i++) {
		if (table->dev[i].ifindex == ifindex)
			return &table->dev[i];
	}
	return NULL;
}

static int nsid_receive(int fd, int *ret)
{
	char block[1024] __attribute__((aligned(NLMSG_ALIGNTO)));
	const struct nlmsghdr *msg = (const struct nlmsghdr *)block;
	const struct rtattr *attr;
	ssize_t got = recv(fd, block, sizeof(block), 0);
	int n;

	if (got < 0)
		return -errno;
	if (!NLMSG_OK(msg, (size_t)got) || msg->nlmsg_type != RTM_NEWNSID)
		return -ENOENT; /* an error message: the process has exited */
	n = msg->nlmsg_len - NLMSG_SPACE(sizeof(struct rtgenmsg));
	attr = (const struct rtattr *)((const char *)NLMSG_DATA(msg) +
				       NLMSG_ALIGN(sizeof(struct rtgenmsg)));
	for (; RTA_OK(attr, n); attr = RTA_NEXT(attr, n)) {
		if (attr->rta_type != NETNSA_NSID)
			continue;
		*ret = attr_int(attr, -1);
		return *ret >= 0 ? 0 : -ENOENT;
	}
	return -ENOENT;
}

int netdev_nsid(const struct sysroot *sr, pid_t pid, int *ret)
{
	struct {
		struct nlmsghdr head;
		struct rtgenmsg gen;
		struct rtattr attr __attribute__((aligned(NLMSG_ALIGNTO)));
		uint32_t pid;
	} request = {
		.head =
			{
				.nlmsg_len = sizeof(request),
				.nlmsg_type = RTM_GETNSID,
				.nlmsg_flags = NLM_F_REQUEST,
			},
		.attr = {.rta_len = RTA_LENGTH(sizeof(uint32_t)), .rta_type = NETNSA_PID},
		.pid = pid,
	};
	int fd, err;

	if (!sr->live)
		return -ENOENT;
	fd = rtnl_open();
	if (fd < 0)
		return fd;
	err = send(fd, &request, sizeof(request), 0) < 0 ? -errno : nsid_receive(fd, ret);
	close(fd);
	return err;
}
