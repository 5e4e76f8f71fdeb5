// SPDX-License-Identifier: GPL-2.0-or-later
#include "top/table.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/str.h"

static const char *const fixed_name[TOP_FIXED] = {
	[TOP_VM_MANAGERS] = "VM managers",
	[TOP_CONTAINER_MANAGERS] = "container managers",
	[TOP_OTHER] = "other",
	[TOP_UNATTRIBUTED] = "unattributed",
	[TOP_STEAL] = "steal",
	[TOP_TRACER] = "tracer",
	[TOP_IDLE] = "idle",
};

static void forget(float *history)
{
	for (size_t i = 0; i < TOP_HISTORY; i++)
		history[i] = NAN;
}

static void item__init(struct top_item *item)
{
	memset(item, 0, sizeof(*item));
	item->p50_ns = item->p99_ns = item->held_bytes = RUN_UNKNOWN;
	forget(item->share);
	forget(item->requests);
}

void top_table__init(struct top_table *table)
{
	memset(table, 0, sizeof(*table));
	run_host_memory__set_unknown(&table->host_memory);
	for (int f = 0; f < TOP_FIXED; f++) {
		item__init(&table->fixed[f]);
		table->fixed[f].fixed = f;
		table->fixed[f].running = true;
	}
}

static void forget_functions(struct top_item *item)
{
	for (size_t i = 0; i < item->n_functions; i++)
		free((char *)item->function[i].name);
	item->n_functions = 0;
}

void top_table__free(struct top_table *table)
{
	for (size_t i = 0; i < table->n; i++) {
		forget_functions(table->item[i]);
		free(table->item[i]->label);
		free(table->item[i]->about);
		free(table->item[i]);
	}
	free(table->item);
	memset(table, 0, sizeof(*table));
}

/* ---- the item of a feed ---- */

static bool is_of(const struct top_item *item, const struct top_feed *feed)
{
	return item->kind == feed->kind && !strcmp(item->label, feed->label);
}

/* Name, id and so on in one line; NULL if there is no memory. */
static char *about_of(const struct top_feed *feed)
{
	char *text = str_printf("%s %s%s%.12s%s%s", run_kind_name[feed->kind], feed->name,
				feed->id ? "  id " : "", feed->id ? feed->id : "",
				feed->cgroup ? "  cgroup " : "", feed->cgroup ? feed->cgroup : "");

	for (size_t i = 0; text && i < feed->n_netdevs; i++) {
		char *longer = str_printf("%s%s%s", text, i ? ", " : "  net ", feed->netdevs[i]);

		free(text);
		text = longer;
	}
	if (text && feed->pid) {
		char *longer = str_printf("%s  pid %llu", text, (unsigned long long)feed->pid);

		free(text);
		text = longer;
	}
	return text;
}

static struct top_item *new_item(struct top_table *table, const struct top_feed *feed)
{
	struct top_item *item;

	if (!array_grow(&table->item, table->n, &table->room))
		return NULL;
	item = malloc(sizeof(*item));
	if (!item)
		return NULL;
	item__init(item);
	item->fixed = TOP_FIXED;
	item->kind = feed->kind;
	item->label = strdup(feed->label);
	item->about = about_of(feed);
	if (!item->label || !item->about) {
		free(item->label);
		free(item->about);
		free(item);
		return NULL;
	}
	table->item[table->n++] = item;
	return item;
}

struct top_item *top_table__find(const struct top_table *table, const struct top_feed *feed,
				 size_t *guess)
{
	for (size_t i = 0; i < table->n; i++) {
		size_t at = (*guess + i) % table->n;

		if (is_of(table->item[at], feed)) {
			*guess = at + 1;
			return table->item[at];
		}
	}
	return NULL;
}

/* ---- a row ---- */

static uint64_t known(uint64_t ns)
{
	return ns ? ns : RUN_UNKNOWN;
}

