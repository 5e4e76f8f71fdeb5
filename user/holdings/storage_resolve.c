// SPDX-License-Identifier: GPL-2.0-or-later
#include "holdings/storage_resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "holdings/image_header.h"

static ssize_t read_at(const char *path, uint64_t at, void *ret, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = pread(fd, ret, size, (off_t)at);
	close(fd);
	return n;
}

/* The backing file that an image names: a relative name is relative to the image's directory. */
static char *full_name(const char *image, const char *backing)
{
	const char *slash = strrchr(image, '/');

	if (*backing == '/' || !slash || str_starts(backing, "json:"))
		return strdup(backing);
	return str_printf("%.*s/%s", (int)(slash - image), image, backing);
}

static int read_head(const char *path, struct storage_item *item)
{
	uint8_t bytes[IMAGE_HEADER_BYTES];
	struct image_header head;
	char name[IMAGE_BACKING_SIZE];
	ssize_t n = read_at(path, 0, bytes, sizeof(bytes));

	image_header__parse(bytes, n > 0 ? (size_t)n : 0, &head);
	/* A guest can write the first bytes of a raw image: QEMU's command line decides. */
	if (item->file.format && strcmp(item->file.format, head.format))
		return 0;
	if (!item->file.format)
		item->file.format = strdup(head.format);
	if (!item->file.format)
		return -ENOMEM;
	item->file.virtual_bytes = head.virtual_bytes;
	if (!head.backing_bytes)
		return 0;
	n = read_at(path, head.backing_at, bytes, head.backing_bytes);
	if (n <= 0 || !image_header__backing_name(&head, bytes, (size_t)n, name))
		return 0;
	item->file.backing = full_name(item->file.path, name);
	return item->file.backing ? 0 : -ENOMEM;
}

static uint64_t device_bytes(const struct sysroot *sr, dev_t rdev)
{
	char path[PATH_MAX], *text;
	uint64_t sectors = RUN_UNKNOWN;

	if (sysroot_path(sr, path, sizeof(path), "/sys/dev/block/%u:%u/size", major(rdev),
			 minor(rdev)) ||
	    file_read(AT_FDCWD, path, 64, &text, NULL))
		return RUN_UNKNOWN;
	text[strcspn(text, "\n")] = '\0';
	if (!str_to_u64(text, &sectors) || sectors > INT64_MAX / 512)
		sectors = RUN_UNKNOWN;
	free(text);
	return sectors == RUN_UNKNOWN ? RUN_UNKNOWN : sectors * 512;
}

/*
 * By descriptor while the file is open (its name may belong to another file by now), else by name.
 */
static int where_is(const struct sysroot *sr, const struct storage_item *item, bool running,
		    char *ret, size_t size)
{
	if (running && item->fd >= 0)
		return sysroot_path(sr, ret, size, "/proc/%d/fd/%d", (int)item->pid, item->fd);
	return sysroot_path(sr, ret, size, "%s", item->file.path);
}

/* Is the directory that we took for the container's root really its root? */
static bool is_its_root(const struct sysroot *sr, const struct storage_item *item,
			const struct stat *st, bool running)
{
	char path[PATH_MAX];
	struct stat own;

	if (item->file.kind != RUN_STORAGE_ROOT || !running)
		return true;
	if (sysroot_path(sr, path, sizeof(path), "/proc/%d/root/", (int)item->pid) ||
	    stat(path, &own))
		return errno == ENOENT; /* it has just exited */
	return own.st_dev == st->st_dev && own.st_ino == st->st_ino;
}

static int resolve_image(struct storage_item *item, const struct sysroot *sr, const char *path,
			 const struct stat *st)
{
	bool device = S_ISBLK(st->st_mode);

	if (device)
		item->file.kind = RUN_STORAGE_DEVICE;
	item->file.apparent_bytes = device ? device_bytes(sr, st->st_rdev) : (uint64_t)st->st_size;
	item->file.allocated_bytes =
		device ? item->file.apparent_bytes : (uint64_t)st->st_blocks * 512;
	return read_head(path, item);
}

/* 1: keep the item; 0: drop it; -ENOENT: the file does not exist; -ENOMEM. */
static int resolve_item(struct storage *storage, struct storage_item *item,
			const struct sysroot *sr, bool running)
{
	char path[PATH_MAX];
	struct stat st;
	int err;

	if (where_is(sr, item, running, path, sizeof(path)) || stat(path, &st))
		return -ENOENT;
	for (const struct storage_item *other = storage->item; other < item; other++)
		if (other->dev == st.st_dev && other->ino == st.st_ino)
			return 0;
	if (storage_item__is_tree(item)) {
		if (!S_ISDIR(st.st_mode) || !is_its_root(sr, item, &st, running))
			return -ENOENT;
		item->dev = st.st_dev;
		item->ino = st.st_ino;
		return 1;
	}
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return 0;
	item->dev = st.st_dev;
	item->ino = st.st_ino;
	err = resolve_image(item, sr, path, &st);
	return err ? err : 1;
}

/* Marks images that another image names as its backing file. */
static void mark_backing(struct storage *storage)
{
	for (size_t i = 0; i < storage->n; i++) {
		const char *backing = storage->item[i].file.backing;

		for (size_t j = 0; backing && j < storage->n; j++)
			if (!strcmp(storage->item[j].file.path, backing))
				storage->item[j].file.kind = RUN_STORAGE_BACKING;
	}
}

int storage_resolve(struct storage *storage, const struct sysroot *sr, bool running)
{
	size_t kept = 0;
	int err = 0;

	for (size_t i = 0; i < storage->n; i++) {
		struct storage_item item = storage->item[i];
		int is;

		storage->item[kept] = item;
		is = err ? 1 : resolve_item(storage, &storage->item[kept], sr, running);
		if (is == 1) {
			kept++;
			continue;
		}
		if (is == -ENOENT)
			storage->missing++;
		else if (is < 0)
			err = is;
		storage_item__free(&storage->item[kept]);
	}
	storage->n = kept;
	mark_backing(storage);
	return err;
}
