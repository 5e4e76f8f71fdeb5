// SPDX-License-Identifier: GPL-2.0-or-later
/* From the kernel's totals of block IO to the numbers of targets and of the host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "model/attribute.h"
#include "model/block.h"
#include "model/hist.h"
#include "model/per_request.h"

#define SLOTS 4

static struct vtx_block_totals *at(struct snapshot *snap, uint32_t holder,
				   enum vtx_block_layer layer)
{
	return &snap->block[VTX_BLOCK_INDEX(SLOTS, layer, holder)];
}

/* n requests of so many bytes that took ns each. */
static void add(struct vtx_block_totals *t, enum vtx_block_kind kind, uint64_t n, uint64_t bytes,
		uint64_t ns, enum vtx_block_by by)
{
	struct vtx_latency *latency = &t->kind[kind].device;
	unsigned int bucket = 0;

	while (hist_latency_upper_ns(bucket) < ns)
		bucket++;
	t->kind[kind].ops += n;
	t->kind[kind].bytes += n * bytes;
	latency->count += n;
	latency->sum_ns += n * ns;
	latency->hist[bucket] += n;
	if (ns > latency->max_ns)
		latency->max_ns = ns;
	t->by.ops[by] += n;
	t->by.bytes[by] += n * bytes;
}

static void device(struct snapshot *snap, uint32_t holder, enum vtx_block_layer layer, uint32_t dev,
		   uint64_t bytes)
{
	struct snapshot_blkdev *grown =
		realloc(snap->blkdev, (snap->n_blkdevs + 1) * sizeof(*grown));

	assert_non_null(grown);
	snap->blkdev = grown;
	grown[snap->n_blkdevs++] = (struct snapshot_blkdev){
		.key = {.index = (uint32_t)VTX_BLOCK_INDEX(SLOTS, layer, holder), .dev = dev},
		.n = {.ops = {1, 2, 3, 4},
		      .bytes = {bytes, 2 * bytes, 0, 3 * bytes},
		      .device_ns = 7}};
}

static void block__free(struct run_block *block)
{
	struct run run = {};
	struct run_target target = {};

	target.total.block = *block;
	run.target = malloc(sizeof(target));
	*run.target = target;
	run.n_targets = 1;
	run__free(&run);
}

static void differences_by_layer(void **state)
{
	struct snapshot from, to;
	struct run_block block = {};

	(void)state;
	assert_int_equal(snapshot__init(&from, SLOTS), 0);
	assert_int_equal(snapshot__init(&to, SLOTS), 0);
	add(at(&from, 2, VTX_BLOCK_BOTTOM), VTX_BLOCK_READ, 10, 512, 5000, VTX_BLOCK_BY_DIRECT);
	add(at(&to, 2, VTX_BLOCK_BOTTOM), VTX_BLOCK_READ, 13, 512, 5000, VTX_BLOCK_BY_DIRECT);
	add(at(&to, 2, VTX_BLOCK_BOTTOM), VTX_BLOCK_WRITE, 4, 4096, 90000, VTX_BLOCK_BY_DIRTIER);
	add(at(&to, 2, VTX_BLOCK_BOTTOM), VTX_BLOCK_WRITE, 1, 8192, 1000, VTX_BLOCK_BY_BLKCG);
	/* The numbers of the other layer and of a neighbour must not appear. */
	add(at(&to, 2, VTX_BLOCK_TOP), VTX_BLOCK_READ, 1000, 1, 1, VTX_BLOCK_BY_MEMCG);
	add(at(&to, 3, VTX_BLOCK_BOTTOM), VTX_BLOCK_READ, 1000, 1, 1, VTX_BLOCK_BY_MEMCG);
	assert_int_equal(block_of_holder(&block, &from, &to, 2, VTX_BLOCK_BOTTOM, true), 0);
	assert_true(block.known);
	assert_false(block.top);
	assert_int_equal(block.kind[VTX_BLOCK_READ].ops, 3);
	assert_int_equal(block.kind[VTX_BLOCK_READ].bytes, 3 * 512);
	assert_int_equal(block.kind[VTX_BLOCK_READ].device_ns, 3 * 5000);
	assert_int_equal(block.kind[VTX_BLOCK_WRITE].ops, 5);
	assert_int_equal(block.kind[VTX_BLOCK_WRITE].bytes, 4 * 4096 + 8192);
	assert_int_equal(hist_count(&block.kind[VTX_BLOCK_WRITE].latency.hist), 5);
	assert_int_equal(block.kind[VTX_BLOCK_FLUSH].ops, 0);
	assert_int_equal(block.by.direct, 3 * 512);
	assert_int_equal(block.by.dirtier, 4 * 4096);
	assert_int_equal(block.by.blkcg, 8192);
	assert_int_equal(block.by.memcg, 0);
	assert_int_equal(block.by.writeback, 4 * 4096 + 8192);
	block__free(&block);
	snapshot__free(&from);
	snapshot__free(&to);
}

