// SPDX-License-Identifier: GPL-2.0-or-later
/* A comparison on a terminal: title and warnings, then the sections of compare_out.h. */
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "report/compare_out.h"
#include "report/term_parts.h"

static void item(struct paint *p, enum style style, char *text)
{
	if (text)
		paint__item(p, style, text, 0);
	free(text);
}

static void print_title(struct paint *p, const struct comparison *c)
{
	paint__text(p, STYLE_BOLD, "virtax compare");
	item(p, STYLE_PLAIN, str_printf("by %s", compare_by_name[c->by]));
	item(p, STYLE_PLAIN, str_printf("%zu runs", c->runs));
	paint__end(p);
	for (size_t g = 0; g < c->n_groups; g++) {
		paint__to(p, 2);
		paint__fit(p, STYLE_BOLD, c->group[g].name, 40);
		item(p, STYLE_PLAIN,
		     str_printf("%zu run%s", c->group[g].runs, c->group[g].runs == 1 ? "" : "s"));
		if (g == c->base && c->n_groups > 1)
			item(p, STYLE_DIM, str_printf("base"));
		paint__end(p);
	}
}

static void print_warnings(struct paint *p, const struct comparison *c)
{
	if (c->n_warnings)
		paint__end(p);
	for (size_t i = 0; i < c->n_warnings; i++)
		paint__warning(p, STYLE_WARN, c->warning[i]);
}

static void print_sentence(struct paint *p, const struct comparison *c)
{
	struct sentence sentence;

	if (sentence__of_comparison(&sentence, c, p->options->utf8)) {
		paint__warning(p, STYLE_ALARM, "out of memory");
		return;
	}
	term_sentence(p, &sentence);
	sentence__free(&sentence);
}

void compare_write_term(const struct comparison *c, const struct term_options *options, FILE *f)
{
	struct paint p;

	paint__init(&p, options, f);
	print_sentence(&p, c);
	print_title(&p, c);
	print_warnings(&p, c);
	compare_print_rows(&p, c);
	compare_print_falls(&p, c);
	compare_print_functions(&p, c);
	compare_print_lines(&p, c);
	if (!c->n_rows)
		return;
	paint__end(&p);
	paint__wrap(&p, STYLE_DIM,
		    "~: no significant difference. p: corrected for the number of rows (Holm). "
		    "detects: the smallest difference that such runs would show in four of five "
		    "comparisons (80 % power).");
}
