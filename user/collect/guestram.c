// SPDX-License-Identifier: GPL-2.0-or-later
#include "collect/guestram.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int ram_pieces__add(struct ram_pieces *pieces, const struct smaps_area *area)
{
	struct ram_piece *piece = pieces->piece;

	if (!area->writable)
		return 0;
	if (!(pieces->n & (pieces->n - 1)))
		piece = realloc(piece, (pieces->n ? 2 * pieces->n : 1) * sizeof(*piece));
	if (!piece)
		return -ENOMEM;
	pieces->piece = piece;
	piece += pieces->n++;
	*piece = (struct ram_piece){
		.start = area->start, .end = area->end, .dev = area->dev, .inode = area->inode};
	memcpy(piece->name, area->name, sizeof(piece->name));
	smaps_add(&piece->sum, area);
	return 0;
}

void ram_pieces__free(struct ram_pieces *pieces)
{
	free(pieces->piece);
	memset(pieces, 0, sizeof(*pieces));
}

/* Pieces side by side. */
struct run_of {
	size_t first, n;
	uint64_t bytes;
};

static bool goes_on(const struct ram_piece *piece, const struct ram_piece *next)
{
	return !next->taken && piece->end == next->start && piece->inode == next->inode &&
	       piece->dev == next->dev && !strcmp(piece->name, next->name);
}

/* From one piece on, as far as it goes or until it has the size. */
static struct run_of run_from(const struct ram_pieces *pieces, size_t first, uint64_t size)
{
	const struct ram_piece *piece = pieces->piece;
	struct run_of ret = {.first = first, .n = 1, .bytes = piece[first].end - piece[first].start};

	while (ret.bytes != size && first + ret.n < pieces->n &&
	       goes_on(&piece[first + ret.n - 1], &piece[first + ret.n])) {
		ret.bytes += piece[first + ret.n].end - piece[first + ret.n].start;
		ret.n++;
	}
	return ret;
}

static struct run_of best(const struct ram_pieces *pieces, uint64_t size)
{
	struct run_of ret = {.n = 0}, run;

	for (size_t i = 0; i < pieces->n; i++) {
		bool exact = ret.n && ret.bytes == size;

		if (pieces->piece[i].taken)
			continue;
		run = run_from(pieces, i, size);
		if (run.bytes == size ? !exact || run.n < ret.n
				      : !exact && run.bytes > size && run.bytes > ret.bytes)
			ret = run;
	}
	return ret;
}

static void take(struct ram_piece *piece, struct guest_ram *ret)
{
	piece->taken = true;
	ret->resident += piece->sum.rss + piece->sum.hugetlb;
	ret->thp += piece->sum.thp;
	ret->hugetlb += piece->sum.hugetlb;
}

bool ram_pieces__find(struct ram_pieces *pieces, const struct qemu_args *args,
		      struct guest_ram *ret)
{
	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < args->n_ram; i++) {
		struct run_of run = best(pieces, args->ram_bytes[i]);

		if (!run.n)
			return false;
		ret->size += args->ram_bytes[i];
		for (size_t j = 0; j < run.n; j++)
			take(&pieces->piece[run.first + j], ret);
	}
	return args->n_ram > 0;
}
