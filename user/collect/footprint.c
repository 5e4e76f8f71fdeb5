// SPDX-License-Identifier: GPL-2.0-or-later
#include "collect/footprint.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "collect/guestram.h"
#include "collect/smaps.h"

static const struct {
	const char *name;
	size_t offset;
} lines[] = {
	{"RssAnon", offsetof(struct status_sizes, rss_anon)},
	{"RssFile", offsetof(struct status_sizes, rss_file)},
	{"RssShmem", offsetof(struct status_sizes, rss_shmem)},
	{"VmSwap", offsetof(struct status_sizes, swap)},
	{"VmPTE", offsetof(struct status_sizes, page_tables)},
	{"HugetlbPages", offsetof(struct status_sizes, hugetlb)},
};

void status_sizes_parse(const char *text, struct status_sizes *ret)
{
	unsigned long long kib;

	memset(ret, 0, sizeof(*ret));
	for (; text && *text; text = strchr(text, '\n'), text += text != NULL) {
		size_t n = strcspn(text, ":\n");

		if (text[n] != ':' || sscanf(text + n + 1, " %llu kB", &kib) != 1 ||
		    kib > UINT64_MAX / 2048)
			continue;
		for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
			if (strlen(lines[i].name) == n && !strncmp(lines[i].name, text, n))
				*(uint64_t *)((char *)ret + lines[i].offset) = kib * 1024;
	}
}

void footprint__begin(struct run_footprint *ret, bool walk, bool vm)
{
	run_footprint__clear(ret);
	ret->processes = 0;
	ret->rss_bytes = ret->rss_anon_bytes = ret->rss_file_bytes = ret->rss_shmem_bytes = 0;
	ret->swap_bytes = ret->page_table_bytes = ret->hugetlb_bytes = 0;
	if (!walk)
		return;
	ret->pss_bytes = ret->pss_anon_bytes = ret->pss_file_bytes = ret->pss_shmem_bytes = 0;
	ret->private_bytes = ret->swap_pss_bytes = ret->thp_bytes = ret->held_bytes = 0;
	ret->ksm_bytes = 0;
	if (vm)
		ret->guest_ram_bytes = ret->guest_ram_size_bytes = ret->guest_ram_thp_bytes =
			ret->guest_ram_hugetlb_bytes = ret->vmm_bytes = 0;
}

static void add(uint64_t *to, uint64_t bytes)
{
	if (*to != RUN_UNKNOWN)
		*to = run_add(*to, bytes);
}

static void unknown_ram(struct run_footprint *to)
{
	to->guest_ram_bytes = to->guest_ram_size_bytes = to->guest_ram_thp_bytes = RUN_UNKNOWN;
	to->guest_ram_hugetlb_bytes = to->vmm_bytes = RUN_UNKNOWN;
}

struct walk {
	struct smaps_sum sum;
	struct ram_pieces pieces;
};

static int look_at_area(const struct smaps_area *area, void *arg)
{
	struct walk *walk = arg;

	smaps_add(&walk->sum, area);
	return ram_pieces__add(&walk->pieces, area);
}

/* All mappings of a QEMU, and which of them are its guest's. */
static int walk_qemu(const struct sysroot *sr, pid_t pid, FILE *file, struct run_footprint *to,
		     struct smaps_sum *ret)
{
	struct walk walk = {};
	struct proc_argv argv = {};
	struct qemu_args args;
	struct guest_ram ram;
	int err;

	err = smaps_each(file, look_at_area, &walk);
	if (!err)
		err = proc_argv__read(sr, pid, &argv);
	if (err)
		goto out;
	qemu_args__parse(&argv, &args);
	if (!ram_pieces__find(&walk.pieces, &args, &ram)) {
		unknown_ram(to);
	} else {
		add(&to->guest_ram_bytes, ram.resident);
		add(&to->guest_ram_size_bytes, ram.size);
		add(&to->guest_ram_thp_bytes, ram.thp);
		add(&to->guest_ram_hugetlb_bytes, ram.hugetlb);
	}
	qemu_args__free(&args);
	proc_argv__free(&argv);
	*ret = walk.sum;
out:
	ram_pieces__free(&walk.pieces);
	return err;
}

