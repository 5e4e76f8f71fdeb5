// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * helper - stands in for a process that serves a VM through a socket (virtiofsd, swtpm, passt):
 * copied to a file with that name and started with its arguments, which it does not read.
 * VTXT_HELPER="HOW PATH MS":
 *
 *   listen   binds PATH, listens, accepts one connection
 *   once     likewise, but closes the listening socket and removes the path, as virtiofsd does
 *   connect  connects to PATH
 *   -        no socket at all
 *
 * Prints `pid`, then `ready` once it listens or is connected; waits for a byte of input, uses MS of
 * CPU, prints `cpu`. VTXT_COMM: the name it gives itself. VTXT_FORK: a child does the work, and the
 * process that was started waits for it.
 */
#include "load.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

static int unix_socket(const char *path, struct sockaddr_un *ret_at)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		load_die("socket");
	*ret_at = (struct sockaddr_un){.sun_family = AF_UNIX};
	strncpy(ret_at->sun_path, path, sizeof(ret_at->sun_path) - 1);
	return fd;
}

static void serve(const char *path, bool once)
{
	struct sockaddr_un at;
	int fd = unix_socket(path, &at), connection;

	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) || listen(fd, 1))
		load_die(path);
	load_print("ready", 1);
	connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	if (connection < 0)
		load_die("accept");
	if (!once)
		return;
	close(fd);
	unlink(path);
}

static void attach(const char *path)
{
	struct sockaddr_un at;
	int fd = unix_socket(path, &at);

	if (connect(fd, (struct sockaddr *)&at, sizeof(at)))
		load_die(path);
	load_print("ready", 1);
}

static void fork_if_asked(void)
{
	int status = 0;
	pid_t child;

	if (!getenv("VTXT_FORK"))
		return;
	child = fork();
	if (child < 0)
		load_die("fork");
	if (!child)
		return;
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 98);
}

int main(void)
{
	const char *env = getenv("VTXT_HELPER"), *comm = getenv("VTXT_COMM");
	char how[16], path[256];
	unsigned int ms;

	if (!env || sscanf(env, "%15s %255s %u", how, path, &ms) != 3)
		load_die("VTXT_HELPER");
	if (comm)
		prctl(PR_SET_NAME, comm);
	fork_if_asked();
	load_print("pid", (uint64_t)getpid());
	if (!strcmp(how, "connect"))
		attach(path);
	else if (strcmp(how, "-") != 0)
		serve(path, !strcmp(how, "once"));
	load_gate();
	load_spin(CLOCK_PROCESS_CPUTIME_ID, ms * LOAD_MS);
	load_print("cpu", load_now_ns(CLOCK_PROCESS_CPUTIME_ID));
	load_gate();
	return 0;
}
