// SPDX-License-Identifier: GPL-2.0-or-later
/* Requests: how many, at what rate and latency, with what status. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "model/per_request.h"
#include "report/term_parts.h"
#include "report/units.h"

static const struct run_requests *requests_of(const struct run_target *target)
{
	return &target->total.requests;
}

static void cell_served(const struct table *table, const struct run_target *target,
			const struct row *row, struct cell *ret)
{
	const struct run_requests *requests = requests_of(target);

	ret->style = requests->count ? STYLE_BOLD : STYLE_WARN;
	cell_number(table, requests->source == RUN_REQUESTS_NONE ? RUN_UNKNOWN : requests->count,
		    UNIT_COUNT, ret);
}

static void cell_source(const struct table *table, const struct run_target *target,
			const struct row *row, struct cell *ret)
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
	case RUN_REQUESTS_LOG:
		strcpy(ret->text, "in its log");
		break;
	case RUN_REQUESTS_SERVER_STATUS:
		strcpy(ret->text, "by server-status");
		break;
	case RUN_REQUESTS_STUB_STATUS:
		strcpy(ret->text, "by stub_status");
		break;
	case RUN_REQUESTS_COUNTER:
		strcpy(ret->text, "by its counter");
		break;
	default:
		break;
	}
}

static void cell_elsewhere(const struct table *table, const struct run_target *target,
			   const struct row *row, struct cell *ret)
{
	if (requests_are_read(requests_of(target)->source))
		cell_source(table, target, row, ret);
}

/* The wire's count beside that from elsewhere: dim if they agree. */
static void cell_wire(const struct table *table, const struct run_target *target,
		      const struct row *row, struct cell *ret)
{
	const struct run_requests *requests = requests_of(target);

	if (requests->source == RUN_REQUESTS_NONE || requests->source == RUN_REQUESTS_HTTP ||
	    requests->wire_count == RUN_UNKNOWN)
		return;
	ret->style = requests->wire_count == requests->count ? STYLE_DIM : STYLE_PLAIN;
	cell_number(table, requests->wire_count, UNIT_COUNT, ret);
}

static void cell_rate(const struct table *table, const struct run_target *target,
		      const struct row *row, struct cell *ret)
{
	char number[32];

	if (!requests_known(requests_of(target)) || !table->run->wall_ns)
		return;
	format_fixed(number, sizeof(number),
		     (double)requests_of(target)->count * 1e9 / (double)table->run->wall_ns, 1);
	snprintf(ret->text, sizeof(ret->text), "%s /s", number);
}

/* Numbers that are known only where HTTP was counted. */
static const void *http_of(const struct run_target *target)
{
	return requests_of(target)->source == RUN_REQUESTS_HTTP ? requests_of(target) : NULL;
}

static const void *latency_of(const struct run_target *target)
{
	return requests_of(target)->latency.count ? requests_of(target) : NULL;
}

#define AT(member, ...) ROW_NUMBER(struct run_requests, member, __VA_ARGS__)

/* clang-format off */
static const struct row count_rows[] = {
	{"served",  "", .cell = cell_served},
	{"counted", "", .cell = cell_source},
	{"",        "on the wire", .cell = cell_wire},
	{"rate",    "", .cell = cell_rate},
};

static const struct row status_rows[] = {
	{"status", "2xx",   AT(status[VTX_STATUS_2XX], UNIT_COUNT, IF_SOME)},
	{"status", "3xx",   AT(status[VTX_STATUS_3XX], UNIT_COUNT, IF_SOME)},
	{"status", "4xx",   AT(status[VTX_STATUS_4XX], UNIT_COUNT, IF_SOME), .style = STYLE_WARN},
	{"status", "5xx",   AT(status[VTX_STATUS_5XX], UNIT_COUNT, IF_SOME), .style = STYLE_WARN},
	{"status", "other", AT(status[VTX_STATUS_OTHER], UNIT_COUNT, IF_SOME), .style = STYLE_WARN},
};

static const struct row latency_rows[] = {
	{"latency", "p50", AT(latency.p50, UNIT_TIME, IF_KNOWN)},
	{"latency", "p90", AT(latency.p90, UNIT_TIME, IF_KNOWN)},
	{"latency", "p99", AT(latency.p99, UNIT_TIME, IF_KNOWN)},
	{"latency", "max", AT(latency.max, UNIT_TIME, IF_KNOWN)},
};

static const struct row trouble_rows[] = {
	{"stream gaps",  "", AT(gaps, UNIT_COUNT, IF_SOME), .style = STYLE_WARN},
	{"not HTTP",     "", AT(garbage, UNIT_COUNT, IF_SOME), .style = STYLE_WARN},
	{"",             "TLS", AT(tls, UNIT_COUNT, IF_SOME), .style = STYLE_WARN},
	{"",             "HTTP/2", AT(http2, UNIT_COUNT, IF_SOME), .style = STYLE_WARN},
	{"tunnels",      "", AT(tunnels, UNIT_COUNT, IF_SOME), .style = STYLE_WARN},
	{"unasked",      "", AT(unasked, UNIT_COUNT, IF_SOME)},
	{"unanswered",   "", AT(unanswered, UNIT_COUNT, IF_SOME), .style = STYLE_WARN},
};

static const struct row count_pair = {
	"requests", "", .cell = cell_pair, .when = IF_ONE, .arg = &(const struct row[]){
		{"", "", .cell = cell_served},
		{"", "", .cell = cell_rate}}};

static const struct row elsewhere_rows[] = {
	{"  counted",     "", .cell = cell_elsewhere},
	{"  on the wire", "", .cell = cell_wire},
};

static const struct row latency_pair = {
	"latency p50, p99", "", .cell = cell_pair, .when = IF_ONE, .arg = &(const struct row[]){
		{"", "", AT(latency.p50, UNIT_TIME, IF_KNOWN)},
		{"", "", AT(latency.p99, UNIT_TIME, IF_KNOWN)}}};
/* clang-format on */

/* Under the names of the targets, without a heading; the status only of what is not 2xx. */
static void print_brief(const struct table *table)
{
	table__rows(table, NULL, &count_pair, 1);
	table__rows(table, NULL, elsewhere_rows, ARRAY_SIZE(elsewhere_rows));
	table__rows(table, http_of, status_rows + 1, ARRAY_SIZE(status_rows) - 1);
	table__rows(table, latency_of, &latency_pair, 1);
	table__rows(table, http_of, trouble_rows, ARRAY_SIZE(trouble_rows));
}

void term_requests(const struct table *table)
{
	if (!table->p->options->verbose) {
		print_brief(table);
		return;
	}
	paint__heading(table->p, "Requests", "");
	table__rows(table, NULL, count_rows, ARRAY_SIZE(count_rows));
	table__rows(table, http_of, status_rows, ARRAY_SIZE(status_rows));
	table__rows(table, latency_of, latency_rows, ARRAY_SIZE(latency_rows));
	table__rows(table, http_of, trouble_rows, ARRAY_SIZE(trouble_rows));
}
