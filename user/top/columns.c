// SPDX-License-Identifier: GPL-2.0-or-later
#include "top/columns.h"

#include <math.h>
#include <stdio.h>

#include "report/units.h"

typedef double (*value_fn)(const struct top_table *table, const struct top_item *item);

static double cpu(const struct top_table *table, const struct top_item *item)
{
	return top_table__share(table, item) * 100;
}

static double requests(const struct top_table *table, const struct top_item *item)
{
	if (item->now.requests.source == RUN_REQUESTS_NONE)
		return NAN;
	return top_table__rate(table, item->now.requests.count);
}

static double cpu_per_request(const struct top_table *table, const struct top_item *item)
{
	const struct run_requests *r = &item->now.requests;

	if (r->source == RUN_REQUESTS_NONE || !r->count || r->count == RUN_UNKNOWN)
		return NAN;
	return (double)top_item_ns(item) / (double)r->count;
}

static double p99(const struct top_table *table, const struct top_item *item)
{
	return item->p99_ns == RUN_UNKNOWN ? NAN : (double)item->p99_ns;
}

static bool is_target(const struct top_item *item)
{
	return item->fixed == TOP_FIXED;
}

static double rate(const struct top_table *table, const struct top_item *item, uint64_t count)
{
	return is_target(item) ? top_table__rate(table, count) : NAN;
}

static double wait(const struct top_table *table, const struct top_item *item)
{
	return rate(table, item, item->now.sched.wait_ns);
}

static double faults(const struct top_table *table, const struct top_item *item)
{
	return rate(table, item, top_item_faults(item));
}

static double memory(const struct top_table *table, const struct top_item *item)
{
	return item->held_bytes == RUN_UNKNOWN ? NAN : (double)item->held_bytes;
}

static double block(const struct top_table *table, const struct top_item *item,
		    enum vtx_block_kind kind)
{
	const struct run_block *b = &item->now.block;

	return rate(table, item, b->known ? b->kind[kind].bytes : RUN_UNKNOWN);
}

static double bytes_read(const struct top_table *table, const struct top_item *item)
{
	return block(table, item, VTX_BLOCK_READ);
}

static double bytes_written(const struct top_table *table, const struct top_item *item)
{
	return block(table, item, VTX_BLOCK_WRITE);
}

static double rx(const struct top_table *table, const struct top_item *item)
{
	return rate(table, item, item->now.net.rx_bytes);
}

static double tx(const struct top_table *table, const struct top_item *item)
{
	return rate(table, item, item->now.net.tx_bytes);
}

enum unit { UNIT_NONE, UNIT_PERCENT, UNIT_COUNT, UNIT_NS, UNIT_BYTES };

static const struct {
	const char *title, *key;
	unsigned int width;
	enum unit unit;
	value_fn value;
	const char *doc;
} columns[COLUMNS_ALL] = {
	/* clang-format off */
	[COLUMN_NAME] = {"target", "target", 12, UNIT_NONE, NULL, "its label"},
	[COLUMN_CPU] = {"cpu%", "cpu_percent", 5, UNIT_PERCENT, cpu,
			"share of the time of all CPUs; all together are 100 %"},
	[COLUMN_BAR] = {"", NULL, 10, UNIT_NONE, NULL, "the share, by mode"},
	[COLUMN_REQUESTS] = {"req/s", "requests_per_s", 7, UNIT_COUNT, requests, "requests served"},
	[COLUMN_CPU_PER_REQUEST] = {"cpu/req", "cpu_ns_per_request", 7, UNIT_NS, cpu_per_request,
				    "CPU time of the target per request"},
	[COLUMN_P99] = {"p99", "p99_ns", 7, UNIT_NS, p99,
			"99 % of the requests took no longer"},
	[COLUMN_WAIT] = {"wait/s", "wait_ns_per_s", 7, UNIT_NS, wait,
			 "time in which its threads waited for a CPU"},
	[COLUMN_FAULTS] = {"flt/s", "faults_per_s", 6, UNIT_COUNT, faults,
			   "page faults, its tasks' and a guest's"},
	[COLUMN_MEMORY] = {"memory", "memory_bytes", 7, UNIT_BYTES, memory,
			   "held, as last known; resident if that never was"},
	[COLUMN_READ] = {"read/s", "read_bytes_per_s", 7, UNIT_BYTES, bytes_read,
			 "read from block devices"},
	[COLUMN_WRITE] = {"write/s", "write_bytes_per_s", 7, UNIT_BYTES, bytes_written,
			  "written to block devices"},
	[COLUMN_RX] = {"rx/s", "rx_bytes_per_s", 7, UNIT_BYTES, rx, "received by the target"},
	[COLUMN_TX] = {"tx/s", "tx_bytes_per_s", 7, UNIT_BYTES, tx, "sent by the target"},
	[COLUMN_HISTORY] = {"cpu% so far", NULL, 12, UNIT_NONE, NULL, "newest at the right"},
	/* clang-format on */
};

unsigned int top_column_width(enum top_column column)
{
	return columns[column].width;
}

const char *top_column_title(enum top_column column)
{
	return columns[column].title;
}

const char *top_column_key(enum top_column column)
{
	return columns[column].key;
}

const char *top_column_doc(enum top_column column)
{
	return columns[column].doc;
}

bool top_column_sorts(enum top_column column)
{
	return column == COLUMN_NAME || columns[column].value;
}

double top_column_value(enum top_column column, const struct top_table *table,
			const struct top_item *item)
{
	return columns[column].value ? columns[column].value(table, item) : NAN;
}

/* At most five characters up to 10^8. */
static void format_count(char *text, double value)
{
	int decimals = value >= 1000 || value == floor(value) ? 0 : value >= 100 ? 1 : 2;

	if (value >= 99999.5)
		snprintf(text, COLUMN_TEXT, "%.*fM", value >= 9.95e6 ? 1 : 2, value / 1e6);
	else
		snprintf(text, COLUMN_TEXT, "%.*f", decimals, value);
}

char *top_column_text(enum top_column column, const struct top_table *table,
		      const struct top_item *item, bool utf8, char text[COLUMN_TEXT])
{
	double value = top_column_value(column, table, item);

	*text = '\0';
	if (isnan(value))
		return text;
	switch (columns[column].unit) {
	case UNIT_PERCENT:
		return format_fixed(text, COLUMN_TEXT, value,
				    value >= 99.95   ? 0
				    : value >= 9.995 ? 1
						     : 2);
	case UNIT_COUNT:
		format_count(text, value);
		return text;
	case UNIT_NS:
		return format_ns(text, COLUMN_TEXT, (uint64_t)llround(value), utf8);
	case UNIT_BYTES:
		return format_bytes(text, COLUMN_TEXT, round(value));
	case UNIT_NONE:
		break;
	}
	return text;
}
