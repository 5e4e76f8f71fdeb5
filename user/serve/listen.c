// SPDX-License-Identifier: GPL-2.0-or-later
#include "serve/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/str.h"

#define BACKLOG 512

static int parse_path(struct listen_address *ret, const char *path, struct verr *ret_err)
{
	struct sockaddr_un *at = (struct sockaddr_un *)&ret->address;
	size_t len = strlen(path);

	if (!len || len >= sizeof(at->sun_path))
		return verr_set(ret_err, -EINVAL,
				"--listen: invalid path in 'unix:%s' (give 1 to %zu bytes)", path,
				sizeof(at->sun_path) - 1);
	at->sun_family = AF_UNIX;
	memcpy(at->sun_path, path, len + 1);
	ret->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + 1);
	return 0;
}

static bool set_host(struct listen_address *ret, const char *host, uint16_t port)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&ret->address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&ret->address;
	char inner[INET6_ADDRSTRLEN];
	size_t len = strlen(host);

	if (inet_pton(AF_INET, len ? host : "127.0.0.1", &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		ret->len = sizeof(*v4);
		return true;
	}
	if (len < 4 || len - 2 >= sizeof(inner) || host[0] != '[' || host[len - 1] != ']')
		return false;
	snprintf(inner, sizeof(inner), "%.*s", (int)(len - 2), host + 1);
	if (inet_pton(AF_INET6, inner, &v6->sin6_addr) != 1)
		return false;
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(port);
	ret->len = sizeof(*v6);
	return true;
}

int listen_parse(struct listen_address *ret, const char *text, struct verr *ret_err)
{
	const char *colon = strrchr(text, ':');
	char host[INET6_ADDRSTRLEN + 3];
	uint64_t port;

	memset(ret, 0, sizeof(*ret));
	if (str_starts(text, "unix:"))
		return parse_path(ret, text + 5, ret_err);
	if (colon && str_to_u64(colon + 1, &port) && port <= 65535 &&
	    (size_t)(colon - text) < sizeof(host)) {
		snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);
		if (set_host(ret, host, (uint16_t)port))
			return 0;
	}
	return verr_set(ret_err, -EINVAL,
			"--listen: invalid address '%s' (give [ADDR]:PORT, ADDR in digits and IPv6 "
			"in brackets, or unix:PATH)",
			text);
}

bool listen_is_local(const struct listen_address *at)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&at->address;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&at->address;

	if (at->address.ss_family == AF_INET)
		return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
	if (at->address.ss_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
	return true;
}

/* A socket of a process that was killed: nobody answers, and nobody ever will. */
static bool remove_stale(const struct sockaddr_un *at, socklen_t len)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool refused =
		fd >= 0 && connect(fd, (const struct sockaddr *)at, len) && errno == ECONNREFUSED;
	struct stat st;

	if (fd >= 0)
		close(fd);
	return refused && !lstat(at->sun_path, &st) && S_ISSOCK(st.st_mode) &&
	       !unlink(at->sun_path);
}

static int bind_to(int fd, const struct listen_address *at)
{
	const struct sockaddr *address = (const struct sockaddr *)&at->address;
	const int on = 1;

	if (address->sa_family != AF_UNIX)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (!bind(fd, address, at->len))
		return 0;
	if (errno != EADDRINUSE || address->sa_family != AF_UNIX ||
	    !remove_stale((const struct sockaddr_un *)address, at->len))
		return -errno;
	return bind(fd, address, at->len) ? -errno : 0;
}

/* For people, with the port that the kernel chose if it was 0. */
static void describe(struct listener *listener, const struct listen_address *given)
{
	struct listen_address at = *given;
	char host[INET6_ADDRSTRLEN] = "?";

	at.len = sizeof(at.address);
	getsockname(listener->fd, (struct sockaddr *)&at.address, &at.len);
	if (at.address.ss_family == AF_INET) {
		struct sockaddr_in *v4 = (struct sockaddr_in *)&at.address;

		inet_ntop(AF_INET, &v4->sin_addr, host, sizeof(host));
		snprintf(listener->text, sizeof(listener->text), "http://%s:%u", host,
			 ntohs(v4->sin_port));
	} else if (at.address.ss_family == AF_INET6) {
		struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&at.address;

		inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof(host));
		snprintf(listener->text, sizeof(listener->text), "http://[%s]:%u", host,
			 ntohs(v6->sin6_port));
	}
}

/* Only its owner and group may connect. */
static int keep_path(struct listener *listener, const struct sockaddr_un *at)
{
	listener->path = strdup(at->sun_path);
	if (!listener->path)
		return -ENOMEM;
	if (chmod(listener->path, 0660) || lstat(listener->path, &listener->made))
		return -errno;
	snprintf(listener->text, sizeof(listener->text), "unix:%s", listener->path);
	return 0;
}

static int open_socket(struct listener *listener, const struct listen_address *at)
{
	int err;

	listener->fd = socket(at->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listener->fd < 0)
		return -errno;
	err = bind_to(listener->fd, at);
	if (!err && at->address.ss_family == AF_UNIX)
		err = keep_path(listener, (const struct sockaddr_un *)&at->address);
	if (!err && listen(listener->fd, BACKLOG))
		err = -errno;
	return err;
}

int listener__open(struct listener *ret, const struct listen_address *at, struct verr *ret_err)
{
	const struct sockaddr_un *un = (const struct sockaddr_un *)&at->address;
	struct listener named = {.fd = -1};
	int err;

	memset(ret, 0, sizeof(*ret));
	err = open_socket(ret, at);
	if (!err) {
		describe(ret, at);
		return 0;
	}
	listener__close(ret);
	describe(&named, at);
	return verr_set(ret_err, err, "--listen %s: cannot be opened: %s (give another address)",
			at->address.ss_family == AF_UNIX ? un->sun_path
							 : named.text + strlen("http://"),
			strerror(-err));
}

void listener__close(struct listener *listener)
{
	struct stat st;

	if (listener->fd > 0)
		close(listener->fd);
	/* Unless it has been replaced: an inode number may come again at once. */
	if (listener->path && !lstat(listener->path, &st) && st.st_ino == listener->made.st_ino &&
	    st.st_ctim.tv_sec == listener->made.st_ctim.tv_sec &&
	    st.st_ctim.tv_nsec == listener->made.st_ctim.tv_nsec)
		unlink(listener->path);
	free(listener->path);
	memset(listener, 0, sizeof(*listener));
}
