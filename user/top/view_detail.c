// SPDX-License-Identifier: GPL-2.0-or-later
/* view_detail.c - what is below an expanded target: roles × modes, requests, exits, devices … */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/units.h"
#include "top/view.h"

#define INDENT  2
#define WORDS   13 /* cells of a line's name */
#define MODES_X 15
#define MODE    8

struct place {
	const struct top_view *view;
	struct top_canvas *canvas;
	unsigned int x, y;
};

/* ---- parts of a line ---- */

/* "name value" if the number is known. */
static void put(struct place *at, const char *name, double value,
		char *(*format)(char *, double, bool))
{
	char text[COLUMN_TEXT];

	if (isnan(value))
		return;
	if (at->x > INDENT + WORDS)
		at->x = top_canvas__text(at->canvas, at->x, at->y, 2, TOP_PLAIN, "  ");
	at->x = top_canvas__text(at->canvas, at->x, at->y, at->canvas->width, TOP_DIM, name);
	at->x = top_canvas__print(at->canvas, at->x, at->y, TOP_PLAIN, " %s",
				  format(text, value, at->canvas->utf8));
}

static char *as_number(char *text, double value, bool utf8)
{
	snprintf(text, COLUMN_TEXT, value == floor(value) || value >= 100 ? "%.0f" : "%.2f", value);
	return text;
}

static char *as_bytes(char *text, double value, bool utf8)
{
	return format_bytes(text, COLUMN_TEXT, round(value));
}

static char *as_ns(char *text, double value, bool utf8)
{
	return format_ns(text, COLUMN_TEXT, (uint64_t)llround(value), utf8);
}

static char *as_percent(char *text, double value, bool utf8)
{
	snprintf(text, COLUMN_TEXT, "%.1f%%", value);
	return text;
}

static double per_s(const struct place *at, uint64_t count)
{
	return top_table__rate(at->view->table, count);
}

static double level(uint64_t value)
{
	return value == RUN_UNKNOWN ? NAN : (double)value;
}

static double share(const struct place *at, uint64_t ns)
{
	if (ns == RUN_UNKNOWN || !at->view->table->all_ns)
		return NAN;
	return (double)ns / (double)at->view->table->all_ns * 100;
}

/* ---- lines ---- */

static void draw_about(struct place *at, const struct top_item *item)
{
	top_canvas__text(at->canvas, INDENT, at->y, at->canvas->width, TOP_DIM, item->about);
}

static void draw_role_titles(struct place *at, const struct top_item *item)
{
	top_canvas__text(at->canvas, INDENT, at->y, WORDS, TOP_DIM, "cpu% of role");
	for (unsigned int m = 0; m < TOP_MODES; m++)
		top_canvas__right(at->canvas, MODES_X + m * MODE, at->y, MODE - 1, TOP_DIM,
				  m == VTX_TASK ? "usr+krn" : run_mode_name[m]);
	top_canvas__right(at->canvas, MODES_X + TOP_MODES * MODE, at->y, MODE - 1, TOP_DIM, "all");
}

static void draw_role(struct place *at, const struct run_role *role, const char *name)
{
	char text[COLUMN_TEXT];
	double all = share(at, run_role_ns(role));

	top_canvas__text(at->canvas, INDENT, at->y, WORDS, TOP_PLAIN, name);
	for (unsigned int m = 0; m <= TOP_MODES; m++) {
		double value = m < TOP_MODES ? share(at, role->ns[m]) : all;

		/* Nothing where there was nothing: the rest is easier to see. */
		if (isnan(value) || !(value > 0))
			continue;
		format_fixed(text, sizeof(text), value, 2);
		top_canvas__right(at->canvas, MODES_X + m * MODE, at->y, MODE - 1,
				  m < TOP_MODES ? TOP_MODE + m : TOP_STRONG, text);
	}
}

