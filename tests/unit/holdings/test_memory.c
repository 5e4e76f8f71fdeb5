// SPDX-License-Identifier: GPL-2.0-or-later
/* What /proc, cgroups and QEMU's command line say of memory, as recorded and as nobody would write it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "holdings/footprint.h"
#include "holdings/guestram.h"
#include "sys/ksyms.h"
#include "holdings/mapped.h"
#include "sys/memcg.h"
#include "sys/meminfo.h"
#include "sys/smaps.h"
#include "faketree.h"
#include "model/attribute.h"

#define KIB 1024ull
#define MIB (1024 * KIB)

static FILE *text_file(const char *text)
{
	FILE *file = fmemopen((void *)(uintptr_t)text, strlen(text), "r");

	assert_non_null(file);
	return file;
}

static void rollup(void **state)
{
	static const char text[] = "55e8cc4d8000-7fffa33a4000 ---p 00000000 00:00 0      [rollup]\n"
				   "Rss:               13584 kB\n"
				   "Pss:               12222 kB\n"
				   "Pss_Dirty:          6876 kB\n"
				   "Pss_Anon:           6876 kB\n"
				   "Pss_File:           5346 kB\n"
				   "Pss_Shmem:             7 kB\n"
				   "Shared_Clean:       1604 kB\n"
				   "Private_Clean:      5104 kB\n"
				   "Private_Dirty:      6876 kB\n"
				   "Anonymous:          6870 kB\n"
				   "KSM:                   8 kB\n"
				   "AnonHugePages:      2048 kB\n"
				   "ShmemPmdMapped:     4096 kB\n"
				   "FilePmdMapped:         0 kB\n"
				   "Shared_Hugetlb:     1024 kB\n"
				   "Private_Hugetlb:    2048 kB\n"
				   "Swap:                 11 kB\n"
				   "SwapPss:              10 kB\n"
				   "Locked:                9 kB\n";
	struct smaps_sum sum;
	FILE *file = text_file(text);

	(void)state;
	assert_int_equal(smaps_read(file, &sum), 0);
	fclose(file);
	assert_int_equal(sum.rss, 13584 * KIB);
	assert_int_equal(sum.pss, 12222 * KIB);
	assert_int_equal(sum.pss_anon, 6876 * KIB);
	assert_int_equal(sum.pss_file, 5346 * KIB);
	assert_int_equal(sum.pss_shmem, 7 * KIB);
	assert_int_equal(sum.private_clean + sum.private_dirty, (5104 + 6876) * KIB);
	assert_int_equal(sum.anonymous, 6870 * KIB);
	assert_int_equal(sum.thp, (2048 + 4096) * KIB);
	assert_int_equal(sum.hugetlb, 3072 * KIB);
	assert_int_equal(sum.swap, 11 * KIB);
	assert_int_equal(sum.swap_pss, 10 * KIB);
	assert_int_equal(sum.ksm, 8 * KIB);
	assert_true(sum.has_kinds && sum.has_ksm);
}

/* 5.10 knows less: what it does not say is told from 0. */
static void rollup_of_an_old_kernel(void **state)
{
	struct smaps_sum sum;
	FILE *file = text_file("Rss: 4 kB\nPss: 2 kB\nPss_Anon: 1 kB\n");

	(void)state;
	assert_int_equal(smaps_read(file, &sum), 0);
	fclose(file);
	assert_true(sum.has_kinds);
	assert_false(sum.has_ksm);
}

static void lines_nobody_writes(void **state)
{
	static const char *const texts[] = {"",	       "Rss",	  "Rss:",	 "Rss: kB",
					    "Rss: -1", "Rss: 5 MB", "Rssx: 5 kB", ":: 5 kB",
					    "Rss: 99999999999999999999999 kB"};
	struct smaps_sum sum = {};
	struct smaps_area area;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		smaps_line(texts[i], &sum);
		assert_int_equal(sum.rss, 0);
		assert_false(smaps_head(texts[i], &area));
	}
	assert_true(smaps_line("Rss: 18014398509481983 kB", &sum));
	assert_true(smaps_line("Rss: 18014398509481983 kB", &sum)); /* the sum stays a number */
	assert_true(sum.rss < UINT64_MAX);
	assert_false(smaps_head("20-10 rw-p 00000000 00:00 0\n", &area));
}

