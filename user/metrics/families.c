// SPDX-License-Identifier: GPL-2.0-or-later
#include "metrics/families.h"

#include <errno.h>
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

/* How the bounds of all buckets are written: the same for every histogram. */
struct writing {
	struct text text;
	enum metrics_form form;
	char bound[BUCKETS][STR_DOUBLE_SIZE];
};

/* In Prometheus' own format a suffix is part of the name, and there is neither info nor unit. */
static void put_head(struct writing *w, const struct family *family)
{
	bool plain = w->form == METRICS_TEXT;
	const char *end = plain ? suffix(family->type) : "";
	const char *type =
		type_name[plain && family->type == FAMILY_INFO ? FAMILY_GAUGE : family->type];

	text__put(&w->text, "# TYPE ");
	text__put(&w->text, family->name);
	text__put(&w->text, end);
	text__put(&w->text, " ");
	text__put(&w->text, type);
	if (!plain && *metrics_unit(family->unit)) {
		text__put(&w->text, "\n# UNIT ");
		text__put(&w->text, family->name);
		text__put(&w->text, " ");
		text__put(&w->text, metrics_unit(family->unit));
	}
	text__put(&w->text, "\n# HELP ");
	text__put(&w->text, family->name);
	text__put(&w->text, end);
	text__put(&w->text, " ");
	metrics_put_help(&w->text, family->help);
	text__put(&w->text, "\n");
}

static void put_bucket(struct writing *w, const struct family *family, const struct sample *sample,
		       const char *bound, uint64_t count)
{
	text__put(&w->text, family->name);
	text__put(&w->text, "_bucket{");
	text__put(&w->text, sample->labels);
	text__put(&w->text, *sample->labels ? ",le=\"" : "le=\"");
	text__put(&w->text, bound);
	text__put(&w->text, "\"} ");
	text__u64(&w->text, count, 0);
	text__put(&w->text, "\n");
}

static void put_histogram(struct writing *w, const struct family *family,
			  const struct sample *sample)
{
	unsigned int step = str_starts(family->name, "virtax_requests_") ? 1 : 2;
	uint64_t upto[BUCKETS + 1];

	buckets_from_hist(upto, sample->hist);
	for (unsigned int b = step - 1; b < BUCKETS; b += step)
		put_bucket(w, family, sample, w->bound[b], upto[b]);
	put_bucket(w, family, sample, "+Inf", upto[BUCKETS]);
}

static void put_line(struct writing *w, const struct family *family, const char *end,
		     const struct sample *sample, enum number_unit unit, uint64_t value)
{
	text__put(&w->text, family->name);
	text__put(&w->text, end);
	if (*sample->labels) {
		text__put(&w->text, "{");
		text__put(&w->text, sample->labels);
		text__put(&w->text, "}");
	}
	text__put(&w->text, " ");
	metrics_put_value(&w->text, unit, value);
	text__put(&w->text, "\n");
}

static void put_sample(struct writing *w, const struct family *family, const struct sample *sample)
{
	if (family->type == FAMILY_HISTOGRAM) {
		put_histogram(w, family, sample);
		return;
	}
	put_line(w, family, suffix(family->type), sample, family->unit, sample->value);
	if (w->form == METRICS_OPENMETRICS && family->type == FAMILY_COUNTER && sample->created_ns)
		put_line(w, family, "_created", sample, NUMBER_NS, sample->created_ns);
}

int families__write(const struct families *families, enum metrics_form form, FILE *f)
{
	struct writing w = {.form = form};
	int err;

	if (families->no_memory)
		return -ENOMEM;
	for (unsigned int b = 0; b < BUCKETS; b++)
		str_from_double(w.bound[b], (double)bucket_upper_ns(b) / 1e9);
	for (size_t i = 0; i < families->n; i++) {
		const struct family *family = &families->family[i];

		put_head(&w, family);
		for (size_t s = 0; s < family->n; s++)
			put_sample(&w, family, &family->sample[s]);
	}
	if (form == METRICS_OPENMETRICS)
		text__put(&w.text, "# EOF\n");
	err = w.text.no_memory ? -ENOMEM : 0;
	if (!err)
		fwrite(w.text.s, 1, w.text.n, f);
	text__free(&w.text);
	return err;
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
