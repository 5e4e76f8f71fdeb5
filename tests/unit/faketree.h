/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * faketree.h - a fake system: a directory with proc, sys, run and var, for code that takes a struct
 * sysroot. Every function asserts that it succeeds; tree_remove() removes everything.
 */
#ifndef VIRTAX_TEST_FAKETREE_H
#define VIRTAX_TEST_FAKETREE_H

#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "sys/sysroot.h"

#define FAKE __attribute__((unused)) static

static char tree_root[] = "/tmp/vtxt-tree-XXXXXX";
FAKE struct sysroot tree = {.root = tree_root};

FAKE int tree_setup(void **state)
{
	(void)state;
	strcpy(tree_root, "/tmp/vtxt-tree-XXXXXX");
	return mkdtemp(tree_root) ? 0 : -1;
}

FAKE int tree_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

FAKE int tree_remove(void **state)
{
	(void)state;
	return nftw(tree_root, tree_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Creates the directories above the last component. */
FAKE void tree_parents(char *path)
{
	char *slash;

	for (slash = path + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
}

FAKE void tree_bytes(const char *name, const void *bytes, size_t n)
{
	char path[PATH_MAX];
	FILE *f;

	snprintf(path, sizeof(path), "%s%s", tree_root, name);
	tree_parents(path);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

FAKE void tree_file(const char *name, const char *text)
{
	tree_bytes(name, text, strlen(text));
}

FAKE void tree_dir(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s%s/", tree_root, name);
	tree_parents(path);
}

FAKE void tree_link(const char *name, const char *to)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s%s", tree_root, name);
	tree_parents(path);
	assert_int_equal(symlink(to, path), 0);
}

/* "/proc/PID/NAME", in a static buffer. */
FAKE const char *proc_name(int pid, const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return path;
}

struct fake_proc {
	int pid, ppid, sid;
	unsigned int flags, threads;
	unsigned long long start;
	const char *comm, *exe, *cgroup, *netns;
	const char *const *argv; /* NULL-terminated */
};

FAKE void tree_task(int pid, int tid, const char *comm, unsigned int flags,
		    unsigned long long start, unsigned int guest);

FAKE void tree_argv(int pid, const char *const *argv)
{
	char text[4096];
	size_t n = 0;

	for (; argv && *argv; argv++) {
		strcpy(text + n, *argv);
		n += strlen(*argv) + 1;
	}
	tree_bytes(proc_name(pid, "cmdline"), text, n);
}

/* A process with one thread; cgroup NULL: "0::/". */
FAKE void tree_proc(const struct fake_proc *p)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "%d (%s) S %d %d %d 0 -1 %u 1 2 3 4 5 6 7 8 20 0 %u 0 %llu 1000 10 1\n", p->pid,
		 p->comm, p->ppid, p->pid, p->sid, p->flags, p->threads ? p->threads : 1, p->start);
	tree_file(proc_name(p->pid, "stat"), text);
	snprintf(text, sizeof(text), "Name:\t%s\nTgid:\t%d\nNSpid:\t%d\n", "x", p->pid, p->pid);
	tree_file(proc_name(p->pid, "status"), text);
	tree_argv(p->pid, p->argv);
	tree_file(proc_name(p->pid, "cgroup"), p->cgroup ? p->cgroup : "0::/\n");
	tree_link(proc_name(p->pid, "ns/net"), p->netns ? p->netns : "net:[100]");
	if (p->exe)
		tree_link(proc_name(p->pid, "exe"), p->exe);
	tree_task(p->pid, p->pid, p->comm, p->flags, p->start, 0);
	tree_dir(proc_name(p->pid, "fd"));
}

/* A thread: flags as in the kernel, time in a guest in hundredths of a second. */
FAKE void tree_task(int pid, int tid, const char *comm, unsigned int flags,
		    unsigned long long start, unsigned int guest)
{
	char name[64], text[512];

	snprintf(name, sizeof(name), "task/%d/stat", tid);
	snprintf(text, sizeof(text),
		 "%d (%s) S 1 %d 1 0 -1 %u 1 2 3 4 5 6 7 8 20 0 1 0 %llu 1000 10 1 0 0 0 0 0 0 0 0 "
		 "0 0 0 0 17 0 0 0 0 %u 0\n",
		 tid, comm, pid, flags, start, guest);
	tree_file(proc_name(pid, name), text);
	snprintf(name, sizeof(name), "task/%d/comm", tid);
	tree_file(proc_name(pid, name), comm);
}

FAKE void tree_thread(int pid, int tid, const char *comm)
{
	tree_task(pid, tid, comm, 0, 0, 0);
}

#define TREE_V2_MOUNTINFO                                                                          \
	"22 1 0:21 / /proc rw - proc proc rw\n"                                                    \
	"30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"

/* What every scan needs: the mounts and our own network namespace. */
FAKE void tree_basics(const char *mountinfo)
{
	tree_file("/proc/self/mountinfo", mountinfo);
	tree_link("/proc/self/ns/net", "net:[100]");
	tree_dir("/sys/fs/cgroup");
	tree_dir("/sys/class/net");
}

#endif
