// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The tree describes every member of the run and each number completely, and the walks over it
 * agree.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/fields.h"
#include "model/metric.h"
#include "sample_run.h"

/* ---- every member has a node ---- */

/* Which bytes of a structure some node describes. */
static void cover(char *map, const struct node *nodes, size_t base);

static void check_covered(const struct node *nodes, size_t size, const char *what)
{
	char *map = calloc(1, size + 1);

	cover(map, nodes, 0);
	/* Padding is shorter than a word; a word that no node describes is a forgotten member. */
	for (size_t word = 0; word < size; word += 8)
		if (!memchr(map + word, 1, size - word < 8 ? size - word : 8))
			fail_msg("%s: no node for the member at byte %zu", what, word);
	free(map);
}

static void cover_list(char *map, const struct node *node, size_t at, size_t base)
{
	memset(map + at, 1, sizeof(void *));
	memset(map + base + node->count, 1, sizeof(size_t));
	if (node->type == NODE_LIST)
		check_covered(node->children, node->size, node->key);
}

static void cover_node(char *map, const struct node *node, size_t base)
{
	size_t at = base + node->offset;

	switch (node->type) {
	case NODE_NUMBER:
		memset(map + at, 1, sizeof(uint64_t));
		break;
	case NODE_TEXT:
		memset(map + at, 1, sizeof(void *));
		break;
	case NODE_FLAG:
		map[at] = 1;
		break;
	case NODE_CHOICE:
		memset(map + at, 1, node->size);
		break;
	case NODE_HIST:
		memset(map + at, 1, sizeof(struct run_hist));
		break;
	case NODE_OBJECT:
	case NODE_PART:
		if (node->mark)
			map[at + node->mark - 1] = 1;
		cover(map, node->children, at);
		break;
	case NODE_EACH:
		for (uint32_t i = 0; i < node->count; i++, at += node->size) {
			if (node->mark)
				map[at + node->mark - 1] = 1;
			if (node->children)
				cover(map, node->children, at);
			else
				memset(map + at, 1, sizeof(uint64_t));
		}
		break;
	default:
		if (node->type != NODE_CONST)
			cover_list(map, node, at, base);
		break;
	}
}

static void cover(char *map, const struct node *nodes, size_t base)
{
	for (; nodes->type; nodes++)
		if (!(nodes->flags & MEANS))
			cover_node(map, nodes, base);
}

static void test_every_member_has_a_node(void **state)
{
	check_covered(tree_run, sizeof(struct run), "run");
}

/* ---- every node says what it has to ---- */

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && !strcmp(s + n - m, end);
}

/* The unit that the end of a key promises to the readers of a run file. */
static enum number_unit promised(const char *key)
{
	static const char *const times[] = {"_ns", "ns", "p50", "p90", "p99", "max"};

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		if (!strcmp(key, times[i]) || (i == 0 && ends_with(key, times[i])))
			return NUMBER_NS;
	if (ends_with(key, "_ppm"))
		return NUMBER_PPM;
	return ends_with(key, "_bytes") || !strcmp(key, "bytes") ? NUMBER_BYTES : NUMBER_COUNT;
}

static void check_nodes(const struct node *nodes, bool by)
{
	for (const struct node *node = nodes; node->type; node++) {
		assert_in_range(node->rank - RANK_MIN, 0, RANK_MAX - RANK_MIN);
		if (node->type == NODE_NUMBER) {
			if (!node->help)
				fail_msg("%s: no help", node->key);
			/* The members of "by" are named after the way, and are bytes. */
			if (node->unit != (by ? NUMBER_BYTES : promised(node->key)))
				fail_msg("%s: its unit is not that of its name", node->key);
		}
		if (node->type == NODE_EACH || node->type == NODE_MAP)
			assert_non_null(node->each);
		for (const struct node *other = nodes; other != node; other++)
			if (other->key && node->key && !strcmp(other->key, node->key))
				fail_msg("%s: two members of the same name", node->key);
		if (node->children)
			check_nodes(node->children, node->key && !strcmp(node->key, "by"));
	}
}

static void test_every_number_is_described(void **state)
{
	check_nodes(tree_run, false);
}

/* ---- walks ---- */

