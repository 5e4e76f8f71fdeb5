/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rows.h - rows of a time series for the tests of the live view. */
#ifndef VIRTAX_TEST_ROWS_H
#define VIRTAX_TEST_ROWS_H

#include <stdlib.h>
#include <string.h>

#include "top/order.h"
#include "top/table.h"

#define SECOND_NS 1000000000ull

struct rows {
	struct top_table table;
	struct top_order order;
	struct run_host_cpu host_cpu;
	struct run_host_memory host_memory;
	struct run_numbers *numbers;
	struct top_feed *feed;
	size_t n;
	uint64_t at_ns;
};

/* Target i of n is called tI and uses (i + 1) ms a second; the rest of two CPUs is idle. */
static inline void rows__init(struct rows *rows, size_t n)
{
	memset(rows, 0, sizeof(*rows));
	top_table__init(&rows->table);
	rows->order.by = COLUMN_CPU;
	run_host_memory__set_unknown(&rows->host_memory);
	rows->numbers = calloc(n + 1, sizeof(*rows->numbers));
	rows->feed = calloc(n + 1, sizeof(*rows->feed));
	rows->n = n;
	for (size_t i = 0; i < n; i++) {
		struct run_numbers *numbers = &rows->numbers[i];
		char label[32];

		snprintf(label, sizeof(label), "t%zu", i);
		numbers->cpu.total_ns = (i + 1) * 1000000;
		numbers->cpu.role[VTX_WORKLOAD].present = true;
		numbers->cpu.role[VTX_WORKLOAD].ns[VTX_USER] = numbers->cpu.total_ns;
		run_memory__set_unknown(&numbers->memory);
		run_block__set_unknown(&numbers->block);
		numbers->net = (struct run_net){RUN_UNKNOWN, RUN_UNKNOWN, RUN_UNKNOWN, RUN_UNKNOWN};
		rows->feed[i] = (struct top_feed){.label = strdup(label),
						  .name = "name",
						  .kind = VTX_KIND_CONTAINER,
						  .running = true,
						  .numbers = numbers};
	}
}

static inline void rows__label(struct rows *rows, size_t i, const char *label)
{
	free((char *)rows->feed[i].label);
	rows->feed[i].label = strdup(label);
}

/* The first `n` targets are in the row. */
static inline int rows__add(struct rows *rows, size_t n)
{
	struct top_row row = {.at_ns = rows->at_ns += SECOND_NS,
			      .length_ns = SECOND_NS,
			      .cpus = 2,
			      .host_cpu = &rows->host_cpu,
			      .host_memory = &rows->host_memory,
			      .feed = rows->feed,
			      .n_feeds = n};
	uint64_t used = rows->host_cpu.other_ns + rows->host_cpu.tracer_ns +
			rows->host_cpu.softirq_ns + rows->host_cpu.hardirq_ns;

	for (size_t i = 0; i < n; i++)
		used += rows->numbers[i].cpu.total_ns;
	rows->host_cpu.idle_ns = 2 * SECOND_NS - used;
	if (top_table__add(&rows->table, &row))
		return -1;
	return top_order__make(&rows->order, &rows->table);
}

static inline void rows__free(struct rows *rows)
{
	for (size_t i = 0; i < rows->n; i++)
		free((char *)rows->feed[i].label);
	free(rows->feed);
	free(rows->numbers);
	top_order__free(&rows->order);
	top_table__free(&rows->table);
}

#endif
