// SPDX-License-Identifier: GPL-2.0-or-later
/* Which of QEMU's mappings are found to be guest RAM. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "holdings/ram_pieces.h"

#define KIB 1024ull
#define MIB (1024 * KIB)

static FILE *text_file(const char *text)
{
	FILE *file = fmemopen((void *)(uintptr_t)text, strlen(text), "r");

	assert_non_null(file);
	return file;
}

/* QEMU with 64 MiB of guest RAM in two adjacent mappings, and a larger mapping after them. */
static const char qemu_smaps[] =
	"100000000-100800000 rw-p 00000000 00:00 0 \n"
	"Rss:                8192 kB\nPss:                8192 kB\nAnonymous:  8192 kB\n"
	"200000000-202000000 rw-p 00000000 00:00 0 \n"
	"Rss:               20480 kB\nPss:               20480 kB\nAnonymous: 20480 kB\n"
	"AnonHugePages:     20480 kB\nKSM:  4 kB\n"
	"202000000-204000000 rw-p 00000000 00:00 0 \n"
	"Rss:                4096 kB\nPss:                4096 kB\nAnonymous:  4096 kB\n"
	"300000000-340000000 rwxp 00000000 00:00 0 \n"
	"Rss:                1024 kB\nPss:                1024 kB\nAnonymous:  1024 kB\n"
	"400000000-400100000 r--p 00000000 fe:00 12 /usr/bin/qemu\n"
	"Rss:                 512 kB\nPss:                 256 kB\nAnonymous:     0 kB\n"
	"500000000-500100000 rw-s 00000000 00:01 13 /memfd:x (deleted)\n"
	"Rss:                 100 kB\nPss:                  50 kB\nAnonymous:     0 kB\n";

struct walked {
	struct smaps_sum sum;
	struct ram_pieces pieces;
};

static int take(const struct smaps_area *area, void *arg)
{
	struct walked *walked = arg;

	smaps_add(&walked->sum, area);
	return ram_pieces__add(&walked->pieces, area);
}

static void walk(const char *text, struct walked *ret)
{
	FILE *file = text_file(text);

	memset(ret, 0, sizeof(*ret));
	assert_int_equal(smaps_each(file, take, ret), 0);
	fclose(file);
}

static void test_guest_ram_by_its_size(void **state)
{
	struct qemu_args args = {.n_ram = 1, .ram_bytes = {64 * MIB}};
	struct walked walked;
	struct guest_ram ram;

	(void)state;
	walk(qemu_smaps, &walked);
	assert_int_equal(walked.pieces.n, 5); /* one is read-only */
	assert_true(ram_pieces__find(&walked.pieces, &args, &ram));
	assert_int_equal(ram.size, 64 * MIB);
	assert_int_equal(ram.resident, (20480 + 4096) * KIB);
	assert_int_equal(ram.thp, 20480 * KIB);
	assert_int_equal(walked.sum.rss, (8192 + 20480 + 4096 + 1024 + 512 + 100) * KIB);
	/* smaps has no Pss_Anon per mapping: it is derived from the kind of file. */
	assert_int_equal(walked.sum.pss_anon, (8192 + 20480 + 4096 + 1024) * KIB);
	assert_int_equal(walked.sum.pss_file, 256 * KIB);
	assert_int_equal(walked.sum.pss_shmem, 50 * KIB);
	ram_pieces__free(&walked.pieces);
}

static void test_guest_ram_of_other_sizes(void **state)
{
	struct qemu_args two = {.n_ram = 2, .ram_bytes = {8 * MIB, 64 * MIB}};
	struct qemu_args odd = {.n_ram = 1, .ram_bytes = {100 * MIB}};
	struct qemu_args huge = {.n_ram = 1, .ram_bytes = {4096 * MIB}};
	struct qemu_args none = {.n_ram = 0};
	struct walked walked;
	struct guest_ram ram;

	(void)state;
	walk(qemu_smaps, &walked);
	assert_true(ram_pieces__find(&walked.pieces, &two, &ram));
	assert_int_equal(ram.resident, (8192 + 20480 + 4096) * KIB);
	ram_pieces__free(&walked.pieces);
	walk(qemu_smaps, &walked);
	assert_true(ram_pieces__find(&walked.pieces, &odd, &ram)); /* part of the 1 GiB mapping */
	assert_int_equal(ram.resident, 1024 * KIB);
	assert_false(ram_pieces__find(&walked.pieces, &huge, &ram));
	assert_false(ram_pieces__find(&walked.pieces, &none, &ram));
	ram_pieces__free(&walked.pieces);
}