static void heads(void **state)
{
	struct smaps_area area;

	(void)state;
	assert_true(smaps_head("7f00-8f00 rw-s 00001000 00:1a 77    /memfd:a b (deleted)\n", &area));
	assert_int_equal(area.start, 0x7f00);
	assert_int_equal(area.end, 0x8f00);
	assert_int_equal(area.inode, 77);
	assert_true(area.dev == 0x1a);
	assert_true(area.writable);
	assert_string_equal(area.name, "/memfd:a b (deleted)");
	assert_true(smaps_is_shmem(area.name));
	assert_true(smaps_head("7f00-8f00 r--p 00000000 00:00 0 \n", &area));
	assert_false(area.writable);
	assert_string_equal(area.name, "");
	assert_false(smaps_is_shmem(area.name));
}

/* A QEMU of 64 MiB: its memory shows as two mappings side by side, then a mapping larger than that. */
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

static void guest_ram_by_its_size(void **state)
{
	struct qemu_args args = {.n_ram = 1, .ram_bytes = {64 * MIB}};
	struct walked walked;
	struct guest_ram ram;

	(void)state;
	walk(qemu_smaps, &walked);
	assert_int_equal(walked.pieces.n, 5); /* one cannot be written */
	assert_true(ram_pieces__find(&walked.pieces, &args, &ram));
	assert_int_equal(ram.size, 64 * MIB);
	assert_int_equal(ram.resident, (20480 + 4096) * KIB);
	assert_int_equal(ram.thp, 20480 * KIB);
	assert_int_equal(walked.sum.rss, (8192 + 20480 + 4096 + 1024 + 512 + 100) * KIB);
	/* Mapping by mapping the kernel tells no kinds: they follow from the file. */
	assert_int_equal(walked.sum.pss_anon, (8192 + 20480 + 4096 + 1024) * KIB);
	assert_int_equal(walked.sum.pss_file, 256 * KIB);
	assert_int_equal(walked.sum.pss_shmem, 50 * KIB);
	ram_pieces__free(&walked.pieces);
}

static void guest_ram_of_other_sizes(void **state)
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
	assert_true(ram_pieces__find(&walked.pieces, &odd, &ram)); /* within the gigabyte */
	assert_int_equal(ram.resident, 1024 * KIB);
	assert_false(ram_pieces__find(&walked.pieces, &huge, &ram));
	assert_false(ram_pieces__find(&walked.pieces, &none, &ram));
	ram_pieces__free(&walked.pieces);
}

/* Something else right behind it, with the same backing: the piece of its size counts, not the sum. */
static void guest_ram_with_a_neighbour(void **state)
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

