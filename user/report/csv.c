// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/csv.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/str.h"
#include "model/metric.h"

struct csv {
	FILE *f;
	char *label, *name; /* harmless already */
	const char *kind;
	const char *stage; /* harmless already; NULL: the whole window */
};

/* Spreadsheets evaluate a cell that begins like this, some even after leading blanks. */
static bool like_a_formula(const char *s)
{
	s += strspn(s, " ");
	return *s && strchr("=+-@", *s);
}

void csv_put_text(FILE *f, const char *s)
{
	bool formula = like_a_formula(s);

	if (!formula && !strpbrk(s, ",\"\r\n") && *s != ' ') {
		fputs(s, f);
		return;
	}
	fputs(formula ? "\"'" : "\"", f);
	for (; *s; s++) {
		if (*s == '"')
			fputc('"', f);
		fputc(*s, f);
	}
	fputc('"', f);
}

/* The stage's name may hold anything: it is quoted together with the path. */
static void put_stage_metric(const struct csv *csv, const char *path)
{
	char *text = str_printf("stages.%s.%s", csv->stage, path);

	csv_put_text(csv->f, text ? text : path);
	free(text);
}

static int put_metric(const struct metric *metric, void *ctx)
{
	struct csv *csv = ctx;
	char text[STR_DOUBLE_SIZE];

	csv_put_text(csv->f, csv->label);
	fprintf(csv->f, ",%s,", csv->kind);
	csv_put_text(csv->f, csv->name);
	fputc(',', csv->f);
	if (csv->stage)
		put_stage_metric(csv, metric->path);
	else
		fputs(metric->path, csv->f);
	fprintf(csv->f, ",%s,", node_unit_name[metric->node->unit]);
	if (metric->known && metric->real)
		fputs(str_from_double(text, metric->ratio), csv->f);
	else if (metric->known)
		fprintf(csv->f, "%" PRIu64, metric->whole);
	fputc('\n', csv->f);
	return 0;
}

static int put_owner(FILE *f, const struct run *run, const struct run_target *target)
{
	const char *host = run->host.hostname ? run->host.hostname : "";
	const char *label = run->label ? run->label : "";
	struct csv csv = {.f = f, .kind = target ? run_kind_name[target->kind] : "host"};
	int err = -ENOMEM;

	csv.label = escape_term(target ? target->label : label);
	csv.name = escape_term(target ? target->name : host);
	if (!csv.label || !csv.name)
		goto out;
	err = target ? metric_each(tree_target, target, put_metric, &csv)
		     : metric_each(tree_host, run, put_metric, &csv);
out:
	free(csv.label);
	free(csv.name);
	return err;
}

static int put_stage(FILE *f, const struct run *run, const struct run_stage *stage)
{
	char *name = escape_term(stage->name);
	int err = name ? 0 : -ENOMEM;

	for (size_t t = 0; t < stage->n_targets && !err; t++) {
		const struct run_target *target = &run->target[t];
		struct csv csv = {.f = f, .kind = run_kind_name[target->kind], .stage = name};

		csv.label = escape_term(target->label);
		csv.name = escape_term(target->name);
		err = csv.label && csv.name
			      ? metric_each(tree_numbers, &stage->target[t], put_metric, &csv)
			      : -ENOMEM;
		free(csv.label);
		free(csv.name);
	}
	free(name);
	return err;
}

int run_write_csv(const struct run *run, FILE *f)
{
	int err;

	fputs("label,kind,name,metric,unit,value\n", f);
	for (size_t i = 0; i < run->n_targets; i++) {
		err = put_owner(f, run, &run->target[i]);
		if (err)
			return err;
	}
	err = put_owner(f, run, NULL);
	for (size_t s = 0; s < run->n_stages && !err; s++)
		err = put_stage(f, run, &run->stage[s]);
	return err;
}
