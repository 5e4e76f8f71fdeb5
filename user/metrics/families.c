// SPDX-License-Identifier: GPL-2.0-or-later
#include "metrics/families.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/str.h"
#include "metrics/buckets.h"
#include "metrics/names.h"

static const char *const type_name[] = {"counter", "gauge", "histogram", "info"};

/* Targets have the same families in the same order: the one after the last is likely. */
static struct family *find(struct families *families, const char *name)
{
	for (size_t i = 0; i < families->n; i++) {
		size_t at = (families->last + i) % families->n;

		if (!strcmp(families->family[at].name, name)) {
			families->last = at;
			return &families->family[at];
		}
	}
	return NULL;
}

/* Owns `name`. */
static struct family *find_or_add(struct families *families, char *name, const struct family *like)
{
	struct family *family = find(families, name);

	if (family || !array_grow(&families->family, families->n, &families->room)) {
		free(name);
		return family;
	}
	families->last = families->n;
	family = &families->family[families->n++];
	*family = *like;
	family->name = name;
	return family;
}

void families__add(struct families *families, char *name, const struct family *like, char *labels,
		   struct sample sample)
{
	struct family *family = NULL;

	if (name && labels)
		family = find_or_add(families, name, like);
	else
		free(name);
	if (!family || !array_grow(&family->sample, family->n, &family->room)) {
		families->no_memory = true;
		free(labels);
		return;
	}
	sample.labels = labels;
	family->sample[family->n++] = sample;
}

static const char *suffix(enum family_type type)
{
	return type == FAMILY_COUNTER ? "_total" : type == FAMILY_INFO ? "_info" : "";
}

/* In Prometheus' own format a suffix is part of the name, and there is neither info nor unit. */
static void put_head(FILE *f, const struct family *family, enum metrics_form form)
{
	bool text = form == METRICS_TEXT;
	const char *end = text ? suffix(family->type) : "";
	const char *type =
		type_name[text && family->type == FAMILY_INFO ? FAMILY_GAUGE : family->type];

	fprintf(f, "# TYPE %s%s %s\n", family->name, end, type);
	if (!text && *metrics_unit(family->unit))
		fprintf(f, "# UNIT %s %s\n", family->name, metrics_unit(family->unit));
	fprintf(f, "# HELP %s%s ", family->name, end);
	metrics_put_help(f, family->help);
	fputc('\n', f);
}

static void put_histogram(FILE *f, const char *name, const struct sample *sample)
{
	uint64_t upto[BUCKETS + 1];
	const char *comma = *sample->labels ? "," : "";
	char bound[STR_DOUBLE_SIZE];
	unsigned int step = str_starts(name, "virtax_requests_") ? 1 : 2;

	buckets_from_hist(upto, sample->hist);
	for (unsigned int b = step - 1; b < BUCKETS; b += step) {
		str_from_double(bound, (double)bucket_upper_ns(b) / 1e9);
		fprintf(f, "%s_bucket{%s%sle=\"%s\"} %" PRIu64 "\n", name, sample->labels, comma,
			bound, upto[b]);
	}
	fprintf(f, "%s_bucket{%s%sle=\"+Inf\"} %" PRIu64 "\n", name, sample->labels, comma,
		upto[BUCKETS]);
}

static void put_name(FILE *f, const struct family *family, const char *end,
		     const struct sample *sample)
{
	fprintf(f, "%s%s", family->name, end);
	if (*sample->labels)
		fprintf(f, "{%s}", sample->labels);
	fputc(' ', f);
}

static void put_sample(FILE *f, const struct family *family, const struct sample *sample,
		       enum metrics_form form)
{
	if (family->type == FAMILY_HISTOGRAM) {
		put_histogram(f, family->name, sample);
		return;
	}
	put_name(f, family, suffix(family->type), sample);
	metrics_put_value(f, family->unit, sample->value);
	fputc('\n', f);
	if (form != METRICS_OPENMETRICS || family->type != FAMILY_COUNTER || !sample->created_ns)
		return;
	put_name(f, family, "_created", sample);
	metrics_put_value(f, NUMBER_NS, sample->created_ns);
	fputc('\n', f);
}

int families__write(const struct families *families, enum metrics_form form, FILE *f)
{
	if (families->no_memory)
		return -ENOMEM;
	for (size_t i = 0; i < families->n; i++) {
		const struct family *family = &families->family[i];

		put_head(f, family, form);
		for (size_t s = 0; s < family->n; s++)
			put_sample(f, family, &family->sample[s], form);
	}
	if (form == METRICS_OPENMETRICS)
		fputs("# EOF\n", f);
	return 0;
}

void families__free(struct families *families)
{
	for (size_t i = 0; i < families->n; i++) {
		struct family *family = &families->family[i];

		for (size_t s = 0; s < family->n; s++)
			free(family->sample[s].labels);
		free(family->sample);
		free(family->name);
	}
	free(families->family);
	*families = (struct families){};
}
