// SPDX-License-Identifier: GPL-2.0-or-later
#include "holdings/footprint_walk.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "model/run.h"
#include "owners/qemu.h"
#include "sys/proc_argv.h"

struct walk {
	const struct footprint_walk *how;
	struct footprint_walked *ret;
	struct ram_pieces pieces;
	size_t areas;
};

static uint64_t resident(const struct smaps_sum *sum)
{
	return run_add(sum->rss, sum->hugetlb);
}

static int record_huge(struct walk *walk, const struct smaps_area *area)
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
	smaps_add(&walk->ret->sum, area);
	err = record_huge(walk, area);
	return err ? err : ram_pieces__add(&walk->pieces, area);
}

/* What a helper maps of the guest's memory is guest RAM too. */
static int look_at_helper(const struct smaps_area *area, void *arg)
{
	struct walk *walk = arg;

	walk->areas++;
	smaps_add(&walk->ret->sum, area);
	if (area->inode &&
	    mapped_files__has(&walk->how->mapped->ram, area->dev, area->inode, walk->how->slot))
		walk->ret->guest = run_add(walk->ret->guest, resident(&area->sum));
	return record_huge(walk, area);
}

static int look_for_huge(const struct smaps_area *area, void *arg)
{
	return record_huge(arg, area);
}

/*
 * Records the files behind the guest's memory for the helpers, and counts other mappings of these
 * files in the VMM itself as guest RAM.
 */
static int record_ram(struct walk *walk)
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
			walk->ret->guest = run_add(walk->ret->guest, resident(&piece->sum));
	}
	return err;
}

/* A program that is not called QEMU may be one all the same: then it has QEMU's options. */
static bool pieces_of(struct walk *walk, const struct qemu_args *args)
{
	struct ram_pieces *pieces = &walk->pieces;
	struct guest_ram *ram = &walk->ret->ram;

	if (walk->how->of == FOOTPRINT_QEMU)
		return ram_pieces__find(pieces, args, ram);
	return (args->m_bytes && ram_pieces__find(pieces, args, ram)) ||
	       ram_pieces__find_largest(pieces, ram);
}

/* Finds which of the VMM's mappings are guest RAM. */
static int find_ram(const struct sysroot *sr, pid_t pid, struct walk *walk)
{
	struct footprint_walked *ret = walk->ret;
	struct proc_argv argv = {};
	struct qemu_args args;
	int err;

	err = proc_argv__read(sr, pid, &argv);
	if (err)
		return err;
	qemu_args__parse(&argv, &args);
	ret->ram_unknown = !pieces_of(walk, &args);
	qemu_args__free(&args);
	proc_argv__free(&argv);
	if (ret->ram_unknown) {
		memset(&ret->ram, 0, sizeof(ret->ram));
		return 0;
	}
	ret->guest = ret->ram.resident;
	return record_ram(walk);
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

/* The kernel's own sum is much cheaper than a sum over mappings, but names no files. */
static int walk_rollup(const struct sysroot *sr, pid_t pid, struct walk *walk)
{
	FILE *file;
	int err;

	err = open_walk(sr, pid, "smaps_rollup", &file);
	if (err)
		return err;
	err = smaps_read(file, &walk->ret->sum);
	fclose(file);
	if (!err && walk->ret->sum.shared_hugetlb)
		err = each_area(sr, pid, look_for_huge, walk);
	return err;
}

static bool is_vmm(const struct footprint_walk *how)
{
	return how->of == FOOTPRINT_QEMU || how->of == FOOTPRINT_VMM;
}

int footprint_walk(const struct sysroot *sr, pid_t pid, const struct footprint_walk *how,
		   struct footprint_walked *ret)
{
	struct walk walk = {.how = how, .ret = ret};
	int err;

	memset(ret, 0, sizeof(*ret));
	if (how->of == FOOTPRINT_PLAIN ||
	    (how->of == FOOTPRINT_HELPER && !mapped_files__has_any(&how->mapped->ram, how->slot)))
		return walk_rollup(sr, pid, &walk);
	err = each_area(sr, pid, is_vmm(how) ? look_at_area : look_at_helper, &walk);
	if (!err && !walk.areas)
		err = -ESRCH; /* it released its memory after its status was read */
	if (!err && is_vmm(how))
		err = find_ram(sr, pid, &walk);
	ram_pieces__free(&walk.pieces);
	return err;
}
