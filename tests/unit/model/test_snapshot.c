// SPDX-License-Identifier: GPL-2.0-or-later
/* Differences of snapshots: what a part of a recording counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <stdlib.h>

#include "model/hist.h"
#include "model/snapshot.h"

#define SLOTS 4
#define SLOT  3

static void put_device(struct snapshot *snap, uint32_t index, uint64_t bytes)
{
	snap->blkdev = realloc(snap->blkdev, (snap->n_blkdevs + 1) * sizeof(*snap->blkdev));
	assert_non_null(snap->blkdev);
	snap->blkdev[snap->n_blkdevs] = (struct snapshot_blkdev){.key.index = index};
	snap->blkdev[snap->n_blkdevs++].n.bytes[VTX_BLOCK_READ] = bytes;
}

static void counters(void **state)
{
	struct snapshot from, to, since;
	uint32_t account = VTX_ACCOUNT(SLOT, VTX_WORKLOAD);

	assert_int_equal(snapshot__init(&from, SLOTS), 0);
	assert_int_equal(snapshot__init(&to, SLOTS), 0);
	from.clock_ns = 100;
	to.clock_ns = 350;
	from.lost[0] = to.lost[0] = 7;
	from.account[account].ns[VTX_USER] = 10;
	to.account[account].ns[VTX_USER] = 17;
	from.account[account].sched.waits = 5; /* read a moment later than a related one */
	to.account[account].sched.waits = 4;
	from.exits[SLOT].reason[1].count = 1;
	to.exits[SLOT].reason[1].count = 4;
	to.throttled[SLOT] = (struct snapshot_throttled){true, 30, 3};
	from.throttled[SLOT] = (struct snapshot_throttled){true, 10, 2};
	put_device(&from, 1, 50);
	put_device(&to, 2, 9);
	put_device(&to, 1, 58);
	put_device(&from, 5, 4);
	put_device(&to, 5, 4); /* idle since */
	assert_int_equal(snapshot__since(&since, &from, &to), 0);
	assert_int_equal(since.clock_ns, 250);
	assert_int_equal(since.lost[0], 0);
	assert_int_equal(since.account[account].ns[VTX_USER], 7);
	assert_int_equal(since.account[account].sched.waits, 0);
	assert_int_equal(since.exits[SLOT].reason[1].count, 3);
	assert_true(since.throttled[SLOT].known);
	assert_int_equal(since.throttled[SLOT].ns, 20);
	assert_int_equal(since.n_blkdevs, 2);
	assert_int_equal(since.blkdev[0].n.bytes[VTX_BLOCK_READ], 9);
	assert_int_equal(since.blkdev[1].n.bytes[VTX_BLOCK_READ], 8);
	snapshot__free(&from);
	snapshot__free(&to);
	snapshot__free(&since);
}

static uint64_t max_since(uint64_t before_ns, uint64_t now_ns, unsigned int bucket)
{
	struct snapshot from, to, since;
	uint64_t max_ns;

	assert_int_equal(snapshot__init(&from, SLOTS), 0);
	assert_int_equal(snapshot__init(&to, SLOTS), 0);
	from.net[SLOT].last.max_ns = before_ns;
	to.net[SLOT].last.max_ns = now_ns;
	to.net[SLOT].last.hist[bucket] = 1;
	assert_int_equal(snapshot__since(&since, &from, &to), 0);
	max_ns = since.net[SLOT].last.max_ns;
	snapshot__free(&from);
	snapshot__free(&to);
	snapshot__free(&since);
	return max_ns;
}

/* One that did not rise belongs to a request before. */
static void maxima(void **state)
{
	assert_int_equal(max_since(5000000, 9000000, 20), 9000000);
	assert_int_equal(max_since(900000000, 900000000, 20), hist_latency_upper_ns(20));
	assert_int_equal(max_since(12345, 12345, 100), 12345); /* the same again */
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(counters), cmocka_unit_test(maxima)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
