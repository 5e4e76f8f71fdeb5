// SPDX-License-Identifier: GPL-2.0-or-later
#include "sys/linknews.h"

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

/* The group is told of nothing else, so no message is looked into. */
bool linknews__take(int fd)
{
	char buffer[16384];
	bool told = false;
	ssize_t n;

	for (;;) {
		n = recv(fd, buffer, sizeof(buffer), 0);
		if (n > 0 || (n < 0 && errno == ENOBUFS)) /* more came than was kept */
			told = true;
		else if (n == 0 || errno != EINTR)
			return told;
	}
}