/* Rows of a run file have neither histograms nor reasons. */
static void take_lists(struct top_item *item, const struct top_feed *feed)
{
	const struct run_numbers *numbers = feed->numbers;
	const struct run_latency *latency = &numbers->requests.latency;
	const struct run_exits *reasons = &numbers->kvm.reasons;
	bool whole = !reasons->n && feed->whole;

	item->p50_ns = latency->count ? latency->p50 : known(numbers->requests.row_p50_ns);
	item->p99_ns = latency->count ? latency->p99 : known(numbers->requests.row_p99_ns);
	if (whole)
		reasons = &feed->whole->kvm.reasons;
	item->reasons_ns = whole ? feed->whole_ns : 0;
	item->n_reasons = reasons->n < TOP_REASONS ? reasons->n : TOP_REASONS;
	for (size_t i = 0; i < item->n_reasons; i++)
		item->reason[i] = reasons->exit[i];
}

static uint64_t held_of(const struct run_numbers *numbers)
{
	const struct run_footprint *at = &numbers->memory.at;

	if (!numbers->memory.present)
		return RUN_UNKNOWN;
	if (at->held_bytes != RUN_UNKNOWN)
		return at->held_bytes;
	return at->rss_bytes;
}

static int take_functions(struct top_item *item, const struct top_feed *feed)
{
	if (!feed->function)
		return 0;
	forget_functions(item);
	for (size_t i = 0; i < feed->n_functions && i < TOP_FUNCTIONS; i++) {
		struct top_function *to = &item->function[i];

		*to = feed->function[i];
		to->name = strdup(to->name);
		if (!to->name)
			return -ENOMEM;
		item->n_functions++;
	}
	return 0;
}

static int take(struct top_table *table, struct top_item *item, const struct top_feed *feed)
{
	uint64_t held = held_of(feed->numbers);

	item->now = *feed->numbers;
	take_lists(item, feed);
	/* What the lists point to is not ours. */
	memset(&item->now.requests.latency.hist, 0, sizeof(struct run_hist));
	memset(&item->now.requests.first_byte.hist, 0, sizeof(struct run_hist));
	memset(&item->now.sched.wait_hist, 0, sizeof(struct run_hist));
	memset(&item->now.kvm.reasons, 0, sizeof(struct run_exits));
	memset(&item->now.kvm.userspace, 0, sizeof(struct run_exits));
	item->now.inside.hostname = item->now.inside.kernel = item->now.inside.start = NULL;
	item->now.inside.target = NULL;
	item->now.inside.n_targets = 0;
	item->now.block.device = item->now.block_top.device = NULL;
	item->now.block.n_devices = item->now.block_top.n_devices = 0;
	item->running = feed->running;
	if (feed->running || item->now.cpu.total_ns)
		item->seen_ns = table->at_ns;
	/* Page tables are not walked in every row. */
	if (held != RUN_UNKNOWN &&
	    (feed->numbers->memory.at.held_bytes != RUN_UNKNOWN || item->held_bytes == RUN_UNKNOWN))
		item->held_bytes = held;
	return take_functions(item, feed);
}

/* Page tables are not walked in every row: what needs it stays as last known. */
static void take_host_memory(struct top_table *table, const struct run_host_memory *now)
{
	uint64_t targets_bytes = table->host_memory.targets_bytes;

	if (now->total_bytes == RUN_UNKNOWN)
		return;
	table->host_memory = *now;
	if (now->targets_bytes == RUN_UNKNOWN)
		table->host_memory.targets_bytes = targets_bytes;
}

static void take_host(struct top_table *table, const struct top_row *row)
{
	const struct run_host_cpu *host = row->host_cpu;
	bool known = host->idle_ns != RUN_UNKNOWN; /* older run files have none in rows */
	const uint64_t ns[TOP_FIXED] = {
		[TOP_VM_MANAGERS] = host->vm_manager_ns,
		[TOP_CONTAINER_MANAGERS] = host->container_manager_ns,
		[TOP_OTHER] = host->other_ns,
		[TOP_UNATTRIBUTED] = host->softirq_ns + host->hardirq_ns,
		[TOP_STEAL] = host->steal_ns,
		[TOP_TRACER] = host->tracer_ns,
		[TOP_IDLE] = host->idle_ns,
	};
	uint64_t *irq = table->fixed[TOP_UNATTRIBUTED].now.cpu.role[0].ns;

	for (int f = 0; f < TOP_FIXED; f++) {
		struct run_numbers *now = &table->fixed[f].now;

		now->cpu.total_ns = known && ns[f] != RUN_UNKNOWN ? ns[f] : 0;
		if (now->cpu.total_ns)
			table->fixed[f].seen_ns = table->at_ns;
		table->all_ns += now->cpu.total_ns;
	}
	irq[VTX_SOFTIRQ] = known ? host->softirq_ns : 0;
	irq[VTX_HARDIRQ] = known ? host->hardirq_ns : 0;
	take_host_memory(table, row->host_memory);
}

