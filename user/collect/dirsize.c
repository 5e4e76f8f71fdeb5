// SPDX-License-Identifier: GPL-2.0-or-later
#include "collect/dirsize.h"

#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Files with several names that were counted: their inode numbers, in a table with open addresses. */
struct seen {
	uint64_t *ino; /* 0: free */
	size_t room, n;
};

static bool put(struct seen *seen, uint64_t ino)
{
	size_t i = (size_t)(ino * 0x9e3779b97f4a7c15ull) & (seen->room - 1);

	while (seen->ino[i] && seen->ino[i] != ino)
		i = (i + 1) & (seen->room - 1);
	if (seen->ino[i])
		return false;
	seen->ino[i] = ino;
	seen->n++;
	return true;
}

/* Is it the first time? -ENOMEM. */
static int first_time(struct seen *seen, uint64_t ino)
{
	if (2 * seen->n >= seen->room) {
		struct seen grown = {.room = seen->room ? 2 * seen->room : 1024};

		grown.ino = calloc(grown.room, sizeof(*grown.ino));
		if (!grown.ino)
			return -ENOMEM;
		for (size_t i = 0; i < seen->room; i++)
			if (seen->ino[i])
				put(&grown, seen->ino[i]);
		free(seen->ino);
		*seen = grown;
	}
	return put(seen, ino);
}

static int count(const struct stat *st, struct seen *seen, struct dirsize *ret)
{
	if (!S_ISDIR(st->st_mode) && st->st_nlink > 1) {
		int first = first_time(seen, st->st_ino);

		if (first <= 0)
			return first;
	}
	if (S_ISREG(st->st_mode) || S_ISLNK(st->st_mode))
		ret->apparent_bytes += (uint64_t)st->st_size;
	ret->allocated_bytes += (uint64_t)st->st_blocks * 512;
	return 0;
}

int dirsize(const char *path, uint64_t budget, struct dirsize *ret)
{
	char copy[4096], *const roots[] = {copy, NULL};
	struct seen seen = {};
	FTSENT *entry;
	FTS *fts;
	int err = 0;

	memset(ret, 0, sizeof(*ret));
	if (strlen(path) >= sizeof(copy))
		return -ENAMETOOLONG;
	strcpy(copy, path);
	fts = fts_open(roots, FTS_PHYSICAL | FTS_XDEV | FTS_NOCHDIR | FTS_COMFOLLOW, NULL);
	if (!fts)
		return -errno;
	while (!err && (errno = 0, entry = fts_read(fts))) {
		if (entry->fts_info == FTS_DP)
			continue;
		if (entry->fts_info == FTS_NS || entry->fts_info == FTS_ERR ||
		    entry->fts_info == FTS_DNR) {
			err = entry->fts_level == FTS_ROOTLEVEL ? -entry->fts_errno : 0;
			continue;
		}
		if (ret->entries++ == budget)
			err = -E2BIG;
		else
			err = count(entry->fts_statp, &seen, ret);
	}
	if (!err && errno)
		err = -errno;
	fts_close(fts);
	free(seen.ino);
	return err;
}
