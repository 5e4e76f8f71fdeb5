// SPDX-License-Identifier: GPL-2.0-or-later
/* The first sentence of a run's report. */
#include "report/sentence.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "layers/summary.h"
#include "report/sentence_parts.h"
#include "report/units.h"

#define MOST_NAMED 4 /* targets; of more, only the cheapest and the most expensive */

void sentence__free(struct sentence *sentence)
{
	free(sentence->cost);
	free(sentence->trust);
	*sentence = (struct sentence){};
}

/* ---- cost ------------------------------------------------------------------------------------ */

#define LAYER_SIZE 40

/* "vcpu guest" for "vcpu.guest" */
static const char *layer_name(const struct summary_layer *layer, char buf[LAYER_SIZE])
{
	const char *dot = strchr(layer->name, '.'), *mode = dot ? dot + 1 : "";

	snprintf(buf, LAYER_SIZE, "%.*s %s", (int)(dot ? dot - layer->name : 0), layer->name,
		 strcmp(mode, "task") ? mode : "user+kernel");
	return buf;
}

/* "container 146 µs of CPU time", or "container used 88.3 ms …" */
static void put_cost(const struct prose *to, const struct summary *s, size_t i)
{
	prose__name(to, s->cost[i].target->label);
	fputs(i || s->per_request ? " " : " used ", to->f);
	prose__ns(to, s->cost[i].ns);
	fputs(i ? "" : " of CPU time", to->f);
}

static void put_each(const struct prose *to, const struct summary *s)
{
	for (size_t i = 0; i < s->n; i++) {
		fputs(!i ? "" : i + 1 < s->n ? ", " : " and ", to->f);
		put_cost(to, s, i);
		if (!i || s->n == 2 || !(s->cost[0].ns > 0))
			continue;
		fputs(" (", to->f);
		prose__factor(to, s->cost[i].ns / s->cost[0].ns);
		fputc(')', to->f);
	}
}

static void put_range(const struct prose *to, const struct summary *s)
{
	fputs("between ", to->f);
	prose__ns(to, s->cost[0].ns);
	fputs(" (", to->f);
	prose__name(to, s->cost[0].target->label);
	fputs(") and ", to->f);
	prose__ns(to, s->cost[s->n - 1].ns);
	fputs(" (", to->f);
	prose__name(to, s->cost[s->n - 1].target->label);
	fputs(") of CPU time", to->f);
}

/* "; most of the difference is vcpu guest, +319 µs" */
static void put_difference(const struct prose *to, const struct summary *s)
{
	const char *const ends[] = {s->cost[0].target->label, s->cost[s->n - 1].target->label};
	char layer[LAYER_SIZE];

	if (!isnan(s->factor) && (s->n == 2 || s->n > MOST_NAMED)) {
		fputs(", ", to->f);
		prose__factor(to, s->factor);
	}
	if (!*s->layer.name || s->factor < 1.005)
		return;
	if (s->by_part) {
		const char *const parts[] = {s->part_end[0]->label, s->part_end[1]->label};

		prose__parts(to, s->part_ns, s->difference_ns, s->n > 2 ? parts : NULL);
		return;
	}
	prose__carrier(to, layer_name(&s->layer, layer), s->layer.ns, s->difference_ns,
		       s->n > 2 ? ends : NULL);
}

/* ", 57 % of it workload kernel (83.0 µs)" */
static void put_share(const struct prose *to, const struct summary *s)
{
	char layer[LAYER_SIZE];
	double share;

	if (!*s->layer.name || !(s->cost[0].ns > 0))
		return;
	share = 100 * s->layer.ns / s->cost[0].ns;
	if (share >= 99.5) {
		fprintf(to->f, ", all of it in %s", layer_name(&s->layer, layer));
		return;
	}
	fprintf(to->f, ", %.0f %% of it in %s (", share, layer_name(&s->layer, layer));
	prose__ns(to, s->layer.ns);
	fputc(')', to->f);
}

