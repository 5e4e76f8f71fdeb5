// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Each offset has a score: the correlation of the two activities over the rows that they share
 * then, in units of what chance would give (Fisher's z). The best score wins if chance can hardly
 * give it. The error bar holds all offsets beside it whose score is not clearly lower.
 */
#include "join/align.h"

#include <math.h>

#define LEAST_ROWS   5   /* of the host, that both must have recorded */
#define LEAST_SCORE  4.0 /* standard errors: less may be chance */
#define LOWER        2.0 /* standard errors: as good as the best */
#define HIGHEST_R    0.999
#define MOST_OFFSETS 8192          /* that are tried at first */
#define MOST_ROWS    2048          /* that are correlated; longer ones if there are more */
#define FINE         16            /* part of a row to which the best offset is searched */
#define WIDEST       64            /* rows to either side that an error bar may have */
#define UNCHECKED_NS 2000000000ull /* error of clocks that nothing confirms, besides a row */

struct search {
	struct activity host, guest;
	int64_t row_ns; /* the longer of the rows of the two */
	size_t stride;  /* rows of the host that are taken as one */
};

struct sums {
	double n, x, y, xx, yy, xy;
};

static void add_row(const struct search *s, int64_t from, int64_t to, int64_t ahead,
		    struct sums *sums)
{
	double length = (double)(to - from);
	double x = (double)timeline__between(s->host.line, s->host.column, from, to) / length;
	double y = (double)timeline__between(s->guest.line, s->guest.column, from + ahead,
					     to + ahead) /
		   length;

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
	size_t rows = host->rows / s->stride;
	struct sums m = {};
	double r;

	for (size_t i = 0; i < rows; i++) {
		int64_t from = host->at[i * s->stride], to = host->at[(i + 1) * s->stride];

		if (from + ahead >= timeline__begin(guest) && to + ahead <= timeline__end(guest))
			add_row(s, from, to, ahead, &m);
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
				bar > (uint64_t)s->row_ns / 2 ? bar : (uint64_t)s->row_ns / 2};

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
				  (uint64_t)s->row_ns + UNCHECKED_NS};
}

struct alignment align(const struct activity *host, const struct activity *guest)
{
	int64_t a = timeline__row_ns(host->line), b = timeline__row_ns(guest->line), at = 0;
	struct search search = {*host, *guest, 0, 1 + host->line->rows / MOST_ROWS};
	double best;

	a *= (int64_t)search.stride;
	search.row_ns = a > b ? a : b;
	best = search_all(&search, &at);
	return best < LEAST_SCORE ? unchecked(&search) : decide(&search, at, best);
}
