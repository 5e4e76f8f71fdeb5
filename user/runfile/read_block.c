// SPDX-License-Identifier: GPL-2.0-or-later
#include "runfile/read_block.h"

#include "model/block.h"
#include "runfile/read_target.h"

static bool load_layer(struct reader *r, const struct place *at)
{
	static const char *const names[] = {"bottom", "top"};

	return reader__choice(r, at, "layer", false, names, 2) == 1;
}

static void load_devices(struct reader *r, const struct place *at, struct run_block_device **ret,
			 size_t *ret_n)
{
	struct place list = reader__array(r, at, "devices", false);

	*ret = reader__room(r, &list, sizeof(**ret));
	for (size_t i = 0; !r->code && i < reader__size(&list); i++) {
		struct place device = reader__element(r, &list, i);

		(*ret_n)++;
		(*ret)[i].name = reader__string(r, &device, "name", false);
		reader__fields(r, &device, block_device_fields, &(*ret)[i]);
	}
}

void load_block(struct reader *r, const struct place *up, const char *key, struct run_block *ret)
{
	struct place at = reader__object(r, up, key, false), by;

	block_unknown(ret);
	if (!place_ok(r, &at))
		return;
	ret->known = true;
	ret->top = load_layer(r, &at);
	for (int k = 0; k < VTX_BLOCK_KINDS; k++) {
		struct place kind = reader__object(r, &at, run_block_kind_name[k], false);

		if (!kind.json)
			continue;
		reader__fields(r, &kind, block_kind_fields, &ret->kind[k]);
		load_latency(r, &kind, "latency_ns", &ret->kind[k].latency);
	}
	by = reader__object(r, &at, "by", false);
	if (by.json)
		reader__fields(r, &by, block_by_fields, &ret->by);
	reader__fields(r, &at, block_fields, ret);
	load_latency(r, &at, "queue_latency_ns", &ret->queue);
	load_devices(r, &at, &ret->device, &ret->n_devices);
}

void load_host_block(struct reader *r, const struct place *root, const char *key,
		     struct run_host_block *ret)
{
	struct place at = reader__object(r, root, key, false);

	if (!place_ok(r, &at))
		return;
	ret->known = true;
	ret->top = load_layer(r, &at);
	for (int p = 0; p < RUN_BLOCK_PARTS; p++) {
		struct place part = reader__object(r, &at, run_block_part_name[p], true);

		reader__fields(r, &part, block_sum_fields, &ret->part[p]);
	}
	load_devices(r, &at, &ret->device, &ret->n_devices);
}
