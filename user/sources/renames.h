/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * renames.h - which files took a log's name since we last looked, and what they are called now
 * (inotify). Without it a log that is renamed twice between two readings would lose the file
 * between them.
 */
#ifndef VIRTAX_RENAMES_H
#define VIRTAX_RENAMES_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define RENAMES_FILES 16

struct renamed_file {
	char name[NAME_MAX + 1];
	uint32_t moving; /* cookie of a move that is not complete; 0: it has this name */
};

/* Zeroed, it watches nothing. */
struct renames {
	bool open;
	int watch; /* inotify; -1: not to be had */
	int dir;   /* the log's directory, O_PATH */
	dev_t dev;
	ino_t ino; /* of the directory */
	char base[NAME_MAX + 1];
	struct renamed_file file[RENAMES_FILES]; /* that took the name and were not read yet */
	size_t n;
	uint64_t lost; /* those that were removed before they were read */
};

void renames__close(struct renames *renames);

/*
 * Watches the directory of the log `path` in the root directory `root`, unless it is watched
 * already. Links are followed within the root. Where that is impossible nothing is watched.
 */
void renames__watch(struct renames *renames, int root, const char *path);

/* Takes what has happened since. */
void renames__take(struct renames *renames);

/*
 * The next file that no longer has the log's name, O_RDONLY, and forgets it; -1: there is none. One
 * that cannot be opened is lost. The caller closes it.
 */
int renames__next(struct renames *renames);

/* The file that has the log's name now was opened: forgets it, if nothing has happened meanwhile.
 */
void renames__current_is_open(struct renames *renames);

#endif
