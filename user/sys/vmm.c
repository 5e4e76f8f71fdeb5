// SPDX-License-Identifier: GPL-2.0-or-later
#include "sys/vmm.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/file.h"
#include "base/str.h"

void vmm_watch__free(struct vmm_watch *watch)
{
	free(watch->known);
	memset(watch, 0, sizeof(*watch));
}

static int by_pid(const void *a, const void *b)
{
	const struct vmm_known *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

static struct vmm_known *find(const struct vmm_watch *watch, pid_t pid)
{
	struct vmm_known key = {.pid = pid};

	return watch->n ? bsearch(&key, watch->known, watch->n, sizeof(key), by_pid) : NULL;
}

void vmm_watch__suspect(struct vmm_watch *watch, pid_t pid)
{
	struct vmm_known *known = find(watch, pid);

	if (known)
		known->due = true; /* else the next scan reads its files because it is new */
}

/* FNV-1a */
static uint64_t hash(uint64_t sum, const char *s)
{
	for (; s && *s; s++)
		sum = (sum ^ (unsigned char)*s) * 0x100000001b3ull;
	return (sum ^ '/') * 0x100000001b3ull;
}

static uint64_t program_of(const struct proc *proc)
{
	return hash(hash(0xcbf29ce484222325ull, proc->exe), proc->exe ? "" : proc->stat.comm);
}

/* Is KVM there at all? True if that cannot be seen. */
static bool has_kvm(const struct sysroot *sr)
{
	char path[PATH_MAX], *text;
	bool ret;

	if (sysroot_path(sr, path, sizeof(path), "/proc/misc") ||
	    file_read(AT_FDCWD, path, 65536, &text, NULL))
		return true;
	ret = strstr(text, " kvm\n");
	free(text);
	return ret;
}

/* A VM's own file may be closed while its vCPUs are open, and they keep it. */
static int is_vm(int fd, const char *what, void *arg)
{
	(void)fd;
	(void)arg;
	return str_starts(what, "anon_inode:kvm-v");
}

static bool is_known(const struct vmm_known *before, const struct vmm_known *now)
{
	return before && before->start_ticks == now->start_ticks &&
	       before->program == now->program && !before->due;
}

/* Reads the process's files if necessary. Returns 0, -EACCES without the right, or -errno. */
static int look(const struct vmm_watch *watch, const struct sysroot *sr, uint64_t young,
		const struct proc *proc, struct vmm_known *ret)
{
	const struct vmm_known *before = find(watch, proc->stat.pid);
	int err;

	*ret = (struct vmm_known){.pid = proc->stat.pid,
				  .start_ticks = proc->stat.start_ticks,
				  .program = program_of(proc)};
	if (is_known(before, ret) && (before->holds || ret->start_ticks <= young)) {
		ret->holds = before->holds;
		return 0;
	}
	err = proc_fds(sr, proc->stat.pid, is_vm, NULL);
	ret->holds = err == 1;
	return err == -EPERM ? -EACCES : err < 0 ? err : 0;
}

int vmm_watch__scan(struct vmm_watch *watch, const struct sysroot *sr,
		    const struct proc_table *table, uint64_t young, bool *ret_holds,
		    size_t *ret_denied)
{
	struct vmm_watch fresh = {.known = calloc(table->n + 1, sizeof(*fresh.known))};
	size_t i, n = has_kvm(sr) ? table->n : 0;

	*ret_denied = 0;
	memset(ret_holds, 0, table->n * sizeof(*ret_holds));
	if (!fresh.known)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		const struct proc *proc = &table->proc[i];

		if (proc_is_kthread(proc->stat.flags))
			continue;
		*ret_denied += look(watch, sr, young, proc, &fresh.known[fresh.n]) == -EACCES;
		ret_holds[i] = fresh.known[fresh.n++].holds;
	}
	vmm_watch__free(watch);
	*watch = fresh;
	return 0;
}

/* "/run/vms/web.sock" → "web". malloc'd. */
static char *socket_name(const char *path)
{
	const char *base, *dot;

	if (str_starts(path, "path="))
		path += strlen("path=");
	base = strrchr(path, '/');
	base = base ? base + 1 : path;
	dot = strrchr(base, '.');
	if (dot && dot > base && (!strcmp(dot, ".sock") || !strcmp(dot, ".socket")))
		return strndup(base, (size_t)(dot - base));
	return *base ? strdup(base) : NULL;
}

const char *vmm_id(const struct proc_argv *argv)
{
	const char *id = proc_argv__option(argv, "--id");

	return id && *id ? id : NULL;
}

char *vmm_name(const struct proc_argv *argv)
{
	static const char *const sockets[] = {"--api-socket", "--api-sock"};
	const char *value = vmm_id(argv);
	size_t i;

	if (!value)
		value = proc_argv__option(argv, "--name");
	if (value && *value)
		return strdup(value);
	for (i = 0; i < ARRAY_SIZE(sockets); i++) {
		value = proc_argv__option(argv, sockets[i]);
		if (value)
			return socket_name(value);
	}
	return NULL;
}
