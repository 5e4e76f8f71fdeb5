// SPDX-License-Identifier: GPL-2.0-or-later
/* A comparison as JSON. */
#include "report/compare_out.h"

#include "layers/layers.h"
#include "runfile/jsonw.h"

static void put_row(struct jsonw *w, const struct compare_row *row)
{
	jsonw__object_flat(w, NULL);
	jsonw__string(w, "metric", row->metric);
	jsonw__string(w, "unit", row->unit);
	jsonw__string(w, "target", row->target);
	jsonw__string(w, "group", row->group);
	jsonw__u64(w, "n", row->n);
	jsonw__double(w, "median", row->median);
	jsonw__u64(w, "base_n", row->base_n);
	jsonw__double(w, "base_median", row->base_median);
	jsonw__double(w, "shift", row->shift);
	jsonw__double(w, "ci_low", row->interval.low);
	jsonw__double(w, "ci_high", row->interval.high);
	jsonw__double(w, "p", row->p);
	jsonw__double(w, "p_raw", row->p_raw);
	jsonw__double(w, "detectable", row->detectable);
	jsonw__string(w, "verdict", compare_verdict_name[row->verdict]);
	jsonw__end_object(w);
}

static void put_layers(struct jsonw *w, const struct compare_fall *fall)
{
	for (size_t i = 0; i < fall->n_layers; i++) {
		jsonw__object_flat(w, NULL);
		jsonw__string(w, "group", fall->group);
		jsonw__string(w, "target", fall->target);
		jsonw__string(w, "layer", fall->layer[i].layer);
		if (fall->joined)
			jsonw__string(w, "part", layer_part_name[layer_part(fall->layer[i].layer)]);
		jsonw__i64(w, "ns", fall->layer[i].ns);
		jsonw__double(w, "base_ns", fall->layer[i].base_ns);
		jsonw__double(w, "group_ns", fall->layer[i].group_ns);
		jsonw__end_object(w);
	}
}

/* The sums of the layers. */
static void put_total(struct jsonw *w, const struct compare_fall *fall)
{
	jsonw__object_flat(w, NULL);
	jsonw__string(w, "group", fall->group);
	jsonw__string(w, "target", fall->target);
	jsonw__i64(w, "base_ns", fall->base_ns);
	jsonw__i64(w, "group_ns", fall->group_ns);
	jsonw__i64(w, "ns", fall->group_ns - fall->base_ns);
	jsonw__end_object(w);
}

static void put_line(struct jsonw *w, const struct compare_line *line)
{
	jsonw__object_flat(w, NULL);
	jsonw__string(w, "group", line->group);
	jsonw__string(w, "target", line->target);
	jsonw__string(w, "layer", line->layer);
	jsonw__u64(w, "n", line->n);
	jsonw__double(w, "fixed_ns_per_s", line->fixed);
	jsonw__double(w, "fixed_ci_low", line->fixed_interval.low);
	jsonw__double(w, "fixed_ci_high", line->fixed_interval.high);
	jsonw__double(w, "marginal_ns", line->marginal);
	jsonw__double(w, "marginal_ci_low", line->marginal_interval.low);
	jsonw__double(w, "marginal_ci_high", line->marginal_interval.high);
	jsonw__end_object(w);
}

static void put_time(struct jsonw *w, const char *key, const struct compare_time *time)
{
	jsonw__object_flat(w, key);
	jsonw__double(w, "base_median", time->base_median);
	jsonw__double(w, "median", time->median);
	jsonw__double(w, "shift", time->shift);
	jsonw__double(w, "ci_low", time->interval.low);
	jsonw__double(w, "ci_high", time->interval.high);
	jsonw__double(w, "p", time->p);
	jsonw__double(w, "p_raw", time->p_raw);
	jsonw__string(w, "verdict", compare_verdict_name[time->verdict]);
	jsonw__end_object(w);
}

static void put_functions(struct jsonw *w, const struct comparison *c)
{
	jsonw__array(w, "functions");
	for (size_t i = 0; i < c->n_functions; i++) {
		const struct compare_function *function = &c->function[i];

		jsonw__object_flat(w, NULL);
		jsonw__string(w, "group", function->group);
		jsonw__string(w, "target", function->target);
		jsonw__string(w, "layer", function->layer);
		jsonw__string(w, "function", function->name);
		jsonw__i64(w, "ns", function->ns);
		jsonw__u64(w, "base_n", function->base_n);
		jsonw__u64(w, "n", function->n);
		jsonw__string(w, "in", compare_where_name[function->where]);
		put_time(w, "self", &function->self);
		put_time(w, "total", &function->total);
		jsonw__end_object(w);
	}
	jsonw__end_array(w);
}

void compare_put_json(struct jsonw *w, const char *key, const struct comparison *c)
{
	jsonw__object(w, key);
	jsonw__string(w, "schema", COMPARE_SCHEMA);
	jsonw__string(w, "by", compare_by_name[c->by]);
	jsonw__string(w, "base", c->group[c->base].name);
	jsonw__array(w, "groups");
	for (size_t i = 0; i < c->n_groups; i++) {
		jsonw__object_flat(w, NULL);
		jsonw__string(w, "name", c->group[i].name);
		jsonw__u64(w, "runs", c->group[i].runs);
		jsonw__end_object(w);
	}
	jsonw__end_array(w);
	jsonw__array(w, "rows");
	for (size_t i = 0; i < c->n_rows; i++)
		put_row(w, &c->row[i]);
	jsonw__end_array(w);
	jsonw__array(w, "waterfall");
	for (size_t i = 0; i < c->n_falls; i++)
		put_layers(w, &c->fall[i]);
	jsonw__end_array(w);
	jsonw__array(w, "waterfall_totals");
	for (size_t i = 0; i < c->n_falls; i++)
		put_total(w, &c->fall[i]);
	jsonw__end_array(w);
	jsonw__array(w, "lines");
	for (size_t i = 0; i < c->n_lines; i++)
		put_line(w, &c->line[i]);
	jsonw__end_array(w);
	if (c->by_function)
		put_functions(w, c);
	jsonw__array(w, "warnings");
	for (size_t i = 0; i < c->n_warnings; i++)
		jsonw__string(w, NULL, c->warning[i]);
	jsonw__end_array(w);
	jsonw__end_object(w);
}

void compare_write_json(const struct comparison *c, FILE *f)
{
	struct jsonw w = {.f = f};

	compare_put_json(&w, NULL, c);
}
