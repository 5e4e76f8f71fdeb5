// SPDX-License-Identifier: GPL-2.0-or-later
/* Lines that a log gains: rotation by renaming and by truncating, roots, and what is no log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sources/growth.h"

struct place {
	char top[64];
	int root;
	struct growth log;
};

static void append(const struct place *p, const char *name, const char *text)
{
	int fd = openat(p->root, name, O_WRONLY | O_APPEND | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void cut(const struct place *p, const char *name)
{
	int fd = openat(p->root, name, O_WRONLY | O_TRUNC);

	assert_true(fd >= 0);
	close(fd);
}

static int begin(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	char path[96];

	*state = p;
	strcpy(p->top, "/tmp/virtax-growth-XXXXXX");
	assert_non_null(mkdtemp(p->top));
	/* O_PATH descriptors cannot create files. */
	p->root = open(p->top, O_RDONLY | O_DIRECTORY);
	snprintf(path, sizeof(path), "%s/var", p->top);
	assert_int_equal(mkdir(path, 0700), 0);
	append(p, "var/log", "1\n2\n3 begun");
	return 0;
}

static int end(void **state)
{
	struct place *p = *state;
	char line[128];

	growth__close(&p->log);
	close(p->root);
	snprintf(line, sizeof(line), "rm -r %s", p->top);
	assert_int_equal(system(line), 0);
	free(p);
	return 0;
}

static void open_log(struct place *p)
{
	struct verr verr = {};

	assert_int_equal(growth__open(&p->log, p->root, "/var/log", "it", &verr), 0);
	assert_string_equal(verr.msg, "");
}

static void expect(struct place *p, uint64_t lines, uint64_t renewed, uint64_t was_cut)
{
	growth__read(&p->log, p->root, "/var/log");
	assert_int_equal(p->log.lines, lines);
	assert_int_equal(p->log.renewed, renewed);
	assert_int_equal(p->log.cut, was_cut);
}

static void test_lines_it_gains(void **state)
{
	struct place *p = *state;

	open_log(p);
	expect(p, 0, 0, 0);
	append(p, "var/log", " and ended\n4\n");
	expect(p, 2, 0, 0);
	append(p, "var/log", "5 is not");
	expect(p, 2, 0, 0);
	append(p, "var/log", " finished\n\n");
	expect(p, 4, 0, 0);
	expect(p, 4, 0, 0);
}

static void test_more_than_one_read(void **state)
{
	struct place *p = *state;
	char *text = malloc(200001);

	assert_non_null(text);
	memset(text, '\n', 200000);
	text[200000] = '\0';
	open_log(p);
	append(p, "var/log", text);
	expect(p, 200000, 0, 0);
	free(text);
}

/* The old file is read on: its server keeps it open until it is told otherwise. */
static void test_rename(void **state)
{
	struct place *p = *state;

	open_log(p);
	append(p, "var/log", "\n4\n");
	assert_int_equal(renameat(p->root, "var/log", p->root, "var/log.1"), 0);
	append(p, "var/log.1", "5\n");
	expect(p, 3, 0, 0); /* nothing has the name now */
	append(p, "var/log", "6\n");
	append(p, "var/log.1", "7\n");
	expect(p, 5, 1, 0);
	assert_int_equal(unlinkat(p->root, "var/log.1", 0), 0);
	append(p, "var/log", "8\n");
	expect(p, 6, 1, 0);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(renameat(p->root, "var/log", p->root, "var/log.1"), 0);
		append(p, "var/log", "x\n");
		expect(p, 7 + (uint64_t)i, 2 + (uint64_t)i, 0);
	}
}

static void move(const struct place *p, const char *from, const char *to)
{
	assert_int_equal(renameat(p->root, from, p->root, to), 0);
}

/* Between two readings: the file in the middle was never seen under the log's name. */
static void test_renamed_twice(void **state)
{
	struct place *p = *state;

	open_log(p);
	append(p, "var/log", "\n4\n");
	for (uint64_t i = 1; i <= 3; i++) {
		move(p, "var/log", "var/log.1");
		append(p, "var/log", "5\n6\n");
		move(p, "var/log.1", "var/log.2");
		move(p, "var/log", "var/log.1");
		append(p, "var/log", "7\n");
		append(p, "var/log.1", "8\n");
		expect(p, 2 + 4 * i, 2 * i, 0);
		assert_int_equal(p->log.renames.n, 0);
	}
	assert_int_equal(growth_doubts(&p->log), 0);
	append(p, "var/log.1", "9\n");
	expect(p, 15, 6, 0);
}

