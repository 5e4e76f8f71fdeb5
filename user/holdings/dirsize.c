// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The owner of the tree must not be able to mislead the walk. Each step opens a directory relative
 * to its parent's descriptor and follows no link, so the walk cannot leave the tree; entries are
 * read one by one, so no directory is too large.
 */
#include "holdings/dirsize.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Each level keeps a descriptor open. */
#define MAX_DEPTH 256

/* Inode numbers of counted files with several names: a hash table with open addressing. */
struct seen {
	uint64_t *ino; /* 0: free */
	size_t room, n;
};

/* False if the inode is in the table already. */
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

/* 1: the inode has not been counted before; 0: it has; -ENOMEM. */
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

struct walk {
	DIR *dir[MAX_DEPTH]; /* open directories, from the top to the current one */
	int depth;
	dev_t dev;
	uint64_t *budget;
	struct seen seen;
	struct dirsize *ret;
};

static int count(struct walk *walk, const struct stat *st)
{
	struct dirsize *ret = walk->ret;

	ret->entries++;
	if (!S_ISDIR(st->st_mode) && st->st_nlink > 1) {
		int first = first_time(&walk->seen, st->st_ino);

		if (first <= 0)
			return first;
	}
	if (S_ISREG(st->st_mode) || S_ISLNK(st->st_mode))
		ret->apparent_bytes += (uint64_t)st->st_size;
	ret->allocated_bytes += (uint64_t)st->st_blocks * 512;
	return 0;
}

/* Entries count against the budget even if they cannot be read. */
static int pay(struct walk *walk)
{
	if (!*walk->budget)
		return -E2BIG;
	--*walk->budget;
	return 0;
}

/* Takes ownership of fd, a directory on this file system. */
static int enter(struct walk *walk, int fd)
{
	DIR *dir = walk->depth < MAX_DEPTH ? fdopendir(fd) : NULL;
	int err = walk->depth < MAX_DEPTH ? -errno : -E2BIG;

	if (!dir) {
		close(fd);
		return err;
	}
	walk->dir[walk->depth++] = dir;
	return 0;
}

/* Did the entry vanish or change its type meanwhile? */
static bool has_changed(int err)
{
	return err == -ENOENT || err == -ENOTDIR || err == -ELOOP;
}

static int go_down(struct walk *walk, int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	int err;

	if (fd < 0)
		return has_changed(-errno) ? 0 : -errno;
	if (fstat(fd, &st)) {
		err = -errno;
		close(fd);
		return err;
	}
	if (st.st_dev != walk->dev) {
		close(fd);
		return 0;
	}
	err = count(walk, &st);
	if (err) {
		close(fd);
		return err;
	}
	return enter(walk, fd);
}

static int look_at(struct walk *walk, int parent, const char *name)
{
	struct stat st;
	int err = pay(walk);

	if (err)
		return err;
	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT))
		return has_changed(-errno) ? 0 : -errno;
	if (st.st_dev != walk->dev)
		return 0;
	return S_ISDIR(st.st_mode) ? go_down(walk, parent, name) : count(walk, &st);
}

/* Looks at the next entry of the current directory; after the last one, returns to the parent. */
static int step(struct walk *walk)
{
	DIR *dir = walk->dir[walk->depth - 1];
	struct dirent *entry;

	errno = 0;
	entry = readdir(dir);
	if (!entry && errno && errno != ENOENT)
		return -errno;
	if (!entry) {
		closedir(dir);
		walk->depth--;
		return 0;
	}
	if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
		return 0;
	return look_at(walk, dirfd(dir), entry->d_name);
}

static int begin(struct walk *walk, const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC), err;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st)) {
		err = -errno;
		close(fd);
		return err;
	}
	walk->dev = st.st_dev;
	err = pay(walk);
	if (!err)
		err = count(walk, &st);
	if (err) {
		close(fd);
		return err;
	}
	return enter(walk, fd);
}

int dirsize(const char *path, uint64_t *budget, struct dirsize *ret)
{
	struct walk walk = {.budget = budget, .ret = ret};
	int err;

	memset(ret, 0, sizeof(*ret));
	err = begin(&walk, path);
	while (!err && walk.depth)
		err = step(&walk);
	while (walk.depth)
		closedir(walk.dir[--walk.depth]);
	free(walk.seen.ino);
	return err;
}
