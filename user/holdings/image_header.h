/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * imagefile.h - what the first bytes of a disk image say: its format, the size it shows to a guest,
 * the file behind it. Pure. The bytes are not to be trusted: a guest may have written them.
 */
#ifndef VIRTAX_IMAGEFILE_H
#define VIRTAX_IMAGEFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMAGE_HEAD_BYTES   4096
#define IMAGE_BACKING_SIZE 1024 /* QEMU allows names of up to 1023 bytes */

struct image_head {
	const char *format; /* "qcow2", "qcow", "vmdk", "vdi", "vhdx", "vpc", "qed", "luks" or "raw" */
	uint64_t virtual_bytes; /* UINT64_MAX: it does not say */
	/* Name of the backing file, as written there; its bytes lie at backing_at in the file, of */
	uint64_t backing_at;	/* length backing_bytes; 0: there is none. Only of qcow, qcow2, qed. */
	uint32_t backing_bytes;
};

/* Never fails: what is nothing known is raw. */
void image_head__parse(const uint8_t *head, size_t n, struct image_head *ret);

/*
 * The backing file's name out of the bytes read at backing_at: up to its end or the first NUL;
 * ret is NUL-terminated. False if that leaves nothing.
 */
bool image_backing_name(const struct image_head *head, const uint8_t *bytes, size_t n,
			char ret[IMAGE_BACKING_SIZE]);

#endif
