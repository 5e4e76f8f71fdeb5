// SPDX-License-Identifier: GPL-2.0-or-later
/* Looking: which files are a target's. Measuring them is in storage_measure.c. */
#include "collect/storage.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/str.h"
#include "collect/imagefile.h"
#include "collect/rootmount.h"

#define MOUNTINFO_LIMIT (4 * 1024 * 1024)

static void item__clear(struct storage_item *item)
{
	free(item->file.path);
	free(item->file.format);
	free(item->file.backing);
}

void storage__clear(struct storage *storage)
{
	for (size_t i = 0; i < storage->n; i++)
		item__clear(&storage->item[i]);
	free(storage->item);
	memset(storage, 0, sizeof(*storage));
}

static struct storage_item *add_item(struct storage *storage, const char *path,
				     enum run_storage_kind kind)
{
	struct storage_item *grown =
		realloc(storage->item, (storage->n + 1) * sizeof(*grown)), *item;
	char *copy = strdup(path);

	if (grown)
		storage->item = grown;
	if (!grown || !copy) {
		free(copy);
		return NULL;
	}
	item = &grown[storage->n++];
	*item = (struct storage_item){.file = {.path = copy, .kind = kind}};
	item->file.apparent_bytes = item->file.allocated_bytes = RUN_UNKNOWN;
	item->file.virtual_bytes = RUN_UNKNOWN;
	return item;
}

/* ---- the images of a VM ---------------------------------------------------------------------- */

struct look {
	const struct sysroot *sr;
	pid_t pid;
	struct proc_argv argv;
	struct storage *storage;
};

/* Does QEMU hold its locks on it? They are on bytes 100 to 203; a pid file's begins at 0. */
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

static bool is_drive_option(const char *arg)
{
	static const char *const options[] = {"drive", "blockdev", "hda", "hdb",   "hdc",  "hdd",
					      "cdrom", "sd",	   "fda", "pflash", "mtdblock"};

	if (*arg++ != '-')
		return false;
	arg += *arg == '-';
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (!strcmp(arg, options[i]))
			return true;
	return false;
}

/* Does the value of an option name this path, or its last component? */
static bool names(const char *value, const char *path)
{
	const char *base = strrchr(path, '/'), *at;
	size_t n;

	base = base ? base + 1 : path;
	n = strlen(base);
	for (at = n ? strstr(value, base) : NULL; at; at = strstr(at + 1, base))
		if ((at == value || strchr("/=:\"", at[-1])) && (!at[n] || strchr(",\"", at[n])))
			return true;
	return false;
}

static bool is_on_command_line(const struct look *look, const char *path)
{
	for (int i = 1; i < look->argv.argc; i++) {
		const char *arg = look->argv.argv[i];

		if (*arg != '-' && (is_drive_option(look->argv.argv[i - 1]) ||
				    *look->argv.argv[i - 1] != '-') &&
		    names(arg, path))
			return true;
	}
	return false;
}

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

/* The name as written in the image; a relative one is completed by the image's own directory. */
static char *full_name(const char *image, const char *backing)
{
	const char *slash = strrchr(image, '/');

	if (*backing == '/' || !slash || str_starts(backing, "json:"))
		return strdup(backing);
	return str_printf("%.*s/%s", (int)(slash - image), image, backing);
}

