// SPDX-License-Identifier: GPL-2.0-or-later
#include "layers/layers.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/str.h"
#include "model/per_request.h"

const char *const layer_part_name[LAYER_PARTS] = {
	[LAYER_WORK] = "the same work",         [LAYER_GUEST] = "the guest's kernel",
	[LAYER_TRACER] = "virtax in the guest", [LAYER_KVM] = "KVM",
	[LAYER_VMM] = "QEMU and vhost",         [LAYER_NETWORK] = "host interrupts",
	[LAYER_RUNTIME] = "the runtime",
};

/* ---- the layers of a target ---- */

bool layers_joined(const struct run_numbers *numbers)
{
	const struct run_inside *inside = &numbers->inside;

	/* A hostile file may say that the guest did more than its vCPUs. */
	return inside->known &&
	       inside->total_ns == numbers->cpu.role[VTX_VCPU].ns[run_inside_mode(inside)];
}

static void add(struct layer *ret, size_t *n, const char *role, const char *mode, uint64_t ns)
{
	if (!ns || ns == RUN_UNKNOWN)
		return;
	snprintf(ret[*n].name, sizeof(ret->name), "%s.%s", role, mode);
	ret[(*n)++].ns = ns;
}

static void add_inside(struct layer *ret, size_t *n, const struct run_inside *inside)
{
	const struct run_inside_work *work = &inside->work;
	const struct run_inside_rest *rest = &inside->rest;
	const struct {
		const char *role, *mode;
		uint64_t ns;
	} part[] = {
		{"workload", "user", work->user_ns},
		{"workload", "kernel", work->kernel_ns},
		{"workload", "task", work->task_ns},
		{"workload", "softirq", work->softirq_ns},
		{"workload", "hardirq", work->hardirq_ns},
		{"guest", "nested", work->nested_ns},
		{"guest", "other", rest->other_ns},
		{"guest", "softirq", rest->softirq_ns},
		{"guest", "hardirq", rest->hardirq_ns},
		{"guest", "tracer", rest->tracer_ns},
		{"guest", "idle", rest->idle_ns},
		{"guest", "unknown", rest->unknown_ns},
		{"guest", "outside", rest->outside_ns},
	};

	for (size_t i = 0; i < ARRAY_SIZE(part); i++)
		add(ret, n, part[i].role, part[i].mode, part[i].ns);
}

size_t layers_of(const struct run_numbers *numbers, struct layer ret[LAYERS_MAX])
{
	bool joined = layers_joined(numbers);
	bool emulated = joined && run_inside_mode(&numbers->inside) != VTX_GUEST;
	size_t n = 0;

	if (joined)
		add_inside(ret, &n, &numbers->inside);
	for (int r = 0; r < VTX_ROLES; r++) {
		for (int m = 0; m < VTX_MODES; m++) {
			if (joined && r == VTX_VCPU && m == (int)run_inside_mode(&numbers->inside))
				continue;
			add(ret, &n, emulated && r == VTX_VCPU ? "tcg" : run_role_name[r],
			    run_mode_name[m], numbers->cpu.role[r].ns[m]);
		}
	}
	return n;
}

enum layer_part layer_part(const char *name)
{
	const char *dot = strchr(name, '.'), *mode = dot ? dot + 1 : "";

	if (str_starts(name, "workload."))
		return LAYER_WORK;
	if (!strcmp(name, "guest.tracer"))
		return LAYER_TRACER;
	if (str_starts(name, "guest.") || !strcmp(mode, "guest"))
		return LAYER_GUEST;
	if (str_starts(name, "runtime."))
		return LAYER_RUNTIME;
	if (!strcmp(mode, "softirq") || !strcmp(mode, "hardirq"))
		return LAYER_NETWORK;
	if (str_starts(name, "kvm.") || (str_starts(name, "vcpu.") && strcmp(mode, "user") != 0))
		return LAYER_KVM;
	return LAYER_VMM;
}

