// SPDX-License-Identifier: GPL-2.0-or-later
/* A comparison on a terminal. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "report/compare_out.h"
#include "report/compare_parts.h"
#include "report/units.h"

#define LABEL_CELLS 21
#define VALUE_CELLS 10

void compare_heading(struct paint *p, const char *title, char *remark)
{
	paint__end(p);
	paint__fit(p, STYLE_BOLD, title, p->options->width * 2 / 3);
	paint__to(p, p->at + 1);
	if (remark && *remark && p->at + 5 < p->options->width) {
		paint__text(p, STYLE_DIM, p->glyph->dot);
		paint__to(p, p->at + 1);
		paint__fit(p, STYLE_DIM, remark, p->options->width - p->at - 1);
		paint__to(p, p->at + 1);
	}
	paint__rule(p, STYLE_DIM);
	paint__end(p);
	free(remark);
}

static void item(struct paint *p, enum style style, char *text)
{
	if (text)
		paint__item(p, style, text, 0);
	free(text);
}

static void print_title(struct paint *p, const struct comparison *c)
{
	paint__text(p, STYLE_BOLD, "virtax compare");
	item(p, STYLE_PLAIN, str_printf("by %s", compare_by_name[c->by]));
	item(p, STYLE_PLAIN, str_printf("%zu runs", c->runs));
	paint__end(p);
	for (size_t g = 0; g < c->n_groups; g++) {
		paint__to(p, 2);
		paint__fit(p, STYLE_BOLD, c->group[g].name, 40);
		item(p, STYLE_PLAIN,
		     str_printf("%zu run%s", c->group[g].runs, c->group[g].runs == 1 ? "" : "s"));
		if (g == c->base && c->n_groups > 1)
			item(p, STYLE_DIM, str_printf("the base"));
		paint__end(p);
	}
}

static void print_warnings(struct paint *p, const struct comparison *c)
{
	if (c->n_warnings)
		paint__end(p);
	for (size_t i = 0; i < c->n_warnings; i++) {
		paint__text(p, STYLE_WARN, " !! ");
		paint__to(p, 4);
		paint__wrap(p, STYLE_WARN, c->warning[i]);
	}
}

/* ---- numbers --------------------------------------------------------------------------------- */

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

/* Shifts are shown in parts of the base's median, where there is one. */
static double percent_of(const struct compare_row *row, double value)
{
	return row->base_median > 0 ? 100 * value / row->base_median : (double)NAN;
}

/* From ten times on it is said so: "×879". */
#define FACTOR_PERCENT 999.5

static void format_factor(const struct paint *p, char *buf, size_t size, double percent)
{
	double factor = 1 + percent / 100;

	snprintf(buf, size, factor < 99999.5 ? "%s%.0f" : "%s%.1g", p->options->utf8 ? "×" : "x",
		 factor);
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
	const char *to = p->options->utf8 ? "…" : "..";
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
	paint__right(p, style, text, 7);
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
	paint__right(p, style, text, 6);
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* "per_request.cpu.vcpu.guest_ns" is "vcpu guest" under the heading of its first word. */
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

/* One of the names of two groups, as a column's head. */
static void column(struct paint *p, const char *name)
{
	unsigned int start = p->want > p->at ? p->want : p->at;
	size_t len = strlen(name);

	paint__to(p, start + 1 + (len < VALUE_CELLS - 1 ? VALUE_CELLS - 1 - (unsigned int)len : 0));
	paint__fit(p, STYLE_DIM, name, VALUE_CELLS - 1);
	paint__to(p, start + VALUE_CELLS);
}

static void print_columns(struct paint *p, const struct comparison *c,
			  const struct compare_row *row, const char *kind)
{
	static const char *const names[][2] = {{"per_request", "one request"},
					       {"requests", "requests"},
					       {"cpu", "CPU time"},
					       {"sched", "scheduling"},
					       {"net", "network"},
					       {"host_cpu", "CPUs of the host"}};
	char text[64];

	snprintf(text, sizeof(text), "%.*s", (int)strcspn(kind, "."), kind);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(text, names[i][0]))
			snprintf(text, sizeof(text), "%s", names[i][1]);
	}
	paint__to(p, 2);
	paint__fit(p, STYLE_DIM, text, LABEL_CELLS);
	paint__to(p, 2 + LABEL_CELLS);
	column(p, c->group[c->base].name);
	column(p, row->group);
	paint__right(p, STYLE_DIM, "shift", 8);
	paint__right(p, STYLE_DIM, "95 % interval", 16);
	paint__right(p, STYLE_DIM, "p", 7);
	paint__right(p, STYLE_DIM, "finds", 6);
	paint__end(p);
}

