// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * http.c - where a target seems to serve HTTP: ports in state LISTEN whose socket a process of the
 * target holds, by the server's name or the port's number. For `list` only: a guess to help the
 * reader, nothing is measured by it.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "owners/inventory.h"
#include "owners/qemu.h"

#define TCP_LIMIT  (8 * 1024 * 1024)
#define TCP_LISTEN 0x0a

/* Sockets held by the processes of a target, and whether a known HTTP server holds them. */
struct sockets {
	struct held {
		unsigned long inode;
		bool server;
	} * held;
	size_t n;
	bool server; /* the process being looked at is one */
	bool denied;
};

static bool is_http_server(const char *comm)
{
	static const char *const known[] = {
	    "apache2",  "httpd",   "nginx",     "caddy",     "lighttpd", "haproxy",
	    "envoy",    "traefik", "varnishd",  "h2o",       "busybox",  "thttpd",
	    "gunicorn", "uwsgi",   "uvicorn",   "puma",      "node",     "java",
	    "php-fpm",  "squid",   "openresty", "hypercorn", "tomcat",
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (!strncmp(comm, known[i], strlen(known[i])))
			return true;
	}
	return false;
}

static bool is_http_port(unsigned int port)
{
	return port == 80 || port == 8080 || port == 8000 || port == 8888;
}

/* TLS: what is served there cannot be counted. */
static bool is_tls_port(unsigned int port)
{
	return port == 443 || port == 8443;
}

static int note_socket(int fd, const char *what, void *arg)
{
	struct sockets *sockets = arg;
	struct held *held = sockets->held;
	unsigned long inode;

	(void)fd;
	if (sscanf(what, "socket:[%lu]", &inode) != 1)
		return 0;
	if (!(sockets->n & (sockets->n - 1)))
		held = realloc(held, (sockets->n ? 2 * sockets->n : 1) * sizeof(*held));
	if (!held)
		return -ENOMEM;
	sockets->held = held;
	held[sockets->n++] = (struct held){.inode = inode, .server = sockets->server};
	return 0;
}

static int hold_sockets(const struct sysroot *sr, const struct found *found,
			struct sockets *sockets)
{
	struct proc_stat stat;
	size_t i;
	int err;

	for (i = 0; i < found->n_procs; i++) {
		pid_t pid = found->procs[i].tgid;

		if (found->procs[i].role != VTX_WORKLOAD || proc_stat_read(sr, pid, &stat))
			continue;
		sockets->server = is_http_server(stat.comm);
		err = proc_fds(sr, pid, note_socket, sockets);
		if (err == -ENOMEM)
			return err;
		sockets->denied |= err == -EACCES || err == -EPERM;
	}
	return 0;
}

/* One line of /proc/PID/net/tcp or tcp6: is it a listening socket? */
static bool listener_parse(const char *line, unsigned int *ret_port, unsigned long *ret_inode)
{
	unsigned int state;

	return sscanf(line,
		      " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*x:%*x %*x:%*x %*x %*u %*u %lu",
		      ret_port, &state, ret_inode) == 3 &&
	       state == TCP_LISTEN;
}

static bool serves(const struct found *found, const struct sockets *sockets, unsigned int port,
		   unsigned long inode)
{
	size_t i;

	if (is_tls_port(port))
		return false;
	for (i = 0; i < sockets->n; i++) {
		if (sockets->held[i].inode == inode &&
		    (sockets->held[i].server || is_http_port(port)))
			return true;
	}
	/* Not allowed to see who holds it: in a namespace of its own the port tells. */
	return sockets->denied && found->netns && !found->host_netns && is_http_port(port);
}

static int look_at_table(const struct sysroot *sr, struct found *found, const char *table,
			 const struct sockets *sockets)
{
	char path[PATH_MAX], *text, *line, *state;
	unsigned long inode;
	unsigned int port;
	int err = 0;

	if (sysroot_path(sr, path, sizeof(path), "/proc/%d/net/%s",
			 found->pid ? found->pid : found->procs[0].tgid, table) ||
	    file_read(AT_FDCWD, path, TCP_LIMIT, &text, NULL))
		return 0;
	for (line = strtok_r(text, "\n", &state); line && !err;
	     line = strtok_r(NULL, "\n", &state)) {
		if (listener_parse(line, &port, &inode) && serves(found, sockets, port, inode))
			err = found__add_http(found, port, 0);
	}
	free(text);
	return err;
}

/* User-mode networking: QEMU listens for the guest's server. */
static int find_forwards(const struct sysroot *sr, struct found *found)
{
	struct proc_argv argv;
	struct qemu_args args;
	size_t i;
	int err = 0;

	if (proc_argv__read(sr, found->pid, &argv))
		return 0;
	qemu_args__parse(&argv, &args);
	for (i = 0; !err && i < args.n_forwards; i++) {
		if (is_http_port(args.forward[i].guest_port))
			err = found__add_http(found, args.forward[i].host_port,
					      args.forward[i].guest_port);
	}
	qemu_args__free(&args);
	proc_argv__free(&argv);
	return err;
}

int inventory__find_http(const struct sysroot *sr, struct found *found)
{
	struct sockets sockets = {0};
	int err;

	if (found->kind == VTX_KIND_VM)
		return find_forwards(sr, found);
	if (!found->n_procs)
		return 0;
	err = hold_sockets(sr, found, &sockets);
	if (!err)
		err = look_at_table(sr, found, "tcp", &sockets);
	if (!err)
		err = look_at_table(sr, found, "tcp6", &sockets);
	free(sockets.held);
	return err;
}