static void draw_requests(struct place *at, const struct top_item *item)
{
	put(at, "served/s", per_s(at, item->now.requests.count), as_number);
	put(at, "p50", level(item->p50_ns), as_ns);
	put(at, "p99", level(item->p99_ns), as_ns);
	if (item->now.requests.count && item->now.requests.count != RUN_UNKNOWN)
		put(at, "cpu/req", (double)top_item_ns(item) / (double)item->now.requests.count,
		    as_ns);
}

static void draw_exits(struct place *at, const struct top_item *item)
{
	const struct run_kvm *kvm = &item->now.kvm;

	put(at, "exits/s", per_s(at, kvm->exits), as_number);
	put(at, "cpu", share(at, kvm->exit_ns), as_percent);
	put(at, "to the VMM/s", per_s(at, kvm->userspace_exits), as_number);
	put(at, "cpu", share(at, kvm->userspace_ns), as_percent);
}

static void draw_reasons(struct place *at, const struct top_item *item)
{
	double row_ns = (double)at->view->table->length_ns;
	double per_row = item->reasons_ns ? row_ns / (double)item->reasons_ns : 1;

	if (item->reasons_ns)
		top_canvas__text(at->canvas, INDENT, at->y, WORDS, TOP_DIM, "whole run/s");
	for (size_t i = 0; i < item->n_reasons; i++)
		put(at, item->reason[i].name, per_s(at, item->reason[i].count) * per_row,
		    as_number);
}

static void draw_waiting(struct place *at, const struct top_item *item)
{
	put(at, "for a CPU/s", per_s(at, item->now.sched.wait_ns), as_ns);
	put(at, "throttled/s", per_s(at, item->now.sched.throttled_ns), as_ns);
	if (item->now.block.known)
		put(at, "for block IO/s", per_s(at, item->now.block.wait_ns), as_ns);
}

static void draw_memory(struct place *at, const struct top_item *item)
{
	const struct run_footprint *m = &item->now.memory.at;

	put(at, "held", level(item->held_bytes), as_bytes);
	put(at, "resident", level(m->rss_bytes), as_bytes);
	put(at, "pss", level(m->pss_bytes), as_bytes);
	put(at, "guest RAM", level(m->guest_ram_bytes), as_bytes);
	put(at, "VMM", level(m->vmm_bytes), as_bytes);
	put(at, "cgroup", level(m->memcg.current_bytes), as_bytes);
}

static void draw_faults(struct place *at, const struct top_item *item)
{
	const struct run_faults *f = &item->now.memory.faults;

	put(at, "user/s", per_s(at, f->user), as_number);
	put(at, "kernel/s", per_s(at, f->kernel), as_number);
	put(at, "major/s", per_s(at, f->major), as_number);
	put(at, "guest/s", per_s(at, f->guest), as_number);
	put(at, "cpu", share(at, item->now.memory.fault_ns), as_percent);
}

static void draw_block(struct place *at, const struct top_item *item)
{
	const struct run_block_kind *k = item->now.block.kind;

	put(at, "read/s", per_s(at, k[VTX_BLOCK_READ].bytes), as_bytes);
	put(at, "reads/s", per_s(at, k[VTX_BLOCK_READ].ops), as_number);
	put(at, "written/s", per_s(at, k[VTX_BLOCK_WRITE].bytes), as_bytes);
	put(at, "writes/s", per_s(at, k[VTX_BLOCK_WRITE].ops), as_number);
	put(at, "flushes/s", per_s(at, k[VTX_BLOCK_FLUSH].ops), as_number);
}

static void draw_net(struct place *at, const struct top_item *item)
{
	const struct run_net *n = &item->now.net;

	put(at, "received/s", per_s(at, n->rx_bytes), as_bytes);
	put(at, "packets/s", per_s(at, n->rx_packets), as_number);
	put(at, "sent/s", per_s(at, n->tx_bytes), as_bytes);
	put(at, "packets/s", per_s(at, n->tx_packets), as_number);
}

