// SPDX-License-Identifier: GPL-2.0-or-later
/* The rows of a comparison on a terminal: each metric's medians, shift, interval and p. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/str.h"
#include "report/compare_out.h"
#include "report/units.h"

#define LABEL_CELLS   20
#define VALUE_CELLS   10
#define P_CELLS       6
#define DETECTS_CELLS 8

/* ---- numbers ------------------------------------------------------------------------------- */

static bool is_of(const char *unit, const char *what)
{
	return !strncmp(unit, what, strlen(what));
}

/* A value in its unit: "146 µs", "2.31 kB", "498 /s". */
static void format_value(const struct paint *p, char *buf, size_t size, double value,
			 const char *unit)
{
	const char *per = strchr(unit, '/');
	char text[40];

	if (isnan(value)) {
		snprintf(buf, size, "%s", p->glyph->none);
		return;
	}
	if (is_of(unit, "ns") && value > 0 && value < 9.995)
		snprintf(text, sizeof(text), "%.2f ns", value);
	else if (is_of(unit, "ns"))
		format_ns(text, sizeof(text), (uint64_t)llround(fmin(value, 1e18)),
			  p->options->utf8);
	else if (is_of(unit, "bytes"))
		format_bytes(text, sizeof(text), value);
	else
		snprintf(text, sizeof(text), value < 9999.5 ? "%.4g%s" : "%.0f%s", value,
			 per ? " " : "");
	snprintf(buf, size, "%s%s", text, per ? per : "");
}

static int decimals(double percent)
{
	return fabs(percent) < 10 ? 2 : fabs(percent) < 100 ? 1 : 0;
}

/* Shifts are shown in per cent of the base's median. NaN if that is not above 0. */
static double percent_of(const struct compare_row *row, double value)
{
	return row->base_median > 0 ? 100 * value / row->base_median : (double)NAN;
}

/* A tenfold shift or more is shown as a factor: "×879". */
#define FACTOR_PERCENT 999.5

static void format_factor(const struct paint *p, char *buf, size_t size, double percent)
{
	double factor = 1 + percent / 100;

	snprintf(buf, size, factor < 99999.5 ? "%s%.0f" : "%s%.1g", p->glyph->times, factor);
}

static void print_shift(struct paint *p, const struct compare_row *row, enum style style)
{
	double percent = percent_of(row, row->shift);
	char text[64];

	if (row->verdict == COMPARE_SAME)
		snprintf(text, sizeof(text), "~");
	else if (isnan(percent))
		snprintf(text, sizeof(text), "%s", row->shift > 0 ? "more" : "less");
	else if (percent >= FACTOR_PERCENT)
		format_factor(p, text, sizeof(text), percent);
	else
		snprintf(text, sizeof(text), "%+.*f%%", decimals(percent), percent);
	paint__right(p, style, text, 8);
}

static void print_interval(struct paint *p, const struct compare_row *row, enum style style)
{
	double low = percent_of(row, row->interval.low), high = percent_of(row, row->interval.high);
	int digits = decimals(fmax(fabs(low), fabs(high)));
	const char *to = p->glyph->ellipsis;
	char text[160], a[64], b[64];

	if (isnan(low) || isnan(high)) {
		snprintf(text, sizeof(text), "%s", p->glyph->none);
	} else if (low >= FACTOR_PERCENT) {
		format_factor(p, a, sizeof(a), low);
		format_factor(p, b, sizeof(b), high);
		snprintf(text, sizeof(text), "%s %s %s", a, to, b);
	} else {
		snprintf(text, sizeof(text),
			 fabs(low) + fabs(high) < 1e6 ? "%+.*f %s %+.*f" : "%+.*g %s %+.*g", digits,
			 low, to, digits, high);
	}
	paint__right(p, style, text, 16);
}

static void print_p(struct paint *p, const struct compare_row *row, enum style style)
{
	char text[32];

	if (isnan(row->p))
		snprintf(text, sizeof(text), "%s", p->glyph->none);
	else if (row->p < 0.001)
		snprintf(text, sizeof(text), "<.001");
	else
		snprintf(text, sizeof(text), "%.3f", row->p);
	paint__right(p, style, text, P_CELLS);
}