static int read_head(const char *path, struct storage_item *item)
{
	uint8_t bytes[IMAGE_HEAD_BYTES];
	struct image_head head;
	char name[IMAGE_BACKING_SIZE];
	ssize_t n = read_at(path, 0, bytes, sizeof(bytes));

	image_head__parse(bytes, n > 0 ? (size_t)n : 0, &head);
	item->file.virtual_bytes = head.virtual_bytes;
	item->file.format = strdup(head.format);
	if (!item->file.format)
		return -ENOMEM;
	if (!head.backing_bytes)
		return 0;
	n = read_at(path, head.backing_at, bytes, head.backing_bytes);
	if (n <= 0 || !image_backing_name(&head, bytes, (size_t)n, name))
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

static bool known_already(const struct storage *storage, const struct stat *st)
{
	for (size_t i = 0; i < storage->n; i++)
		if (storage->item[i].dev == st->st_dev && storage->item[i].ino == st->st_ino)
			return true;
	return false;
}

static bool is_image(const struct look *look, int fd, const char *what)
{
	return has_image_lock(look, fd) || is_on_command_line(look, what);
}

static int look_at_fd(int fd, const char *what, void *arg)
{
	struct look *look = arg;
	struct storage_item *item;
	char path[PATH_MAX];
	struct stat st;
	bool device;

	if (*what != '/' || str_starts(what, "/dev/kvm") ||
	    sysroot_path(look->sr, path, sizeof(path), "/proc/%d/fd/%d", look->pid, fd) ||
	    stat(path, &st))
		return 0;
	device = S_ISBLK(st.st_mode);
	if ((!S_ISREG(st.st_mode) && !device) || known_already(look->storage, &st) ||
	    !is_image(look, fd, what))
		return 0;
	item = add_item(look->storage, what, device ? RUN_STORAGE_DEVICE : RUN_STORAGE_IMAGE);
	if (!item)
		return -ENOMEM;
	item->dev = st.st_dev;
	item->ino = st.st_ino;
	item->file.apparent_bytes = device ? device_bytes(look->sr, st.st_rdev)
					   : (uint64_t)st.st_size;
	item->file.allocated_bytes = device ? item->file.apparent_bytes
					    : (uint64_t)st.st_blocks * 512;
	return read_head(path, item);
}

/* An image that another one names as what lies behind it. */
static void mark_backing(struct storage *storage)
{
	for (size_t i = 0; i < storage->n; i++) {
		const char *backing = storage->item[i].file.backing;

		for (size_t j = 0; backing && j < storage->n; j++)
			if (!strcmp(storage->item[j].file.path, backing))
				storage->item[j].file.kind = RUN_STORAGE_BACKING;
	}
}

static int look_at_vm(struct storage *storage, const struct sysroot *sr, pid_t pid)
{
	struct look look = {.sr = sr, .pid = pid, .storage = storage};
	int err = proc_argv__read(sr, pid, &look.argv);

	if (err)
		return err;
	err = proc_fds(sr, pid, look_at_fd, &look);
	proc_argv__free(&look.argv);
	mark_backing(storage);
	return err;
}

/* ---- the layers of a container --------------------------------------------------------------- */

static int add_layer(struct storage *storage, const struct sysroot *sr, const char *path,
		     enum run_storage_kind kind)
{
	struct storage_item *item;
	char full[PATH_MAX];
	struct stat st;

	if (sysroot_path(sr, full, sizeof(full), "%s", path) || stat(full, &st) ||
	    known_already(storage, &st))
		return 0;
	item = add_item(storage, path, kind);
	if (!item)
		return -ENOMEM;
	item->dev = st.st_dev;
	item->ino = st.st_ino;
	return 0;
}

static int read_mountinfo(const struct sysroot *sr, const char *who, char **ret)
{
	char path[PATH_MAX];
	int err = sysroot_path(sr, path, sizeof(path), "/proc/%s/mountinfo", who);

	return err ? err : file_read(AT_FDCWD, path, MOUNTINFO_LIMIT, ret, NULL);
}

/* A directory that serves as it is: where the host has it. */
static int add_root(struct storage *storage, const struct sysroot *sr,
		    const struct rootmount *mount)
{
	char *text, *path;
	int err = read_mountinfo(sr, "self", &text);

	if (err)
		return err;
	err = rootmount_on_host(text, mount, &path);
	free(text);
	if (err)
		return err == -ENOENT ? 0 : err;
	storage->host_root = !strcmp(path, "/");
	if (!storage->host_root)
		err = add_layer(storage, sr, path, RUN_STORAGE_ROOT);
	free(path);
	return err;
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
		err = add_root(storage, sr, &mount);
	if (mount.overlay && mount.upper)
		err = add_layer(storage, sr, mount.upper, RUN_STORAGE_WRITABLE);
	for (size_t i = 0; i < mount.n_lower && !err; i++)
		err = add_layer(storage, sr, mount.lower[i], RUN_STORAGE_LAYER);
	rootmount__clear(&mount);
	return err;
}

int storage__look(struct storage *storage, const struct sysroot *sr, const struct found *found)
{
	struct storage fresh = {};
	int err = 0;

	if (!found->pid)
		return 0;
	if (found->kind == VTX_KIND_VM)
		err = look_at_vm(&fresh, sr, found->pid);
	else if (found->kind == VTX_KIND_CONTAINER)
		err = look_at_container(&fresh, sr, found->pid);
	fresh.looked = !err;
	if (err || (!fresh.n && storage->n)) { /* on its way out it has closed them already */
		storage__clear(&fresh);
		return err;
	}
	storage__clear(storage);
	*storage = fresh;
	return 0;
}
