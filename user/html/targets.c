// SPDX-License-Identifier: GPL-2.0-or-later
#include "html/targets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "runfile/write.h"

struct room {
	const struct run *run;
	size_t *order; /* targets, by CPU time */
	bool *whole;   /* by target */
	bool all;
};

static int by_cpu(const void *a, const void *b, void *ctx)
{
	const struct run_target *target = ctx;
	size_t i = *(const size_t *)a, j = *(const size_t *)b;
	uint64_t x = target[i].total.cpu.total_ns, y = target[j].total.cpu.total_ns;

	if (x != y)
		return x < y ? 1 : -1;
	return i < j ? -1 : i > j;
}

/* Bytes of a target in the page; 0: out of memory. */
static size_t size_of(const struct run *run, const struct run_target *target)
{
	struct jsonw w = {.flat = 1, .tight = true, .markup = true};
	size_t size = 0;
	char *text;

	w.f = open_memstream(&text, &size);
	if (!w.f)
		return 0;
	run_put_target(&w, run, target);
	if (fclose(w.f))
		size = 0;
	free(text);
	return size;
}

static int choose(struct room *room)
{
	const struct run *run = room->run;
	size_t sum = 0;

	room->order = calloc(run->n_targets + 1, sizeof(*room->order));
	room->whole = calloc(run->n_targets + 1, sizeof(*room->whole));
	if (!room->order || !room->whole)
		return -ENOMEM;
	for (size_t i = 0; i < run->n_targets; i++)
		room->order[i] = i;
	qsort_r(room->order, run->n_targets, sizeof(*room->order), by_cpu, run->target);
	for (size_t i = 0; i < run->n_targets; i++) {
		size_t size = size_of(run, &run->target[room->order[i]]);

		if (!size)
			return -ENOMEM;
		/* The first is always whole. */
		if (i && sum + size > TARGETS_MAX_BYTES)
			return 0;
		sum += size;
		room->whole[room->order[i]] = true;
	}
	room->all = !sum || sum * (run->n_stages + 1) <= TARGETS_MAX_BYTES;
	return 0;
}

/* ---- brief ---- */

static void put_role(struct jsonw *w, const char *name, const struct run_role *role)
{
	char key[32];

	jsonw__object(w, name);
	for (int m = 0; m < VTX_MODES; m++) {
		if (!role->ns[m] || role->ns[m] == RUN_UNKNOWN)
			continue;
		snprintf(key, sizeof(key), "%s_ns", run_mode_name[m]);
		jsonw__u64(w, key, role->ns[m]);
	}
	jsonw__end_object(w);
}

static void put_cpu(struct jsonw *w, const struct run_cpu *cpu)
{
	jsonw__object(w, "cpu");
	jsonw__u64(w, "total_ns", cpu->total_ns);
	jsonw__object(w, "roles");
	for (int r = 0; r < VTX_ROLES; r++)
		if (cpu->role[r].present && run_role_ns(&cpu->role[r]))
			put_role(w, run_role_name[r], &cpu->role[r]);
	jsonw__end_object(w);
	jsonw__end_object(w);
}

static void put_numbers(struct jsonw *w, const struct run_numbers *n)
{
	const struct run_latency *latency = &n->requests.latency;

	jsonw__bool(w, "brief", true);
	jsonw__object(w, "requests");
	jsonw__u64(w, "count", n->requests.count);
	if (latency->count && latency->count != RUN_UNKNOWN) {
		jsonw__object(w, "latency_ns");
		jsonw__u64(w, "p50", latency->p50);
		jsonw__u64(w, "p99", latency->p99);
		jsonw__end_object(w);
	}
	jsonw__end_object(w);
	put_cpu(w, &n->cpu);
	jsonw__object(w, "sched");
	jsonw__u64(w, "wait_ns", n->sched.wait_ns);
	jsonw__end_object(w);
	if (n->memory.present) {
		jsonw__object(w, "memory");
		jsonw__u64(w, "held_bytes", n->memory.at.held_bytes);
		jsonw__end_object(w);
	}
}

static void put_brief(struct jsonw *w, const struct run_target *target)
{
	jsonw__object(w, NULL);
	jsonw__string(w, "label", target->label);
	if (strcmp(target->label, target->name) != 0)
		jsonw__string(w, "name", target->name);
	jsonw__string(w, "kind", run_kind_name[target->kind]);
	if (target->runtime)
		jsonw__string(w, "runtime", target->runtime);
	if (target->accel)
		jsonw__string(w, "accel", target->accel);
	jsonw__bool(w, "running", target->running);
	put_numbers(w, &target->total);
	jsonw__end_object(w);
}

static void put_stage(struct jsonw *w, const struct room *room, const struct run_stage *stage)
{
	jsonw__object(w, NULL);
	jsonw__string(w, "name", stage->name);
	jsonw__u64(w, "at_ns", stage->at_ns);
	jsonw__u64(w, "length_ns", stage->length_ns);
	jsonw__array(w, "targets");
	for (size_t t = 0; t < stage->n_targets; t++) {
		if (!room->whole[t]) {
			jsonw__null(w, NULL);
			continue;
		}
		jsonw__object(w, NULL);
		put_numbers(w, &stage->target[t]);
		jsonw__end_object(w);
	}
	jsonw__end_array(w);
	jsonw__end_object(w);
}

static void put_beside(struct jsonw *w, const struct room *room)
{
	const struct run *run = room->run;

	jsonw__array(w, "targets");
	for (size_t i = 0; i < run->n_targets; i++) {
		if (room->whole[i])
			run_put_target(w, run, &run->target[i]);
		else
			put_brief(w, &run->target[i]);
	}
	jsonw__end_array(w);
	jsonw__array(w, "stages");
	for (size_t i = 0; i < run->n_stages; i++)
		put_stage(w, room, &run->stage[i]);
	jsonw__end_array(w);
}

int html_put_targets(struct jsonw *w, const struct run *run)
{
	struct room room = {.run = run};
	struct run head = *run;
	int err = choose(&room);

	if (!err) {
		head.profile.present = false;
		head.n_targets = room.all ? run->n_targets : 0;
		head.n_stages = room.all ? run->n_stages : 0;
		run_put_head(w, "run", &head);
		if (!room.all)
			put_beside(w, &room);
	}
	free(room.order);
	free(room.whole);
	return err;
}