/* A race may have left the smaller maximum: it must not stay below its own bucket. */
static void a_lost_maximum_is_raised_to_its_bucket(void **state)
{
	struct run_block block = {};
	struct snapshot to;

	(void)state;
	assert_int_equal(snapshot__init(&to, SLOTS), 0);
	add(at(&to, 2, VTX_BLOCK_BOTTOM), VTX_BLOCK_READ, 99, 512, 5000, VTX_BLOCK_BY_DIRECT);
	add(at(&to, 2, VTX_BLOCK_BOTTOM), VTX_BLOCK_READ, 1, 512, 5000000, VTX_BLOCK_BY_DIRECT);
	at(&to, 2, VTX_BLOCK_BOTTOM)->kind[VTX_BLOCK_READ].device.max_ns = 5000;
	assert_int_equal(block_of_holder(&block, NULL, &to, 2, VTX_BLOCK_BOTTOM, true), 0);
	assert_in_range(block.kind[VTX_BLOCK_READ].latency.max, 4000000, 5000000);
	assert_true(block.kind[VTX_BLOCK_READ].latency.p99 <=
		    block.kind[VTX_BLOCK_READ].latency.max);
	block__free(&block);
	snapshot__free(&to);
}

static void queueing_is_unknown_where_the_kernel_did_not_time_it(void **state)
{
	struct run_block block = {};
	struct snapshot to;

	(void)state;
	assert_int_equal(snapshot__init(&to, SLOTS), 0);
	at(&to, 2, VTX_BLOCK_TOP)->queue.sum_ns = 77;
	assert_int_equal(block_of_holder(&block, NULL, &to, 2, VTX_BLOCK_TOP, false), 0);
	assert_true(block.top);
	assert_int_equal(block.queue_ns, 77);
	memset(&block, 0, sizeof(block));
	at(&to, 2, VTX_BLOCK_TOP)->untimed = 1;
	assert_int_equal(block_of_holder(&block, NULL, &to, 2, VTX_BLOCK_TOP, false), 0);
	assert_int_equal(block.queue_ns, RUN_UNKNOWN);
	snapshot__free(&to);
}

static void devices_are_one_each_in_order(void **state)
{
	struct run_block block = {};
	struct snapshot to;

	(void)state;
	assert_int_equal(snapshot__init(&to, SLOTS), 0);
	device(&to, 2, VTX_BLOCK_BOTTOM, 254 << 20 | 16, 100);
	device(&to, 2, VTX_BLOCK_BOTTOM, 8 << 20 | 300, 10);
	device(&to, 3, VTX_BLOCK_BOTTOM, 8 << 20, 1);
	device(&to, 2, VTX_BLOCK_TOP, 7 << 20, 1);
	assert_int_equal(block_of_holder(&block, NULL, &to, 2, VTX_BLOCK_BOTTOM, true), 0);
	assert_int_equal(block.n_devices, 2);
	assert_int_equal(block.device[0].major, 8);
	assert_int_equal(block.device[0].minor, 300);
	assert_int_equal(block.device[1].major, 254);
	assert_int_equal(block.device[1].write_bytes, 200);
	assert_int_equal(block.device[1].discard_bytes, 300);
	block__free(&block);
	snapshot__free(&to);
}

