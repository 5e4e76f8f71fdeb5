// SPDX-License-Identifier: GPL-2.0-or-later
/* The first sentence of a report and of a comparison. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "../compare/runs.h"
#include "layers/summary.h"
#include "report/sentence.h"

#define TARGETS 6

/* A run of up to TARGETS targets with 1000 requests each. */
struct sample {
	struct run run;
	struct run_target target[TARGETS];
};

static struct run *begin(struct sample *sample, size_t n)
{
	static char *const names[TARGETS] = {"web", "vm", "bare", "db", "cache", "mail"};

	*sample = (struct sample){.run = {.wall_ns = 2000000000, .n_targets = n}};
	sample->run.target = sample->target;
	for (size_t i = 0; i < n; i++) {
		sample->target[i].label = names[i];
		sample->target[i].total.requests.source = RUN_REQUESTS_HTTP;
		sample->target[i].total.requests.count = 1000;
	}
	return &sample->run;
}

/* Adds µs per request to a layer of a target. */
static void spend(struct run *run, size_t target, int role, int mode, uint64_t us)
{
	struct run_cpu *cpu = &run->target[target].total.cpu;

	cpu->role[role].present = true;
	cpu->role[role].ns[mode] += us * 1000000;
	cpu->total_ns += us * 1000000;
}

static void expect(const struct run *run, const char *cost, const char *trust)
{
	struct sentence s;

	assert_int_equal(sentence__of_run(&s, run, false), 0);
	assert_string_equal(s.cost, cost);
	if (trust)
		assert_string_equal(s.trust, trust);
	sentence__free(&s);
}

static void test_one_target(void **state)
{
	struct sample sample;
	struct run *run = begin(&sample, 1);

	spend(run, 0, VTX_WORKLOAD, VTX_USER, 50);
	spend(run, 0, VTX_WORKLOAD, VTX_KERNEL, 150);
	expect(run,
	       "A request costs web 200 us of CPU time, 75 % of it in workload kernel (150 us).",
	       "The books balance to 0 ppm and nothing was lost; one run cannot show how much runs "
	       "vary.");
	run->target[0].total.requests.count = 0;
	expect(run,
	       "No requests were counted; in 2.00 s web used 200 ms of CPU time, 75 % of it in "
	       "workload "
	       "kernel (150 ms).",
	       NULL);
}

/* The layer is the one that adds most, which need not be the largest of either target. */
static void test_two_targets(void **state)
{
	struct sample sample;
	struct run *run = begin(&sample, 2);

	spend(run, 0, VTX_VHOST, VTX_KERNEL, 300);
	spend(run, 0, VTX_VCPU, VTX_POLL, 90);
	spend(run, 1, VTX_VHOST, VTX_KERNEL, 290);
	spend(run, 1, VTX_WORKLOAD, VTX_USER, 10);
	expect(run,
	       "A request costs vm 300 us of CPU time and web 390 us, 30 % more; most of the "
	       "difference is vcpu poll, +90.0 us.",
	       NULL);
	spend(run, 1, VTX_WORKLOAD, VTX_USER, 40);
	expect(run,
	       "A request costs vm 340 us of CPU time and web 390 us, 15 % more; vcpu poll costs "
	       "90.0 "
	       "us more, other layers less.",
	       NULL);
	run->target[1].total.cpu.role[VTX_WORKLOAD].ns[VTX_USER] = 10000000;
	run->target[1].total.cpu.total_ns = 300000000;
	spend(run, 0, VTX_VCPU, VTX_GUEST, 510);
	expect(run,
	       "A request costs vm 300 us of CPU time and web 900 us, 3.0 times as much; most of "
	       "the "
	       "difference is vcpu guest, +510 us.",
	       NULL);
	spend(run, 0, VTX_VCPU, VTX_POLL, 410);
	spend(run, 0, VTX_EMULATOR, VTX_USER, 400);
	expect(run,
	       "A request costs vm 300 us of CPU time and web 1.71 ms, 5.7 times as much; the "
	       "largest part of the difference is vcpu guest, +510 us.",
	       NULL);
}

static void test_no_difference(void **state)
{
	struct sample sample;
	struct run *run = begin(&sample, 2);

	expect(run, "A request costs web 0 ns of CPU time and vm 0 ns.", NULL);
	spend(run, 0, VTX_WORKLOAD, VTX_USER, 100);
	spend(run, 1, VTX_WORKLOAD, VTX_KERNEL, 100);
	expect(run, "A request costs web 100 us of CPU time and vm 100 us, the same.", NULL);
}

/* Where one target's user and kernel time is one number, the other's must not seem to differ. */
static void test_undivided(void **state)
{
	struct sample sample;
	struct run *run = begin(&sample, 2);

	spend(run, 0, VTX_WORKLOAD, VTX_TASK, 300);
	spend(run, 1, VTX_WORKLOAD, VTX_USER, 200);
	spend(run, 1, VTX_WORKLOAD, VTX_KERNEL, 150);
	spend(run, 1, VTX_RUNTIME, VTX_USER, 60);
	expect(run,
	       "A request costs web 300 us of CPU time and vm 410 us, 37 % more; most of the "
	       "difference is runtime user, +60.0 us.",
	       NULL);
}

