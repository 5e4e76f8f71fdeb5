// SPDX-License-Identifier: GPL-2.0-or-later
/* The first sentence of a comparison. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/array.h"
#include "compare/summary.h"
#include "report/sentence_parts.h"

#define MOST_SIDES   3 /* targets and groups; of more, only how many there are */
#define LEAST_FACTOR 1.995

/* ---- two groups ------------------------------------------------------------------------------ */

static bool of_a_request(const struct compare_row *row)
{
	return !strchr(row->unit, '/');
}

/* "287 µs of CPU time with small" */
static void put_median(const struct prose *to, const struct comparison *c, double ns,
		       const char *group, const char *what)
{
	if (c->by == COMPARE_BY_TARGET) {
		prose__name(to, group);
		fputc(' ', to->f);
	}
	prose__ns(to, ns);
	fputs(what, to->f);
	if (c->by != COMPARE_BY_TARGET) {
		fputs(c->by == COMPARE_BY_STAGE ? " in " : " with ", to->f);
		prose__name(to, group);
	}
}

/* One decimal below 10 %. */
static int decimals(double a, double b)
{
	return fmax(fabs(a), fabs(b)) < 10 ? 1 : 0;
}

/* "(95 % interval 3.2 to 3.5, 10 runs each)" */
static void put_interval(const struct prose *to, const struct compare_row *row, bool as_factor)
{
	double low = row->interval.low / row->base_median,
	       high = row->interval.high / row->base_median;

	fputs(" (", to->f);
	if (isnan(low) || isnan(high))
		fputs("too few runs for an interval: ", to->f);
	else if (as_factor)
		fprintf(to->f, "95 %% interval %.*f to %.*f, ", high < 9 ? 1 : 0, 1 + low,
			high < 9 ? 1 : 0, 1 + high);
	else
		fprintf(to->f, "95 %% interval %+.*f to %+.*f %%, ",
			decimals(100 * low, 100 * high), 100 * low, decimals(100 * low, 100 * high),
			100 * high);
	if (row->n == row->base_n) {
		prose__count(to, row->n, "run");
		fputs(" each)", to->f);
	} else {
		fprintf(to->f, "%zu and %zu runs)", row->base_n, row->n);
	}
}

static void put_shift(const struct prose *to, const struct compare_row *row)
{
	double factor = 1 + row->shift / row->base_median;

	fputs(": ", to->f);
	if (row->verdict == COMPARE_SAME)
		fputs("no significant difference", to->f);
	else if (fabs(factor - 1) < 0.1)
		fprintf(to->f, "%.1f %% %s", 100 * fabs(factor - 1), factor > 1 ? "more" : "less");
	else
		prose__factor(to, factor);
	put_interval(to, row, row->verdict != COMPARE_SAME && factor >= LEAST_FACTOR);
}

/* Who adds what, from a container to a VM whose guest time is split. */
static void put_parts(const struct prose *to, const struct compare_fall *fall)
{
	double ns[LAYER_PARTS] = {};

	for (size_t i = 0; i < fall->n_layers; i++)
		ns[layer_part(fall->layer[i].layer)] += (double)fall->layer[i].ns;
	prose__parts(to, ns, (double)(fall->group_ns - fall->base_ns), NULL);
}

static void put_layer(const struct prose *to, const struct compare_summary *s, double whole_ns)
{
	char name[64], *dot;

	if (!s->layer || s->row->verdict == COMPARE_SAME)
		return;
	if (s->fall && s->fall->joined) {
		fputs("; on average", to->f);
		put_parts(to, s->fall);
		return;
	}
	snprintf(name, sizeof(name), "%s", s->layer->layer);
	dot = strchr(name, '.');
	if (dot)
		*dot = ' ';
	prose__carrier(to, name, (double)s->layer->ns, whole_ns, NULL);
}