/* Another mapping with the same backing follows: the piece of the right size is chosen. */
static void test_guest_ram_with_a_neighbour(void **state)
{
	static const char text[] = "200000000-204000000 rw-p 00000000 00:00 0 \nRss: 4096 kB\n"
				   "204000000-204010000 rw-p 00000000 00:00 0 \nRss: 16 kB\n"
				   "300000000-304010000 rw-p 00000000 00:00 0 \nRss: 8 kB\n";
	struct qemu_args args = {.n_ram = 1, .ram_bytes = {64 * MIB}};
	struct walked walked;
	struct guest_ram ram;

	(void)state;
	walk(text, &walked);
	assert_true(ram_pieces__find(&walked.pieces, &args, &ram));
	assert_int_equal(ram.resident, 4096 * KIB);
	ram_pieces__free(&walked.pieces);
}

/* A hostile process with very many adjacent mappings; a window in the middle has the size. */
static void test_guest_ram_among_very_many(void **state)
{
	struct qemu_args args = {.n_ram = 2, .ram_bytes = {64 * MIB, 1ull << 50}};
	struct ram_pieces pieces = {};
	struct guest_ram ram;

	(void)state;
	for (uint64_t i = 0; i < 200000; i++) {
		struct smaps_area area = {
			.start = i * 4096, .end = (i + 1) * 4096, .writable = true};

		area.sum.rss = 4096;
		assert_int_equal(ram_pieces__add(&pieces, &area), 0);
	}
	assert_false(ram_pieces__find(&pieces, &args, &ram));
	for (size_t i = 0; i < pieces.n; i++)
		pieces.piece[i].taken = false;
	args.n_ram = 1;
	assert_true(ram_pieces__find(&pieces, &args, &ram));
	assert_int_equal(ram.resident, 64 * MIB);
	ram_pieces__free(&pieces);
}

static void test_the_largest_piece(void **state)
{
	static const char files[] =
		"100000000-102000000 rw-p 00000000 00:00 0 \n"
		"Rss:                8192 kB\nPss:                8192 kB\nAnonymous:  8192 kB\n"
		"200000000-201000000 rw-s 00000000 00:01 13 /memfd:ram (deleted)\n"
		"Rss:                 100 kB\nPss:                 100 kB\nAnonymous:     0 kB\n"
		"300000000-301000000 rw-s 02000000 00:01 13 /memfd:ram (deleted)\n"
		"Rss:                  50 kB\nPss:                  50 kB\nAnonymous:     0 kB\n";
	struct walked walked;
	struct guest_ram ram;

	(void)state;
	walk(qemu_smaps, &walked); /* private: the largest by itself */
	assert_true(ram_pieces__find_largest(&walked.pieces, &ram));
	assert_int_equal(ram.size, 1024 * MIB);
	assert_int_equal(ram.resident, 1024 * KIB);
	ram_pieces__free(&walked.pieces);
	walk(files, &walked); /* 32 MiB each: the shared file */
	assert_true(ram_pieces__find_largest(&walked.pieces, &ram));
	assert_int_equal(ram.size, 32 * MIB);
	assert_int_equal(ram.resident, 150 * KIB);
	assert_false(walked.pieces.piece[0].taken);
	ram_pieces__free(&walked.pieces);
	walk("400000000-400100000 r--p 00000000 fe:00 12 /usr/bin/x\nRss:  512 kB\n", &walked);
	assert_false(ram_pieces__find_largest(&walked.pieces, &ram));
	ram_pieces__free(&walked.pieces);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_guest_ram_by_its_size),
		cmocka_unit_test(test_guest_ram_of_other_sizes),
		cmocka_unit_test(test_guest_ram_with_a_neighbour),
		cmocka_unit_test(test_guest_ram_among_very_many),
		cmocka_unit_test(test_the_largest_piece),
	};

	return cmocka_run_group_tests_name("ram_pieces", tests, NULL, NULL);
}
