// SPDX-License-Identifier: GPL-2.0-or-later
#include "holdings/footprint.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "holdings/guestram.h"
#include "sys/smaps.h"
#include "sys/taskfs.h"

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
			if (strlen(lines[i].name) == n && !strncmp(lines[i].name, text, n)) {
				*(uint64_t *)((char *)ret + lines[i].offset) = kib * 1024;
				ret->has_memory = true;
			}
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
	ret->ksm_bytes = ret->hugetlb_pss_bytes = ret->lazy_free_bytes = ret->returns_bytes = 0;
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

/* The number in a file; RUN_UNKNOWN: there is none. */
static uint64_t number_in(const char *path)
{
	char *text, *end;
	uint64_t ret;

	if (file_read(AT_FDCWD, path, 64, &text, NULL))
		return RUN_UNKNOWN;
	ret = strtoull(text, &end, 10);
	if (end == text)
		ret = RUN_UNKNOWN;
	free(text);
	return ret;
}

/* Has KSM merged nothing at all, or has this kernel none? */
static bool ksm_is_idle(const struct sysroot *sr)
{
	char dir[PATH_MAX], path[PATH_MAX];
	uint64_t shared;

	if (sysroot_path(sr, dir, sizeof(dir), "/sys/kernel/mm") ||
	    sysroot_path(sr, path, sizeof(path), "/sys/kernel/mm/ksm/pages_shared"))
		return false;
	shared = number_in(path);
	return shared == RUN_UNKNOWN ? !access(dir, F_OK) && access(path, F_OK) : !shared;
}

/* Bytes of this process that KSM has merged; smaps says so from 6.7 on, this file from 5.19. */
static uint64_t merged(const struct sysroot *sr, pid_t pid)
{
	char path[PATH_MAX];
	uint64_t pages;

	if (sysroot_path(sr, path, sizeof(path), "/proc/%d/ksm_merging_pages", pid))
		return RUN_UNKNOWN;
	pages = number_in(path);
	if (pages == RUN_UNKNOWN)
		return ksm_is_idle(sr) ? 0 : RUN_UNKNOWN;
	return pages < RUN_UNKNOWN >> 20 ? pages * (uint64_t)sysconf(_SC_PAGESIZE) : RUN_UNKNOWN;
}

struct walk {
	const struct footprint_walk *how;
	struct smaps_sum sum;
	struct ram_pieces pieces;
	uint64_t guest; /* of the sum, resident and hugetlb: the VM's RAM, not what it takes to run it */
	size_t areas;
};

static uint64_t resident(const struct smaps_sum *sum)
{
	return run_add(sum->rss, sum->hugetlb);
}

static int note_huge(struct walk *walk, const struct smaps_area *area)
{
	if (!area->sum.shared_hugetlb)
		return 0;
	return mapped_files__add(&walk->how->mapped->huge, area->dev, area->inode, walk->how->slot,
				 area->sum.shared_hugetlb);
}

static int look_at_area(const struct smaps_area *area, void *arg)
{
	struct walk *walk = arg;
	int err;

	walk->areas++;
	smaps_add(&walk->sum, area);
	err = note_huge(walk, area);
	return err ? err : ram_pieces__add(&walk->pieces, area);
}

/* A helper's: what it has mapped of the guest's memory is that of the guest. */
static int look_at_helper(const struct smaps_area *area, void *arg)
{
	struct walk *walk = arg;

	walk->areas++;
	smaps_add(&walk->sum, area);
	if (area->inode && mapped_files__has(&walk->how->mapped->ram, area->dev, area->inode,
					     walk->how->slot))
		walk->guest = run_add(walk->guest, resident(&area->sum));
	return note_huge(walk, area);
}

static int look_for_huge(const struct smaps_area *area, void *arg)
{
	return note_huge(arg, area);
}

