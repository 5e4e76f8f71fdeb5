// SPDX-License-Identifier: GPL-2.0-or-later
#include "holdings/storage.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/file.h"
#include "base/str.h"
#include "holdings/image_cmdline.h"
#include "sys/proc_argv.h"
#include "sys/rootmount.h"

#define MOUNTINFO_LIMIT (4 * 1024 * 1024)

void storage_item__free(struct storage_item *item)
{
	free(item->file.path);
	free(item->file.format);
	free(item->file.backing);
}

void storage__free(struct storage *storage)
{
	for (size_t i = 0; i < storage->n; i++)
		storage_item__free(&storage->item[i]);
	free(storage->item);
	memset(storage, 0, sizeof(*storage));
}

bool storage_item__is_tree(const struct storage_item *item)
{
	return item->file.kind == RUN_STORAGE_WRITABLE || item->file.kind == RUN_STORAGE_LAYER ||
	       item->file.kind == RUN_STORAGE_ROOT;
}

/* NULL if there is no memory. */
static struct storage_item *add_item(struct storage *storage, const char *path,
				     enum run_storage_kind kind)
{
	struct storage_item *item;
	char *copy;

	if (!array_grow(&storage->item, storage->n, &storage->room))
		return NULL;
	copy = strdup(path);
	if (!copy)
		return NULL;
	item = &storage->item[storage->n++];
	*item = (struct storage_item){.file = {.path = copy, .kind = kind}, .fd = -1};
	item->file.apparent_bytes = item->file.allocated_bytes = RUN_UNKNOWN;
	item->file.virtual_bytes = RUN_UNKNOWN;
	return item;
}

/* ---- images of a VM */

struct look {
	const struct sysroot *sr;
	pid_t pid;
	bool qemu;
	struct proc_argv argv;
	struct storage *storage;
};

/* Does it hold QEMU's image locks on the file? They cover bytes 100 to 203; a pid file's starts at
 * 0. */
static bool has_image_lock(const struct look *look, int fd)
{
	char path[PATH_MAX], *text, *lock;
	bool found = false;

	if (sysroot_path(look->sr, path, sizeof(path), "/proc/%d/fdinfo/%d", look->pid, fd) ||
	    file_read(AT_FDCWD, path, 65536, &text, NULL))
		return false;
	for (lock = strstr(text, "\nlock:"); lock && !found; lock = strstr(lock + 1, "\nlock:")) {
		unsigned long long start;

		found = sscanf(lock, "\nlock: %*s OFDLCK %*s %*s %*s %*s %llu", &start) == 1 &&
			start >= 100 && start < 204;
	}
	free(text);
	return found;
}

static bool is_known(const struct storage *storage, const char *path)
{
	for (size_t i = 0; i < storage->n; i++)
		if (!strcmp(storage->item[i].file.path, path))
			return true;
	return false;
}

/*
 * A file that a VMM writes to, but not at its end as to a log. Not every VMM has its disks on its
 * command line or locks them: Firecracker gets them through its API.
 */
static bool is_written(const struct look *look, int fd, const char *what)
{
	static const char *const never[] = {"/dev/", "/proc/", "/sys/",
					    "/memfd:", "/run/hugepages"};
	char path[PATH_MAX], *text, *line;
	unsigned int flags = 0;

	for (size_t i = 0; i < ARRAY_SIZE(never); i++)
		if (str_starts(what, never[i]))
			return false;
	if (sysroot_path(look->sr, path, sizeof(path), "/proc/%d/fdinfo/%d", look->pid, fd) ||
	    file_read(AT_FDCWD, path, 65536, &text, NULL))
		return false;
	line = strstr(text, "flags:");
	if (line)
		sscanf(line, "flags: %o", &flags);
	free(text);
	return (flags & O_ACCMODE) == O_RDWR && !(flags & O_APPEND);
}

/* A disk of the host's, by the names that its drivers give them. */
static bool is_disk(const char *what)
{
	static const char *const disks[] = {"/dev/sd",   "/dev/vd",   "/dev/xvd", "/dev/nvme",
					    "/dev/dm-",  "/dev/loop", "/dev/md",  "/dev/mapper/",
					    "/dev/zvol", "/dev/rbd",  "/dev/nbd", "/dev/mmcblk"};

	for (size_t i = 0; i < ARRAY_SIZE(disks); i++)
		if (str_starts(what, disks[i]))
			return true;
	return false;
}

