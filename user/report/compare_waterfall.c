// SPDX-License-Identifier: GPL-2.0-or-later
/* The waterfall of a comparison on a terminal: which layers add up to the difference. */
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "report/compare_out.h"
#include "report/fall.h"

static bool is_in(const struct compare_layer *layer, int part)
{
	return part < 0 || (int)layer_part(layer->layer) == part;
}

/* The layers of one part, or of all (-1), the largest first. */
static void print_layers(struct paint *p, const struct compare_fall *fall, int part)
{
	int64_t largest = fall->n_layers ? llabs(fall->layer[0].ns) : 0, sum = 0;
	size_t n = 0;

	for (size_t i = 0; i < fall->n_layers; i++) {
		if (is_in(&fall->layer[i], part)) {
			sum += fall->layer[i].ns;
			n++;
		}
	}
	if (part >= 0 && n)
		fall__part(p, (enum layer_part)part, sum);
	for (size_t i = 0; i < fall->n_layers; i++) {
		const struct compare_layer *layer = &fall->layer[i];

		if (is_in(layer, part))
			fall__layer(p,
				    &(struct fall_layer){layer->layer, layer->ns,
							 layer->has_row &&
								 layer->verdict == COMPARE_SAME},
				    largest);
	}
}

static void print_fall(struct paint *p, const struct comparison *c, const struct compare_fall *fall)
{
	char *title = str_printf("From %s to %s", c->group[c->base].name, fall->group);
	char *remark = str_printf("%s%smean CPU time per request", fall->target ? fall->target : "",
				  fall->target ? ", " : "");

	paint__heading(p, title ? title : "", remark ? remark : "");
	free(title);
	free(remark);
	fall__end(p, c->group[c->base].name, fall->base_ns);
	for (int part = 0; part < LAYER_PARTS && fall->joined; part++)
		print_layers(p, fall, part);
	if (!fall->joined)
		print_layers(p, fall, -1);
	fall__end(p, fall->group, fall->group_ns);
	fall__difference(p, fall->group_ns - fall->base_ns);
}

void compare_print_falls(struct paint *p, const struct comparison *c)
{
	for (size_t i = 0; i < c->n_falls; i++)
		print_fall(p, c, &c->fall[i]);
}