const struct run_target *layers_base(const struct run *run)
{
	const struct run_target *ret = NULL;

	for (size_t i = 0; i < run->n_targets; i++) {
		const struct run_target *target = &run->target[i];

		if (target->kind == VTX_KIND_VM || !requests_known(&target->total.requests))
			continue;
		if (target->kind == VTX_KIND_CONTAINER)
			return target;
		ret = ret ? ret : target;
	}
	return ret;
}

/* ---- from one target to another ---- */

bool layers_comparable(const struct run_target *target)
{
	return layers_joined(&target->total) && requests_known(&target->total.requests);
}

struct cut {
	double lost;
	size_t at;
};

static int by_cut(const void *a, const void *b)
{
	const struct cut *x = a, *y = b;

	if (x->lost != y->lost)
		return x->lost < y->lost ? 1 : -1;
	return (x->at > y->at) - (x->at < y->at);
}

int layers_round(const double *ns, size_t n, int64_t sum, int64_t *ret)
{
	struct cut *cut = calloc(n + 1, sizeof(*cut));
	int64_t left = sum;

	if (!cut)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		ret[i] = (int64_t)floor(ns[i]);
		cut[i] = (struct cut){ns[i] - floor(ns[i]), i};
		left -= ret[i];
	}
	qsort(cut, n, sizeof(*cut), by_cut);
	for (size_t i = 0; n && left > 0; i = (i + 1) % n, left--)
		ret[cut[i].at]++;
	for (size_t i = n - 1; n && left < 0; i = (i + n - 1) % n, left++)
		ret[cut[i].at]--;
	free(cut);
	return 0;
}

static struct layer_step *find_step(struct layer_step *step, size_t *n, const char *name)
{
	for (size_t i = 0; i < *n; i++)
		if (!strcmp(step[i].name, name))
			return &step[i];
	step[*n] = (struct layer_step){.part = layer_part(name)};
	snprintf(step[*n].name, LAYER_NAME, "%.*s", LAYER_NAME - 1, name);
	return &step[(*n)++];
}

static int by_part(const void *a, const void *b)
{
	const struct layer_step *x = a, *y = b;

	if (x->part != y->part)
		return x->part < y->part ? -1 : 1;
	if (llabs(x->ns) != llabs(y->ns))
		return llabs(x->ns) < llabs(y->ns) ? 1 : -1;
	return strcmp(x->name, y->name);
}

/* Limits a cost to what a request can have: a hostile file may contain any number. */
static int64_t whole(double ns)
{
	return (int64_t)fmin(round(ns), 1e18);
}

int layers_between(const struct run_target *from, const struct run_target *to,
		   struct layer_step ret[2 * LAYERS_MAX], int64_t *ret_from, int64_t *ret_to)
{
	const struct run_target *const side[] = {from, to};
	struct layer layer[LAYERS_MAX];
	double ns[2 * LAYERS_MAX] = {};
	int64_t rounded[2 * LAYERS_MAX];
	size_t n = 0;
	int err;

	for (int i = 0; i < 2; i++) {
		size_t layers = layers_of(&side[i]->total, layer);

		for (size_t k = 0; k < layers; k++) {
			struct layer_step *step = find_step(ret, &n, layer[k].name);
			double each = per_request(layer[k].ns, &side[i]->total.requests);

			*(i ? &step->to : &step->from) = fmin(each, 1e15);
		}
	}
	*ret_from = whole(per_request(from->total.cpu.total_ns, &from->total.requests));
	*ret_to = whole(per_request(to->total.cpu.total_ns, &to->total.requests));
	if (*ret_from > 1000000000000000 || *ret_to > 1000000000000000)
		return 0; /* not from a measurement */
	for (size_t i = 0; i < n; i++)
		ns[i] = ret[i].to - ret[i].from;
	err = layers_round(ns, n, *ret_to - *ret_from, rounded);
	for (size_t i = 0; i < n && !err; i++)
		ret[i].ns = rounded[i];
	qsort(ret, n, sizeof(*ret), by_part);
	return err ? err : (int)n;
}