/* What was removed before it was read is not known: a doubt. */
static void test_renamed_twice_and_removed(void **state)
{
	struct place *p = *state;

	open_log(p);
	move(p, "var/log", "var/log.1");
	append(p, "var/log", "5\n6\n");
	move(p, "var/log", "var/log.1");
	append(p, "var/log", "7\n");
	assert_int_equal(unlinkat(p->root, "var/log.1", 0), 0);
	expect(p, 1, 1, 0);
	assert_int_equal(growth_doubts(&p->log), 1);
	/* A file that replaces the log, and one that is moved elsewhere. */
	append(p, "var/new", "8\n");
	move(p, "var/new", "var/log");
	append(p, "var/new", "9\n");
	move(p, "var/new", "var/log");
	expect(p, 2, 2, 0);
	assert_int_equal(growth_doubts(&p->log), 2);
	append(p, "var/new", "10\n");
	move(p, "var/new", "var/log");
	move(p, "var/log", "elsewhere");
	expect(p, 2, 2, 0);
	assert_int_equal(growth_doubts(&p->log), 3);
	assert_int_equal(unlinkat(p->root, "elsewhere", 0), 0);
}

/* The link stays, the files it leads to are renamed. */
static void test_renamed_behind_a_link(void **state)
{
	struct place *p = *state;

	assert_int_equal(symlinkat("../var/log", p->root, "var/link"), 0);
	assert_int_equal(growth__open(&p->log, p->root, "/var/link", "it", NULL), 0);
	move(p, "var/log", "var/log.1");
	append(p, "var/log", "5\n6\n");
	move(p, "var/log", "var/log.2");
	append(p, "var/log", "7\n");
	growth__read(&p->log, p->root, "/var/link");
	assert_int_equal(p->log.lines, 3);
	assert_int_equal(growth_doubts(&p->log), 0);
}

static void test_truncation(void **state)
{
	struct place *p = *state;

	open_log(p);
	append(p, "var/log", "\n4\n");
	expect(p, 2, 0, 0);
	cut(p, "var/log");
	expect(p, 2, 0, 1);
	append(p, "var/log", "5\n");
	expect(p, 3, 0, 1);
}

/* A file that was truncated and is as long as before, or longer, by the time we look. */
static void test_truncation_that_size_does_not_show(void **state)
{
	struct place *p = *state;

	open_log(p);
	append(p, "var/log", "\nsome more text\n");
	expect(p, 2, 0, 0);
	cut(p, "var/log");
	append(p, "var/log", "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nm\nn\n");
	expect(p, 16, 0, 1);
}

/* A file that is truncated, and then written where its server thinks it ends: a hole. */
static void test_truncation_that_leaves_a_hole(void **state)
{
	struct place *p = *state;
	int fd;

	open_log(p);
	append(p, "var/log", "\n");
	expect(p, 1, 0, 0);
	cut(p, "var/log");
	fd = openat(p->root, "var/log", O_WRONLY);
	assert_int_equal(pwrite(fd, "4\n", 2, 13), 2);
	close(fd);
	expect(p, 2, 0, 1);
}

static void test_the_target_has_ended(void **state)
{
	struct place *p = *state;

	open_log(p);
	append(p, "var/log", "\n4\n");
	growth__read(&p->log, -1, "/var/log");
	assert_int_equal(p->log.lines, 2);
}

static void expect_error(struct place *p, const char *path, const char *message)
{
	struct verr verr = {};

	assert_int_equal(growth__open(&p->log, p->root, path, "it", &verr), -EINVAL);
	assert_string_equal(verr.msg, message);
}

static void test_what_is_no_log(void **state)
{
	struct place *p = *state;

	expect_error(p, "/var/none",
		     "it: No such file or directory (give the path as the target sees it)");
	expect_error(p, "/var", "it: not a regular file (only those keep their lines)");
	assert_int_equal(mkfifoat(p->root, "var/pipe", 0600), 0);
	expect_error(p, "/var/pipe", "it: not a regular file (only those keep their lines)");
	/* The way out of the root leads back to it. */
	assert_int_equal(symlinkat("../../../var/log", p->root, "var/link"), 0);
	assert_int_equal(symlinkat("/etc/passwd", p->root, "var/out"), 0);
	expect_error(p, "/var/out",
		     "it: No such file or directory (give the path as the target sees it)");
	assert_int_equal(growth__open(&p->log, p->root, "/var/link", "it", NULL), 0);
	append(p, "var/log", "\n");
	expect(p, 1, 0, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(lines_it_gains),
		TEST(more_than_one_read),
		TEST(rename),
		TEST(renamed_twice),
		TEST(renamed_twice_and_removed),
		TEST(renamed_behind_a_link),
		TEST(truncation),
		TEST(truncation_that_size_does_not_show),
		TEST(truncation_that_leaves_a_hole),
		TEST(the_target_has_ended),
		TEST(what_is_no_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
