// SPDX-License-Identifier: GPL-2.0-or-later
#include "holdings/footprint.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "holdings/status_sizes.h"
#include "sys/proc.h"

void footprint__begin(struct run_footprint *ret, bool walk, bool vm)
{
	run_footprint__set_unknown(ret);
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

static void set_ram_unknown(struct run_footprint *to)
{
	to->guest_ram_bytes = to->guest_ram_size_bytes = to->guest_ram_thp_bytes = RUN_UNKNOWN;
	to->guest_ram_hugetlb_bytes = to->vmm_bytes = RUN_UNKNOWN;
}

/* The number in a file; RUN_UNKNOWN if there is none. */
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

/* Has KSM merged no pages at all, or is this kernel built without KSM? */
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

/* Bytes of a process that KSM has merged. smaps has them since 6.7, this file since 5.19. */
static uint64_t ksm_bytes(const struct sysroot *sr, pid_t pid)
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

static void add_walk(struct run_footprint *to, const struct footprint_walked *walk, uint64_t ksm)
{
	const struct smaps_sum *sum = &walk->sum;
	const struct guest_ram *ram = &walk->ram;
	uint64_t shared = sum->shared_hugetlb, all = run_add(sum->rss, sum->hugetlb);
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
	if (walk->ram_unknown)
		set_ram_unknown(to);
	add(&to->guest_ram_bytes, ram->resident);
	add(&to->guest_ram_size_bytes, ram->size);
	add(&to->guest_ram_thp_bytes, ram->thp);
	add(&to->guest_ram_hugetlb_bytes, ram->hugetlb);
	add(&to->vmm_bytes, all > walk->guest ? all - walk->guest : 0);
}

/*
 * If page tables were walked (sum is not NULL), resident and anonymous memory come from the walk:
 * the counters may lag by some pages per CPU. Only the counters distinguish shared memory from
 * files.
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

/* Adds a process; `pid` may be any of its threads that still has the memory. */
static int add_task(struct run_footprint *to, const struct sysroot *sr, pid_t pid,
		    const struct footprint_walk *how)
{
	size_t n_huge = how ? how->mapped->huge.n : 0;
	struct footprint_walked walk;
	struct status_sizes sizes;
	int err;

	err = status_sizes_read(sr, pid, &sizes);
	if (!err && how)
		err = footprint_walk(sr, pid, how, &walk);
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
	add_walk(to, &walk, walk.sum.has_ksm ? walk.sum.ksm : ksm_bytes(sr, pid));
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

	/* The main thread may have exited alone, or the process was in the middle of execve(). */
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
		run_footprint__set_unknown(ret);
}
