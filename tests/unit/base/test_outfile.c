// SPDX-License-Identifier: GPL-2.0-or-later
/* Files are written in full or not at all; an error is one line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/outfile.h"

/* "WHAT: WHY (REMEDY)", one line, printable. */
static void check_message(const struct verr *err)
{
	const char *colon = strstr(err->msg, ": "), *remedy = strrchr(err->msg, '(');

	assert_non_null(colon);
	assert_true(remedy && remedy > colon);
	for (const char *s = err->msg; *s; s++)
		assert_true((unsigned char)*s >= 0x20 && *s != 0x7f);
}

static void put(const char *path, const char *text, bool commit)
{
	struct outfile out;
	struct verr err = {};

	if (outfile__open(&out, path, &err))
		fail_msg("%s", err.msg);
	fputs(text, out.f);
	fflush(out.f);
	if (commit)
		assert_int_equal(outfile__commit(&out, &err), 0);
	outfile__abort(&out);
}

static void check_content(const char *path, const char *text)
{
	char got[64] = "";
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	if (!fgets(got, sizeof(got), f))
		got[0] = '\0';
	fclose(f);
	assert_string_equal(got, text);
}

static void test_written_whole_or_not_at_all(void **state)
{
	char dir[] = "/tmp/virtax-out-XXXXXX", path[64], link[64], command[128];
	struct stat st;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/a", dir);
	snprintf(link, sizeof(link), "%s/link", dir);
	put(path, "first", false);
	assert_int_equal(access(path, F_OK), -1);
	put(path, "first", true);
	check_content(path, "first");
	put(path, "second", false);
	check_content(path, "first");
	put(path, "second", true);
	check_content(path, "second");
	/* Through a symbolic link, which stays one. */
	assert_int_equal(symlink(path, link), 0);
	put(link, "third", true);
	check_content(path, "third");
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	/* Nothing else is left. */
	unlink(path);
	unlink(link);
	snprintf(command, sizeof(command), "rmdir %s", dir);
	assert_int_equal(system(command), 0);
}

static void test_write_errors(void **state)
{
	struct outfile out;
	struct verr err = {};

	assert_int_equal(outfile__open(&out, "/nonexistent/dir/file", &err), -ENOENT);
	check_message(&err);
	assert_int_equal(outfile__open(&out, "/tmp", &err), -EISDIR);
	check_message(&err);
	assert_int_equal(outfile__open(&out, "", &err), -ENOENT);
	check_message(&err);
	assert_int_equal(outfile__open(&out, "/dev/full", &err), 0);
	fputs("x", out.f);
	assert_int_equal(outfile__commit(&out, &err), -ENOSPC);
	check_message(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_written_whole_or_not_at_all),
		cmocka_unit_test(test_write_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
