// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Each offset has a score: the correlation of the two activities over the rows that they share
 * then, in units of what chance would give (Fisher's z). The best score wins if chance can hardly
 * give it. The error bar holds all offsets beside it whose score is not clearly lower.
 *
 * Then each half is looked at alone. Where a half fits clearly better at another offset, the clocks
 * drift, by what the halves differ; if parts do not even fit then, the clock was not steady.
 */
#include "join/align.h"

#include <math.h>
#include <stdlib.h>

#define LEAST_ROWS   5   /* of the host, that both must have recorded */
#define LEAST_SCORE  4.0 /* standard errors: less may be chance */
#define LOWER        2.0 /* standard errors: as good as the best */
#define HIGHEST_R    0.999
#define MOST_OFFSETS 8192          /* that are tried at first */
#define MOST_ROWS    2048          /* that are correlated; longer ones if there are more */
#define FINE         16            /* part of a row to which the best offset is searched */
#define WIDEST       64            /* rows to either side that an error bar may have */
#define CLEARLY      3.0           /* standard errors: fits better at another offset */
#define LEAST_STEADY 16            /* rows of the host, for its parts to be looked at */
#define MOST_PPB     2000000       /* drift: more is none of a clock that works */
#define UNCHECKED_NS 2000000000ull /* error of clocks that nothing confirms, besides a row */

struct search {
	struct activity host, guest;
	int64_t row_ns;     /* the longer of the rows of the two */
	size_t stride;      /* rows of the host that are taken as one */
	size_t first, last; /* those of the host's rows, in strides */
	int64_t drift_ppb, middle;
};

struct sums {
	double n, x, y, xx, yy, xy;
};

static int64_t drifted(int64_t drift_ppb, int64_t since)
{
	return (int64_t)((double)since * (double)drift_ppb / 1e9);
}

int64_t align_to_guest(const struct alignment *a, int64_t at)
{
	return at + a->ahead_ns + drifted(a->drift_ppb, at - a->middle);
}

int64_t align_to_host(const struct alignment *a, int64_t at)
{
	double since = (double)(at - a->ahead_ns - a->middle);

	return a->middle + (int64_t)(since / (1 + (double)a->drift_ppb / 1e9));
}

static int64_t to_guest(const struct search *s, int64_t at, int64_t ahead)
{
	return at + ahead + drifted(s->drift_ppb, at - s->middle);
}

/* x on the host, y in the guest. */
static void add_row(double x, double y, struct sums *sums)
{
	sums->n++;
	sums->x += x;
	sums->y += y;
	sums->xx += x * x;
	sums->yy += y * y;
	sums->xy += x * y;
}

/* Does it vary by over 1 % of its mean? Else it is flat, and its changes are noise. */
static bool varies(double n, double sum, double squares)
{
	double mean = sum / n;

	return squares / n - mean * mean > 1e-4 * mean * mean;
}

/* -1 if too few rows are shared, or either activity is flat there. */
static double score(const struct search *s, int64_t ahead)
{
	const struct timeline *host = s->host.line, *guest = s->guest.line;
	size_t rows = s->last - s->first;
	int64_t begin, before = 0; /* the end of the row before, by the guest's clock */
	uint64_t sum = 0, y;
	struct sums m = {};
	double r;

	for (size_t i = s->first; i < s->last; i++) {
		size_t from = i * s->stride, to = from + s->stride;
		const uint64_t *of_host = &host->sum[s->host.column];
		int64_t end = to_guest(s, host->at[to], ahead);

		begin = to_guest(s, host->at[from], ahead);
		if (begin < timeline__begin(guest) || end > timeline__end(guest))
			continue;
		sum = begin == before ? sum : timeline__sum(guest, s->guest.column, begin);
		y = sum;
		before = end;
		sum = timeline__sum(guest, s->guest.column, end);
		add_row((double)(of_host[to * host->columns] - of_host[from * host->columns]) /
				(double)(host->at[to] - host->at[from]),
			(double)(sum - y) / (double)(end - begin), &m);
	}
	if (m.n < LEAST_ROWS || m.n * 3 < (double)rows || !varies(m.n, m.x, m.xx) ||
	    !varies(m.n, m.y, m.yy))
		return -1;
	r = (m.n * m.xy - m.x * m.y) / sqrt((m.n * m.xx - m.x * m.x) * (m.n * m.yy - m.y * m.y));
	if (!(r > 0))
		return -1;
	return atanh(fmin(r, HIGHEST_R)) * sqrt(m.n - 3);
}

static int64_t least_offset(const struct search *s)
{
	return timeline__begin(s->guest.line) - timeline__end(s->host.line);
}

static int64_t largest_offset(const struct search *s)
{
	return timeline__end(s->guest.line) - timeline__begin(s->host.line);
}

static int64_t step_of(const struct search *s)
{
	int64_t span = largest_offset(s) - least_offset(s), step = s->row_ns / 2;

	return span / MOST_OFFSETS > step ? span / MOST_OFFSETS : step > 0 ? step : 1;
}

static double search_all(const struct search *s, int64_t *ret_ahead)
{
	int64_t step = step_of(s);
	double best = -1;

	for (int64_t at = least_offset(s); at <= largest_offset(s); at += step) {
		double here = score(s, at);

		if (here > best) {
			best = here;
			*ret_ahead = at;
		}
	}
	for (; best > 0 && step > s->row_ns / FINE && step > 1; step /= 2) {
		for (int side = -1; side <= 1; side += 2) {
			int64_t at = *ret_ahead + side * step / 2;
			double here = score(s, at);

			if (here > best) {
				best = here;
				*ret_ahead = at;
			}
		}
	}
	return best;
}

/* How far one can go from an offset in one direction until the score is below `least`. */
static int64_t reach(const struct search *s, int64_t from, int64_t step, double least)
{
	int64_t at = from;

	for (int i = 0; i < WIDEST * FINE / 2 && score(s, at + step) >= least; i++)
		at += step;
	return at;
}

/* Is there an offset outside of from … to that fits as well? */
static bool fits_elsewhere(const struct search *s, int64_t from, int64_t to, double least)
{
	for (int64_t at = least_offset(s); at <= largest_offset(s); at += step_of(s)) {
		if ((at < from - s->row_ns || at > to + s->row_ns) && score(s, at) >= least)
			return true;
	}
	return false;
}

/* The best score is not due to chance. */
static struct alignment decide(const struct search *s, int64_t best_at, double best)
{
	int64_t step = s->row_ns / (FINE / 2) > 0 ? s->row_ns / (FINE / 2) : 1;
	double least = best - LOWER;
	bool written = score(s, 0) >= least;
	int64_t at = written ? 0 : best_at;
	int64_t from = reach(s, at, -step, least), to = reach(s, at, step, least);
	uint64_t bar = (uint64_t)(to - at > at - from ? to - at : at - from);
	struct alignment ret = {written ? ALIGN_WRITTEN : ALIGN_FOUND, at,
				bar > (uint64_t)s->row_ns / 2 ? bar : (uint64_t)s->row_ns / 2,
				s->drift_ppb, s->middle};

	if (!written && fits_elsewhere(s, from, to, least))
		ret.how = ALIGN_AMBIGUOUS;
	return ret;
}

/* The written clocks are believed if the shorter window lies within the other by half, at least. */
static struct alignment unchecked(const struct search *s)
{
	const struct timeline *host = s->host.line, *guest = s->guest.line;
	int64_t from = timeline__begin(host), to = timeline__end(host), shorter = to - from;

	if (timeline__end(guest) - timeline__begin(guest) < shorter)
		shorter = timeline__end(guest) - timeline__begin(guest);
	from = timeline__begin(guest) > from ? timeline__begin(guest) : from;
	to = timeline__end(guest) < to ? timeline__end(guest) : to;
	return (struct alignment){to - from >= shorter / 2 ? ALIGN_UNCHECKED : ALIGN_APART, 0,
				  (uint64_t)s->row_ns + UNCHECKED_NS, 0, s->middle};
}

/* ---- does the clock run evenly? ---- */

static int64_t middle_of(const struct search *s)
{
	const int64_t *at = s->host.line->at;

	return at[s->first * s->stride] / 2 + at[s->last * s->stride] / 2;
}

/* Part `index` of `parts` of the host's rows. */
static struct search part_of(const struct search *s, size_t index, size_t parts)
{
	struct search ret = *s;
	size_t rows = s->last - s->first;

	ret.first = s->first + rows * index / parts;
	ret.last = s->first + rows * (index + 1) / parts;
	return ret;
}

/*
 * How far a part's best offset may be from that of the whole: the fewer its rows, the more depends
 * on how they happen to lie against those of the other.
 */
static int64_t tolerance(const struct search *part, const struct alignment *whole)
{
	double rows = 0.1 + 4 / sqrt((double)(part->last - part->first));
	int64_t ns = (int64_t)(rows * (double)part->row_ns), bar = (int64_t)whole->error_ns;

	return bar > part->row_ns / 2 && bar > ns ? bar : ns;
}

/* Does it fit clearly better at another offset than the whole? That is *ret_ahead. */
static bool has_moved(const struct search *part, const struct alignment *whole, int64_t *ret_ahead)
{
	int64_t near = tolerance(part, whole), step = part->row_ns / FINE + 1;
	double best, here = -1;

	*ret_ahead = whole->ahead_ns;
	best = search_all(part, ret_ahead);
	if (best < LEAST_SCORE) {
		*ret_ahead = whole->ahead_ns;
		return false;
	}
	if (llabs(*ret_ahead - whole->ahead_ns) <= near)
		return false;
	for (int64_t off = -near; off <= near; off += step)
		here = fmax(here, score(part, whole->ahead_ns + off));
	return here < best - CLEARLY;
}

static bool any_moved(const struct search *s, const struct alignment *whole, size_t parts)
{
	int64_t ahead;

	for (size_t i = 0; i < parts; i++) {
		struct search part = part_of(s, i, parts);

		if (has_moved(&part, whole, &ahead))
			return true;
	}
	return false;
}

/* With the clock's drift, by the offsets of the two halves. */
static struct alignment with_drift(struct search *s, const struct search half[2],
				   const int64_t ahead[2])
{
	double ppb = 1e9 * (double)(ahead[1] - ahead[0]) /
		     (double)(middle_of(&half[1]) - middle_of(&half[0]));
	struct alignment ret = {.how = ALIGN_UNSTEADY};
	int64_t at = 0;
	double best;

	if (fabs(ppb) > MOST_PPB)
		return ret;
	s->drift_ppb = llround(ppb);
	best = search_all(s, &at);
	if (best < LEAST_SCORE)
		return ret;
	ret = decide(s, at, best);
	if (any_moved(s, &ret, 2) || any_moved(s, &ret, 4))
		ret.how = ALIGN_UNSTEADY;
	return ret;
}

/* Only the rows that both recorded, if the whole is right. */
static void keep_shared(struct search *s, const struct alignment *whole)
{
	const struct timeline *host = s->host.line, *guest = s->guest.line;
	int64_t from = align_to_host(whole, timeline__begin(guest));
	int64_t to = align_to_host(whole, timeline__end(guest));

	while (s->first < s->last && host->at[s->first * s->stride] < from)
		s->first++;
	while (s->first < s->last && host->at[s->last * s->stride] > to)
		s->last--;
}

static struct alignment check_steady(struct search *s, const struct alignment *whole)
{
	struct search half[2];
	int64_t ahead[2];
	bool moved = false;

	keep_shared(s, whole);
	if (s->last - s->first < LEAST_STEADY)
		return *whole;
	half[0] = part_of(s, 0, 2);
	half[1] = part_of(s, 1, 2);
	for (int i = 0; i < 2; i++)
		moved |= has_moved(&half[i], whole, &ahead[i]);
	return moved ? with_drift(s, half, ahead) : *whole;
}

struct alignment align(const struct activity *host, const struct activity *guest)
{
	int64_t a = timeline__row_ns(host->line), b = timeline__row_ns(guest->line), at = 0;
	struct search search = {*host, *guest, .stride = 1 + host->line->rows / MOST_ROWS};
	struct alignment ret;
	double best;

	a *= (int64_t)search.stride;
	search.row_ns = a > b ? a : b;
	search.last = host->line->rows / search.stride;
	search.middle = middle_of(&search);
	best = search_all(&search, &at);
	ret = best < LEAST_SCORE ? unchecked(&search) : decide(&search, at, best);
	return ret.how == ALIGN_AMBIGUOUS || ret.how == ALIGN_APART ? ret
								    : check_steady(&search, &ret);
}