static void test_set_unknown(void **state)
{
	struct run_host_memory host;
	struct run_memory memory;
	struct run_block block;

	memset(&memory, 1, sizeof(memory));
	run_memory__set_unknown(&memory);
	assert_false(memory.present);
	assert_true(memory.faults.cow == RUN_UNKNOWN && memory.fault_wait_ns == RUN_UNKNOWN);
	assert_true(memory.at.balloon_bytes == RUN_UNKNOWN);
	assert_true(memory.start.memcg.swap_bytes == RUN_UNKNOWN);
	memset(&block, 1, sizeof(block));
	run_block__set_unknown(&block);
	assert_false(block.known);
	assert_true(block.kind[VTX_BLOCK_DISCARD].device_ns == RUN_UNKNOWN);
	assert_true(block.kind[VTX_BLOCK_READ].latency.p99 == RUN_UNKNOWN);
	assert_int_equal(block.kind[VTX_BLOCK_READ].latency.count, 0);
	assert_int_equal(block.kind[VTX_BLOCK_READ].latency.hist.n, 0);
	assert_true(block.by.dirtier == RUN_UNKNOWN && block.unseen_ops == RUN_UNKNOWN);
	assert_null(block.device);
	assert_int_equal(block.n_devices, 0);
	memset(&host, 1, sizeof(host));
	run_host_memory__set_unknown(&host);
	for (const struct node *node = host_memory_fields; node->type; node++)
		assert_true(node_number(node, &host) == RUN_UNKNOWN);
}

struct order {
	size_t last;
	int n;
	enum node_compare compare;
	const char *path;
};

static int see(const struct metric *metric, void *ctx)
{
	struct order *order = ctx;

	/* Exits for different reasons share their positions. */
	if (!strstr(metric->path, "kvm.")) {
		if (order->n && metric->position <= order->last)
			fail_msg("%s: not behind the number before", metric->path);
		order->last = metric->position;
	}
	order->n++;
	if (!strcmp(metric->path, order->path))
		order->compare = metric->compare;
	return 0;
}

static enum node_compare compare_of(const struct run_target *target, const char *path)
{
	struct order order = {.path = path};

	assert_int_equal(metric_each(tree_target, target, see, &order), 0);
	assert_true(order.n > 200);
	return order.compare;
}

static void test_metrics_rise_and_inherit(void **state)
{
	struct run run;

	sample_run(&run);
	assert_int_equal(compare_of(&run.target[0], "requests.count"), COMPARE_RATE);
	assert_int_equal(compare_of(&run.target[0], "requests.latency_ns.p50"), COMPARE_AS_IS);
	assert_int_equal(compare_of(&run.target[0], "requests.latency_ns.max"), COMPARE_NO);
	assert_int_equal(compare_of(&run.target[0], "sched.waits"), COMPARE_ALONE);
	assert_int_equal(compare_of(&run.target[0], "memory.rss_bytes"), COMPARE_AS_IS);
	/* Neither its parent's nor its own value: nothing of the start is compared. */
	assert_int_equal(compare_of(&run.target[0], "memory.start.rss_bytes"), COMPARE_NEVER);
	assert_int_equal(compare_of(&run.target[0], "kvm.exits"), COMPARE_ALONE);
	assert_int_equal(compare_of(&run.target[0], "kvm.reasons.NPF.count"), COMPARE_NO);
	assert_int_equal(compare_of(&run.target[0], "per_request.kvm.exits"), COMPARE_AS_IS);
	assert_int_equal(compare_of(&run.target[0], "per_request.split_error_ns"), COMPARE_NO);
	run__free(&run);
}

/* Unknown numbers keep their positions: a number has the same position in every run. */
static void test_positions_do_not_depend_on_the_run(void **state)
{
	struct order with = {.path = ""}, without = {.path = ""};
	struct run run;

	sample_run(&run);
	metric_each(tree_target, &run.target[0], see, &with);
	run_memory__set_unknown(&run.target[0].total.memory);
	run.target[0].total.kvm.present = false;
	metric_each(tree_target, &run.target[0], see, &without);
	assert_true(without.n < with.n);
	assert_int_equal(without.last, with.last);
	run__free(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_member_has_a_node),
		cmocka_unit_test(test_every_number_is_described),
		cmocka_unit_test(test_set_unknown),
		cmocka_unit_test(test_metrics_rise_and_inherit),
		cmocka_unit_test(test_positions_do_not_depend_on_the_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
