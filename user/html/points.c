// SPDX-License-Identifier: GPL-2.0-or-later
#include "html/points.h"

static const char *const column_name[COLUMNS] = {
	[COL_REQUESTS] = "requests", [COL_WAIT] = "wait_ns",      [COL_FAULTS] = "faults",
	[COL_READ] = "read_bytes",   [COL_WRITE] = "write_bytes", [COL_RX] = "rx_bytes",
	[COL_TX] = "tx_bytes",       [COL_EXITS] = "exits",       [COL_HELD] = "held_bytes",
	[COL_RSS] = "rss_bytes",
};

const char *column_key(int column)
{
	return column < VTX_MODES ? run_mode_name[column] : column_name[column];
}

uint64_t known_sum(uint64_t a, uint64_t b)
{
	return a == RUN_UNKNOWN ? b : b == RUN_UNKNOWN ? a : run_add(a, b);
}

void points_read(uint64_t ret[COLUMNS], const struct run_numbers *n)
{
	const struct run_block *block = &n->block;

	for (int c = 0; c < COLUMNS; c++)
		ret[c] = RUN_UNKNOWN;
	for (int m = 0; m < VTX_MODES; m++)
		ret[m] = run_cpu_mode(&n->cpu, (enum vtx_mode)m);
	ret[COL_REQUESTS] = n->requests.count;
	ret[COL_WAIT] = n->sched.wait_ns;
	ret[COL_RX] = n->net.rx_bytes;
	ret[COL_TX] = n->net.tx_bytes;
	if (n->kvm.present)
		ret[COL_EXITS] = n->kvm.exits;
	if (n->memory.present) {
		ret[COL_FAULTS] = known_sum(n->memory.faults.user, n->memory.faults.kernel);
		ret[COL_HELD] = n->memory.at.held_bytes;
		ret[COL_RSS] = n->memory.at.rss_bytes;
	}
	if (block->known) {
		ret[COL_READ] = block->kind[VTX_BLOCK_READ].bytes;
		ret[COL_WRITE] = block->kind[VTX_BLOCK_WRITE].bytes;
	}
}
