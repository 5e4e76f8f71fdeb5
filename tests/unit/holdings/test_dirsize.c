// SPDX-License-Identifier: GPL-2.0-or-later
/* The size of trees of files: links, budgets, and trees that are too deep. */
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
#include <sys/stat.h>
#include <unistd.h>

#include "holdings/dirsize.h"

static void write_file(const char *path, size_t bytes)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	for (size_t i = 0; i < bytes; i++)
		fputc('x', f);
	fclose(f);
}

static void test_a_tree_with_links(void **state)
{
	char top[] = "/tmp/virtax-dirsize-XXXXXX", path[128], other[128];
	struct dirsize size;
	uint64_t budget = 100;

	(void)state;
	assert_non_null(mkdtemp(top));
	snprintf(path, sizeof(path), "%s/d", top);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/d/a", top);
	write_file(path, 10000);
	snprintf(other, sizeof(other), "%s/b", top);
	assert_int_equal(link(path, other), 0); /* counts once */
	snprintf(other, sizeof(other), "%s/s", top);
	assert_int_equal(symlink("/", other), 0); /* not followed */
	assert_int_equal(dirsize(top, &budget, &size), 0);
	assert_int_equal(budget, 95);
	assert_int_equal(size.apparent_bytes, 10000 + 1);
	assert_int_equal(size.entries, 5);
	assert_true(size.allocated_bytes >= 10000 && size.allocated_bytes % 512 == 0);
	budget = 4;
	assert_int_equal(dirsize(top, &budget, &size), -E2BIG);
	assert_int_equal(budget, 0); /* entries are charged to the budget also on error */
	assert_int_equal(dirsize(top, &budget, &size), -E2BIG);
	budget = 4;
	assert_int_equal(dirsize("/tmp/virtax-there-is-none", &budget, &size), -ENOENT);
	snprintf(other, sizeof(other), "%s/s", top); /* the top may be a link to a directory */
	budget = 0;
	assert_int_equal(dirsize(other, &budget, &size), -E2BIG);
	for (const char *const *p = (const char *const[]){"d/a", "b", "s", "d", "", NULL}; *p;
	     p++) {
		snprintf(path, sizeof(path), "%s/%s", top, *p);
		remove(path);
	}
}

/* Deeper than the limit: an error, and every descriptor is closed again. */
static void test_a_tree_without_end(void **state)
{
	char top[] = "/tmp/virtax-dirsize-XXXXXX";
	struct dirsize size;
	uint64_t budget = 10000;
	int fd, next;

	(void)state;
	assert_non_null(mkdtemp(top));
	fd = open(top, O_RDONLY | O_DIRECTORY);
	for (int i = 0; i < 300; i++) {
		assert_int_equal(mkdirat(fd, "d", 0700), 0);
		next = openat(fd, "d", O_RDONLY | O_DIRECTORY);
		assert_true(next >= 0);
		close(fd);
		fd = next;
	}
	next = dup(fd);
	close(next);
	assert_int_equal(dirsize(top, &budget, &size), -E2BIG);
	assert_int_equal(dup(fd), next);
	close(next);
	for (int i = 0; i < 300; i++) {
		next = openat(fd, "..", O_RDONLY | O_DIRECTORY);
		close(fd);
		fd = next;
		assert_int_equal(unlinkat(fd, "d", AT_REMOVEDIR), 0);
	}
	close(fd);
	assert_int_equal(rmdir(top), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_tree_with_links),
		cmocka_unit_test(test_a_tree_without_end),
	};

	return cmocka_run_group_tests_name("dirsize", tests, NULL, NULL);
}
