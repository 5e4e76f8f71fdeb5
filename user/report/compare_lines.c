// SPDX-License-Identifier: GPL-2.0-or-later
/* Fixed and marginal cost on a terminal. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "report/compare_out.h"

#define LABEL_CELLS 19

/* Fixed cost in ms per second, marginal in µs per request: one unit for all lines. */
static void print_number(struct paint *p, double ns, struct stats_interval interval, double unit,
			 enum style style)
{
	char text[64];

	snprintf(text, sizeof(text), "%.3f", ns / unit);
	paint__right(p, style, text, 11);
	if (isnan(interval.low))
		snprintf(text, sizeof(text), "%s", p->glyph->none);
	else
		snprintf(text, sizeof(text), "%.3f %s %.3f", interval.low / unit,
			 p->glyph->ellipsis, interval.high / unit);
	paint__right(p, STYLE_DIM, text, 18);
}

static void print_columns(struct paint *p)
{
	char head[32];

	paint__to(p, 2 + LABEL_CELLS);
	paint__right(p, STYLE_DIM, "fixed ms/s", 11);
	paint__right(p, STYLE_DIM, "95 % interval", 18);
	snprintf(head, sizeof(head), "%ss/req", p->glyph->micro);
	paint__right(p, STYLE_DIM, head, 11);
	paint__right(p, STYLE_DIM, "95 % interval", 18);
	paint__end(p);
}

static void print_line(struct paint *p, const struct compare_line *line)
{
	bool total = !strcmp(line->layer, "total");
	char text[64];

	snprintf(text, sizeof(text), "%s", total ? "all layers" : line->layer);
	for (char *c = text; *c; c++)
		*c = *c == '.' ? ' ' : *c;
	paint__to(p, 2);
	paint__fit(p, total ? STYLE_BOLD : STYLE_PLAIN, text, LABEL_CELLS);
	paint__to(p, 2 + LABEL_CELLS);
	print_number(p, line->fixed, line->fixed_interval, 1e6, total ? STYLE_BOLD : STYLE_PLAIN);
	print_number(p, line->marginal, line->marginal_interval, 1e3,
		     total ? STYLE_BOLD : STYLE_PLAIN);
	paint__end(p);
}

static void print_heading(struct paint *p, const struct compare_line *line)
{
	char *remark =
		str_printf("%s%s%zu runs: fixed cost, and cost per request",
			   line->target ? line->target : "", line->target ? ", " : "", line->n);

	paint__heading(p, line->group, remark ? remark : "");
	free(remark);
}

void compare_print_lines(struct paint *p, const struct comparison *c)
{
	for (size_t i = 0; i < c->n_lines; i++) {
		const struct compare_line *line = &c->line[i];

		if (!i || line->group != line[-1].group || line->target != line[-1].target) {
			print_heading(p, line);
			print_columns(p);
		}
		print_line(p, line);
	}
}

void compare_print_column(struct paint *p, const char *name, unsigned int cells)
{
	unsigned int start = p->want > p->at ? p->want : p->at;
	size_t len = strlen(name);

	paint__to(p, start + 1 + (len < cells - 1 ? cells - 1 - (unsigned int)len : 0));
	paint__fit(p, STYLE_DIM, name, cells - 1);
	paint__to(p, start + cells);
}
