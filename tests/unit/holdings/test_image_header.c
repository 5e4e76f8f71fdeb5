// SPDX-License-Identifier: GPL-2.0-or-later
/* The headers of disk images, including malicious ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "holdings/image_header.h"

static void be_put(uint8_t *p, uint64_t v, int bytes)
{
	while (bytes--) {
		p[bytes] = (uint8_t)v;
		v >>= 8;
	}
}

/* A qcow2 header whose backing name is `len` bytes at offset `at`. */
static void qcow2(uint8_t *head, uint32_t version, uint64_t at, uint32_t len, uint64_t size)
{
	memset(head, 0, IMAGE_HEADER_BYTES);
	memcpy(head, "QFI\xfb", 4);
	be_put(head + 4, version, 4);
	be_put(head + 8, at, 8);
	be_put(head + 16, len, 4);
	be_put(head + 24, size, 8);
}

/* Parses at the end of an allocation, so that the sanitizer detects overreads. */
static struct image_header parse(const uint8_t *bytes, size_t n)
{
	uint8_t *exact = malloc(n ? n : 1);
	struct image_header head;

	assert_non_null(exact);
	memcpy(exact, bytes, n);
	image_header__parse(exact, n, &head);
	free(exact);
	return head;
}

static void test_qcow2_with_and_without_backing(void **state)
{
	uint8_t bytes[IMAGE_HEADER_BYTES];
	struct image_header head;
	char name[IMAGE_BACKING_SIZE];

	(void)state;
	qcow2(bytes, 3, 0x200, 8, 10ull << 30);
	memcpy(bytes + 0x200, "base.img", 8);
	head = parse(bytes, sizeof(bytes));
	assert_string_equal(head.format, "qcow2");
	assert_int_equal(head.virtual_bytes, 10ull << 30);
	assert_int_equal(head.backing_at, 0x200);
	assert_int_equal(head.backing_bytes, 8);
	assert_true(image_header__backing_name(&head, bytes + 0x200, 8, name));
	assert_string_equal(name, "base.img");
	qcow2(bytes, 2, 0, 0, 512);
	head = parse(bytes, sizeof(bytes));
	assert_string_equal(head.format, "qcow2");
	assert_int_equal(head.backing_bytes, 0);
}

static void test_qcow2_that_lies(void **state)
{
	static const struct {
		uint64_t at;
		uint32_t len;
	} lies[] = {{8, 16},         {0x200, 1024},          {0x200, UINT32_MAX},
		    {UINT64_MAX, 4}, {UINT64_MAX - 3, 1023}, {0x200, 0},
		    {1ull << 63, 5}};
	uint8_t bytes[IMAGE_HEADER_BYTES];
	struct image_header head;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		qcow2(bytes, 3, lies[i].at, lies[i].len, UINT64_MAX);
		head = parse(bytes, sizeof(bytes));
		assert_string_equal(head.format, "qcow2");
		assert_int_equal(head.backing_bytes, 0);
		assert_int_equal(head.virtual_bytes, UINT64_MAX);
	}
	qcow2(bytes, 4, 0x200, 8, 1); /* there is no such version */
	assert_string_equal(parse(bytes, sizeof(bytes)).format, "raw");
}

static void test_heads_cut_off_anywhere(void **state)
{
	uint8_t bytes[IMAGE_HEADER_BYTES];

	(void)state;
	qcow2(bytes, 3, 0x200, 8, 77);
	for (size_t n = 0; n < 64; n++) {
		struct image_header head = parse(bytes, n);

		assert_int_equal(head.backing_bytes, n < 32 ? 0 : 8);
		assert_int_equal(head.virtual_bytes, n < 32 ? UINT64_MAX : 77);
	}
	memcpy(bytes, "QED\0", 4);
	bytes[16] = 1;
	for (size_t n = 0; n < 128; n++)
		parse(bytes, n);
	memcpy(bytes, "KDMV", 4);
	for (size_t n = 0; n < 64; n++)
		parse(bytes, n);
}

static void test_other_formats(void **state)
{
	static const struct {
		const char *magic, *format;
		size_t at, n;
	} known[] = {{"KDMV", "vmdk", 0, 4},       {"\x7f\x10\xda\xbe", "vdi", 0x40, 4},
		     {"vhdxfile", "vhdx", 0, 8},   {"conectix", "vpc", 0, 8},
		     {"QED\0", "qed", 0, 4},       {"LUKS\xba\xbe", "luks", 0, 6},
		     {"\xeb\x63\x90", "raw", 0, 3}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		uint8_t bytes[IMAGE_HEADER_BYTES] = {};

		memcpy(bytes + known[i].at, known[i].magic, known[i].n);
		assert_string_equal(parse(bytes, sizeof(bytes)).format, known[i].format);
	}
}

static void test_names_end_where_they_end(void **state)
{
	struct image_header head = {.backing_bytes = 1023};
	char name[IMAGE_BACKING_SIZE];
	uint8_t bytes[2048];

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	assert_true(image_header__backing_name(&head, bytes, 5,
					       name)); /* the file is shorter than it says */
	assert_string_equal(name, "xxxxx");
	assert_true(image_header__backing_name(&head, bytes, sizeof(bytes), name));
	assert_int_equal(strlen(name), 1023);
	bytes[3] = '\0';
	assert_true(image_header__backing_name(&head, bytes, sizeof(bytes), name));
	assert_string_equal(name, "xxx");
	bytes[0] = '\0';
	assert_false(image_header__backing_name(&head, bytes, sizeof(bytes), name));
	head.backing_bytes = UINT32_MAX;
	image_header__backing_name(&head, bytes + 1, sizeof(bytes) - 1, name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_qcow2_with_and_without_backing),
		cmocka_unit_test(test_qcow2_that_lies),
		cmocka_unit_test(test_heads_cut_off_anywhere),
		cmocka_unit_test(test_other_formats),
		cmocka_unit_test(test_names_end_where_they_end),
	};

	return cmocka_run_group_tests_name("image_header", tests, NULL, NULL);
}
