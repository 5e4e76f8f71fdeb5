// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/marks.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX      "virtax-mark/"
#define PATIENCE_MS 5000

/* Abstract: the name begins with a zero byte, and its length counts. */
static socklen_t address_of(struct sockaddr_un *ret, pid_t pid)
{
	int n;

	memset(ret, 0, sizeof(*ret));
	ret->sun_family = AF_UNIX;
	n = snprintf(ret->sun_path + 1, sizeof(ret->sun_path) - 1, PREFIX "%d", (int)pid);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);
}

static int open_socket(const struct sockaddr_un *address, socklen_t len)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), err, on = 1;

	if (fd < 0)
		return -errno;
	if (!setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) &&
	    !bind(fd, (const struct sockaddr *)address, len))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int marks__open(void)
{
	struct sockaddr_un address;
	socklen_t len = address_of(&address, getpid());

	return open_socket(&address, len);
}

/* Receives a text and the sender's credentials from the kernel. Returns its length or -errno. */
static ssize_t receive(int fd, char *text, size_t size, struct sockaddr_un *from,
		       socklen_t *ret_len, struct ucred *ret_who)
{
	union {
		char room[CMSG_SPACE(sizeof(struct ucred))];
		struct cmsghdr align;
	} control;
	struct iovec part = {text, size - 1};
	struct msghdr msg = {.msg_name = from,
			     .msg_namelen = sizeof(*from),
			     .msg_iov = &part,
			     .msg_iovlen = 1,
			     .msg_control = &control,
			     .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
	struct cmsghdr *c;

	if (n < 0)
		return -errno;
	text[n] = '\0';
	*ret_len = msg.msg_namelen;
	*ret_who = (struct ucred){.pid = 0, .uid = (uid_t)-1, .gid = (gid_t)-1};
	for (c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS)
			memcpy(ret_who, CMSG_DATA(c), sizeof(*ret_who));
	}
	return msg.msg_flags & MSG_TRUNC ? -EMSGSIZE : n;
}

int marks__receive(int fd, struct mark *ret)
{
	struct ucred who;
	ssize_t n;

	n = receive(fd, ret->name, sizeof(ret->name), &ret->from, &ret->from_len, &who);
	if (n == -EAGAIN || n == -EINTR)
		return 0;
	if (n < 0)
		return -EPERM;
	if (who.uid != 0) {
		marks__answer(fd, ret, "mark: only root may mark");
		return -EPERM;
	}
	return n > 0 && strlen(ret->name) == (size_t)n ? 1 : -EPERM;
}

void marks__answer(int fd, const struct mark *mark, const char *why_not)
{
	/* A sender that does not wait for the answer does not get it. */
	if (mark->from_len > sizeof(sa_family_t))
		(void)!sendto(fd, why_not, strlen(why_not), MSG_DONTWAIT | MSG_NOSIGNAL,
			      (const struct sockaddr *)&mark->from, mark->from_len);
}

/* ---- the other end --------------------------------------------------------------------------- */

/* Owned by root and a virtax: any process may give a socket such a name. */
static bool is_recorder(pid_t pid)
{
	char path[64], comm[32] = "";
	struct stat st;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	if (stat(path, &st) || st.st_uid)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	f = fopen(path, "re");
	if (f) {
		if (!fgets(comm, sizeof(comm), f))
			comm[0] = '\0';
		fclose(f);
	}
	return !strcmp(comm, "virtax\n");
}

/* The recordings in this network namespace; returns how many, the first `room` of them in ret. */
static size_t find_recorders(pid_t *ret, size_t room)
{
	FILE *f = fopen("/proc/net/unix", "re");
	char line[512], *at;
	size_t n = 0;

	while (f && fgets(line, sizeof(line), f)) {
		pid_t pid;

		at = strstr(line, " @" PREFIX);
		pid = at ? (pid_t)atoi(at + strlen(" @" PREFIX)) : 0;
		if (pid <= 0 || !is_recorder(pid))
			continue;
		if (n < room)
			ret[n] = pid;
		n++;
	}
	if (f)
		fclose(f);
	return n;
}

static int choose(pid_t *pid, struct verr *ret_err)
{
	pid_t found[4] = {};
	size_t n = *pid ? 1 : find_recorders(found, 4);

	if (!n)
		return verr_set(ret_err, -ESRCH,
				"mark: no recording is in progress (start virtax "
				"record; in the same network namespace)");
	if (n > 1)
		return verr_set(ret_err, -EINVAL,
				"mark: %zu recordings are in progress, those of "
				"processes %d and %d%s (choose with --pid)",
				n, (int)found[0], (int)found[1], n > 2 ? " among them" : "");
	*pid = *pid ? *pid : found[0];
	return 0;
}

static int wait_for_answer(int fd, pid_t pid, struct verr *ret_err)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	struct sockaddr_un from;
	struct ucred who;
	char answer[512];
	socklen_t len;
	ssize_t n;

	do {
		if (poll(&wait, 1, PATIENCE_MS) <= 0)
			return verr_set(ret_err, -ETIMEDOUT, "mark: process %d does not answer",
					(int)pid);
		n = receive(fd, answer, sizeof(answer), &from, &len, &who);
	} while (n < 0 || who.uid != 0); /* any process can send us anything */
	return n ? verr_set(ret_err, -EINVAL, "%s", answer) : 0;
}

int marks_send(const char *name, pid_t pid, struct verr *ret_err)
{
	struct sockaddr_un own = {.sun_family = AF_UNIX}, to;
	socklen_t len;
	int fd, err;

	err = choose(&pid, ret_err);
	if (err)
		return err;
	fd = open_socket(&own, sizeof(sa_family_t)); /* the kernel chooses a name */
	if (fd < 0)
		return verr_set(ret_err, fd, "mark: no socket: %s", strerror(-fd));
	len = address_of(&to, pid);
	if (sendto(fd, name, strlen(name), MSG_NOSIGNAL, (struct sockaddr *)&to, len) < 0)
		err = verr_set(ret_err, errno == ECONNREFUSED ? -ESRCH : -errno,
			       "mark: process %d: %s", (int)pid,
			       errno == ECONNREFUSED ? "no recording" : strerror(errno));
	else
		err = wait_for_answer(fd, pid, ret_err);
	close(fd);
	return err;
}
