// SPDX-License-Identifier: GPL-2.0-or-later
#include "collect/linknews.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

int linknews__open(void)
{
	struct sockaddr_nl at = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE), err;

	if (fd < 0)
		return -errno;
	if (!bind(fd, (struct sockaddr *)&at, sizeof(at)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

/* One of them that went was moved into another namespace, and its other end is still here. */
static bool tells(const struct nlmsghdr *message, size_t size)
{
	for (; NLMSG_OK(message, size); message = NLMSG_NEXT(message, size))
		if (message->nlmsg_type == RTM_NEWLINK || message->nlmsg_type == RTM_DELLINK)
			return true;
	return false;
}

bool linknews__take(int fd)
{
	union {
		struct nlmsghdr header;
		char bytes[16384];
	} buffer;
	bool told = false;
	ssize_t n;

	for (;;) {
		n = recv(fd, &buffer, sizeof(buffer), 0);
		if (n > 0)
			told |= tells(&buffer.header, (size_t)n);
		else if (n < 0 && errno == ENOBUFS)
			told = true; /* more came than was kept */
		else if (n == 0 || errno != EINTR)
			return told;
	}
}
