// SPDX-License-Identifier: GPL-2.0-or-later
#include "html/falls.h"

#include <errno.h>

#include "layers/layers.h"

static void put_step(struct jsonw *w, const struct layer_step *step)
{
	jsonw__object(w, NULL);
	jsonw__string(w, "layer", step->name);
	jsonw__string(w, "part", layer_part_name[step->part]);
	jsonw__double(w, "from_ns", step->from);
	jsonw__double(w, "to_ns", step->to);
	jsonw__i64(w, "ns", step->ns);
	jsonw__end_object(w);
}

static int put_fall(struct jsonw *w, const struct run *run, const struct run_target *from,
		    const struct run_target *to)
{
	struct layer_step step[2 * LAYERS_MAX] = {};
	int64_t from_ns, to_ns;
	int n = layers_between(from, to, step, &from_ns, &to_ns);

	if (n <= 0)
		return n;
	jsonw__object(w, NULL);
	jsonw__u64(w, "from", (uint64_t)(from - run->target));
	jsonw__u64(w, "to", (uint64_t)(to - run->target));
	jsonw__i64(w, "from_ns", from_ns);
	jsonw__i64(w, "to_ns", to_ns);
	jsonw__array(w, "steps");
	for (int i = 0; i < n; i++)
		put_step(w, &step[i]);
	jsonw__end_array(w);
	jsonw__end_object(w);
	return 0;
}

int html_put_falls(struct jsonw *w, const struct run *run)
{
	const struct run_target *base = layers_base(run);
	int err = 0;

	jsonw__array(w, "falls");
	for (size_t i = 0; base && !err && i < run->n_targets; i++)
		if (layers_comparable(&run->target[i]))
			err = put_fall(w, run, base, &run->target[i]);
	jsonw__end_array(w);
	return err;
}
