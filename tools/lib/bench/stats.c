// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * stats CMD… - runs CMD with the kernel's run-time statistics of BPF programs on and an empty
 * program at each switch, at both ends of a block request and (x86) at each page fault of user
 * mode, then prints for every program that ran: its name, runs, ns per run. The statistics add
 * their own two clock readings to each run, the same for all.
 *
 * stats --fault CMD… - runs CMD with only the empty program at page faults, and prints
 * nothing.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "empty.skel.h"

#define MAX_PROGS 4096

struct count {
	__u32 id;
	__u64 runs, ns;
	char name[BPF_OBJ_NAME_LEN];
};

static size_t read_all(struct count *ret)
{
	__u32 id = 0;
	size_t n = 0;

	while (n < MAX_PROGS && !bpf_prog_get_next_id(id, &id)) {
		struct bpf_prog_info info = {};
		__u32 len = sizeof(info);
		int fd = bpf_prog_get_fd_by_id(id);

		if (fd < 0)
			continue;
		if (!bpf_obj_get_info_by_fd(fd, &info, &len)) {
			ret[n] = (struct count){id, info.run_cnt, info.run_time_ns, ""};
			memcpy(ret[n++].name, info.name, sizeof(info.name));
		}
		close(fd);
	}
	return n;
}

static const struct count *find(const struct count *all, size_t n, __u32 id)
{
	for (size_t i = 0; i < n; i++)
		if (all[i].id == id)
			return &all[i];
	return NULL;
}

static void print(const struct count *before, size_t n_before, const struct count *after,
		  size_t n_after)
{
	for (size_t i = 0; i < n_after; i++) {
		const struct count *then = find(before, n_before, after[i].id);
		__u64 runs = after[i].runs - (then ? then->runs : 0);
		__u64 ns = after[i].ns - (then ? then->ns : 0);

		if (runs)
			printf("%s %llu %.1f\n", after[i].name[0] ? after[i].name : "(bpftrace)",
			       runs, (double)ns / (double)runs);
	}
}

static int run(char **argv)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		execvp(argv[0], argv);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int with_empty_fault(char **argv)
{
	struct empty *skel = empty__open();
	int ret;

	if (!skel)
		return 1;
	bpf_program__set_autoload(skel->progs.empty_switch, false);
	bpf_program__set_autoload(skel->progs.empty_issue, false);
	bpf_program__set_autoload(skel->progs.empty_done, false);
	bpf_program__set_autoload(skel->progs.empty_fault, true);
	ret = empty__load(skel) || empty__attach(skel) ? 1 : run(argv);
	empty__destroy(skel);
	return ret;
}

int main(int argc, char **argv)
{
	static struct count before[MAX_PROGS], after[MAX_PROGS];
	struct empty *skel;
	size_t n_before, n_after;
	int stats, status;

	if (argc < 2)
		return 2;
	if (argc > 2 && !strcmp(argv[1], "--fault"))
		return with_empty_fault(argv + 2);
	skel = empty__open();
	if (!skel)
		return 1;
#if defined(__x86_64__)
	bpf_program__set_autoload(skel->progs.empty_fault, true);
#endif
	if (empty__load(skel) || empty__attach(skel))
		return 1;
	stats = bpf_enable_stats(BPF_STATS_RUN_TIME);
	if (stats < 0) {
		fprintf(stderr, "stats: %s\n", strerror(errno));
		return 1;
	}
	n_before = read_all(before);
	status = run(argv + 1);
	n_after = read_all(after);
	print(before, n_before, after, n_after);
	close(stats);
	empty__destroy(skel);
	return status;
}
