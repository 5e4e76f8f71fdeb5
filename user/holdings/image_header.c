// SPDX-License-Identifier: GPL-2.0-or-later
#include "holdings/image_header.h"

#include <string.h>

static uint64_t be(const uint8_t *p, int bytes)
{
	uint64_t v = 0;

	while (bytes--)
		v = v << 8 | *p++;
	return v;
}

static uint64_t le(const uint8_t *p, int bytes)
{
	uint64_t v = 0;

	while (bytes--)
		v = v << 8 | p[bytes];
	return v;
}

static bool has(const uint8_t *head, size_t n, size_t at, const void *magic, size_t bytes)
{
	return n >= at + bytes && !memcmp(head + at, magic, bytes);
}

/* Ignores a name that is too long or that would lie within the header itself. */
static void set_backing(struct image_header *ret, uint64_t at, uint64_t bytes, size_t least)
{
	if (at < least || !bytes || bytes >= IMAGE_BACKING_SIZE || at > INT64_MAX - bytes)
		return;
	ret->backing_at = at;
	ret->backing_bytes = (uint32_t)bytes;
}

/* Versions 1 (qcow), 2 and 3 begin with magic, version, offset and length of the name. */
static void parse_qcow(const uint8_t *head, size_t n, struct image_header *ret)
{
	uint64_t version = n >= 8 ? be(head + 4, 4) : 0;

	if (version != 1 && version != 2 && version != 3)
		return;
	ret->format = version == 1 ? "qcow" : "qcow2";
	if (n < 32)
		return;
	set_backing(ret, be(head + 8, 8), be(head + 16, 4), 32);
	ret->virtual_bytes = be(head + 24, 8);
}

/* Magic, cluster and table sizes, three feature words, then size and name; little-endian. */
static void parse_qed(const uint8_t *head, size_t n, struct image_header *ret)
{
	ret->format = "qed";
	if (n < 64)
		return;
	ret->virtual_bytes = le(head + 48, 8);
	if (le(head + 16, 8) & 1) /* the image has a backing file */
		set_backing(ret, le(head + 56, 4), le(head + 60, 4), 64);
}

void image_header__parse(const uint8_t *head, size_t n, struct image_header *ret)
{
	*ret = (struct image_header){.format = "raw", .virtual_bytes = UINT64_MAX};
	if (has(head, n, 0, "QFI\xfb", 4)) {
		parse_qcow(head, n, ret);
	} else if (has(head, n, 0, "QED\0", 4)) {
		parse_qed(head, n, ret);
	} else if (has(head, n, 0, "KDMV", 4)) {
		ret->format = "vmdk";
		if (n >= 20 && le(head + 12, 8) <= UINT64_MAX / 1024)
			ret->virtual_bytes = le(head + 12, 8) * 512;
	} else if (has(head, n, 0x40, "\x7f\x10\xda\xbe", 4)) {
		ret->format = "vdi";
		if (n >= 0x178)
			ret->virtual_bytes = le(head + 0x170, 8);
	} else if (has(head, n, 0, "vhdxfile", 8)) {
		ret->format = "vhdx";
	} else if (has(head, n, 0, "conectix", 8)) {
		ret->format = "vpc";
		if (n >= 56)
			ret->virtual_bytes = be(head + 48, 8);
	} else if (has(head, n, 0, "LUKS\xba\xbe", 6)) {
		ret->format = "luks";
	}
	if (ret->virtual_bytes > INT64_MAX) /* no file is that large */
		ret->virtual_bytes = UINT64_MAX;
}

bool image_header__backing_name(const struct image_header *head, const uint8_t *bytes, size_t n,
				char ret[IMAGE_BACKING_SIZE])
{
	size_t len = head->backing_bytes < n ? head->backing_bytes : n;

	if (len >= IMAGE_BACKING_SIZE)
		len = IMAGE_BACKING_SIZE - 1;
	memcpy(ret, bytes, len);
	ret[len] = '\0';
	return *ret;
}