static void print_rows(struct paint *p, const struct comparison *c)
{
	const struct compare_row *last = NULL;

	for (size_t i = 0; i < c->n_rows; i++) {
		const struct compare_row *row = &c->row[i];
		bool new_side = !last || last->group != row->group || last->target != row->target;

		if (new_side) {
			char *title =
				str_printf("%s against %s", row->group, c->group[c->base].name);

			compare_heading(p, title ? title : "",
					row->target ? str_printf("%s", row->target) : NULL);
			free(title);
		}
		if (new_side || !same_kind(last->metric, row->metric))
			print_columns(p, c, row, row->metric);
		print_row(p, row);
		last = row;
	}
}

/* ---- the waterfall ----------------------------------------------------------------------------
 */

/* Whole nanoseconds, shown as µs: what is added up here adds up exactly. */
static void print_us(struct paint *p, enum style style, int64_t ns, bool is_change)
{
	char text[64], sign = ns < 0 ? '-' : '+';

	snprintf(text, sizeof(text), "%s%" PRIu64 ".%03u %ss", is_change ? (char[]){sign, 0} : "",
		 (uint64_t)llabs(ns) / 1000, (unsigned int)((uint64_t)llabs(ns) % 1000),
		 p->glyph->micro);
	paint__right(p, style, text, 16);
}

static void print_end(struct paint *p, const char *name, int64_t ns)
{
	paint__to(p, 2);
	paint__fit(p, STYLE_BOLD, name, LABEL_CELLS);
	paint__to(p, 2 + LABEL_CELLS);
	print_us(p, STYLE_BOLD, ns, false);
	paint__end(p);
}

static enum style style_of_layer(const char *layer)
{
	const char *dot = strchr(layer, '.');

	for (int m = 0; dot && m < VTX_MODES; m++) {
		if (!strcmp(dot + 1, run_mode_name[m]))
			return STYLE_OF_MODE(m);
	}
	return STYLE_PLAIN;
}

static void print_layer(struct paint *p, const struct compare_layer *layer, int64_t largest)
{
	bool noise = layer->has_row && layer->verdict == COMPARE_SAME;
	enum style style = noise ? STYLE_DIM : STYLE_PLAIN;
	char text[64];

	snprintf(text, sizeof(text), "%s", layer->layer);
	for (char *c = text; *c; c++)
		*c = *c == '.' ? ' ' : *c;
	paint__to(p, 4);
	paint__fit(p, style, text, LABEL_CELLS - 2);
	paint__to(p, 2 + LABEL_CELLS);
	print_us(p, style, layer->ns, true);
	paint__to(p, p->at + 1);
	paint__text(p, STYLE_DIM, noise ? "~" : "");
	paint__to(p, 2 + LABEL_CELLS + 16 + 3);
	if (largest)
		paint__bar(p, style_of_layer(layer->layer),
			   (double)llabs(layer->ns) / (double)largest, 36);
	paint__end(p);
}

static void print_fall(struct paint *p, const struct comparison *c, const struct compare_fall *fall)
{
	int64_t largest = fall->n_layers ? llabs(fall->layer[0].ns) : 0;
	char *title = str_printf("From %s to %s", c->group[c->base].name, fall->group);

	compare_heading(p, title ? title : "",
			str_printf("%s%smean of one request", fall->target ? fall->target : "",
				   fall->target ? ", " : ""));
	free(title);
	print_end(p, c->group[c->base].name, fall->base_ns);
	for (size_t i = 0; i < fall->n_layers; i++)
		print_layer(p, &fall->layer[i], largest);
	print_end(p, fall->group, fall->group_ns);
	paint__to(p, 2);
	paint__text(p, STYLE_PLAIN, "difference");
	paint__to(p, 2 + LABEL_CELLS);
	print_us(p, STYLE_PLAIN, fall->group_ns - fall->base_ns, true);
	paint__end(p);
}

void compare_write_term(const struct comparison *c, const struct term_options *options, FILE *f)
{
	struct paint p;

	paint__init(&p, options, f);
	print_title(&p, c);
	print_warnings(&p, c);
	print_rows(&p, c);
	for (size_t i = 0; i < c->n_falls; i++)
		print_fall(&p, c, &c->fall[i]);
	compare_print_lines(&p, c);
	if (!c->n_rows)
		return;
	paint__end(&p);
	paint__wrap(
		&p, STYLE_DIM,
		"~ no difference shown. p is corrected for the number of rows (Holm). finds: the "
		"smallest difference that runs like these show four times in five.");
}
