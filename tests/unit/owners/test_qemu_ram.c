// SPDX-License-Identifier: GPL-2.0-or-later
/* The sizes of guest RAM on QEMU's command line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include "base/array.h"
#include "owners/qemu.h"

#define KIB 1024ull
#define MIB (1024 * KIB)

static void parse_args(const char *words[], size_t n, struct qemu_args *ret)
{
	struct proc_argv argv = {.argc = (int)n, .argv = (char **)(uintptr_t)words};

	assert_int_equal(qemu_args__parse(&argv, ret), 0);
}

#define PARSE(ret, ...)                                                                            \
	do {                                                                                       \
		const char *words_[] = {"qemu", __VA_ARGS__, NULL};                                \
		parse_args(words_, ARRAY_SIZE(words_) - 1, ret);                                   \
	} while (0)

static void test_qemu_memory_sizes(void **state)
{
	struct qemu_args args;

	(void)state;
	PARSE(&args, "-smp", "2");
	assert_int_equal(args.n_ram, 1);
	assert_int_equal(args.ram_bytes[0], 128 * MIB);
	PARSE(&args, "-m", "192");
	assert_int_equal(args.ram_bytes[0], 192 * MIB);
	PARSE(&args, "-m", "1.5G");
	assert_int_equal(args.ram_bytes[0], 1536 * MIB);
	PARSE(&args, "-m", "size=1048576k,slots=4,maxmem=8G");
	assert_int_equal(args.ram_bytes[0], 1024 * MIB);
	PARSE(&args, "-m", "2048", "-object", "memory-backend-memfd,id=a,size=1G,share=on",
	      "-object", "memory-backend-file,id=b,mem-path=/x,size=512M", "-object",
	      "iothread,id=io0", "-numa", "node,nodeid=0,memdev=a", "-numa",
	      "node,nodeid=1,memdev=b");
	assert_int_equal(args.n_ram, 2);
	assert_int_equal(args.ram_bytes[0], 1024 * MIB);
	assert_int_equal(args.ram_bytes[1], 512 * MIB);
	PARSE(&args, "-object",
	      "{\"qom-type\":\"memory-backend-ram\",\"id\":\"pc.ram\",\"size\":268435456}", "-M",
	      "q35,memory-backend=pc.ram");
	assert_int_equal(args.n_ram, 1);
	assert_int_equal(args.ram_bytes[0], 256 * MIB);
	PARSE(&args, "-m", "nonsense");
	assert_int_equal(args.ram_bytes[0], 128 * MIB);
	PARSE(&args, "-m", "-5", "-object", "{\"qom-type\":");
	assert_int_equal(args.n_ram, 1);
}

/* A backend that is not the boot memory is added to the size given by -m. */
static void test_qemu_memory_besides(void **state)
{
	const char *words[2 * (QEMU_MAX_RAM + 1) + 4] = {"qemu"};
	struct qemu_args args;

	(void)state;
	PARSE(&args, "-m", "192,slots=2,maxmem=1G", "-object", "memory-backend-ram,id=d,size=64M",
	      "-device", "pc-dimm,memdev=d");
	assert_int_equal(args.n_ram, 2);
	assert_int_equal(args.ram_bytes[0], 192 * MIB);
	assert_int_equal(args.ram_bytes[1], 64 * MIB);
	PARSE(&args, "-m", "192", "-object", "memory-backend-memfd,id=s,size=64M,share=on",
	      "-device", "ivshmem-plain,memdev=s");
	assert_int_equal(args.n_ram, 1);
	assert_int_equal(args.ram_bytes[0], 192 * MIB);
	PARSE(&args, "-object", "memory-backend-ram,id=r,size=1G", "-machine",
	      "q35,memory-backend=r", "-object", "memory-backend-memfd,id=s,size=64M", "-device",
	      "{\"driver\":\"ivshmem-plain\",\"memdev\":\"s\"}");
	assert_int_equal(args.n_ram, 1);
	assert_int_equal(args.ram_bytes[0], 1024 * MIB);
	/* More backends than fit: all are unknown, rather than some known. */
	for (size_t i = 0; i <= QEMU_MAX_RAM; i++) {
		words[1 + 2 * i] = "-object";
		words[2 + 2 * i] = "memory-backend-ram,id=r,size=1M";
	}
	parse_args(words, 2 * (QEMU_MAX_RAM + 1) + 1, &args);
	assert_int_equal(args.n_ram, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_qemu_memory_sizes),
		cmocka_unit_test(test_qemu_memory_besides),
	};

	return cmocka_run_group_tests_name("qemu_ram", tests, NULL, NULL);
}