static void put_side(const struct prose *to, const struct comparison *c,
		     const struct compare_summary *s, bool first)
{
	const struct compare_row *row = s->row;
	bool each = of_a_request(row);

	fputs(!first ? each ? ". A request " : ". A second "
	      : each ? "A request "
		     : "A second ",
	      to->f);
	if (row->target) {
		fputs("of ", to->f);
		prose__name(to, row->target);
		fputc(' ', to->f);
	}
	fputs("costs ", to->f);
	put_median(to, c, row->base_median, c->group[c->base].name, " of CPU time");
	fputs(" and ", to->f);
	put_median(to, c, row->median, row->group, "");
	if (row->base_median > 0)
		put_shift(to, row);
	put_layer(to, s, row->shift);
}

static void put_sides(const struct prose *to, const struct comparison *c)
{
	struct compare_summary side[MOST_SIDES];
	size_t n = compare_summary(c, side, ARRAY_SIZE(side));

	if (!n)
		fputs("The runs have no CPU time that could be compared", to->f);
	for (size_t i = 0; i < n && i < MOST_SIDES; i++)
		put_side(to, c, &side[i], !i);
	if (n > MOST_SIDES) {
		fputs("; ", to->f);
		prose__count(to, n - MOST_SIDES, "more comparison");
		fputs(n == MOST_SIDES + 1 ? " is below" : " are below", to->f);
	}
	fputc('.', to->f);
}

/* ---- fixed and marginal cost ------------------------------------------------------------------
 */

/* "A request adds 287 µs of CPU time to web (…), on top of 803 µs a second without requests." */
static void put_line(const struct prose *to, const struct comparison *c,
		     const struct compare_line *line)
{
	const char *name = line->target ? line->target : c->n_groups > 1 ? line->group : NULL;

	fputs("A request adds ", to->f);
	prose__ns(to, line->marginal);
	fputs(" of CPU time", to->f);
	if (name) {
		fputs(" to ", to->f);
		prose__name(to, name);
	}
	if (!isnan(line->marginal_interval.low)) {
		fputs(" (95 % interval ", to->f);
		prose__ns(to, line->marginal_interval.low);
		fputs(" to ", to->f);
		prose__ns(to, line->marginal_interval.high);
		fputs(")", to->f);
	}
	if (line->fixed_interval.low > 0) {
		fputs(", on top of ", to->f);
		prose__ns(to, line->fixed);
		fputs(" a second without requests. ", to->f);
	} else {
		fputs("; no fixed cost could be distinguished from 0. ", to->f);
	}
}

static void put_lines(const struct prose *to, const struct comparison *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_lines; i++) {
		if (strcmp(c->line[i].layer, "total"))
			continue;
		if (n++ < MOST_SIDES)
			put_line(to, c, &c->line[i]);
	}
}

/* ---- trust ----------------------------------------------------------------------------------- */

static enum sentence_trust put_trust(const struct prose *to, const struct comparison *c)
{
	if (c->untrusted) {
		fputs("Do not trust this comparison: a run lost events or its books do not "
		      "balance.",
		      to->f);
		return SENTENCE_NOT;
	}
	if (c->n_warnings) {
		fprintf(to->f, "Read the warning%s before the numbers.",
			c->n_warnings == 1 ? "" : "s");
		return SENTENCE_CAREFUL;
	}
	fputs("The runs were recorded under the same conditions, and none lost anything.", to->f);
	return SENTENCE_TRUSTED;
}

int sentence__of_comparison(struct sentence *ret, const struct comparison *comparison, bool utf8)
{
	struct prose prose;
	size_t size;
	int err;

	*ret = (struct sentence){};
	if (prose__begin(&prose, utf8, &ret->cost, &size)) {
		if (comparison->n_lines)
			put_lines(&prose, comparison);
		else
			put_sides(&prose, comparison);
	}
	err = prose__end(&prose, &ret->cost);
	prose_trim(ret->cost);
	if (prose__begin(&prose, utf8, &ret->trust, &size))
		ret->level = put_trust(&prose, comparison);
	err = prose__end(&prose, &ret->trust) ? -ENOMEM : err;
	if (err)
		sentence__free(ret);
	return err;
}
