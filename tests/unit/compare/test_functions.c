// SPDX-License-Identifier: GPL-2.0-or-later
/* Functions: none differs between equal groups beyond chance, and the one that got slower is named.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include "runs.h"

#define FUNCTIONS 24 /* user functions besides main(): half of the time is in the first few */
#define SAMPLES   1200
#define ADDED_NS  20000
#define SLOW      7 /* the function that needs ADDED_NS more */

/* A stack main() → f in user mode, or the kernel's entry → f. The time is set later. */
static void add_stack(struct run_profile *profile, enum vtx_mode mode, const char *name,
		      uint64_t samples)
{
	struct run_stack *stack = &profile->stack[profile->n_stacks];

	profile->string[profile->n_strings] = strdup(name);
	profile->frame[profile->n_frames] = (struct run_frame){
		.name = profile->n_strings++, .up = mode == VTX_USER ? 0 : RUN_UNKNOWN};
	*stack = (struct run_stack){.role = VTX_WORKLOAD, .mode = mode, .samples = samples};
	stack->frame = profile->n_frames++;
	profile->n_stacks += samples > 0;
}

/* The samples of a mode share its bill; the last one takes what is left. */
static void share_bill(struct run_profile *profile, enum vtx_mode mode, uint64_t bill)
{
	uint64_t samples = 0, left = bill;
	struct run_stack *last = NULL;

	for (size_t i = 0; i < profile->n_stacks; i++)
		samples += profile->stack[i].mode == mode ? profile->stack[i].samples : 0;
	for (size_t i = 0; i < profile->n_stacks; i++) {
		struct run_stack *stack = &profile->stack[i];

		if (stack->mode != mode)
			continue;
		stack->ns = (uint64_t)((double)bill * (double)stack->samples / (double)samples);
		left -= stack->ns;
		last = stack;
	}
	assert_non_null(last);
	last->ns += left;
}

/* User functions cost 1, 1/2, 1/3 … of the user time; as many samples hit them as chance has it. */
static void add_profile(gsl_rng *rng, struct run *run, double added, const char *kernel)
{
	struct run_profile *profile = &run->profile;
	const struct run_role *role = &run->target[0].total.cpu.role[VTX_WORKLOAD];
	double weight[FUNCTIONS], sum = 0;
	unsigned int drawn[FUNCTIONS];

	profile->present = true;
	profile->hz = 99;
	profile->string = calloc(FUNCTIONS + 8, sizeof(*profile->string));
	profile->frame = calloc(FUNCTIONS + 8, sizeof(*profile->frame));
	profile->stack = calloc(FUNCTIONS + 8, sizeof(*profile->stack));
	for (size_t i = 0; i < FUNCTIONS; i++)
		sum += weight[i] = 1.0 / (double)(i + 1);
	for (size_t i = 0; i < FUNCTIONS; i++)
		weight[i] *= 52000 / sum;
	weight[SLOW] += added;
	gsl_ran_multinomial(rng, FUNCTIONS, SAMPLES, weight, drawn);
	add_stack(profile, VTX_USER, "main", 0);
	profile->frame[0].up = RUN_UNKNOWN;
	for (size_t i = 0; i < FUNCTIONS; i++) {
		char name[16];

		snprintf(name, sizeof(name), "f%zu", i);
		add_stack(profile, VTX_USER, name, drawn[i]);
	}
	add_stack(profile, VTX_KERNEL, kernel, 50);
	add_stack(profile, VTX_SOFTIRQ, "net_rx_action", 10);
	add_stack(profile, VTX_HARDIRQ, "[no sample]", 1);
	for (int mode = VTX_USER; mode <= VTX_HARDIRQ; mode++)
		if (mode != VTX_POLL)
			share_bill(profile, (enum vtx_mode)mode, role->ns[mode]);
}

static struct compare *compare_profiles(gsl_rng *rng, size_t n, double added, const char *kernel,
					const struct comparison **ret)
{
	struct compare *compare = compare__new(COMPARE_BY_LABEL, NULL);
	struct truth truth[2] = {plain, plain};
	struct verr err = {};
	struct run run;

	truth[1].label = "b";
	truth[1].user = added;
	compare__want_functions(compare);
	for (size_t i = 0; i < 2 * n; i++) {
		bool b = (i + 1) / 2 % 2; /* ABBA */

		make_run(rng, &run, &truth[b]);
		add_profile(rng, &run, b ? added : 0, b ? kernel : "old_call");
		assert_int_equal(compare__add(compare, &run, "a file", &err), 0);
		run__free(&run);
	}
	if (compare__finish(compare, NULL, ret, &err))
		fail_msg("%s", err.msg);
	return compare;
}

static const struct compare_function *function(const struct comparison *c, const char *name)
{
	for (size_t i = 0; i < c->n_functions; i++)
		if (!strcmp(c->function[i].name, name))
			return &c->function[i];
	fail_msg("no function %s", name);
	return NULL;
}

/* The functions of each layer add up to it, exactly. */
static void check_layers(const struct comparison *c)
{
	size_t functions = 0;

	for (size_t l = 0; l < c->fall[0].n_layers; l++) {
		const struct compare_layer *layer = &c->fall[0].layer[l];
		int64_t sum = 0;

		for (size_t i = 0; i < c->n_functions; i++) {
			if (strcmp(c->function[i].layer, layer->layer) != 0)
				continue;
			sum += c->function[i].ns;
			functions++;
		}
		assert_true(sum == layer->ns);
	}
	assert_int_equal(functions, c->n_functions);
}

