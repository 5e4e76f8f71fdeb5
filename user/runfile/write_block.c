// SPDX-License-Identifier: GPL-2.0-or-later
/* Block IO in a run file. */
#include "model/per_request.h"
#include "runfile/write_parts.h"

static const char *layer_name(bool top)
{
	return top ? "top" : "bottom";
}

static void put_devices(struct jsonw *w, const struct run_block_device *device, size_t n)
{
	jsonw__array(w, "devices");
	for (size_t i = 0; i < n; i++) {
		jsonw__object_flat(w, NULL);
		jsonw__string(w, "name", device[i].name);
		json_fields(w, block_device_fields, &device[i]);
		jsonw__end_object(w);
	}
	jsonw__end_array(w);
}

static void put_kinds(struct jsonw *w, const struct run_block *block, bool with_hists)
{
	for (int k = 0; k < VTX_BLOCK_KINDS; k++) {
		jsonw__object(w, run_block_kind_name[k]);
		json_fields(w, block_kind_fields, &block->kind[k]);
		if (with_hists)
			put_latency(w, "latency_ns", &block->kind[k].latency);
		jsonw__end_object(w);
	}
}

static void put_one(struct jsonw *w, const char *key, const struct run_block *block)
{
	if (!block->known) {
		jsonw__null(w, key);
		return;
	}
	jsonw__object(w, key);
	jsonw__string(w, "layer", layer_name(block->top));
	put_kinds(w, block, true);
	jsonw__object_flat(w, "by");
	json_fields(w, block_by_fields, &block->by);
	jsonw__end_object(w);
	json_fields(w, block_fields, block);
	put_latency(w, "queue_latency_ns", &block->queue);
	put_devices(w, block->device, block->n_devices);
	jsonw__end_object(w);
}

void put_block(struct jsonw *w, const struct run_numbers *n)
{
	put_one(w, "block", &n->block);
	if (n->block_top.known)
		put_one(w, "block_top", &n->block_top);
}

void put_block_row(struct jsonw *w, const struct run_numbers *n)
{
	if (!n->block.known) {
		jsonw__null(w, "block");
		return;
	}
	jsonw__object(w, "block");
	put_kinds(w, &n->block, false);
	json_fields(w, block_fields, &n->block);
	jsonw__end_object(w);
}

void put_block_per_request(struct jsonw *w, const struct run_numbers *n)
{
	struct block_each each;

	block_per_request(&each, n);
	jsonw__double(w, "block_read_bytes", each.read_bytes);
	jsonw__double(w, "block_write_bytes", each.write_bytes);
	jsonw__double(w, "block_reads", each.reads);
	jsonw__double(w, "block_writes", each.writes);
	jsonw__double(w, "block_device_ns", each.device_ns);
	jsonw__double(w, "block_wait_ns", each.wait_ns);
}

static void put_host_one(struct jsonw *w, const char *key, const struct run_host_block *block)
{
	jsonw__object(w, key);
	jsonw__string(w, "layer", layer_name(block->top));
	for (int p = 0; p < RUN_BLOCK_PARTS; p++) {
		jsonw__object_flat(w, run_block_part_name[p]);
		json_fields(w, block_sum_fields, &block->part[p]);
		jsonw__end_object(w);
	}
	put_devices(w, block->device, block->n_devices);
	jsonw__end_object(w);
}

void put_host_block(struct jsonw *w, const struct run *run)
{
	if (run->host_block.known)
		put_host_one(w, "host_block", &run->host_block);
	else
		jsonw__null(w, "host_block");
	if (run->host_block_top.known)
		put_host_one(w, "host_block_top", &run->host_block_top);
}
