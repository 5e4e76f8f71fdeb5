// SPDX-License-Identifier: GPL-2.0-or-later
/* Names of functions: of this very program, of a JIT's map, and without the compiler's suffixes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/array.h"
#include "symbols/demangle.h"
#include "symbols/images.h"
#include "symbols/plain_name.h"
#include "symbols/wait_reason.h"

static void test_suffixes(void **state)
{
	static const struct {
		const char *name, *plain;
	} known[] = {
		{"tcp_sendmsg", "tcp_sendmsg"},
		{"do_fault.isra.0", "do_fault"},
		{"f.constprop.12", "f"},
		{"f.part.0.isra.3", "f"},
		{"f.cold", "f"},
		{"f.part.0.cold", "f"},
		{"f.llvm.123456", "f"},
		{"f.lto_priv.0", "f"},
		{"clock_gettime@@GLIBC_2.2.5", "clock_gettime"},
		{"runtime.goexit", "runtime.goexit"},
		{"main.main", "main.main"},
		{".cold", ".cold"},
		{"", ""},
	};
	char name[64];

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		strcpy(name, known[i].name);
		plain_name(name);
		assert_string_equal(name, known[i].plain);
	}
}

/* The innermost function that says it; most do not. */
static void test_wait_reasons(void **state)
{
	assert_int_equal(wait_reason("futex_wait_queue_me"), RUN_WAIT_FUTEX);
	assert_int_equal(wait_reason("anon_pipe_read"), RUN_WAIT_PIPE);
	assert_int_equal(wait_reason("ep_poll"), RUN_WAIT_POLL);
	assert_int_equal(wait_reason("inet_csk_accept"), RUN_WAIT_NETWORK);
	assert_int_equal(wait_reason("rwsem_down_write_slowpath"), RUN_WAIT_LOCK);
	assert_int_equal(wait_reason("throttle_cfs_rq_work"), RUN_WAIT_THROTTLED);
	assert_int_equal(wait_reason("kvm_vcpu_halt"), RUN_WAIT_VCPU);
	assert_int_equal(wait_reason("do_syscall_64"), RUN_WAIT_OTHER);
	assert_int_equal(wait_reason(NULL), RUN_WAIT_OTHER);
	assert_true(wait_is_scheduler("schedule_hrtimeout_range_clock"));
	assert_true(wait_is_scheduler("__schedule"));
	assert_false(wait_is_scheduler("poll_schedule_timeout"));
}

/* Mangled by g++ 12 and rustc (both ways); what is no mangled name stays. */
static void test_mangled(void **state)
{
	static const char *const names[][2] = {
		{"_ZN4http6Server6handleERKNS_7RequestE", "http::Server::handle"},
		{"_ZNSt6vectorIiSaIiEE9push_backEOi",
		 "std::vector<int, std::allocator<int> >::push_back"},
		{"_ZN4core3fmt5write17h0123456789abcdefE", "core::fmt::write"},
		{"_RNvC6_123foo3bar", "123foo::bar"},
		{"_RNvNtCs1234_7mycrate3foo3bar", "mycrate::foo::bar"},
		{"_Zfoo", "_Zfoo"},
		{"_R", "_R"},
		{"_ZN4http", "_ZN4http"},
		{"main", "main"},
	};
	char name[128], deep[400] = "_Z1fI1aE";

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		demangle(names[i][0], name, sizeof(name));
		assert_string_equal(name, names[i][1]);
	}
	/* Each part names the one before twice: 2 to the power of 30 letters, cut. */
	strcpy(deep, "_Z1fI1aIS_S_EE");
	for (int i = 0; i < 30; i++) {
		char part[32];

		snprintf(part, sizeof(part), "1bIS%d_S%d_E", i, i);
		if (strlen(deep) + strlen(part) < sizeof(deep))
			strcat(deep, part);
	}
	demangle(deep, name, sizeof(name));
	assert_true(strlen(name) < sizeof(name));
}