static void put_uncounted(const struct prose *to, const struct summary *s)
{
	if (!s->n_uncounted)
		return;
	fputs("; requests of ", to->f);
	if (s->n_uncounted == 1)
		prose__name(to, s->uncounted->label);
	else
		prose__count(to, s->n_uncounted, "other target");
	fputs(" were not counted", to->f);
}

static void put_costs(const struct prose *to, const struct summary *s)
{
	if (!s->n) {
		fputs("No target ran: there is nothing to report.", to->f);
		return;
	}
	if (s->per_request)
		fputs("A request costs ", to->f);
	else
		fprintf(to->f, "No requests were counted; in %.2f s ", (double)s->wall_ns / 1e9);
	if (s->n > MOST_NAMED)
		fprintf(to->f, "%zu targets %s", s->n, s->per_request ? "" : "used ");
	if (s->n > MOST_NAMED)
		put_range(to, s);
	else
		put_each(to, s);
	if (s->n == 1)
		put_share(to, s);
	else
		put_difference(to, s);
	put_uncounted(to, s);
	fputc('.', to->f);
}

/* ---- trust ----------------------------------------------------------------------------------- */

static void put_failing(const struct prose *to, const struct summary *s)
{
	fprintf(to->f, "%.0f %% of the answers of ", 100 * s->failed);
	prose__name(to, s->failing->label);
	fputs(" are errors (4xx, 5xx). ", to->f);
}

static void put_emulated(const struct prose *to, const struct summary *s)
{
	bool one = s->n_emulated == 1;

	prose__name(to, s->emulated->label);
	if (!one)
		fprintf(to->f, " and %zu more", s->n_emulated - 1);
	fprintf(to->f,
		" ran under TCG, QEMU's emulator, without KVM: %s numbers say nothing about the "
		"cost of virtualization. ",
		one ? "its" : "their");
}

static void put_pages(const struct prose *to, const struct summary *s)
{
	char bytes[32];

	fputs("Not the same page: ", to->f);
	for (int i = 0; i < 2; i++) {
		prose__name(to, s->cost[i ? s->n - 1 : 0].target->label);
		format_bytes(bytes, sizeof(bytes), s->sent_bytes[i]);
		fprintf(to->f, " sent %s%s", bytes, i ? " per request. " : ", ");
	}
}

static enum sentence_trust put_trust(const struct prose *to, const struct summary *s)
{
	enum sentence_trust level = SENTENCE_TRUSTED;

	if (!s->trusted) {
		fprintf(to->f, "Do not trust this run: %s. ", s->why);
		level = SENTENCE_NOT;
	}
	if (s->emulated)
		put_emulated(to, s);
	if (s->failing)
		put_failing(to, s);
	if (s->sent_bytes[1] > 0)
		put_pages(to, s);
	if (level == SENTENCE_TRUSTED && (s->emulated || s->failing || s->sent_bytes[1] > 0))
		level = SENTENCE_CAREFUL;
	if (level == SENTENCE_TRUSTED)
		fprintf(to->f, "The books balance to %" PRIu64 " ppm and nothing was lost%s",
			s->error_ppm, s->n ? "; one" : ".");
	else if (level == SENTENCE_CAREFUL)
		fputs("One", to->f);
	if (level != SENTENCE_NOT && s->n)
		fputs(" run cannot show how much runs vary.", to->f);
	return level;
}

int sentence__of_run(struct sentence *ret, const struct run *run, bool utf8)
{
	struct summary summary;
	struct prose prose;
	size_t size;
	int err;

	*ret = (struct sentence){};
	err = summary__make(&summary, run);
	if (err)
		return err;
	if (prose__begin(&prose, utf8, &ret->cost, &size))
		put_costs(&prose, &summary);
	err = prose__end(&prose, &ret->cost);
	if (prose__begin(&prose, utf8, &ret->trust, &size))
		ret->level = put_trust(&prose, &summary);
	err = prose__end(&prose, &ret->trust) ? -ENOMEM : err;
	prose_trim(ret->trust);
	summary__free(&summary);
	if (err)
		sentence__free(ret);
	return err;
}
