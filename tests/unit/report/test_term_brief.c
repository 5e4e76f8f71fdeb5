// SPDX-License-Identifier: GPL-2.0-or-later
/* The report without --verbose: short, and what it leaves out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "reports.h"

/* Requests served without errors, in every layer of every role. */
static void serve(struct run_numbers *n)
{
	memset(n->requests.status, 0, sizeof(n->requests.status));
	n->requests.gaps = 0;
	n->cpu.total_ns = 0;
	for (int r = 0; r < VTX_ROLES; r++) {
		n->cpu.role[r].present = true;
		for (int m = 0; m < VTX_MODES; m++) {
			n->cpu.role[r].ns[m] = m == VTX_TASK ? 0 : 1000000 - (uint64_t)(r + m);
			n->cpu.total_ns += n->cpu.role[r].ns[m];
		}
	}
}

/* Two VMs in which everything happens: still nothing scrolls away. */
static void test_two_targets_in_80_by_50(void **state)
{
	static const char *const words[] = {"A request costs",
					    "The books balance",
					    "requests ",
					    "latency p50, p99",
					    "CPU time per request",
					    "smaller layers",
					    "waited for CPU, IO",
					    "received, sent",
					    "VM exits",
					    "to userspace",
					    "CPU usage",
					    "memory held",
					    "guest RAM, VMM",
					    "page faults, time",
					    "block read, p99",
					    "block write, p99",
					    "\nhost ",
					    "\nbooks "};
	struct run run;
	char *text;

	sample_run(&run);
	run.n_stages = 0;
	for (size_t t = 0; t < 2; t++)
		serve(&run.target[t].total);
	text = brief(&run, 80);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!strstr(text, words[i]))
			fail_msg("no '%s' in:\n%s", words[i], text);
	}
	if (count(text, "\n") > 50)
		fail_msg("%d lines:\n%s", count(text, "\n"), text);
	free(text);
	run.n_stages = 2;
	run__free(&run);
}

/* Small layers share a row, and nothing of the sum is missing. */
static void test_small_layers_share_a_row(void **state)
{
	struct run_cpu *cpu;
	struct run run;
	char *text;

	sample_run(&run);
	run.target[1].total.requests.count = 0;
	memset(&run.target[1].total.cpu, 0, sizeof(*cpu));
	cpu = &run.target[0].total.cpu;
	memset(cpu, 0, sizeof(*cpu));
	run.target[0].total.requests.count = 1000;
	cpu->role[VTX_WORKLOAD].present = true;
	cpu->role[VTX_WORKLOAD].ns[VTX_USER] = 97000000;
	cpu->role[VTX_WORKLOAD].ns[VTX_KERNEL] = 1010000;
	cpu->role[VTX_WORKLOAD].ns[VTX_SOFTIRQ] = 990000;
	cpu->role[VTX_WORKLOAD].ns[VTX_HARDIRQ] = 600000;
	cpu->role[VTX_RUNTIME].present = true;
	cpu->role[VTX_RUNTIME].ns[VTX_USER] = 400000;
	cpu->total_ns = 100000000;
	text = brief(&run, 80);
	assert_non_null(strstr(text, "  3 smaller layers         1.99 µs "));
	assert_non_null(strstr(text, "  workload user           97.00 µs"));
	assert_non_null(strstr(text, "           kernel          1.01 µs"));
	assert_null(strstr(text, "softirq"));
	free(text);
	text = report(&run, 80, false, true);
	assert_null(strstr(text, "smaller"));
	assert_non_null(strstr(text, "           hardirq         0.60 µs"));
	free(text);
	cpu->role[VTX_RUNTIME].ns[VTX_USER] = cpu->role[VTX_WORKLOAD].ns[VTX_HARDIRQ] = 0;
	text = brief(&run, 80); /* a single one saves no row */
	assert_non_null(strstr(text, "           softirq         0.99 µs"));
	assert_null(strstr(text, "smaller"));
	free(text);
	run__free(&run);
}

/* What is 0 or unknown everywhere has no row; --verbose has one. */
static void test_nothing_is_left_out(void **state)
{
	struct run run;
	char *text;

	sample_run(&run);
	for (size_t t = 0; t < run.n_targets; t++) {
		struct run_numbers *n = &run.target[t].total;

		for (int k = 0; k < VTX_BLOCK_KINDS; k++)
			n->block.kind[k].bytes = 0, n->block.kind[k].latency.p99 = RUN_UNKNOWN;
		n->block.wait_ns = n->sched.wait_ns = 0;
		n->net.rx_bytes = n->net.tx_bytes = RUN_UNKNOWN;
		n->memory.faults.user = n->memory.faults.kernel = n->memory.fault_ns = 0;
	}
	text = brief(&run, 80);
	assert_null(strstr(text, "block"));
	assert_null(strstr(text, "waited"));
	assert_null(strstr(text, "received"));
	assert_null(strstr(text, "faults, time"));
	assert_null(strstr(text, "Storage"));
	free(text);
	run.target[1].total.block.kind[VTX_BLOCK_READ].bytes = 4096;
	text = brief(&run, 80);
	assert_non_null(strstr(text, "block read, p99"));
	assert_non_null(strstr(text, " 4.10 kB\n"));
	assert_null(strstr(text, "block write"));
	free(text);
	text = report(&run, 80, false, true);
	assert_non_null(strstr(text, "Block IO"));
	assert_non_null(strstr(text, "Storage"));
	free(text);
	run__free(&run);
}

/* Notes with the same reason are one; those on details are counted. */
static void test_notes_are_grouped(void **state)
{
	static char why[] = "it has no device", costs[] = "not counted";
	static struct run_degraded notes[] = {
		{"requests of a", why, costs},       {"storage of b", "no files", "unknown"},
		{"requests of b", why, costs},       {"requests of c", why, costs},
		{"requests of d", why, costs},       {"requests of e", why, costs},
		{"memory in balloons", why, "null"}, {"requests of f", why, "others"},
	};
	struct run_degraded *kept;
	struct run run;
	char *text;

	sample_run(&run);
	kept = run.degraded;
	run.degraded = notes;
	run.n_degraded = ARRAY_SIZE(notes);
	text = brief(&run, 200);
	assert_non_null(strstr(text,
			       "note   requests of a, b, c, d and 1 more: it has no device; not "
			       "counted\nnote   requests of f: it has no device; others\n"
			       "note   2 on details that --verbose shows\n"));
	free(text);
	text = report(&run, 200, false, true);
	assert_non_null(strstr(text, "note   requests of a, b, c, d, e: it has"));
	assert_non_null(strstr(text, "note   storage of b: no files; unknown\n"));
	assert_non_null(strstr(text, "note   memory in balloons: it has no device; unknown\n"));
	assert_null(strstr(text, "on details"));
	free(text);
	run.degraded = kept;
	run.n_degraded = 1;
	run__free(&run);
}

static int use_utf8(void **state)
{
	return setlocale(LC_CTYPE, "C.UTF-8") ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_targets_in_80_by_50),
		cmocka_unit_test(test_small_layers_share_a_row),
		cmocka_unit_test(test_nothing_is_left_out),
		cmocka_unit_test(test_notes_are_grouped),
	};

	return cmocka_run_group_tests(tests, use_utf8, NULL);
}