static void print_detectable(struct paint *p, const struct compare_row *row, enum style style)
{
	double percent = percent_of(row, row->detectable);
	char text[64];

	if (isnan(percent))
		snprintf(text, sizeof(text), "%s", p->glyph->none);
	else if (percent >= FACTOR_PERCENT)
		snprintf(text, sizeof(text), ">999%%");
	else
		snprintf(text, sizeof(text), "%.*f%%", percent < 9.95 ? 1 : 0, percent);
	paint__right(p, style, text, DETECTS_CELLS);
}

/* ---- rows ---------------------------------------------------------------------------------- */

/* "per_request.cpu.vcpu.guest_ns" becomes "vcpu guest", under the heading of its first word. */
static void print_label(struct paint *p, const char *metric, enum style style)
{
	static const char *const units[] = {"_ns", "_bytes"};
	static const char *const skips[] = {"per_request.cpu.", "cpu.roles."};
	const char *dot = strchr(metric, '.');
	char text[128];
	size_t n;

	for (size_t i = 0; i < 2; i++) {
		if (!strncmp(metric, skips[i], strlen(skips[i])))
			dot = metric + strlen(skips[i]) - 1;
	}
	snprintf(text, sizeof(text), "%s", dot ? dot + 1 : metric);
	for (size_t i = 0; i < 2; i++) {
		char *unit = strstr(text, units[i]);

		n = unit ? strlen(units[i]) : 0;
		if (unit && (!unit[n] || unit[n] == '.'))
			memmove(unit, unit + n, strlen(unit + n) + 1);
	}
	for (char *c = text; *c; c++)
		*c = *c == '.' || *c == '_' ? ' ' : *c;
	paint__to(p, 2);
	paint__fit(p, style, text, LABEL_CELLS);
}

static void print_row(struct paint *p, const struct compare_row *row)
{
	enum style style = row->verdict == COMPARE_SAME ? STYLE_DIM : STYLE_PLAIN;
	char text[64];

	print_label(p, row->metric, style);
	paint__to(p, 2 + LABEL_CELLS);
	format_value(p, text, sizeof(text), row->base_median, row->unit);
	paint__right(p, style, text, VALUE_CELLS);
	format_value(p, text, sizeof(text), row->median, row->unit);
	paint__right(p, style, text, VALUE_CELLS);
	print_shift(p, row, row->verdict == COMPARE_SAME ? STYLE_DIM : STYLE_BOLD);
	print_interval(p, row, style);
	print_p(p, row, style);
	print_detectable(p, row, style);
	paint__end(p);
}

static bool same_kind(const char *a, const char *b)
{
	size_t n = strcspn(a, "."), m = strcspn(b, ".");

	return n == m && !strncmp(a, b, n);
}

static void print_columns(struct paint *p, const struct comparison *c,
			  const struct compare_row *row, const char *kind)
{
	static const char *const names[][2] = {{"per_request", "per request"},
					       {"cpu", "CPU time"},
					       {"sched", "scheduling"},
					       {"net", "network"},
					       {"kvm", "VM exits"},
					       {"block", "block IO"},
					       {"host_cpu", "host CPU"}};
	char text[64];

	snprintf(text, sizeof(text), "%.*s", (int)strcspn(kind, "."), kind);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(text, names[i][0]))
			snprintf(text, sizeof(text), "%s", names[i][1]);
	}
	paint__to(p, 2);
	paint__fit(p, STYLE_DIM, text, LABEL_CELLS);
	paint__to(p, 2 + LABEL_CELLS);
	compare_print_column(p, c->group[c->base].name, VALUE_CELLS);
	compare_print_column(p, row->group, VALUE_CELLS);
	paint__right(p, STYLE_DIM, "shift", 8);
	paint__right(p, STYLE_DIM, "95 % interval", 16);
	paint__right(p, STYLE_DIM, "p", P_CELLS);
	paint__right(p, STYLE_DIM, "detects", DETECTS_CELLS);
	paint__end(p);
}

void compare_print_rows(struct paint *p, const struct comparison *c)
{
	const struct compare_row *last = NULL;

	for (size_t i = 0; i < c->n_rows; i++) {
		const struct compare_row *row = &c->row[i];
		bool new_side = !last || last->group != row->group || last->target != row->target;

		if (new_side) {
			char *title =
				str_printf("%s against %s", row->group, c->group[c->base].name);

			paint__heading(p, title ? title : "", row->target);
			free(title);
		}
		if (new_side || !same_kind(last->metric, row->metric))
			print_columns(p, c, row, row->metric);
		print_row(p, row);
		last = row;
	}
}