static void test_jit_map(void **state)
{
	struct jit_map map;

	jit_map__parse(&map, strdup("2000 10 second one\n"
				    "nonsense\n"
				    "1000 20 first\n"
				    "3000 0 empty\n"
				    "4000 zz\n"));
	assert_int_equal(map.n, 2);
	assert_string_equal(jit_map__at(&map, 0x1000), "first");
	assert_string_equal(jit_map__at(&map, 0x101f), "first");
	assert_null(jit_map__at(&map, 0x1020));
	assert_string_equal(jit_map__at(&map, 0x2001), "second one");
	assert_null(jit_map__at(&map, 0xfff));
	jit_map__free(&map);
}

/* In this process: a function of the program, one of the C library, the vdso, and nothing. */
static void test_own_image(void **state)
{
	struct images images = {};
	const char *name;
	char buf[256];
	size_t open;

	images__see(&images, getpid(), 42);
	images__see(&images, getpid(), 42);
	assert_int_equal(images.n, 1);
	open = images.n_open;
	name = images__name(&images, getpid(), 42, (uintptr_t)plain_name + 1, buf, sizeof(buf));
	assert_non_null(name);
	assert_string_equal(name, "plain_name");
	assert_int_equal(images.n_open, open - 1); /* its file has been read */
	name = images__name(&images, getpid(), 42, (uintptr_t)jit_map__free, buf, sizeof(buf));
	assert_string_equal(name, "jit_map__free");
	assert_int_equal(images.n_open, open - 1);
	name = images__name(&images, getpid(), 42, (uintptr_t)getauxval(AT_SYSINFO_EHDR), buf,
			    sizeof(buf));
	/* Its header is no function; which build it is. */
	assert_int_equal(strncmp(name, "[vdso]+0x0 [", 12), 0);
	assert_int_equal(strspn(name + 12, "0123456789abcdef"), 40);
	assert_string_equal(name + 52, "]");
	assert_null(images__name(&images, getpid(), 42, 1, buf, sizeof(buf)));
	/* The address of another process's mm, which may have been this one's before. */
	assert_null(images__name(&images, getppid(), 42, (uintptr_t)plain_name, buf, sizeof(buf)));
	images__see(&images, getppid(), 42);
	assert_true(images__has(&images, getppid(), 42));
	assert_null(images__name(&images, getpid(), 43, (uintptr_t)plain_name, buf, sizeof(buf)));
	images__free(&images);
}

/* A map is read of a process that has code of no file, which [vsyscall] is not. */
static void test_own_jit_map(void **state)
{
	struct images images = {};
	char path[64], buf[256];
	void *code;
	FILE *f;

	snprintf(path, sizeof(path), "/tmp/perf-%d.map", (int)getpid());
	f = fopen(path, "we");
	assert_non_null(f);
	code = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(code != MAP_FAILED);
	fprintf(f, "%lx 1000 compiled\n", (unsigned long)code);
	fclose(f);
	assert_int_equal(munmap(code, 4096), 0);
	images__see(&images, getpid(), 42);
	assert_int_equal(images.image[0].jit.n, 0);
	assert_true(mmap(code, 4096, PROT_READ | PROT_EXEC,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == code);
	images__see(&images, getpid(), 42);
	assert_string_equal(
		images__name(&images, getpid(), 42, (uintptr_t)code + 8, buf, sizeof(buf)),
		"compiled");
	images__free(&images);
	munmap(code, 4096);
	unlink(path);
}

/* Not ELF, cut, or empty: no names and no crash. */
static void test_bad_objects(void **state)
{
	static const char *const text[] = {"", "\177ELF", "#!/bin/sh\n",
					   "\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\3\0\76\0"};
	char path[] = "/tmp/virtax-test-XXXXXX";
	struct object object;
	int fd = mkstemp(path);

	unlink(path);
	for (size_t i = 0; i < ARRAY_SIZE(text); i++) {
		assert_int_equal(ftruncate(fd, 0), 0);
		assert_true(pwrite(fd, text[i], i == 3 ? 20 : strlen(text[i]), 0) >= 0);
		assert_int_equal(object__read(&object, dup(fd), -1), 0);
		assert_null(object__at(&object, 0));
		object__free(&object);
	}
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_suffixes),    cmocka_unit_test(test_wait_reasons),
		cmocka_unit_test(test_mangled),     cmocka_unit_test(test_jit_map),
		cmocka_unit_test(test_own_image),   cmocka_unit_test(test_bad_objects),
		cmocka_unit_test(test_own_jit_map),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