static bool is_image(const struct look *look, int fd, const char *what)
{
	if (image_cmdline_names(&look->argv, what) || has_image_lock(look, fd))
		return true;
	return !look->qemu && (is_disk(what) || is_written(look, fd, what));
}

/* Uses only the link and fdinfo: the file may be on a file system that does not respond. */
static int look_at_fd(int fd, const char *what, void *arg)
{
	struct look *look = arg;
	struct storage_item *item;
	const char *format;

	if (*what != '/' || str_starts(what, "/dev/kvm") || is_known(look->storage, what) ||
	    !is_image(look, fd, what))
		return 0;
	item = add_item(look->storage, what, RUN_STORAGE_IMAGE);
	if (!item)
		return -ENOMEM;
	item->pid = look->pid;
	item->fd = fd;
	format = image_cmdline_format(&look->argv, what);
	item->file.format = format ? strdup(format) : NULL;
	return format && !item->file.format ? -ENOMEM : 0;
}

static int look_at_vm(struct storage *storage, const struct sysroot *sr, const struct found *found)
{
	pid_t pid = found->pid;
	struct look look = {.sr = sr, .pid = pid, .qemu = found_is_qemu(found), .storage = storage};
	int err = proc_argv__read(sr, pid, &look.argv);

	if (err)
		return err;
	err = proc_fds(sr, pid, look_at_fd, &look);
	proc_argv__free(&look.argv);
	return err;
}

/* ---- layers of a container */

static int add_layer(struct storage *storage, const char *path, enum run_storage_kind kind)
{
	if (is_known(storage, path))
		return 0;
	return add_item(storage, path, kind) ? 0 : -ENOMEM;
}

static int read_mountinfo(const struct sysroot *sr, const char *who, char **ret)
{
	char path[PATH_MAX];
	int err = sysroot_path(sr, path, sizeof(path), "/proc/%s/mountinfo", who);

	return err ? err : file_read(AT_FDCWD, path, MOUNTINFO_LIMIT, ret, NULL);
}

/* The root is a plain directory: finds it in the host's mounts. */
static int add_root(struct storage *storage, const struct sysroot *sr,
		    const struct rootmount *mount, pid_t pid)
{
	char *text, *path;
	int err = read_mountinfo(sr, "self", &text);

	if (err)
		return err;
	err = rootmount_on_host(text, mount, &path);
	free(text);
	if (err == -ENOENT) /* it is mounted only in the container */
		storage->missing++;
	if (err)
		return err == -ENOENT ? 0 : err;
	storage->host_root = !strcmp(path, "/");
	if (!storage->host_root)
		err = add_layer(storage, path, RUN_STORAGE_ROOT);
	if (storage->n)
		storage->item[0].pid = pid;
	free(path);
	return err;
}

/* Layers that an overlay does not name: fuse-overlayfs names none, others only some. */
static size_t layers_unnamed(const struct rootmount *mount)
{
	return mount->n_left_out + (mount->overlay && !mount->n_lower && !mount->n_left_out);
}

static int look_at_container(struct storage *storage, const struct sysroot *sr, pid_t pid)
{
	struct rootmount mount;
	char who[16], *text;
	int err;

	snprintf(who, sizeof(who), "%d", (int)pid);
	err = read_mountinfo(sr, who, &text);
	if (err)
		return err;
	err = rootmount__parse(text, &mount);
	free(text);
	if (err)
		return err;
	if (!mount.overlay)
		err = add_root(storage, sr, &mount, pid);
	storage->missing += layers_unnamed(&mount);
	if (mount.overlay && mount.upper)
		err = add_layer(storage, mount.upper, RUN_STORAGE_WRITABLE);
	for (size_t i = 0; i < mount.n_lower && !err; i++)
		err = add_layer(storage, mount.lower[i], RUN_STORAGE_LAYER);
	rootmount__free(&mount);
	return err;
}

int storage__look(struct storage *storage, const struct sysroot *sr, const struct found *found)
{
	struct storage fresh = {};
	int err = 0;

	if (!found->pid)
		return 0;
	if (found->kind == VTX_KIND_VM)
		err = look_at_vm(&fresh, sr, found);
	else if (found->kind == VTX_KIND_CONTAINER)
		err = look_at_container(&fresh, sr, found->pid);
	fresh.looked = !err;
	/* A target that is exiting has closed its files: keep what is known of them. */
	if (err || (!fresh.n && !fresh.missing && storage->n)) {
		storage__free(&fresh);
		return err;
	}
	storage__free(storage);
	*storage = fresh;
	return 0;
}