static void test_many_targets(void **state)
{
	struct sample sample;
	struct run *run = begin(&sample, 3);

	for (size_t i = 0; i < 3; i++)
		spend(run, i, VTX_WORKLOAD, VTX_USER, 100 * (i + 1));
	expect(run,
	       "A request costs web 100 us of CPU time, vm 200 us (2.0 times as much) and bare 300 "
	       "us (3.0 times as much); most of the difference between web and bare is workload "
	       "user, +200 us.",
	       NULL);
	run->target[1].total.requests.source = RUN_REQUESTS_NONE;
	expect(run,
	       "A request costs web 100 us of CPU time and bare 300 us, 3.0 times as much; most of "
	       "the difference is workload user, +200 us; requests of vm were not counted.",
	       NULL);
	run = begin(&sample, 6);
	for (size_t i = 0; i < 6; i++)
		spend(run, i, VTX_WORKLOAD, VTX_USER, 100 * (i + 1));
	expect(run,
	       "A request costs 6 targets between 100 us (web) and 600 us (mail) of CPU time, "
	       "6.0 "
	       "times as much; most of the difference between web and mail is workload user, +500 "
	       "us.",
	       NULL);
	expect(begin(&sample, 0), "No target ran: there is nothing to report.",
	       "The books balance to 0 ppm and nothing was lost.");
}

static void expect_trust(const struct run *run, enum sentence_trust level, const char *trust)
{
	struct sentence s;

	assert_int_equal(sentence__of_run(&s, run, true), 0);
	assert_int_equal(s.level, level);
	assert_string_equal(s.trust, trust);
	sentence__free(&s);
}

static void test_trust(void **state)
{
	struct sample sample;
	struct run *run = begin(&sample, 2);

	run->target[0].total.net.tx_bytes = 2000000;
	run->target[1].total.net.tx_bytes = 2500000;
	run->target[0].total.requests.status[VTX_STATUS_5XX] = 500;
	expect_trust(
		run, SENTENCE_CAREFUL,
		"50 % of the answers of web are errors (4xx, 5xx). Not the same page: web sent "
		"2.00 kB, vm sent 2.50 kB per request. One run cannot show how much runs vary.");
	run->target[1].accel = "tcg";
	run->target[1].total.net.tx_bytes = RUN_UNKNOWN;
	run->target[0].total.requests.status[VTX_STATUS_5XX] = RUN_UNKNOWN;
	expect_trust(
		run, SENTENCE_CAREFUL,
		"vm ran under TCG, QEMU's emulator, without KVM: its numbers say nothing about "
		"the cost of virtualization. One run cannot show how much runs vary.");
	run->books.lost[VTX_LOST_BLOCK] = 7;
	run->target[1].accel = NULL;
	expect_trust(run, SENTENCE_NOT, "Do not trust this run: events were lost: block 7.");
}

/* A name cannot pass for a part of the sentence, nor fill the screen. */
static void test_names(void **state)
{
	struct sample sample;
	struct run *run = begin(&sample, 1);
	char name[301];

	run->target[0].label = "a 1 us, b";
	expect(run, "A request costs \"a 1 us, b\" 0 ns of CPU time.", NULL);
	memset(name, 'x', 300);
	name[300] = '\0';
	run->target[0].label = name;
	expect(run, "A request costs xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.. 0 ns of CPU time.", NULL);
	memset(name, 0xff, 300);
	expect(run,
	       "A request costs "
	       "\"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
	       "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff..\" 0 ns of CPU "
	       "time.",
	       NULL);
}

/* ---- comparisons ----------------------------------------------------------------------------- */

static char *compared(double kernel_ns, double factor, size_t runs)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	const struct comparison *c;
	struct truth b = plain;
	struct compare *compare;
	struct sentence s;

	b.label = "b";
	b.kernel_ns = kernel_ns;
	b.factor = factor;
	compare = compare_two(rng, &plain, &b, runs, COMPARE_BY_ANY, &c);
	assert_int_equal(sentence__of_comparison(&s, c, false), 0);
	assert_true(s.level == (runs > 5 ? SENTENCE_TRUSTED : SENTENCE_CAREFUL));
	compare__free(compare);
	gsl_rng_free(rng);
	free(s.trust);
	return s.cost;
}

static void expect_words(char *text, const char *const words[], size_t n)
{
	const char *at = text;

	for (size_t i = 0; i < n; i++) {
		at = strstr(at, words[i]);
		if (!at)
			fail_msg("no '%s' in: %s", words[i], text);
	}
	free(text);
}

#define EXPECT_WORDS(text, ...)                                                                    \
	expect_words((text), (const char *const[]){__VA_ARGS__},                                   \
		     ARRAY_SIZE(((const char *const[]){__VA_ARGS__})))

static void test_comparisons(void **state)
{
	EXPECT_WORDS(compared(30000, 1, 10), "A request costs 14", " us of CPU time with a and 17",
		     " us with b: 2", " % more (95 % interval +", " to +", " %, 10 runs each)",
		     "; most of the difference is workload kernel, +");
	EXPECT_WORDS(compared(-30000, 1, 10), ": 2", " % less (95 % interval -", " to -",
		     "; most of the difference is workload kernel, -");
	EXPECT_WORDS(compared(0, 3, 10), ": 3.0 times as much (95 % interval ", " to 3.",
		     "workload kernel, +16");
	EXPECT_WORDS(compared(0, 1, 10), "with b: no significant difference (95 % interval -",
		     " to +");
	EXPECT_WORDS(compared(0, 1, 2),
		     "no significant difference (too few runs for an interval: 2 "
		     "runs each).");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_target),    cmocka_unit_test(test_two_targets),
		cmocka_unit_test(test_no_difference), cmocka_unit_test(test_undivided),
		cmocka_unit_test(test_many_targets),  cmocka_unit_test(test_trust),
		cmocka_unit_test(test_names),         cmocka_unit_test(test_comparisons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