static int walk_process(const struct sysroot *sr, pid_t pid, bool qemu, struct run_footprint *to,
			struct smaps_sum *ret)
{
	char path[PATH_MAX];
	FILE *file;
	int err;

	err = sysroot_path(sr, path, sizeof(path), "/proc/%d/%s", pid,
			   qemu ? "smaps" : "smaps_rollup");
	if (err)
		return err;
	file = fopen(path, "re");
	if (!file)
		return errno == ENOENT ? -ESRCH : -errno;
	err = qemu ? walk_qemu(sr, pid, file, to, ret) : smaps_read(file, ret);
	fclose(file);
	return err;
}

static void add_walk(struct run_footprint *to, const struct smaps_sum *sum)
{
	add(&to->pss_bytes, sum->pss);
	add(&to->pss_anon_bytes, sum->pss_anon);
	add(&to->pss_file_bytes, sum->pss_file);
	add(&to->pss_shmem_bytes, sum->pss_shmem);
	add(&to->private_bytes, sum->private_clean + sum->private_dirty);
	add(&to->swap_pss_bytes, sum->swap_pss);
	add(&to->thp_bytes, sum->thp);
	add(&to->held_bytes, sum->pss_anon + sum->pss_shmem + sum->hugetlb);
	if (sum->has_ksm)
		add(&to->ksm_bytes, sum->ksm);
	else
		to->ksm_bytes = RUN_UNKNOWN;
	add(&to->vmm_bytes, sum->rss + sum->hugetlb);
}

/*
 * Where page tables were walked, they say how much is resident, and how much of it anonymous; the
 * counters, which may lag by some pages a CPU, say only how much of the rest is shared memory.
 */
static void add_rss(struct run_footprint *to, const struct status_sizes *sizes,
		    const struct smaps_sum *sum)
{
	uint64_t anon = sizes->rss_anon, shmem = sizes->rss_shmem;
	uint64_t rss = anon + sizes->rss_file + shmem;

	if (sum) {
		rss = sum->rss;
		anon = sum->anonymous < rss ? sum->anonymous : rss;
		shmem = shmem < rss - anon ? shmem : rss - anon;
	}
	add(&to->rss_bytes, rss);
	add(&to->rss_anon_bytes, anon);
	add(&to->rss_shmem_bytes, shmem);
	add(&to->rss_file_bytes, rss - anon - shmem);
}

int footprint__add(struct run_footprint *to, const struct sysroot *sr, pid_t pid, bool walk,
		   bool qemu)
{
	struct status_sizes sizes;
	struct smaps_sum sum = {};
	char path[PATH_MAX], *text;
	int err;

	if (walk) {
		err = walk_process(sr, pid, qemu, to, &sum);
		if (err)
			return err;
	}
	err = sysroot_path(sr, path, sizeof(path), "/proc/%d/status", pid);
	if (!err)
		err = file_read(AT_FDCWD, path, 64 * 1024, &text, NULL);
	if (err && !walk)
		return err == -ENOENT ? -ESRCH : err;
	memset(&sizes, 0, sizeof(sizes));
	if (!err) {
		status_sizes_parse(text, &sizes);
		free(text);
	}
	add(&to->processes, 1);
	add_rss(to, &sizes, walk ? &sum : NULL);
	add(&to->swap_bytes, walk ? sum.swap : sizes.swap);
	add(&to->page_table_bytes, sizes.page_tables);
	add(&to->hugetlb_bytes, walk ? sum.hugetlb : sizes.hugetlb);
	if (!walk)
		return 0;
	add_walk(to, &sum);
	add(&to->held_bytes, sizes.page_tables);
	return 0;
}

uint64_t footprint_rss(const struct sysroot *sr, const struct found *found)
{
	struct run_footprint all;

	footprint__begin(&all, false, false);
	for (size_t i = 0; i < found->n_procs; i++)
		footprint__add(&all, sr, found->procs[i].tgid, false, false);
	return all.processes ? all.rss_bytes : RUN_UNKNOWN;
}
