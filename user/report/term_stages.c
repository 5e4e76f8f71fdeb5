// SPDX-License-Identifier: GPL-2.0-or-later
/* The stages, one line each: length, and CPU time per request or per second. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/per_request.h"
#include "report/term_parts.h"
#include "report/units.h"

#define NAME_CELLS 13

static void print_cost(const struct table *table, const struct run_stage *stage, size_t t)
{
	const struct run_numbers *n;
	char number[32], text[48];

	if (t >= stage->n_targets || !stage->length_ns || stage->length_ns == RUN_UNKNOWN) {
		paint__right(table->p, STYLE_DIM, table->p->glyph->none, TABLE_NUMBER_CELLS);
		return;
	}
	n = &stage->target[t];
	if (requests_known(&n->requests)) {
		format_ns(number, sizeof(number),
			  (uint64_t)llround(fmin(per_request(n->cpu.total_ns, &n->requests), 1e18)),
			  table->p->options->utf8);
		snprintf(text, sizeof(text), "%s/req", number);
	} else {
		format_ns(number, sizeof(number),
			  (uint64_t)llround(fmin(
				  (double)n->cpu.total_ns * 1e9 / (double)stage->length_ns, 1e18)),
			  table->p->options->utf8);
		snprintf(text, sizeof(text), "%s/s", number);
	}
	paint__right(table->p, STYLE_PLAIN, text, TABLE_NUMBER_CELLS);
}

void term_stages(const struct table *table)
{
	struct paint *p = table->p;

	if (!table->run->n_stages)
		return;
	paint__heading(table->p, "Stages", "CPU time per request, or per second");
	for (size_t i = 0; i < table->run->n_stages; i++) {
		const struct run_stage *stage = &table->run->stage[i];
		char length[32];

		paint__to(p, 2);
		paint__fit(p, STYLE_PLAIN, stage->name, NAME_CELLS);
		if (stage->length_ns == RUN_UNKNOWN)
			strcpy(length, "?");
		else
			snprintf(length, sizeof(length), "%.1f s", (double)stage->length_ns / 1e9);
		paint__to(p, 2 + NAME_CELLS);
		paint__right(p, STYLE_DIM, length, 7);
		for (size_t t = 0; t < table->n; t++) {
			paint__to(p, table__column(table, t));
			print_cost(table, stage, table->first + t);
		}
		paint__end(p);
	}
}