/* The files behind the guest's memory; and what else QEMU itself has mapped of them. */
static int note_ram(struct walk *walk)
{
	struct mapped_files *ram = &walk->how->mapped->ram;
	uint32_t slot = walk->how->slot;
	int err = 0;

	for (size_t i = 0; !err && i < walk->pieces.n; i++) {
		const struct ram_piece *piece = &walk->pieces.piece[i];

		if (piece->taken && piece->inode &&
		    !mapped_files__has(ram, piece->dev, piece->inode, slot))
			err = mapped_files__add(ram, piece->dev, piece->inode, slot, 0);
	}
	for (size_t i = 0; !err && mapped_files__has_any(ram, slot) && i < walk->pieces.n; i++) {
		const struct ram_piece *piece = &walk->pieces.piece[i];

		if (!piece->taken && piece->inode &&
		    mapped_files__has(ram, piece->dev, piece->inode, slot))
			walk->guest = run_add(walk->guest, resident(&piece->sum));
	}
	return err;
}

/* Which of QEMU's mappings are its guest's. */
static int find_ram(const struct sysroot *sr, pid_t pid, struct walk *walk,
		    struct run_footprint *to)
{
	struct proc_argv argv = {};
	struct qemu_args args;
	struct guest_ram ram;
	bool found;
	int err;

	err = proc_argv__read(sr, pid, &argv);
	if (err)
		return err;
	qemu_args__parse(&argv, &args);
	found = ram_pieces__find(&walk->pieces, &args, &ram);
	qemu_args__free(&args);
	proc_argv__free(&argv);
	if (!found) {
		unknown_ram(to);
		return 0;
	}
	walk->guest = ram.resident;
	err = note_ram(walk);
	if (err)
		return err;
	add(&to->guest_ram_bytes, ram.resident);
	add(&to->guest_ram_size_bytes, ram.size);
	add(&to->guest_ram_thp_bytes, ram.thp);
	add(&to->guest_ram_hugetlb_bytes, ram.hugetlb);
	return 0;
}

static int open_walk(const struct sysroot *sr, pid_t pid, const char *name, FILE **ret)
{
	char path[PATH_MAX];
	int err;

	err = sysroot_path(sr, path, sizeof(path), "/proc/%d/%s", pid, name);
	if (err)
		return err;
	*ret = fopen(path, "re");
	if (*ret)
		return 0;
	return errno == ENOENT ? -ESRCH : -errno;
}

static int each_area(const struct sysroot *sr, pid_t pid,
		     int (*fn)(const struct smaps_area *area, void *arg), struct walk *walk)
{
	FILE *file;
	int err;

	err = open_walk(sr, pid, "smaps", &file);
	if (err)
		return err;
	err = smaps_each(file, fn, walk);
	fclose(file);
	return err;
}

/* The sum the kernel makes itself: much cheaper than mapping by mapping, but it tells of no file. */
static int walk_rollup(const struct sysroot *sr, pid_t pid, struct walk *walk)
{
	FILE *file;
	int err;

	err = open_walk(sr, pid, "smaps_rollup", &file);
	if (err)
		return err;
	err = smaps_read(file, &walk->sum);
	fclose(file);
	if (!err && walk->sum.shared_hugetlb)
		err = each_area(sr, pid, look_for_huge, walk);
	return err;
}

static int walk_process(const struct sysroot *sr, pid_t pid, struct walk *walk,
			struct run_footprint *to)
{
	const struct footprint_walk *how = walk->how;
	int err;

	if (how->of == FOOTPRINT_PLAIN ||
	    (how->of == FOOTPRINT_HELPER && !mapped_files__has_any(&how->mapped->ram, how->slot)))
		return walk_rollup(sr, pid, walk);
	err = each_area(sr, pid, how->of == FOOTPRINT_QEMU ? look_at_area : look_at_helper, walk);
	if (!err && !walk->areas)
		err = -ESRCH; /* its memory went between the two */
	if (!err && how->of == FOOTPRINT_QEMU)
		err = find_ram(sr, pid, walk, to);
	ram_pieces__free(&walk->pieces);
	return err;
}

