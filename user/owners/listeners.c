// SPDX-License-Identifier: GPL-2.0-or-later
#include "owners/listeners.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/file.h"
#include "owners/qemu.h"
#include "sys/proc_argv.h"

#define TCP_LIMIT  (8 * 1024 * 1024)
#define TCP_LISTEN 0x0a

struct held {
	unsigned long inode;
	bool server; /* a known HTTP server holds it */
};

/* The sockets that the processes of a target hold. */
struct sockets {
	struct held *held;
	size_t n, room;
	bool server; /* the process being read is a known HTTP server */
	bool denied;
};

static bool is_http_server(const char *comm)
{
	/* clang-format off */
	static const char *const known[] = {
	    "apache2",  "httpd",   "nginx",     "caddy",     "lighttpd", "haproxy",
	    "envoy",    "traefik", "varnishd",  "h2o",       "busybox",  "thttpd",
	    "gunicorn", "uwsgi",   "uvicorn",   "puma",      "node",     "java",
	    "php-fpm",  "squid",   "openresty", "hypercorn", "tomcat",
	};
	/* clang-format on */
	size_t i;

	for (i = 0; i < ARRAY_SIZE(known); i++) {
		if (!strncmp(comm, known[i], strlen(known[i])))
			return true;
	}
	return false;
}

static bool is_http_port(unsigned int port)
{
	return port == 80 || port == 8080 || port == 8000 || port == 8888;
}

/* Requests within TLS cannot be counted. */
static bool is_tls_port(unsigned int port)
{
	return port == 443 || port == 8443;
}

static int add_socket(int fd, const char *what, void *arg)
{
	struct sockets *sockets = arg;
	unsigned long inode;

	(void)fd;
	if (sscanf(what, "socket:[%lu]", &inode) != 1)
		return 0;
	if (!array_grow(&sockets->held, sockets->n, &sockets->room))
		return -ENOMEM;
	sockets->held[sockets->n++] = (struct held){.inode = inode, .server = sockets->server};
	return 0;
}

static int read_sockets(const struct sysroot *sr, const struct found *found,
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
		err = proc_fds(sr, pid, add_socket, sockets);
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
	/* Without the right to see its holder: in a private namespace the port is enough. */
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

/* User-mode networking: QEMU listens on behalf of the guest's server. */
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

int listeners__find(const struct sysroot *sr, struct found *found)
{
	struct sockets sockets = {0};
	int err;

	if (found->kind == VTX_KIND_VM)
		return find_forwards(sr, found);
	if (!found->n_procs)
		return 0;
	err = read_sockets(sr, found, &sockets);
	if (!err)
		err = look_at_table(sr, found, "tcp", &sockets);
	if (!err)
		err = look_at_table(sr, found, "tcp6", &sockets);
	free(sockets.held);
	return err;
}
