// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/csv.h"

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
};

/* Spreadsheets run a cell that begins so, some also behind blanks. */
static bool like_a_formula(const char *s)
{
	s += strspn(s, " ");
	return *s && strchr("=+-@", *s);
}

static void put_text(FILE *f, const char *s)
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

static int put_metric(const struct metric *metric, void *ctx)
{
	struct csv *csv = ctx;
	char text[STR_DOUBLE_SIZE];

	put_text(csv->f, csv->label);
	fprintf(csv->f, ",%s,", csv->kind);
	put_text(csv->f, csv->name);
	fprintf(csv->f, ",%s,%s,", metric->path, metric->unit);
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
	err = target ? metric_each_target(target, put_metric, &csv)
		     : metric_each_host(run, put_metric, &csv);
out:
	free(csv.label);
	free(csv.name);
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
	return put_owner(f, run, NULL);
}
