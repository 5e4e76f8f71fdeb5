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

static bool same_piece(const struct ram_piece *a, const struct ram_piece *b)
{
	return a->inode && a->inode == b->inode && a->dev == b->dev;
}

/* How long the private mappings are that follow one another without a gap from `first` on. */
static struct group run_of_private(const struct ram_pieces *pieces, size_t first)
{
	const struct ram_piece *piece = pieces->piece;
	struct group ret = {.first = first, .n = 1, .bytes = length(&piece[first])};

	while (first + ret.n < pieces->n &&
	       continues(&piece[first + ret.n - 1], &piece[first + ret.n]))
		ret.bytes += length(&piece[first + ret.n++]);
	return ret;
}

#define MAX_FILES 64 /* a process maps few files for writing */

/* The first piece of the file of which most is mapped, and how much; pieces->n: of no file. */
static size_t largest_file(const struct ram_pieces *pieces, uint64_t *ret_bytes)
{
	struct group file[MAX_FILES];
	size_t n = 0, i, f, best = pieces->n;

	*ret_bytes = 0;
	for (i = 0; i < pieces->n; i++) {
		if (!pieces->piece[i].inode)
			continue;
		for (f = 0; f < n && !same_piece(&pieces->piece[file[f].first], &pieces->piece[i]);
		     f++)
			;
		if (f == MAX_FILES)
			continue;
		if (f == n)
			file[n++] = (struct group){.first = i};
		file[f].bytes += length(&pieces->piece[i]);
	}
	for (f = 0; f < n; f++) {
		if (file[f].bytes <= *ret_bytes)
			continue;
		*ret_bytes = file[f].bytes;
		best = file[f].first;
	}
	return best;
}

bool ram_pieces__find_largest(struct ram_pieces *pieces, struct guest_ram *ret)
{
	struct group best = {.n = 0}, run;
	uint64_t shared;
	size_t file = largest_file(pieces, &shared);

	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < pieces->n; i += run.n) {
		pieces->piece[i].taken = false;
		run = (struct group){.first = i, .n = 1};
		if (!pieces->piece[i].inode)
			run = run_of_private(pieces, i);
		if (run.bytes > best.bytes)
			best = run;
	}
	ret->size = shared >= best.bytes ? shared : best.bytes;
	for (size_t i = 0; i < pieces->n; i++)
		if (shared >= best.bytes ? same_piece(&pieces->piece[i], &pieces->piece[file])
					 : i >= best.first && i < best.first + best.n)
			take(&pieces->piece[i], ret);
	return ret->size > 0;
}
