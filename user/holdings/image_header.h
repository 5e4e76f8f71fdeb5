/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * image_header.h - the header of a disk image: its format, the size a guest sees, its backing file.
 * Pure. The bytes cannot be trusted: a guest may have written them.
 */
#ifndef VIRTAX_IMAGE_HEADER_H
#define VIRTAX_IMAGE_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMAGE_HEADER_BYTES 4096
#define IMAGE_BACKING_SIZE 1024 /* QEMU allows names of up to 1023 bytes */

struct image_header {
	/* "qcow2", "qcow", "vmdk", "vdi", "vhdx", "vpc", "qed", "luks" or "raw"; a constant */
	const char *format;
	uint64_t virtual_bytes; /* UINT64_MAX: the header has no size */
	/* Where in the file the name of the backing file is. Only for qcow, qcow2 and qed. */
	uint64_t backing_at;
	uint32_t backing_bytes; /* length of the name; 0: there is no backing file */
};

/* Parses the first n bytes of an image. Never fails: an unknown format is "raw". */
void image_header__parse(const uint8_t *head, size_t n, struct image_header *ret);

/*
 * The name of the backing file, from the n bytes read at backing_at: up to backing_bytes or the
 * first NUL. ret is NUL-terminated. False if the name is empty.
 */
bool image_header__backing_name(const struct image_header *head, const uint8_t *bytes, size_t n,
				char ret[IMAGE_BACKING_SIZE]);

#endif