static void add_walk(struct run_footprint *to, const struct walk *walk, uint64_t ksm)
{
	const struct smaps_sum *sum = &walk->sum;
	uint64_t shared = sum->shared_hugetlb, all = resident(sum);
	uint64_t lazy = sum->lazy_free < sum->pss_anon ? sum->lazy_free : sum->pss_anon;
	uint64_t own_huge = sum->hugetlb > shared ? sum->hugetlb - shared : 0;

	add(&to->pss_bytes, sum->pss);
	add(&to->pss_anon_bytes, sum->pss_anon);
	add(&to->pss_file_bytes, sum->pss_file);
	add(&to->pss_shmem_bytes, sum->pss_shmem);
	add(&to->private_bytes, sum->private_clean + sum->private_dirty);
	add(&to->swap_pss_bytes, sum->swap_pss);
	add(&to->thp_bytes, sum->thp);
	add(&to->lazy_free_bytes, sum->lazy_free);
	add(&to->held_bytes, run_add(sum->pss_anon - lazy, sum->pss_shmem));
	add(&to->returns_bytes, run_add(sum->alone, own_huge));
	footprint__add_huge(to, own_huge);
	if (ksm == RUN_UNKNOWN)
		to->ksm_bytes = RUN_UNKNOWN;
	else
		add(&to->ksm_bytes, ksm);
	add(&to->vmm_bytes, all > walk->guest ? all - walk->guest : 0);
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

static int read_sizes(const struct sysroot *sr, pid_t pid, struct status_sizes *ret)
{
	char path[PATH_MAX], *text;
	int err;

	err = sysroot_path(sr, path, sizeof(path), "/proc/%d/status", pid);
	if (!err)
		err = file_read(AT_FDCWD, path, 64 * 1024, &text, NULL);
	if (err)
		return err == -ENOENT ? -ESRCH : err;
	status_sizes_parse(text, ret);
	free(text);
	return ret->has_memory ? 0 : -ESRCH;
}

/* By any thread of the process that has its memory. */
static int add_task(struct run_footprint *to, const struct sysroot *sr, pid_t pid,
		    const struct footprint_walk *how)
{
	size_t n_huge = how ? how->mapped->huge.n : 0;
	struct walk walk = {.how = how};
	struct status_sizes sizes;
	int err;

	err = read_sizes(sr, pid, &sizes);
	if (!err && how)
		err = walk_process(sr, pid, &walk, to);
	if (err) {
		if (how)
			how->mapped->huge.n = n_huge;
		return err;
	}
	add(&to->processes, 1);
	add_rss(to, &sizes, how ? &walk.sum : NULL);
	add(&to->swap_bytes, how ? walk.sum.swap : sizes.swap);
	add(&to->page_table_bytes, sizes.page_tables);
	add(&to->hugetlb_bytes, how ? walk.sum.hugetlb : sizes.hugetlb);
	if (!how)
		return 0;
	add_walk(to, &walk, walk.sum.has_ksm ? walk.sum.ksm : merged(sr, pid));
	add(&to->held_bytes, sizes.page_tables);
	add(&to->returns_bytes, sizes.page_tables);
	return 0;
}

int footprint__add(struct run_footprint *to, const struct sysroot *sr, pid_t pid,
		   const struct footprint_walk *how)
{
	int err = add_task(to, sr, pid, how);
	pid_t *tid;
	size_t n;

	/* Its main thread may have ended, or it was just about to execute something else. */
	if (err != -ESRCH || proc_tids(sr, pid, &tid, &n))
		return err;
	for (size_t i = 0; err == -ESRCH && i < n; i++)
		err = add_task(to, sr, tid[i], how);
	free(tid);
	return err;
}

void footprint__add_huge(struct run_footprint *to, uint64_t bytes)
{
	add(&to->hugetlb_pss_bytes, bytes);
	add(&to->held_bytes, bytes);
}

void footprint_resident(const struct sysroot *sr, const struct found *found,
			struct run_footprint *ret)
{
	footprint__begin(ret, false, false);
	for (size_t i = 0; i < found->n_procs; i++)
		footprint__add(ret, sr, found->procs[i].tgid, NULL);
	if (!ret->processes)
		run_footprint__clear(ret);
}
