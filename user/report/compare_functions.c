// SPDX-License-Identifier: GPL-2.0-or-later
/* The functions of a comparison on a terminal: which of them add up to the difference of a layer.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "report/compare_out.h"
#include "report/units.h"

#define NAME_CELLS 24
#define TIME_CELLS 9
#define SPAN_CELLS 21
#define P_CELLS    6
#define MOST       10 /* of a layer */
#define MOST_NEW   20 /* that only one side has */

/* "+20.1 µs" */
static void format_change(const struct paint *p, char *buf, size_t size, double ns)
{
	char text[32];

	if (isnan(ns)) {
		snprintf(buf, size, "%s", p->glyph->none);
		return;
	}
	format_ns(text, sizeof(text), (uint64_t)llround(fmin(fabs(ns), 1e18)), p->options->utf8);
	snprintf(buf, size, "%s%s",
		 llround(fmin(fabs(ns), 1e18)) == 0 ? ""
		 : ns < 0                           ? "-"
						    : "+",
		 text);
}

static void print_ns(struct paint *p, enum style style, double ns)
{
	char text[40];

	format_ns(text, sizeof(text), (uint64_t)llround(fmin(fmax(ns, 0), 1e18)), p->options->utf8);
	paint__right(p, style, text, TIME_CELLS);
}

static void print_change(struct paint *p, enum style style, double ns)
{
	char text[40];

	format_change(p, text, sizeof(text), ns);
	paint__right(p, style, text, TIME_CELLS);
}

static void print_span(struct paint *p, enum style style, const struct stats_interval *interval)
{
	char low[40], high[40], text[96];

	format_change(p, low, sizeof(low), interval->low);
	format_change(p, high, sizeof(high), interval->high);
	if (isnan(interval->low))
		snprintf(text, sizeof(text), "%s", p->glyph->none);
	else
		snprintf(text, sizeof(text), "%s %s %s", low, p->glyph->ellipsis, high);
	paint__right(p, style, text, SPAN_CELLS);
}

static void print_p(struct paint *p, enum style style, double value)
{
	char text[32];

	if (isnan(value))
		snprintf(text, sizeof(text), "%s", p->glyph->none);
	else
		snprintf(text, sizeof(text), value < 0.001 ? "<.001" : "%.3f", value);
	paint__right(p, style, text, P_CELLS);
}

static void print_time(struct paint *p, const struct compare_function *function,
		       const struct compare_time *time)
{
	bool same = time->verdict == COMPARE_SAME;
	enum style style = same ? STYLE_DIM : STYLE_PLAIN;

	paint__to(p, 2);
	paint__fit(p, style, function->name, NAME_CELLS - 1);
	paint__to(p, 2 + NAME_CELLS);
	print_ns(p, style, time->base_median);
	print_ns(p, style, time->median);
	if (same)
		paint__right(p, style, "~", TIME_CELLS);
	else
		print_change(p, STYLE_BOLD, time->shift);
	print_span(p, style, &time->interval);
	print_p(p, style, time->p);
	paint__end(p);
}

static void print_columns(struct paint *p, const struct comparison *c, const char *group,
			  const char *what)
{
	paint__to(p, 2);
	paint__fit(p, STYLE_DIM, what, NAME_CELLS - 1);
	paint__to(p, 2 + NAME_CELLS);
	compare_print_column(p, c->group[c->base].name, TIME_CELLS);
	compare_print_column(p, group, TIME_CELLS);
	paint__right(p, STYLE_DIM, "shift", TIME_CELLS);
	paint__right(p, STYLE_DIM, "95 % interval", SPAN_CELLS);
	paint__right(p, STYLE_DIM, "p", P_CELLS);
	paint__end(p);
}

static bool is_shown(const struct compare_function *function)
{
	return !isnan(function->self.p) || function->self.verdict != COMPARE_SAME;
}