/* Very many neighbours, as nobody has them but who wants to keep us busy; the size is in their middle. */
static void guest_ram_among_very_many(void **state)
{
	struct qemu_args args = {.n_ram = 2, .ram_bytes = {64 * MIB, 1ull << 50}};
	struct ram_pieces pieces = {};
	struct guest_ram ram;

	(void)state;
	for (uint64_t i = 0; i < 200000; i++) {
		struct smaps_area area = {.start = i * 4096, .end = (i + 1) * 4096, .writable = true};

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

/* One file of three, another of one; a third that nobody has anything of. */
static void mapped_once(void **state)
{
	struct mapped mapped = {};
	struct mapped_files *huge = &mapped.huge;
	uint64_t of_slot[3] = {};

	(void)state;
	assert_int_equal(mapped_files__add(huge, 1, 7, 0, 30), 0);
	assert_int_equal(mapped_files__add(huge, 1, 8, 2, 5), 0);
	assert_int_equal(mapped_files__add(huge, 1, 7, 1, 60), 0);
	assert_int_equal(mapped_files__add(huge, 2, 7, 0, 0), 0);
	assert_int_equal(mapped_files__add(huge, 1, 7, 0, 30), 0);
	assert_true(mapped_files__has(huge, 1, 8, 2));
	assert_false(mapped_files__has(huge, 1, 8, 1));
	assert_false(mapped_files__has(huge, 2, 8, 2));
	assert_true(mapped_files__has_any(huge, 1));
	assert_false(mapped_files__has_any(huge, 3));
	mapped_files__share_out(huge);
	for (size_t i = 0; i < huge->n; i++)
		of_slot[huge->file[i].slot] += huge->file[i].bytes;
	assert_int_equal(of_slot[0], 30);
	assert_int_equal(of_slot[1], 30);
	assert_int_equal(of_slot[2], 5);
	mapped__free(&mapped);
	mapped_files__share_out(huge);
}

static void parse_args(const char *words[], size_t n, struct qemu_args *ret)
{
	struct proc_argv argv = {.argc = (int)n, .argv = (char **)(uintptr_t)words};

	assert_int_equal(qemu_args__parse(&argv, ret), 0);
}

#define PARSE(ret, ...)                                                                            \
	do {                                                                                       \
		const char *words_[] = {"qemu", __VA_ARGS__, NULL};                                \
		parse_args(words_, sizeof(words_) / sizeof(words_[0]) - 1, ret);                   \
	} while (0)

static void qemu_memory_sizes(void **state)
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
	PARSE(&args, "-m", "2048", "-object", "memory-backend-memfd,id=a,size=1G,share=on", "-object",
	      "memory-backend-file,id=b,mem-path=/x,size=512M", "-object", "iothread,id=io0", "-numa",
	      "node,nodeid=0,memdev=a", "-numa", "node,nodeid=1,memdev=b");
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

/* A backend that the machine does not boot with is beside what -m says. */
static void qemu_memory_besides(void **state)
{
	const char *words[2 * (QEMU_MAX_RAM + 1) + 4] = {"qemu"};
	struct qemu_args args;

	(void)state;
	PARSE(&args, "-m", "192,slots=2,maxmem=1G", "-object", "memory-backend-ram,id=d,size=64M",
	      "-device", "pc-dimm,memdev=d");
	assert_int_equal(args.n_ram, 2);
	assert_int_equal(args.ram_bytes[0], 192 * MIB);
	assert_int_equal(args.ram_bytes[1], 64 * MIB);
	PARSE(&args, "-m", "192", "-object", "memory-backend-memfd,id=s,size=64M,share=on", "-device",
	      "ivshmem-plain,memdev=s");
	assert_int_equal(args.n_ram, 1);
	assert_int_equal(args.ram_bytes[0], 192 * MIB);
	PARSE(&args, "-object", "memory-backend-ram,id=r,size=1G", "-machine", "q35,memory-backend=r",
	      "-object", "memory-backend-memfd,id=s,size=64M", "-device",
	      "{\"driver\":\"ivshmem-plain\",\"memdev\":\"s\"}");
	assert_int_equal(args.n_ram, 1);
	assert_int_equal(args.ram_bytes[0], 1024 * MIB);
	/* More than there is room for: not known, rather than some of it. */
	for (size_t i = 0; i <= QEMU_MAX_RAM; i++) {
		words[1 + 2 * i] = "-object";
		words[2 + 2 * i] = "memory-backend-ram,id=r,size=1M";
	}
	parse_args(words, 2 * (QEMU_MAX_RAM + 1) + 1, &args);
	assert_int_equal(args.n_ram, 0);
}

static void status_sizes(void **state)
{
	struct status_sizes sizes;

	(void)state;
	status_sizes_parse("Name:\tRssAnon:\nVmPTE:\t      68 kB\nRssAnon:\t    6876 kB\n"
			   "RssFile:\t 5 kB\nRssShmem:\t 6 kB\nVmSwap:\t 7 kB\nHugetlbPages:\t 2048 kB\n",
			   &sizes);
	assert_int_equal(sizes.page_tables, 68 * KIB);
	assert_int_equal(sizes.rss_anon, 6876 * KIB);
	assert_int_equal(sizes.rss_file, 5 * KIB);
	assert_int_equal(sizes.rss_shmem, 6 * KIB);
	assert_int_equal(sizes.swap, 7 * KIB);
	assert_int_equal(sizes.hugetlb, 2048 * KIB);
	status_sizes_parse("State:\tZ (zombie)\nThreads:\t1\n", &sizes);
	assert_int_equal(sizes.rss_anon, 0);
}

static void memcg_v2(void **state)
{
	struct run_memcg memcg;

	(void)state;
	memset(&memcg, 0xff, sizeof(memcg));
	memcg_stat_parse("anon 4096\nfile 8192\nkernel 100\nkernel_stack 10\npagetables 20\nsock 5\n"
			 "shmem 6\nfile_mapped 7\ninactive_file 8\nslab 30\nslab_reclaimable 29\n",
			 true, &memcg);
	assert_int_equal(memcg.anon_bytes, 4096);
	assert_int_equal(memcg.file_bytes, 8192);
	assert_int_equal(memcg.kernel_bytes, 100);
	assert_int_equal(memcg.kernel_stack_bytes, 10);
	assert_int_equal(memcg.page_table_bytes, 20);
	assert_int_equal(memcg.sock_bytes, 5);
	assert_int_equal(memcg.shmem_bytes, 6);
	assert_int_equal(memcg.mapped_file_bytes, 7);
	assert_int_equal(memcg.inactive_file_bytes, 8);
	assert_int_equal(memcg.slab_bytes, 30);
	assert_true(memcg.swap_bytes == RUN_UNKNOWN);
	/* Before 5.18 there is no sum. */
	memset(&memcg, 0xff, sizeof(memcg));
	memcg_stat_parse("anon 1\nkernel_stack 10\nslab 30\npercpu 2\n", true, &memcg);
	assert_int_equal(memcg.kernel_bytes, 42);
}

static void memcg_v1(void **state)
{
	struct run_memcg memcg;

	(void)state;
	memset(&memcg, 0xff, sizeof(memcg));
	memcg_stat_parse("cache 1\nrss 2\ntotal_cache 10\ntotal_rss 20\ntotal_shmem 3\n"
			 "total_mapped_file 4\ntotal_swap 5\ntotal_inactive_file 6\nanon 999\n",
			 false, &memcg);
	assert_int_equal(memcg.file_bytes, 10);
	assert_int_equal(memcg.anon_bytes, 20);
	assert_int_equal(memcg.shmem_bytes, 3);
	assert_int_equal(memcg.mapped_file_bytes, 4);
	assert_int_equal(memcg.swap_bytes, 5);
	assert_int_equal(memcg.inactive_file_bytes, 6);
	assert_true(memcg.kernel_bytes == RUN_UNKNOWN);
	memcg_stat_parse("\n\nx\nanon\nanon x\n total_rss 5\ntotal_rss 99999999999999999999999\n", false,
			 &memcg);
	assert_true(memcg.anon_bytes == RUN_UNKNOWN - 1);
}

static void meminfo(void **state)
{
	struct run_host_memory host;

	(void)state;
	assert_int_equal(meminfo_parse("MemTotal: 1000 kB\nMemFree: 500 kB\nMemAvailable: 700 kB\n"
				       "Buffers: 10 kB\nCached: 200 kB\nSwapTotal: 64 kB\n"
				       "SwapFree: 60 kB\nShmem: 5 kB\nSReclaimable: 30 kB\n"
				       "SUnreclaim: 20 kB\nKernelStack: 2 kB\nPageTables: 3 kB\n"
				       "HugePages_Total: 2\nHugepagesize: 2048 kB\n",
				       &host),
			 0);
	assert_int_equal(host.used_bytes, 300 * KIB);
	assert_int_equal(host.cached_bytes, 230 * KIB);
	assert_int_equal(host.swap_used_bytes, 4 * KIB);
	assert_int_equal(host.hugetlb_bytes, 4096 * KIB);
	assert_int_equal(host.slab_bytes, 20 * KIB);
	assert_true(host.targets_bytes == RUN_UNKNOWN);
	assert_int_equal(meminfo_parse("MemTotal: 5 kB\n", &host), -EINVAL);
	assert_true(host.total_bytes == RUN_UNKNOWN);
}

static void kernel_functions(void **state)
{
	static const char *const names[] = {"handle_fault", "first", "gone", "last", "hidden_in_module"};
	struct ksym sym[5];

	(void)state;
	tree_file("/proc/kallsyms",
			"ffffffff81000000 T first\n"
			"ffffffff81000010 t first.cold\n"
			"ffffffff81000020 D handle_fault\n"
			"ffffffff81000100 T handle_fault\n"
			"ffffffff81000100 T alias_of_it\n"
			"garbage\n"
			"ffffffff81000180 t next\n"
			"ffffffffc0000000 t hidden_in_module\t[kvm]\n"
			"ffffffff82000000 T last\n");
	assert_int_equal(ksyms_find(&tree, names, 5, sym), 0);
	assert_int_equal(sym[0].start, 0xffffffff81000100);
	assert_int_equal(sym[0].size, 0x80);
	assert_int_equal(sym[1].size, 0x10);
	assert_int_equal(sym[2].size, 0);
	assert_int_equal(sym[3].size, 0); /* nothing says where it ends */
	assert_int_equal(sym[4].size, 0);
	/* To who may not know, all addresses are 0. */
	tree_file("/proc/kallsyms", "0000000000000000 T handle_fault\n"
						 "0000000000000000 T first\n");
	assert_int_equal(ksyms_find(&tree, names, 5, sym), 0);
	assert_int_equal(sym[0].size, 0);
}

/* ---- from counters to numbers ----------------------------------------------------------------- */

static void fill(struct snapshot *snap)
{
	struct vtx_totals *vcpu = &snap->account[VTX_ACCOUNT(2, VTX_VCPU)];
	struct vtx_totals *rest = &snap->account[VTX_ACCOUNT(2, VTX_EMULATOR)];

	vcpu->ns[VTX_TASK] = 1000000;
	vcpu->samples.user = 60;
	vcpu->samples.kernel = 40;
	vcpu->samples.fault = 30;
	vcpu->ns[VTX_KERNEL] = 200000; /* exits */
	vcpu->samples.exit = 10;
	vcpu->samples.exit_fault = 5;
	vcpu->faults.taken[VTX_FAULT_READ] = 1;
	vcpu->faults.taken[VTX_FAULT_WRITE] = 2;
	vcpu->faults.taken[VTX_FAULT_EXEC] = 4;
	vcpu->faults.taken[VTX_FAULT_ANY] = 8;
	vcpu->faults.taken[VTX_FAULT_KERNEL + VTX_FAULT_WRITE] = 16;
	vcpu->faults.cow = 3;
	vcpu->faults.guest = 5;
	vcpu->faults.ns = 7;
	rest->faults.taken[VTX_FAULT_KERNEL + VTX_FAULT_READ] = 32;
	rest->faults.minor = 50;
	rest->faults.major = 13;
	rest->faults.ns = 11;
	rest->faults.wait_ns = 17;
}

static void attributed(const struct attribution *how, struct run_memory *ret)
{
	struct run_numbers numbers;
	struct snapshot snap;

	assert_int_equal(snapshot__init(&snap, 3), 0);
	fill(&snap);
	assert_int_equal(attribute_target(&numbers, NULL, &snap, 2, how, false), 0);
	snapshot__free(&snap);
	*ret = numbers.memory;
}

static void faults_of_all_roles(void **state)
{
	struct attribution how = {.split = SPLIT_EXACT, .memory = true, .fault_modes = true,
				  .fault_access = true, .fault_time = true, .fault_wait = true,
				  .fault_guest = true};
	struct run_memory memory;

	(void)state;
	attributed(&how, &memory);
	assert_true(memory.present);
	assert_int_equal(memory.faults.user, 1 + 2 + 4 + 8);
	assert_int_equal(memory.faults.kernel, 16 + 32);
	assert_int_equal(memory.faults.read, 1 + 32);
	assert_int_equal(memory.faults.write, 2 + 16);
	assert_int_equal(memory.faults.exec, 4);
	assert_int_equal(memory.faults.cow, 3);
	assert_int_equal(memory.faults.minor, 50);
	assert_int_equal(memory.faults.major, 13);
	assert_int_equal(memory.faults.guest, 5);
	assert_int_equal(memory.fault_ns, 7 + 11);
	assert_int_equal(memory.fault_error_ns, 0);
	assert_int_equal(memory.fault_wait_ns, 17);
	assert_true(memory.at.rss_bytes == RUN_UNKNOWN);
}

/*
 * 30 of 100 samples: 30 % of the time, give or take what 100 samples say (Agresti and Coull: 9 %); and
 * half of the time of exits, ± 26 %.
 */
static void time_in_faults_by_samples(void **state)
{
	struct attribution how = {.split = SPLIT_SAMPLE, .memory = true, .fault_time = true};
	struct run_memory memory;

	(void)state;
	attributed(&how, &memory);
	assert_int_equal(memory.fault_ns, 300000 + 100000);
	assert_in_range(memory.fault_error_ns, 100000, 106000);
	assert_true(memory.fault_wait_ns == RUN_UNKNOWN);
	assert_true(memory.faults.user == RUN_UNKNOWN && memory.faults.kernel == RUN_UNKNOWN);
	assert_true(memory.faults.read == RUN_UNKNOWN && memory.faults.cow == RUN_UNKNOWN);
	assert_true(memory.faults.guest == RUN_UNKNOWN);
	assert_int_equal(memory.faults.minor, 50); /* the task's own counters need no hook */
	how = (struct attribution){.split = SPLIT_OFF, .memory = true};
	attributed(&how, &memory);
	assert_true(memory.fault_ns == RUN_UNKNOWN && memory.fault_error_ns == RUN_UNKNOWN);
	how.memory = false;
	attributed(&how, &memory);
	assert_false(memory.present);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(faults_of_all_roles),
		cmocka_unit_test(time_in_faults_by_samples),
		cmocka_unit_test(rollup),
		cmocka_unit_test(rollup_of_an_old_kernel),
		cmocka_unit_test(lines_nobody_writes),
		cmocka_unit_test(heads),
		cmocka_unit_test(guest_ram_by_its_size),
		cmocka_unit_test(guest_ram_of_other_sizes),
		cmocka_unit_test(guest_ram_with_a_neighbour),
		cmocka_unit_test(guest_ram_among_very_many),
		cmocka_unit_test(mapped_once),
		cmocka_unit_test(qemu_memory_sizes),
		cmocka_unit_test(qemu_memory_besides),
		cmocka_unit_test(status_sizes),
		cmocka_unit_test(memcg_v2),
		cmocka_unit_test(memcg_v1),
		cmocka_unit_test(meminfo),
		cmocka_unit_test_setup_teardown(kernel_functions, tree_setup, tree_remove),
	};

	return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
