// SPDX-License-Identifier: GPL-2.0-or-later
/* A comparison as CSV: one line per number. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/escape.h"
#include "base/str.h"
#include "report/compare_out.h"
#include "report/csv.h"

static int put_name(FILE *f, const char *name)
{
	char *safe = escape_term(name ? name : "");

	if (!safe)
		return -ENOMEM;
	csv_put_text(f, safe);
	fputc(',', f);
	free(safe);
	return 0;
}

static void put_number(FILE *f, double value)
{
	char text[STR_DOUBLE_SIZE];

	if (isfinite(value))
		fputs(str_from_double(text, value), f);
	fputc(',', f);
}

static int put_who(FILE *f, const char *target, const char *group)
{
	int err = put_name(f, target);

	return err ? err : put_name(f, group);
}

static int put_row(FILE *f, const struct compare_row *row)
{
	int err = put_who(f, row->target, row->group);

	fprintf(f, "%s,%s,%zu,", row->metric, row->unit, row->n);
	put_number(f, row->median);
	fprintf(f, "%zu,", row->base_n);
	put_number(f, row->base_median);
	put_number(f, row->shift);
	put_number(f, row->interval.low);
	put_number(f, row->interval.high);
	put_number(f, row->p);
	put_number(f, row->p_raw);
	put_number(f, row->detectable);
	fprintf(f, "%s\n", compare_verdict_name[row->verdict]);
	return err;
}

static int put_fall(FILE *f, const struct compare_fall *fall)
{
	int err = 0;

	for (size_t i = 0; i < fall->n_layers && !err; i++) {
		err = put_who(f, fall->target, fall->group);
		fprintf(f, "waterfall.%s,ns,,,,,%" PRId64 ",,,,,,\n", fall->layer[i].layer,
			fall->layer[i].ns);
	}
	return err;
}

/* Fixed and marginal cost are two lines; `median` holds the estimate. */
static int put_line(FILE *f, const struct compare_line *line)
{
	const struct {
		const char *name, *unit;
		double value;
		struct stats_interval interval;
	} part[] = {{"fixed", "ns/s", line->fixed, line->fixed_interval},
		    {"marginal", "ns", line->marginal, line->marginal_interval}};
	int err = 0;

	for (size_t i = 0; i < 2 && !err; i++) {
		err = put_who(f, line->target, line->group);
		fprintf(f, "%s.%s,%s,%zu,", part[i].name, line->layer, part[i].unit, line->n);
		put_number(f, part[i].value);
		fputs(",,,", f);
		put_number(f, part[i].interval.low);
		put_number(f, part[i].interval.high);
		fputs(",,,\n", f);
	}
	return err;
}

/* kind: "self" or "total". */
static int put_time(FILE *f, const struct compare_function *function, const char *kind,
		    const struct compare_time *time)
{
	char *metric = str_printf("function.%s.%s.%s", kind, function->layer, function->name);
	int err = put_who(f, function->target, function->group);

	if (!err)
		err = metric ? put_name(f, metric) : -ENOMEM;
	free(metric);
	if (err)
		return err;
	fprintf(f, "ns,%zu,", function->n);
	put_number(f, time->median);
	fprintf(f, "%zu,", function->base_n);
	put_number(f, time->base_median);
	put_number(f, time->shift);
	put_number(f, time->interval.low);
	put_number(f, time->interval.high);
	put_number(f, time->p);
	put_number(f, time->p_raw);
	fprintf(f, ",%s\n", compare_verdict_name[time->verdict]);
	return 0;
}

/* The difference of the means, as in the waterfall, then both times. */
static int put_function(FILE *f, const struct compare_function *function)
{
	char *metric = str_printf("waterfall.%s.%s", function->layer, function->name);
	int err = put_who(f, function->target, function->group);

	if (!err)
		err = metric ? put_name(f, metric) : -ENOMEM;
	free(metric);
	if (err)
		return err;
	fprintf(f, "ns,,,,,%" PRId64 ",,,,,,\n", function->ns);
	err = put_time(f, function, "self", &function->self);
	return err ? err : put_time(f, function, "total", &function->total);
}

int compare_write_csv(const struct comparison *c, FILE *f)
{
	int err = 0;

	fputs("target,group,metric,unit,n,median,base_n,base_median,shift,ci_low,ci_high,p,p_raw,"
	      "detectable,verdict\n",
	      f);
	for (size_t i = 0; i < c->n_rows && !err; i++)
		err = put_row(f, &c->row[i]);
	for (size_t i = 0; i < c->n_falls && !err; i++)
		err = put_fall(f, &c->fall[i]);
	for (size_t i = 0; i < c->n_lines && !err; i++)
		err = put_line(f, &c->line[i]);
	for (size_t i = 0; i < c->n_functions && !err; i++)
		err = put_function(f, &c->function[i]);
	return err;
}
