// SPDX-License-Identifier: GPL-2.0-or-later
#include "sys/link_events.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

int link_events__open(void)
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

/* The group carries nothing else, so the messages need not be parsed. */
bool link_events__take(int fd)
{
	char buffer[16384];
	bool any = false;
	ssize_t n;

	for (;;) {
		n = recv(fd, buffer, sizeof(buffer), 0);
		if (n > 0 || (n < 0 && errno == ENOBUFS)) /* events were dropped */
			any = true;
		else if (n == 0 || errno != EINTR)
			return any;
	}
}