/* The history up to the right edge, to its own scale. */
static void draw_past(struct place *at, const float *history, const char *unit)
{
	unsigned int left = INDENT + WORDS, room, n = 0;
	double most = 0;

	room = at->canvas->width > left + 16 ? at->canvas->width - left - 16 : 0;
	for (; n < room && !isnan(top_table__past(at->view->table, history, n)); n++)
		most = fmax(most, top_table__past(at->view->table, history, n));
	for (unsigned int i = 0; i < n && most > 0; i++)
		top_canvas__spark(at->canvas, left + n - 1 - i, at->y,
				  top_table__past(at->view->table, history, i) / most);
	top_canvas__print(at->canvas, left + n + 1, at->y, TOP_DIM, "most %.4g%s", most, unit);
}

static void draw_cpu_past(struct place *at, const struct top_item *item)
{
	float percent[TOP_HISTORY];

	for (size_t i = 0; i < TOP_HISTORY; i++)
		percent[i] = item->share[i] * 100;
	draw_past(at, percent, "%");
}

static void draw_requests_past(struct place *at, const struct top_item *item)
{
	draw_past(at, item->requests, "/s");
}

/* ---- which lines ---- */

static bool has_requests(const struct top_item *item)
{
	return item->now.requests.source != RUN_REQUESTS_NONE;
}

static bool has_exits(const struct top_item *item)
{
	return item->now.kvm.present;
}

static bool has_reasons(const struct top_item *item)
{
	return item->now.kvm.present && item->n_reasons;
}

static bool has_memory(const struct top_item *item)
{
	return item->now.memory.present;
}

static bool has_block(const struct top_item *item)
{
	return item->now.block.known;
}

static bool has_net(const struct top_item *item)
{
	return item->now.net.rx_bytes != RUN_UNKNOWN;
}

struct line {
	const char *name;
	bool (*has)(const struct top_item *item); /* NULL: always */
	void (*draw)(struct place *at, const struct top_item *item);
};

static const struct line before[] = {{"", NULL, draw_about}, {"", NULL, draw_role_titles}};
static const struct line after[] = {
	{"requests", has_requests, draw_requests},
	{"exits", has_exits, draw_exits},
	{"", has_reasons, draw_reasons},
	{"waiting", NULL, draw_waiting},
	{"memory", has_memory, draw_memory},
	{"page faults", has_memory, draw_faults},
	{"block IO", has_block, draw_block},
	{"network", has_net, draw_net},
	{"cpu% so far", NULL, draw_cpu_past},
	{"req/s so far", has_requests, draw_requests_past},
};

#define N(array) (sizeof(array) / sizeof((array)[0]))

static bool has_role(const struct top_item *item, int role)
{
	return item->now.cpu.role[role].present;
}

unsigned int top_detail__count(const struct top_item *item)
{
	unsigned int n = N(before);

	if (item->fixed != TOP_FIXED)
		return 0;
	for (int r = 0; r < VTX_ROLES; r++)
		n += has_role(item, r);
	for (size_t i = 0; i < N(after); i++)
		n += !after[i].has || after[i].has(item);
	return n + top_inside__count(item);
}

static void draw_line(struct place *at, const struct line *line, const struct top_item *item)
{
	top_canvas__text(at->canvas, INDENT, at->y, WORDS, TOP_DIM, line->name);
	at->x = INDENT + WORDS;
	line->draw(at, item);
}

void top_detail__draw(const struct top_view *view, struct top_canvas *canvas, unsigned int y,
		      const struct top_item *item, unsigned int k)
{
	struct place at = {view, canvas, 0, y};

	if (k <= N(before)) {
		draw_line(&at, &before[k - 1], item);
		return;
	}
	k -= N(before);
	for (int r = 0; r < VTX_ROLES; r++) {
		if (has_role(item, r) && !--k) {
			draw_role(&at, &item->now.cpu.role[r], run_role_name[r]);
			return;
		}
	}
	for (size_t i = 0; i < N(after); i++) {
		if ((!after[i].has || after[i].has(item)) && !--k) {
			draw_line(&at, &after[i], item);
			return;
		}
	}
	top_inside__draw(view, canvas, y, item, k);
}