/* As in test_effects.c: 5 % of the pairs have a function that is called different, or fewer. */
static void test_same(void **state)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	size_t pairs = 0, raw = 0, tested = 0;

	for (int pair = 0; pair < 20; pair++) {
		const struct comparison *c;
		struct compare *compare = compare_profiles(rng, 8, 0, "old_call", &c);
		size_t called = 0;

		for (size_t i = 0; i < c->n_functions; i++) {
			const struct compare_time *self = &c->function[i].self;

			called += self->verdict != COMPARE_SAME;
			tested += !isnan(self->p);
			raw += self->p_raw <= STATS_ALPHA;
			assert_int_equal(c->function[i].where, COMPARE_IN_BOTH);
		}
		pairs += called > 0;
		check_layers(c);
		compare__free(compare);
	}
	print_message("# of 20 pairs %zu had a function called different; before Holm %zu of %zu\n",
		      pairs, raw, tested);
	assert_true(pairs <= 3);
	assert_true(raw > tested / 50 && raw < tested / 12); /* about 5 % */
	gsl_rng_free(rng);
}

/* 20 µs more in one function: it is named, alone, its interval contains them, and so does main's.
 */
static void test_one_got_slower(void **state)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	size_t held = 0, others = 0;

	for (int pair = 0; pair < 6; pair++) {
		const struct comparison *c;
		struct compare *compare = compare_profiles(rng, 8, ADDED_NS, "old_call", &c);
		const struct compare_function *slow = function(c, "f7");

		assert_int_equal(slow->self.verdict, COMPARE_HIGHER);
		assert_int_equal(function(c, "main")->total.verdict, COMPARE_HIGHER);
		assert_int_equal(function(c, "main")->self.verdict, COMPARE_SAME);
		assert_ptr_equal(slow, &c->function[0]); /* the largest of the first layer */
		held += slow->self.interval.low <= ADDED_NS && slow->self.interval.high >= ADDED_NS;
		for (size_t i = 0; i < c->n_functions; i++)
			others += &c->function[i] != slow &&
				  c->function[i].self.verdict != COMPARE_SAME;
		check_layers(c);
		compare__free(compare);
	}
	print_message("# 6 pairs: %zu intervals hold it, %zu other functions called different\n",
		      held, others);
	assert_true(held >= 5);
	assert_true(others <= 1);
	gsl_rng_free(rng);
}

/* A function of the kernel that only one side has. */
static void test_appears(void **state)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	const struct comparison *c;
	struct compare *compare = compare_profiles(rng, 6, 0, "new_call", &c);

	assert_int_equal(function(c, "new_call")->where, COMPARE_IN_GROUP);
	assert_int_equal(function(c, "new_call")->self.verdict, COMPARE_HIGHER);
	assert_int_equal(function(c, "old_call")->where, COMPARE_IN_BASE);
	assert_int_equal(function(c, "old_call")->self.verdict, COMPARE_LOWER);
	assert_int_equal(function(c, "net_rx_action")->where, COMPARE_IN_BOTH);
	check_layers(c);
	compare__free(compare);
	gsl_rng_free(rng);
}

/* With 5 runs each the least p is 1/126: six functions can be tested, the most expensive ones. */
static void test_few_runs(void **state)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	const struct comparison *c;
	struct compare *compare = compare_profiles(rng, 5, ADDED_NS, "old_call", &c);
	size_t tested = 0;

	for (size_t i = 0; i < c->n_functions; i++)
		tested += !isnan(c->function[i].self.p);
	assert_int_equal(tested, 6);
	assert_int_equal(function(c, "f7")->self.verdict, COMPARE_HIGHER);
	compare__free(compare);
	gsl_rng_free(rng);
}

/* A run that has requests and no stack counts in the mean of the stacks, as in the waterfall. */
static void test_run_without_stacks(void **state)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	struct compare *compare = compare__new(COMPARE_BY_LABEL, NULL);
	struct truth b = plain;
	const struct comparison *c;
	double whole = 0, sum = 0;
	struct verr err = {};
	struct run run;

	b.label = "b";
	compare__want_functions(compare);
	compare__want_flames(compare);
	for (int i = 0; i < 8; i++) {
		make_run(rng, &run, i % 2 ? &b : &plain);
		add_profile(rng, &run, 0, "old_call");
		if (i == 7)
			run.profile.n_stacks = 0;
		for (size_t s = 0; s < run.profile.n_stacks && i % 2; s++)
			whole += (double)run.profile.stack[s].ns / REQUESTS;
		assert_int_equal(compare__add(compare, &run, "a file", &err), 0);
		run__free(&run);
	}
	if (compare__finish(compare, NULL, &c, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(c->n_flames, 1);
	for (size_t f = 0; f < c->tree->n_frames; f++)
		sum += c->flame[0].ns[f];
	assert_true(fabs(sum - whole / 4) < 1e-6 * whole);
	compare__free(compare);
	gsl_rng_free(rng);
}

static void test_no_profile(void **state)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	struct compare *compare = compare__new(COMPARE_BY_LABEL, NULL);
	struct verr err = {};
	struct run run;

	compare__want_functions(compare);
	make_run(rng, &run, &plain);
	assert_int_equal(compare__add(compare, &run, "a file", &err), -EINVAL);
	assert_non_null(strstr(err.msg, "a file"));
	assert_non_null(strstr(err.msg, "--profile"));
	run__free(&run);
	compare__free(compare);
	gsl_rng_free(rng);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),       cmocka_unit_test(test_one_got_slower),
		cmocka_unit_test(test_appears),    cmocka_unit_test(test_few_runs),
		cmocka_unit_test(test_no_profile), cmocka_unit_test(test_run_without_stacks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
