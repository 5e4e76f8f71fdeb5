// SPDX-License-Identifier: GPL-2.0-or-later
#include "top/replay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int top_replay__begin(struct top_replay *replay, const struct run *run)
{
	*replay = (struct top_replay){.run = run};
	replay->feed = calloc(run->n_targets + 1, sizeof(*replay->feed));
	if (!replay->feed)
		return -ENOMEM;
	for (size_t i = 0; i < run->n_targets; i++) {
		const struct run_target *t = &run->target[i];

		replay->feed[i] = (struct top_feed){.label = t->label,
						    .name = t->name,
						    .id = t->id,
						    .cgroup = t->cgroup,
						    .kind = t->kind,
						    .pid = t->pid,
						    .netdevs = t->netdevs,
						    .n_netdevs = t->n_netdevs,
						    .running = true,
						    .numbers = &t->total,
						    .whole = &t->total,
						    .whole_ns = run->wall_ns};
	}
	return row_cursor__begin(&replay->cursor, run);
}

void top_replay__end(struct top_replay *replay)
{
	row_cursor__end(&replay->cursor);
	free(replay->feed);
	memset(replay, 0, sizeof(*replay));
}

bool top_replay__more(const struct top_replay *replay)
{
	size_t n = replay->run->n_intervals;

	return replay->next < (n ? n : 1);
}

static void whole_window(struct top_replay *replay, struct top_row *ret)
{
	const struct run *run = replay->run;

	replay->next = 1;
	*ret = (struct top_row){.at_ns = run->wall_ns,
				.length_ns = run->wall_ns,
				.cpus = run->cpus,
				.host_cpu = &run->host_cpu,
				.host_memory = &run->host_memory,
				.feed = replay->feed,
				.n_feeds = run->n_targets};
}

bool top_replay__next(struct top_replay *replay, struct top_row *ret)
{
	const struct run *run = replay->run;
	const struct run_numbers *numbers;
	const struct run_interval *row;
	size_t n;

	if (!top_replay__more(replay))
		return false;
	if (!run->n_intervals) {
		whole_window(replay, ret);
		return true;
	}
	row = &run->interval[replay->next];
	numbers = row_cursor__next(&replay->cursor, &n);
	for (size_t i = 0; i < n; i++)
		replay->feed[i].numbers = &numbers[i];
	*ret = (struct top_row){.at_ns = row->at_ns,
				.length_ns = row->length_ns,
				.cpus = run->cpus,
				.host_cpu = &row->host_cpu,
				.host_memory = &row->host_memory,
				.feed = replay->feed,
				.n_feeds = n};
	/* Files of older versions do not say how long a row is. */
	if (row->length_ns == RUN_UNKNOWN)
		ret->length_ns =
			row->at_ns - (replay->next ? run->interval[replay->next - 1].at_ns : 0);
	replay->next++;
	return true;
}
