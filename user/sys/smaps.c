// SPDX-License-Identifier: GPL-2.0-or-later
#include "sys/smaps.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

static const struct {
	const char *name;
	size_t offset;
} lines[] = {
	{"Rss", offsetof(struct smaps_sum, rss)},
	{"Pss", offsetof(struct smaps_sum, pss)},
	{"Pss_Anon", offsetof(struct smaps_sum, pss_anon)},
	{"Pss_File", offsetof(struct smaps_sum, pss_file)},
	{"Pss_Shmem", offsetof(struct smaps_sum, pss_shmem)},
	{"Anonymous", offsetof(struct smaps_sum, anonymous)},
	{"Private_Clean", offsetof(struct smaps_sum, private_clean)},
	{"Private_Dirty", offsetof(struct smaps_sum, private_dirty)},
	{"Swap", offsetof(struct smaps_sum, swap)},
	{"SwapPss", offsetof(struct smaps_sum, swap_pss)},
	{"AnonHugePages", offsetof(struct smaps_sum, thp)},
	{"ShmemPmdMapped", offsetof(struct smaps_sum, thp)},
	{"FilePmdMapped", offsetof(struct smaps_sum, thp)},
	{"Shared_Hugetlb", offsetof(struct smaps_sum, hugetlb)},
	{"Private_Hugetlb", offsetof(struct smaps_sum, hugetlb)},
	{"Shared_Hugetlb", offsetof(struct smaps_sum, shared_hugetlb)},
	{"KSM", offsetof(struct smaps_sum, ksm)},
	{"LazyFree", offsetof(struct smaps_sum, lazy_free)},
};

static void add(uint64_t *to, uint64_t bytes)
{
	if (__builtin_add_overflow(*to, bytes, to))
		*to = UINT64_MAX - 1;
}

bool smaps_line(const char *line, struct smaps_sum *sum)
{
	const char *colon = strchr(line, ':');
	unsigned long long kib;
	bool known = false;
	char unit[3];

	if (!colon || sscanf(colon + 1, " %llu %2s", &kib, unit) != 2 || strcmp(unit, "kB") ||
	    kib > UINT64_MAX / 1024)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		if (strlen(lines[i].name) != (size_t)(colon - line) ||
		    strncmp(lines[i].name, line, (size_t)(colon - line)))
			continue;
		add((uint64_t *)((char *)sum + lines[i].offset), kib * 1024);
		sum->has_kinds |= lines[i].offset == offsetof(struct smaps_sum, pss_anon);
		sum->has_ksm |= lines[i].offset == offsetof(struct smaps_sum, ksm);
		known = true;
	}
	return known;
}

bool smaps_head(const char *line, struct smaps_area *ret)
{
	unsigned long long start, end, inode;
	unsigned major, minor;
	char perms[5];
	int name = 0;

	memset(ret, 0, sizeof(*ret));
	if (sscanf(line, "%llx-%llx %4s %*x %x:%x %llu %n", &start, &end, perms, &major, &minor,
		   &inode, &name) < 6 ||
	    !name || end < start)
		return false;
	ret->start = start;
	ret->end = end;
	ret->dev = (uint64_t)major << 32 | minor;
	ret->inode = inode;
	ret->writable = perms[1] == 'w';
	snprintf(ret->name, sizeof(ret->name), "%.*s", (int)strcspn(line + name, "\n"),
		 line + name);
	return true;
}

bool smaps_is_shmem(const char *name)
{
	static const char *const starts[] = {"/memfd:", "/dev/shm/", "/SYSV", "/dev/zero"};

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		if (!strncmp(name, starts[i], strlen(starts[i])))
			return true;
	return false;
}

static uint64_t lesser(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t alone_of_all(const struct smaps_sum *sum)
{
	uint64_t held = sum->pss_anon;

	add(&held, sum->pss_shmem);
	return lesser(sum->private_dirty, sum->has_kinds ? held : sum->anonymous);
}

int smaps_read(FILE *file, struct smaps_sum *ret)
{
	char *line = NULL;
	size_t size = 0;
	int err;

	memset(ret, 0, sizeof(*ret));
	while (getline(&line, &size, file) > 0)
		smaps_line(line, ret);
	ret->alone = alone_of_all(ret);
	err = ferror(file) ? -(errno ? errno : EIO) : 0;
	free(line);
	return err;
}

int smaps_each(FILE *file, int (*fn)(const struct smaps_area *area, void *arg), void *arg)
{
	struct smaps_area area = {}, next;
	bool any = false;
	char *line = NULL;
	size_t size = 0;
	int err = 0;

	while (!err && getline(&line, &size, file) > 0) {
		if (!smaps_head(line, &next)) {
			smaps_line(line, &area.sum);
			continue;
		}
		if (any)
			err = fn(&area, arg);
		area = next;
		any = true;
	}
	if (!err && ferror(file))
		err = -(errno ? errno : EIO);
	if (!err && any)
		err = fn(&area, arg);
	free(line);
	return err;
}

/* The part of `of` that corresponds to `some` of `all`. */
static uint64_t part(uint64_t of, uint64_t some, uint64_t all)
{
	return all ? (uint64_t)((double)of * ((double)some / (double)all)) : 0;
}

static uint64_t alone_in(const struct smaps_area *area)
{
	const struct smaps_sum *one = &area->sum;

	if (!area->inode || smaps_is_shmem(area->name))
		return one->private_dirty;
	return lesser(one->private_dirty, one->anonymous);
}

void smaps_add(struct smaps_sum *sum, const struct smaps_area *area)
{
	const struct smaps_sum *one = &area->sum;
	uint64_t anon = one->anonymous < one->rss ? one->anonymous : one->rss;
	uint64_t pss_anon = part(one->pss, anon, one->rss);

	if (one->has_kinds) {
		add(&sum->pss_anon, one->pss_anon);
		add(&sum->pss_file, one->pss_file);
		add(&sum->pss_shmem, one->pss_shmem);
	} else {
		add(&sum->pss_anon, pss_anon);
		add(smaps_is_shmem(area->name) ? &sum->pss_shmem : &sum->pss_file,
		    one->pss - pss_anon);
	}
	sum->has_kinds = true;
	sum->has_ksm |= one->has_ksm;
	add(&sum->rss, one->rss);
	add(&sum->pss, one->pss);
	add(&sum->anonymous, one->anonymous);
	add(&sum->private_clean, one->private_clean);
	add(&sum->private_dirty, one->private_dirty);
	add(&sum->swap, one->swap);
	add(&sum->swap_pss, one->swap_pss);
	add(&sum->thp, one->thp);
	add(&sum->hugetlb, one->hugetlb);
	add(&sum->shared_hugetlb, one->shared_hugetlb);
	add(&sum->ksm, one->ksm);
	add(&sum->lazy_free, one->lazy_free);
	add(&sum->alone, alone_in(area));
}
