// SPDX-License-Identifier: GPL-2.0-or-later
#include "holdings/ram_pieces.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

int ram_pieces__add(struct ram_pieces *pieces, const struct smaps_area *area)
{
	struct ram_piece *piece;

	if (!area->writable)
		return 0;
	if (!array_grow(&pieces->piece, pieces->n, &pieces->room))
		return -ENOMEM;
	piece = &pieces->piece[pieces->n++];
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

/* Adjacent pieces. */
struct group {
	size_t first, n;
	uint64_t bytes;
};

static bool continues(const struct ram_piece *piece, const struct ram_piece *next)
{
	return !next->taken && piece->end == next->start && piece->inode == next->inode &&
	       piece->dev == next->dev && !strcmp(piece->name, next->name);
}

static uint64_t length(const struct ram_piece *piece)
{
	return piece->end - piece->start;
}

static bool is_better(const struct group *group, const struct group *than, uint64_t size)
{
	bool exact = than->n && than->bytes == size;

	if (group->bytes == size)
		return !exact || group->n < than->n;
	return !exact && group->bytes > size && group->bytes > than->bytes;
}

/*
 * Of adjacent pieces with the same backing, chooses some whose sizes add up to `size`, else all of
 * them. One pass with a sliding window, so that a process with very many mappings cannot stall us.
 */
static void best_of(const struct ram_piece *piece, size_t first, size_t end, uint64_t size,
		    struct group *ret)
{
	struct group all = {.first = first, .n = end - first}, window = {.first = first};

	for (size_t i = first; i < end; i++) {
		all.bytes += length(&piece[i]);
		window.bytes += length(&piece[i]);
		window.n++;
		while (window.n && window.bytes > size) {
			window.bytes -= length(&piece[window.first++]);
			window.n--;
		}
		if (window.n && window.bytes == size && is_better(&window, ret, size))
			*ret = window;
	}
	if (is_better(&all, ret, size))
		*ret = all;
}

static struct group best(const struct ram_pieces *pieces, uint64_t size)
{
	const struct ram_piece *piece = pieces->piece;
	struct group ret = {.n = 0};
	size_t end;

	for (size_t i = 0; i < pieces->n; i = end) {
		end = i + 1;
		if (piece[i].taken)
			continue;
		while (end < pieces->n && continues(&piece[end - 1], &piece[end]))
			end++;
		best_of(piece, i, end, size, &ret);
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
		struct group group = best(pieces, args->ram_bytes[i]);

		if (!group.n)
			return false;
		ret->size += args->ram_bytes[i];
		for (size_t j = 0; j < group.n; j++)
			take(&pieces->piece[group.first + j], ret);
	}
	return args->n_ram > 0;
}
