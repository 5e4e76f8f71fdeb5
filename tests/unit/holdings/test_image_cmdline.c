// SPDX-License-Identifier: GPL-2.0-or-later
/* The formats of disk images on QEMU's command line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include "base/array.h"
#include "holdings/image_cmdline.h"

static const char *format_of(const char *path, char **argv, int argc)
{
	const struct proc_argv args = {.argc = argc, .argv = argv};

	return image_cmdline_format(&args, path);
}

static void test_formats_by_the_command_line(void **state)
{
	char *argv[] = {
		"qemu",
		"-drive",
		"file=/i/a.img,if=none,format=raw,cache=none",
		"-drive",
		"if=none,file=/i/b.img,driver=qcow2",
		"-blockdev",
		"driver=file,filename=/i/c.img,node-name=c0",
		"-blockdev",
		"driver=raw,file=c0,node-name=c1",
		"-blockdev",
		"{\"driver\":\"file\",\"filename\":\"/i/d.img\",\"node-name\":\"st-1\"}",
		"-blockdev",
		"{\"node-name\":\"fm-1\",\"driver\":\"qcow2\",\"file\":\"st-1\"}",
		"-hda",
		"/i/e.img",
		"-drive",
		"file=/i/f.img,format=,driver",
		"-name",
		"/i/g.img",
	};
	const int n = ARRAY_SIZE(argv);
	const struct proc_argv args = {.argc = n, .argv = argv};

	(void)state;
	assert_string_equal(format_of("/i/a.img", argv, n), "raw");
	assert_string_equal(format_of("/i/b.img", argv, n), "qcow2");
	assert_string_equal(format_of("/i/c.img", argv, n), "raw");
	assert_string_equal(format_of("/i/d.img", argv, n), "qcow2");
	assert_null(format_of("/i/e.img", argv, n));
	assert_null(format_of("/i/f.img", argv, n));
	assert_true(image_cmdline_names(&args, "/i/e.img"));
	assert_false(image_cmdline_names(&args, "/i/g.img"));
	assert_null(format_of("/i/g.img", argv, n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats_by_the_command_line),
	};

	return cmocka_run_group_tests_name("image_cmdline", tests, NULL, NULL);
}
