/* SPDX-License-Identifier: GPL-2.0-or-later */
/* object.h - the functions of an ELF file, with elfutils: its own symbols and its debug file's. */
#ifndef VIRTAX_OBJECT_H
#define VIRTAX_OBJECT_H

#include <stddef.h>
#include <stdint.h>

struct object {
	struct object_name {
		uint64_t start, end; /* addresses in the file's own space */
		char *name;
		int preferred; /* among names of the same function */
	} * name;
	size_t n, room;
	struct object_segment {
		uint64_t offset, address, size;
	} * segment; /* where parts of the file are in that space */
	size_t n_segments, segments_room;
	char build_id[65]; /* hexadecimal; "": it has none */
};

/*
 * Reads the functions of an open file; debug_fd: its debug file, or -1. Closes both. A file without
 * any is no error: 0, -errno.
 */
int object__read(struct object *ret, int fd, int debug_fd);
void object__free(struct object *object);

/* The function at an offset of the file; NULL: none is known. */
const char *object__at(const struct object *object, uint64_t offset);

#endif