/* Those that are not in the row did nothing. */
static void begin_row(struct top_table *table, const struct top_row *row)
{
	table->at_ns = table->base_ns + row->at_ns;
	table->length_ns = row->length_ns;
	table->cpus = row->cpus;
	table->all_ns = 0;
	for (size_t i = 0; i < table->n; i++) {
		struct top_item *item = table->item[i];

		memset(&item->now, 0, sizeof(item->now));
		item->running = false;
		item->p50_ns = item->p99_ns = RUN_UNKNOWN;
		item->n_reasons = 0;
	}
}

static void remember(struct top_table *table, struct top_item *item)
{
	size_t at = table->n_rows % TOP_HISTORY;
	bool counted = item->now.requests.source != RUN_REQUESTS_NONE;

	item->share[at] = (float)top_table__share(table, item);
	item->requests[at] =
		counted ? (float)top_table__rate(table, item->now.requests.count) : NAN;
}

int top_table__add(struct top_table *table, const struct top_row *row)
{
	size_t guess = 0;
	int err = 0;

	begin_row(table, row);
	take_host(table, row);
	for (size_t i = 0; i < row->n_feeds && !err; i++) {
		struct top_item *item = top_table__find(table, &row->feed[i], &guess);

		if (!item)
			item = new_item(table, &row->feed[i]);
		err = item ? take(table, item, &row->feed[i]) : -ENOMEM;
	}
	for (size_t i = 0; i < table->n; i++)
		table->all_ns += top_item_ns(table->item[i]);
	if (row->host_cpu->idle_ns == RUN_UNKNOWN)
		table->all_ns = row->cpus * row->length_ns;
	for (size_t i = 0; i < table->n; i++)
		remember(table, table->item[i]);
	for (int f = 0; f < TOP_FIXED; f++)
		remember(table, &table->fixed[f]);
	table->n_rows++;
	return err;
}

void top_table__new_window(struct top_table *table)
{
	table->base_ns = table->at_ns;
}

/* ---- numbers ---- */

bool top_table__shows(const struct top_table *table, const struct top_item *item)
{
	bool ever = item->fixed == TOP_FIXED || item->seen_ns;

	if (item->fixed == TOP_OTHER || item->fixed == TOP_TRACER || item->fixed == TOP_IDLE ||
	    item->fixed == TOP_UNATTRIBUTED)
		return true;
	return ever && table->at_ns <= item->seen_ns + TOP_ENDED_NS;
}

uint64_t top_item_ns(const struct top_item *item)
{
	return item->now.cpu.total_ns;
}

double top_table__share(const struct top_table *table, const struct top_item *item)
{
	return table->all_ns ? (double)top_item_ns(item) / (double)table->all_ns : 0;
}

double top_table__rate(const struct top_table *table, uint64_t count)
{
	if (count == RUN_UNKNOWN || !table->length_ns)
		return NAN;
	return (double)count / ((double)table->length_ns / 1e9);
}

double top_table__past(const struct top_table *table, const float *history, size_t back)
{
	if (back >= table->n_rows || back >= TOP_HISTORY)
		return NAN;
	return (double)history[(table->n_rows - 1 - back) % TOP_HISTORY];
}

uint64_t top_item_faults(const struct top_item *item)
{
	const struct run_memory *memory = &item->now.memory;

	if (!memory->present || memory->faults.user == RUN_UNKNOWN)
		return RUN_UNKNOWN;
	if (memory->faults.guest == RUN_UNKNOWN)
		return run_add(memory->faults.user, memory->faults.kernel);
	return run_add(run_add(memory->faults.user, memory->faults.kernel), memory->faults.guest);
}

const char *top_item_name(const struct top_item *item)
{
	return item->fixed == TOP_FIXED ? item->label : fixed_name[item->fixed];
}
