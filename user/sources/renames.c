// SPDX-License-Identifier: GPL-2.0-or-later
#include "sources/renames.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LINKS_MOST 8
#define EVENTS     (16u << 10)

void renames__close(struct renames *renames)
{
	if (!renames->open)
		return;
	if (renames->watch >= 0)
		close(renames->watch);
	close(renames->dir);
	renames->open = false;
	renames->n = 0;
}

/* ---- the directory ---- */

static int open_in(int root, const char *path, uint64_t flags)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC | flags, .resolve = RESOLVE_IN_ROOT};

	return (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
}

/* Replaces a path that is a link by where it leads, one step; false: it is none. */
static bool follow(int root, char path[PATH_MAX])
{
	char to[PATH_MAX], from[PATH_MAX];
	int fd = open_in(root, path, O_NOFOLLOW);
	ssize_t n = fd < 0 ? -1 : readlinkat(fd, "", to, sizeof(to) - 1);

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return false;
	to[n] = '\0';
	memcpy(from, path, PATH_MAX);
	if (to[0] == '/')
		n = snprintf(path, PATH_MAX, "%s", to);
	else
		n = snprintf(path, PATH_MAX, "%.*s/%s", (int)(strrchr(from, '/') - from), from, to);
	return n < PATH_MAX;
}

/* The directory of a log, and in base its name there; -1: unknown. */
static int open_dir(int root, const char *log, char base[NAME_MAX + 1])
{
	char path[PATH_MAX], *slash;

	if (snprintf(path, sizeof(path), "%s", log) >= (int)sizeof(path) || path[0] != '/')
		return -1;
	for (int i = 0; i < LINKS_MOST && follow(root, path); i++)
		;
	slash = strrchr(path, '/');
	if (snprintf(base, NAME_MAX + 1, "%s", slash + 1) > NAME_MAX)
		return -1;
	slash[slash == path] = '\0';
	return open_in(root, path, O_DIRECTORY);
}

static void watch(struct renames *renames, int dir)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", dir);
	renames->watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (renames->watch >= 0 && inotify_add_watch(renames->watch, path,
						     IN_CREATE | IN_DELETE | IN_MOVED_FROM |
							     IN_MOVED_TO | IN_ONLYDIR) >= 0)
		return;
	if (renames->watch >= 0)
		close(renames->watch);
	renames->watch = -1;
}

void renames__watch(struct renames *renames, int root, const char *path)
{
	char base[NAME_MAX + 1];
	struct stat st;
	int dir = open_dir(root, path, base);

	if (dir < 0)
		return;
	if (fstat(dir, &st) || (renames->open && st.st_dev == renames->dev &&
				st.st_ino == renames->ino && !strcmp(base, renames->base))) {
		close(dir);
		return;
	}
	renames__close(renames);
	renames->open = true;
	renames->dir = dir;
	renames->dev = st.st_dev;
	renames->ino = st.st_ino;
	memcpy(renames->base, base, sizeof(base));
	watch(renames, dir);
}

/* ---- what happened in it ---- */

static struct renamed_file *named(struct renames *renames, const char *name)
{
	for (size_t i = 0; i < renames->n; i++)
		if (!renames->file[i].moving && !strcmp(renames->file[i].name, name))
			return &renames->file[i];
	return NULL;
}

static struct renamed_file *moving(struct renames *renames, uint32_t cookie)
{
	for (size_t i = 0; i < renames->n; i++)
		if (renames->file[i].moving == cookie)
			return &renames->file[i];
	return NULL;
}

static void forget(struct renames *renames, struct renamed_file *file)
{
	*file = renames->file[--renames->n];
}

static void lose(struct renames *renames, struct renamed_file *file)
{
	if (!file)
		return;
	renames->lost++;
	forget(renames, file);
}

static void arrived(struct renames *renames, const struct inotify_event *event)
{
	struct renamed_file *file = NULL;

	lose(renames, named(renames, event->name)); /* it was replaced */
	if (event->mask & IN_MOVED_TO)
		file = moving(renames, event->cookie);
	if (!file && strcmp(event->name, renames->base) != 0)
		return;
	if (!file && renames->n == RENAMES_FILES)
		lose(renames, &renames->file[0]);
	if (!file)
		file = &renames->file[renames->n++];
	file->moving = 0;
	snprintf(file->name, sizeof(file->name), "%s", event->name);
}

static void happened(struct renames *renames, const struct inotify_event *event)
{
	struct renamed_file *file;

	if (event->mask & IN_Q_OVERFLOW)
		renames->lost++;
	if (!event->len || event->mask & IN_ISDIR)
		return;
	if (event->mask & (IN_CREATE | IN_MOVED_TO)) {
		arrived(renames, event);
		return;
	}
	file = named(renames, event->name);
	if (file && event->mask & IN_MOVED_FROM)
		file->moving = event->cookie;
	else
		lose(renames, file);
}

void renames__take(struct renames *renames)
{
	char events[EVENTS] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t n;

	while (renames->open && renames->watch >= 0 &&
	       (n = read(renames->watch, events, sizeof(events))) > 0) {
		const struct inotify_event *event;

		for (const char *at = events; at < events + n; at += sizeof(*event) + event->len) {
			event = (const struct inotify_event *)at;
			happened(renames, event);
		}
	}
	/* Both events of a move within the directory are there at once. */
	for (size_t i = renames->n; i-- > 0;)
		if (renames->file[i].moving)
			lose(renames, &renames->file[i]);
}

int renames__next(struct renames *renames)
{
	for (size_t i = renames->n; i-- > 0;) {
		struct renamed_file *file = &renames->file[i];
		int fd;

		if (!strcmp(file->name, renames->base))
			continue;
		fd = openat(renames->dir, file->name,
			    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		if (fd < 0)
			renames->lost++;
		forget(renames, file);
		if (fd >= 0)
			return fd;
	}
	return -1;
}

void renames__current_is_open(struct renames *renames)
{
	struct renamed_file *file = named(renames, renames->base);
	int pending = 0;

	if (file && !ioctl(renames->watch, FIONREAD, &pending) && !pending)
		forget(renames, file);
}
