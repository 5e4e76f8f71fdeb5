/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * images.h - the code that processes have mapped: read when a process is first seen, because it may
 * exit before the recording ends. The files are held open until then, so those of an exited
 * container can still be read.
 */
#ifndef VIRTAX_IMAGES_H
#define VIRTAX_IMAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "symbols/jit_map.h"
#include "symbols/object.h"

struct image_file {
	uint64_t dev, ino; /* 0, 0: the vdso */
	char *name;        /* the last component of its path */
	int fd;            /* -1: it could not be opened, or has been read */
	int debug_fd;      /* likewise its debug file, where the process has one */
	bool read;
	struct object object;
};

struct image_mapping {
	uint64_t start, end, offset;
	size_t file; /* index; SIZE_MAX: of no file */
};

/* An address space; exec gives a process another one. */
struct image {
	uint64_t mm, start_ticks;
	pid_t pid;
	struct image_mapping *mapping;
	size_t n, room;
	struct jit_map jit;
};

struct images {
	struct image *image;
	size_t n, room;
	struct image_file *file;
	size_t n_files, files_room;
	size_t n_open; /* file descriptors held */
};

/* A process runs in this address space: reads what it has mapped. */
void images__see(struct images *images, pid_t pid, uint64_t mm);

bool images__has(const struct images *images, pid_t pid, uint64_t mm);

/* Reads again what processes that still run have mapped meanwhile. */
void images__refresh(struct images *images);

/*
 * The function at an address, or "FILE+0xOFFSET [BUILD-ID]" if its name is not known. Valid until
 * the next call. NULL: nothing is known to be mapped there.
 */
const char *images__name(struct images *images, pid_t pid, uint64_t mm, uint64_t ip, char *buf,
			 size_t size);

void images__free(struct images *images);

#endif