/* The functions of one layer: n of them, those that add most first. */
static void print_layer(struct paint *p, const struct comparison *c,
			const struct compare_function *function, size_t n)
{
	int64_t sum = 0, rest = 0;
	size_t shown = 0, others = 0;
	char change[40], *text;

	for (size_t i = 0; i < n; i++)
		sum += function[i].ns;
	format_change(p, change, sizeof(change), (double)sum);
	text = str_printf("%s %s", function->layer, change);
	print_columns(p, c, function->group, text ? text : "");
	free(text);
	for (size_t i = 0; i < n; i++) {
		bool show = is_shown(&function[i]) &&
			    (shown < MOST || function[i].self.verdict != COMPARE_SAME);

		if (show)
			print_time(p, &function[i], &function[i].self);
		else
			rest += function[i].ns;
		shown += show;
		others += !show && (function[i].mean > 0 || function[i].base_mean > 0);
	}
	if (!others)
		return;
	format_change(p, change, sizeof(change), (double)rest);
	text = str_printf("%zu others together", others);
	paint__to(p, 4);
	paint__text(p, STYLE_DIM, text ? text : "");
	paint__to(p, 2 + NAME_CELLS + 2 * TIME_CELLS);
	paint__right(p, STYLE_DIM, change, TIME_CELLS);
	paint__end(p);
	free(text);
}

/* What differs only because of what it calls. */
static void print_totals(struct paint *p, const struct comparison *c,
			 const struct compare_function *function, size_t n)
{
	size_t shown = 0;

	for (size_t i = 0; i < n && shown < MOST; i++) {
		if (function[i].total.verdict == COMPARE_SAME ||
		    function[i].self.verdict != COMPARE_SAME)
			continue;
		if (!shown++)
			print_columns(p, c, function->group, "with what it calls");
		print_time(p, &function[i], &function[i].total);
	}
}

static bool is_kernel(const struct compare_function *function)
{
	const char *mode = strchr(function->layer, '.');

	return mode &&
	       (!strcmp(mode, ".kernel") || !strcmp(mode, ".softirq") || !strcmp(mode, ".hardirq"));
}

/* Kernel functions that only one side has. Names of one run by chance are left out. */
static void print_one_sided(struct paint *p, const struct compare_function *function, size_t n,
			    enum compare_where where, const char *what)
{
	size_t shown = 0, more = 0;

	for (size_t i = 0; i < n; i++) {
		const struct compare_time *time = &function[i].total;

		if (function[i].where != where || !is_kernel(&function[i]) ||
		    !(time->median > 0 || time->base_median > 0))
			continue;
		if (shown == MOST_NEW) {
			more++;
			continue;
		}
		if (!shown++)
			paint__text(p, STYLE_DIM, what);
		paint__item(p, STYLE_PLAIN, function[i].name, 4);
	}
	if (more) {
		char *text = str_printf("%zu more", more);

		paint__item(p, STYLE_DIM, text ? text : "", 4);
		free(text);
	}
	if (shown)
		paint__end(p);
}

/* The functions of one target and group. */
static void print_side(struct paint *p, const struct comparison *c,
		       const struct compare_function *function, size_t n)
{
	char *title =
		str_printf("Functions, %s against %s", function->group, c->group[c->base].name);
	char *remark =
		str_printf("%s%sown time per request", function->target ? function->target : "",
			   function->target ? ", " : "");

	paint__heading(p, title ? title : "", remark ? remark : "");
	free(title);
	free(remark);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && !strcmp(function[end].layer, function[i].layer);)
			end++;
		print_layer(p, c, &function[i], end - i);
	}
	print_totals(p, c, function, n);
	print_one_sided(p, function, n, COMPARE_IN_GROUP, "  new");
	print_one_sided(p, function, n, COMPARE_IN_BASE, "  gone");
}

void compare_print_functions(struct paint *p, const struct comparison *c)
{
	for (size_t i = 0, end; i < c->n_functions; i = end) {
		for (end = i + 1; end < c->n_functions &&
				  c->function[end].group == c->function[i].group &&
				  c->function[end].target == c->function[i].target;)
			end++;
		print_side(p, c, &c->function[i], end - i);
	}
}
