// SPDX-License-Identifier: GPL-2.0-or-later
/* The waterfall of a comparison on a terminal: which layers add up to the difference. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "report/compare_parts.h"

#define LABEL_CELLS 21

/* Whole nanoseconds, shown as µs, so that the layers add up exactly. */
static void print_us(struct paint *p, enum style style, int64_t ns, bool is_change)
{
	char text[64], sign = ns < 0 ? '-' : '+';

	snprintf(text, sizeof(text), "%s%" PRIu64 ".%03u %ss", is_change ? (char[]){sign, 0} : "",
		 (uint64_t)llabs(ns) / 1000, (unsigned int)((uint64_t)llabs(ns) % 1000),
		 p->glyph->micro);
	paint__right(p, style, text, 16);
}

static void print_end(struct paint *p, const char *name, int64_t ns)
{
	paint__to(p, 2);
	paint__fit(p, STYLE_BOLD, name, LABEL_CELLS);
	paint__to(p, 2 + LABEL_CELLS);
	print_us(p, STYLE_BOLD, ns, false);
	paint__end(p);
}

static enum style style_of_layer(const char *layer)
{
	const char *dot = strchr(layer, '.');

	for (int m = 0; dot && m < VTX_MODES; m++) {
		if (!strcmp(dot + 1, run_mode_name[m]))
			return STYLE_OF_MODE(m);
	}
	return STYLE_PLAIN;
}

static void print_layer(struct paint *p, const struct compare_layer *layer, int64_t largest)
{
	bool noise = layer->has_row && layer->verdict == COMPARE_SAME;
	enum style style = noise ? STYLE_DIM : STYLE_PLAIN;
	char text[64];

	snprintf(text, sizeof(text), "%s", layer->layer);
	for (char *c = text; *c; c++)
		*c = *c == '.' ? ' ' : *c;
	paint__to(p, 4);
	paint__fit(p, style, text, LABEL_CELLS - 2);
	paint__to(p, 2 + LABEL_CELLS);
	print_us(p, style, layer->ns, true);
	paint__to(p, p->at + 1);
	paint__text(p, STYLE_DIM, noise ? "~" : "");
	paint__to(p, 2 + LABEL_CELLS + 16 + 3);
	if (largest)
		paint__bar(p, style_of_layer(layer->layer),
			   (double)llabs(layer->ns) / (double)largest, 36);
	paint__end(p);
}

static void print_fall(struct paint *p, const struct comparison *c, const struct compare_fall *fall)
{
	int64_t largest = fall->n_layers ? llabs(fall->layer[0].ns) : 0;
	char *title = str_printf("From %s to %s", c->group[c->base].name, fall->group);
	char *remark = str_printf("%s%smean CPU time per request", fall->target ? fall->target : "",
				  fall->target ? ", " : "");

	paint__heading(p, title ? title : "", remark ? remark : "");
	free(title);
	free(remark);
	print_end(p, c->group[c->base].name, fall->base_ns);
	for (size_t i = 0; i < fall->n_layers; i++)
		print_layer(p, &fall->layer[i], largest);
	print_end(p, fall->group, fall->group_ns);
	paint__to(p, 2);
	paint__text(p, STYLE_PLAIN, "difference");
	paint__to(p, 2 + LABEL_CELLS);
	print_us(p, STYLE_PLAIN, fall->group_ns - fall->base_ns, true);
	paint__end(p);
}

void compare_print_falls(struct paint *p, const struct comparison *c)
{
	for (size_t i = 0; i < c->n_falls; i++)
		print_fall(p, c, &c->fall[i]);
}
