// SPDX-License-Identifier: GPL-2.0-or-later
/* Requests: how many, how fast, how well. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "model/per_request.h"
#include "report/term_parts.h"
#include "report/units.h"

static const struct run_requests *requests_of(const struct run_target *target)
{
	return &target->total.requests;
}

static void cell_served(const struct table *table, const struct run_target *target, const void *arg,
			struct cell *ret)
{
	const struct run_requests *requests = requests_of(target);

	cell_count(ret, requests->source == RUN_REQUESTS_NONE ? RUN_UNKNOWN : requests->count);
	if (*ret->text != '?')
		ret->style = requests->count ? STYLE_BOLD : STYLE_WARN;
}

static void cell_source(const struct table *table, const struct run_target *target, const void *arg,
			struct cell *ret)
{
	const struct run_requests *requests = requests_of(target);

	ret->style = STYLE_DIM;
	switch (requests->source) {
	case RUN_REQUESTS_HTTP:
		if (requests->http_port && requests->http_port != RUN_UNKNOWN)
			snprintf(ret->text, sizeof(ret->text), "at port %" PRIu64,
				 requests->http_port);
		else
			strcpy(ret->text, "at its port");
		break;
	case RUN_REQUESTS_FILE:
		strcpy(ret->text, "from a file");
		break;
	case RUN_REQUESTS_GIVEN:
		strcpy(ret->text, "as given");
		break;
	default:
		break;
	}
}

static void cell_rate(const struct table *table, const struct run_target *target, const void *arg,
		      struct cell *ret)
{
	char number[32];

	if (!requests_known(requests_of(target)) || !table->run->wall_ns)
		return;
	format_fixed(number, sizeof(number),
		     (double)requests_of(target)->count * 1e9 / (double)table->run->wall_ns, 1);
	snprintf(ret->text, sizeof(ret->text), "%s /s", number);
}

static void cell_status(const struct table *table, const struct run_target *target, const void *arg,
			struct cell *ret)
{
	int class = *(const int *)arg;
	uint64_t n = requests_of(target)->status[class];

	if (requests_of(target)->source != RUN_REQUESTS_HTTP || !n || n == RUN_UNKNOWN)
		return;
	cell_count(ret, n);
	if (class >= VTX_STATUS_4XX)
		ret->style = STYLE_WARN;
}

/* arg: the offset of one of struct run_latency's numbers within struct run_requests. */
static void cell_latency(const struct table *table, const struct run_target *target,
			 const void *arg, struct cell *ret)
{
	size_t offset = *(const size_t *)arg;
	uint64_t ns = *(const uint64_t *)((const char *)requests_of(target) + offset);

	if (requests_of(target)->latency.count && ns != RUN_UNKNOWN)
		format_ns(ret->text, sizeof(ret->text), ns, table->p->options->utf8);
}

/* arg: the offset of a number that is worth a line only when it is not 0. */
static void cell_trouble(const struct table *table, const struct run_target *target,
			 const void *arg, struct cell *ret)
{
	size_t offset = *(const size_t *)arg;
	uint64_t n = *(const uint64_t *)((const char *)requests_of(target) + offset);

	if (requests_of(target)->source != RUN_REQUESTS_HTTP || !n || n == RUN_UNKNOWN)
		return;
	cell_count(ret, n);
	ret->style = STYLE_WARN;
}

#define OFFSET(member) (&(const size_t){offsetof(struct run_requests, member)})
#define CLASS(class)   (&(const int){class})

void term_requests(const struct table *table)
{
	const struct row rows[] = {
		{"served", "", cell_served, NULL},
		{"counted", "", cell_source, NULL},
		{"rate", "", cell_rate, NULL},
		{"status", "2xx", cell_status, CLASS(VTX_STATUS_2XX)},
		{"status", "3xx", cell_status, CLASS(VTX_STATUS_3XX)},
		{"status", "4xx", cell_status, CLASS(VTX_STATUS_4XX)},
		{"status", "5xx", cell_status, CLASS(VTX_STATUS_5XX)},
		{"status", "other", cell_status, CLASS(VTX_STATUS_OTHER)},
		{"latency", "p50", cell_latency, OFFSET(latency.p50)},
		{"latency", "p90", cell_latency, OFFSET(latency.p90)},
		{"latency", "p99", cell_latency, OFFSET(latency.p99)},
		{"latency", "max", cell_latency, OFFSET(latency.max)},
		{"gaps", "", cell_trouble, OFFSET(gaps)},
		{"not HTTP", "", cell_trouble, OFFSET(garbage)},
		{"tunnels", "", cell_trouble, OFFSET(tunnels)},
		{"unanswered", "", cell_trouble, OFFSET(unanswered)},
	};

	table__heading(table, "Requests", "");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		table__row(table, &rows[i]);
}