static void the_host_is_the_sum_of_its_parts(void **state)
{
	struct run_host_block host = {};
	struct snapshot to;
	uint64_t sum = 0;

	(void)state;
	assert_int_equal(snapshot__init(&to, SLOTS), 0);
	for (uint32_t holder = 0; holder < VTX_BLOCK_HOLDERS(SLOTS); holder++) {
		add(at(&to, holder, VTX_BLOCK_BOTTOM), VTX_BLOCK_WRITE, 1, 1u << holder, 1,
		    VTX_BLOCK_BY_DIRECT);
		device(&to, holder, VTX_BLOCK_BOTTOM, 254 << 20, 5);
	}
	assert_int_equal(block_of_host(&host, &to, VTX_BLOCK_BOTTOM), 0);
	assert_int_equal(host.part[RUN_BLOCK_MANAGERS].write_bytes, 1 + 2);
	assert_int_equal(host.part[RUN_BLOCK_TARGETS].write_bytes, 4 + 8);
	assert_int_equal(host.part[RUN_BLOCK_OTHER].write_bytes, 16);
	assert_int_equal(host.part[RUN_BLOCK_UNATTRIBUTED].write_bytes, 32);
	for (int p = 0; p < RUN_BLOCK_PARTS; p++)
		sum += host.part[p].write_ops;
	assert_int_equal(sum, 6);
	assert_int_equal(host.n_devices, 1);
	assert_int_equal(host.device[0].read_bytes, 6 * 5);
	free(host.device);
	snapshot__free(&to);
}

static void layers_asked_for_and_not(void **state)
{
	struct attribution how = {.split = SPLIT_OFF};
	struct run_numbers numbers;
	struct snapshot to;

	(void)state;
	assert_int_equal(snapshot__init(&to, SLOTS), 0);
	add(at(&to, 2, VTX_BLOCK_BOTTOM), VTX_BLOCK_READ, 3, 512, 1, VTX_BLOCK_BY_DIRECT);
	add(at(&to, 2, VTX_BLOCK_TOP), VTX_BLOCK_READ, 5, 512, 1, VTX_BLOCK_BY_DIRECT);
	to.account[VTX_ACCOUNT(2, VTX_IOTHREAD)].iowait.ns = 40;
	to.account[VTX_ACCOUNT(2, VTX_WORKLOAD)].iowait.ns = 2;
	assert_int_equal(attribute_target(&numbers, NULL, &to, 2, &how, false), 0);
	assert_false(numbers.block.known);
	assert_int_equal(numbers.block.kind[VTX_BLOCK_READ].ops, RUN_UNKNOWN);
	how.block = 1 << VTX_BLOCK_TOP;
	assert_int_equal(attribute_target(&numbers, NULL, &to, 2, &how, false), 0);
	assert_true(numbers.block.known && numbers.block.top && !numbers.block_top.known);
	assert_int_equal(numbers.block.kind[VTX_BLOCK_READ].ops, 5);
	assert_int_equal(numbers.block.wait_ns, 42);
	how.block |= 1 << VTX_BLOCK_BOTTOM;
	assert_int_equal(attribute_target(&numbers, NULL, &to, 2, &how, false), 0);
	assert_int_equal(numbers.block.kind[VTX_BLOCK_READ].ops, 3);
	assert_int_equal(numbers.block_top.kind[VTX_BLOCK_READ].ops, 5);
	snapshot__free(&to);
}

static void of_a_request(void **state)
{
	struct run_numbers numbers = {.requests = {.source = RUN_REQUESTS_GIVEN, .count = 4}};
	const struct run_requests *requests = &numbers.requests;

	(void)state;
	numbers.block.known = true;
	numbers.block.kind[VTX_BLOCK_READ] =
		(struct run_block_kind){.ops = 2, .bytes = 100, .device_ns = 10};
	numbers.block.kind[VTX_BLOCK_WRITE] =
		(struct run_block_kind){.ops = 1, .bytes = 8, .device_ns = 2};
	assert_true(per_request(total_block_reads(&numbers), requests) == 0.5);
	assert_true(per_request(total_block_writes(&numbers), requests) == 0.25);
	assert_true(per_request(total_block_read_bytes(&numbers), requests) == 25);
	assert_true(per_request(total_block_write_bytes(&numbers), requests) == 2);
	assert_true(per_request(total_block_device_ns(&numbers), requests) == 3);
	numbers.block.known = false;
	assert_true(isnan(per_request(total_block_reads(&numbers), requests)));
	assert_true(isnan(per_request(total_block_device_ns(&numbers), requests)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(differences_by_layer),
		cmocka_unit_test(a_lost_maximum_is_raised_to_its_bucket),
		cmocka_unit_test(queueing_is_unknown_where_the_kernel_did_not_time_it),
		cmocka_unit_test(devices_are_one_each_in_order),
		cmocka_unit_test(the_host_is_the_sum_of_its_parts),
		cmocka_unit_test(layers_asked_for_and_not),
		cmocka_unit_test(of_a_request),
	};

	return cmocka_run_group_tests_name("block", tests, NULL, NULL);
}
