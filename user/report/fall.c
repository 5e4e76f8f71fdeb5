// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/fall.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

void fall__end(struct paint *p, const char *name, int64_t ns)
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

void fall__layer(struct paint *p, const struct fall_layer *layer, int64_t largest)
{
	enum style style = layer->noise ? STYLE_DIM : STYLE_PLAIN;
	char text[64];

	snprintf(text, sizeof(text), "%s", layer->name);
	for (char *c = text; *c; c++)
		*c = *c == '.' ? ' ' : *c;
	paint__to(p, 4);
	paint__fit(p, style, text, LABEL_CELLS - 2);
	paint__to(p, 2 + LABEL_CELLS);
	print_us(p, style, layer->ns, true);
	paint__to(p, p->at + 1);
	paint__text(p, STYLE_DIM, layer->noise ? "~" : "");
	paint__to(p, 2 + LABEL_CELLS + 16 + 3);
	if (largest)
		paint__bar(p, style_of_layer(layer->name),
			   (double)llabs(layer->ns) / (double)largest, 36);
	paint__end(p);
}

void fall__part(struct paint *p, enum layer_part part, int64_t ns)
{
	paint__to(p, 3);
	paint__fit(p, STYLE_BOLD, layer_part_name[part], LABEL_CELLS - 1);
	paint__to(p, 2 + LABEL_CELLS);
	print_us(p, STYLE_BOLD, ns, true);
	paint__end(p);
}

void fall__difference(struct paint *p, int64_t ns)
{
	paint__to(p, 2);
	paint__text(p, STYLE_PLAIN, "difference");
	paint__to(p, 2 + LABEL_CELLS);
	print_us(p, STYLE_PLAIN, ns, true);
	paint__end(p);
}
