// SPDX-License-Identifier: GPL-2.0-or-later
#include "sys/blockdev.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "abi_block.h"
#include "base/array.h"
#include "base/file.h"
#include "base/str.h"
#include "sys/rootmount.h"

#define BLOCK_DIR "/sys/class/block"

int blockdev_name(unsigned int major, unsigned int minor, char **ret)
{
	char path[64], to[PATH_MAX];
	const char *slash;
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u", major, minor);
	n = readlink(path, to, sizeof(to) - 1);
	if (n < 0)
		return -ENOENT;
	to[n] = '\0';
	slash = strrchr(to, '/');
	*ret = strdup(slash ? slash + 1 : to);
	return *ret ? 0 : -ENOMEM;
}

/* Reads the first line of a device's file, without its newline. False if there is no such file. */
static bool read_line(const char *device, const char *file, char *ret, size_t size)
{
	char path[PATH_MAX];
	FILE *f;
	bool ok;

	snprintf(path, sizeof(path), BLOCK_DIR "/%s/%s", device, file);
	f = fopen(path, "re");
	if (!f)
		return false;
	ok = fgets(ret, (int)size, f) != NULL;
	fclose(f);
	if (ok)
		ret[strcspn(ret, "\n")] = '\0';
	return ok;
}

static bool dir_has_entries(const char *device, const char *dir)
{
	char path[PATH_MAX];
	struct dirent *entry;
	bool any = false;
	DIR *d;

	snprintf(path, sizeof(path), BLOCK_DIR "/%s/%s", device, dir);
	d = opendir(path);
	while (d && !any && (entry = readdir(d)))
		any = entry->d_name[0] != '.';
	if (d)
		closedir(d);
	return any;
}

/*
 * Is the backing file of a loop device on a file system in memory, with no device below? Looks only
 * at the mount table: the file may be on a server that does not respond.
 */
static bool on_memory(const char *file)
{
	char *text, type[32];
	bool is;

	if (file_read(AT_FDCWD, "/proc/self/mountinfo", 4 * 1024 * 1024, &text, NULL))
		return false;
	is = rootmount_fstype(text, file, type, sizeof(type)) &&
	     (!strcmp(type, "tmpfs") || !strcmp(type, "ramfs"));
	free(text);
	return is;
}

/* A whole disk with a capacity: neither a partition nor an unused device of a driver. */
static bool is_disk(const char *name)
{
	char text[32];

	return dir_has_entries(name, "queue") && read_line(name, "size", text, sizeof(text)) &&
	       strcmp(text, "0");
}

/*
 * Flags of a device without requests: its driver keeps the data in memory, or is stacked on other
 * devices (device mapper, md, …). NVMe multipath gets no flags: its paths are hidden disks, whose
 * requests are the only trace of its IO.
 */
static uint32_t flags_of_bios(const char *name)
{
	static const char *const memory[] = {"zram", "ram", "pmem", "nullb", "dcssblk"};

	if (str_starts(name, "nvme"))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(memory); i++)
		if (str_starts(name, memory[i]))
			return VTX_BLKDEV_BIO;
	return VTX_BLKDEV_BIO | VTX_BLKDEV_UPPER;
}

static uint32_t flags_of(const char *name)
{
	char file[PATH_MAX];
	uint32_t flags = 0;

	if (is_disk(name) && !dir_has_entries(name, "mq"))
		flags |= flags_of_bios(name);
	if (dir_has_entries(name, "slaves"))
		flags |= VTX_BLKDEV_UPPER;
	if (dir_has_entries(name, "holders"))
		flags |= VTX_BLKDEV_LOWER;
	if (read_line(name, "loop/backing_file", file, sizeof(file)))
		flags |= VTX_BLKDEV_UPPER | (on_memory(file) ? VTX_BLKDEV_BOTTOM : 0);
	return flags;
}

static bool read_below(const char *root, const char *device, const char *file, char *ret,
		       size_t size)
{
	char path[PATH_MAX], *text;

	if (snprintf(path, sizeof(path), "%s" BLOCK_DIR "/%s/%s", root, device, file) >=
		    (int)sizeof(path) ||
	    file_read(AT_FDCWD, path, size - 1, &text, NULL))
		return false;
	snprintf(ret, size, "%.*s", (int)strcspn(text, "\n"), text);
	free(text);
	return true;
}

/* The kind of a device that hides the owner of its writes; NULL for other devices. */
static const char *opaque_kind(const char *root, const char *device, char text[128])
{
	if (read_below(root, device, "dm/uuid", text, 128) && str_starts(text, "CRYPT-"))
		return "dm-crypt";
	if (read_below(root, device, "md/level", text, 128) &&
	    (!strcmp(text, "raid4") || !strcmp(text, "raid5") || !strcmp(text, "raid6")))
		return text;
	return NULL;
}

size_t blockdev_opaque(const char *root, char *ret, size_t size)
{
	char path[PATH_MAX], text[128];
	struct dirent *entry;
	size_t n = 0, at = 0;
	DIR *d;

	ret[0] = '\0';
	snprintf(path, sizeof(path), "%s" BLOCK_DIR, root);
	d = opendir(path);
	while (d && (entry = readdir(d))) {
		const char *kind =
			entry->d_name[0] == '.' ? NULL : opaque_kind(root, entry->d_name, text);

		if (!kind)
			continue;
		at += (size_t)snprintf(ret + at, size - at, "%s%s (%s)", n ? ", " : "",
				       entry->d_name, kind);
		at = at < size ? at : size - 1;
		n++;
	}
	if (d)
		closedir(d);
	return n;
}

bool blockdev_loops(void)
{
	DIR *d = opendir(BLOCK_DIR);
	struct dirent *entry;
	char file[PATH_MAX];
	bool any = false;

	while (d && !any && (entry = readdir(d)))
		any = str_starts(entry->d_name, "loop") &&
		      read_line(entry->d_name, "loop/backing_file", file, sizeof(file));
	if (d)
		closedir(d);
	return any;
}

int blockdev_each(int (*fn)(void *ctx, uint32_t dev, uint32_t flags), void *ctx)
{
	DIR *d = opendir(BLOCK_DIR);
	struct dirent *entry;
	int err = 0;

	if (!d)
		return -errno;
	while (!err && (entry = readdir(d))) {
		unsigned int major, minor;
		char dev[32];

		if (entry->d_name[0] == '.' || !read_line(entry->d_name, "dev", dev, sizeof(dev)) ||
		    sscanf(dev, "%u:%u", &major, &minor) != 2)
			continue;
		err = fn(ctx, major << 20 | minor, flags_of(entry->d_name));
	}
	closedir(d);
	return err;
}
