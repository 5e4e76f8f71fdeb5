// SPDX-License-Identifier: GPL-2.0-or-later
/* Finds and updates the targets; bind.c enters them in BPF's maps. */
#include "record/targets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/str.h"
#include "owners/take_inventory.h"
#include "probes/ledger_attach.h"
#include "probes/ledger_clock.h"
#include "record/bind.h"

static struct target *by_label(const struct targets *targets, const char *label)
{
	for (size_t i = 0; i < targets->n; i++)
		if (!strcmp(targets->target[i].label, label))
			return &targets->target[i];
	return NULL;
}

/* If the name is taken already, the pid or the slot is appended. */
static char *free_label(const struct targets *targets, const struct found *found, uint32_t slot)
{
	if (!by_label(targets, found->name))
		return strdup(found->name);
	return str_printf("%s-%ld", found->name, found->pid ? (long)found->pid : (long)slot);
}

/* Takes ownership of `found`, also on failure. */
static int add_target(struct targets *targets, const struct target_spec *spec, struct found *found)
{
	struct target *t;
	uint32_t slot = VTX_SLOT_FIRST + (uint32_t)targets->n;

	if (!array_grow(&targets->target, targets->n, &targets->room))
		goto no_memory;
	t = &targets->target[targets->n];
	*t = (struct target){.spec = spec, .found = found, .slot = slot, .running = true};
	t->label = spec && spec->label ? strdup(spec->label) : free_label(targets, found, slot);
	if (!t->label)
		goto no_memory;
	throttled__begin(&t->throttled, targets->layout, found);
	targets->n++;
	return 0;
no_memory:
	found__free(found);
	return -ENOMEM;
}

static bool same_thing(const struct found *a, const struct found *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->id && b->id && a->kind == VTX_KIND_CONTAINER)
		return !strcmp(a->id, b->id);
	if (a->pid || b->pid)
		return a->pid == b->pid && a->start_ticks == b->start_ticks;
	return a->cgroup && b->cgroup && !strcmp(a->cgroup, b->cgroup);
}

static int find_specs(struct targets *targets, const struct inventory *inv, struct verr *ret_err)
{
	const struct record_options *o = targets->options;
	struct found *found;
	int err;

	for (size_t i = 0; i < o->n_specs; i++) {
		err = spec__resolve(&sysroot_live, &o->spec[i], inv, &found, ret_err);
		if (err)
			return err == -ENOMEM ? err : -EINVAL;
		for (size_t j = 0; j < targets->n; j++) {
			if (!same_thing(targets->target[j].found, found))
				continue;
			err = verr_set(ret_err, -EINVAL, "%s: named twice (name each target once)",
				       found->name);
			found__free(found);
			return err;
		}
		if (o->spec[i].label && by_label(targets, o->spec[i].label)) {
			found__free(found);
			return verr_set(ret_err, -EINVAL,
					"%s: two targets have this label (choose another)",
					o->spec[i].label);
		}
		err = add_target(targets, &o->spec[i], found);
		if (err)
			return err;
	}
	return 0;
}

static int find_everything(struct targets *targets, const struct inventory *inv)
{
	for (size_t i = 0; i < inv->n; i++) {
		struct found *copy = found__copy(&inv->found[i]);
		int err = copy ? add_target(targets, NULL, copy) : -ENOMEM;

		if (err)
			return err;
	}
	return 0;
}

/* A label that no target has is a typing error, unless more targets may appear. */
static int check_labels(const struct targets *targets, struct verr *ret_err)
{
	const struct record_options *o = targets->options;

	for (size_t i = 0; o->n_specs && i < o->n_http; i++)
		if (o->http[i].label && !by_label(targets, o->http[i].label))
			return verr_set(ret_err, -EINVAL,
					"--http %s:…:%u: no target has this label, and no device "
					"this name (see virtax list)",
					o->http[i].label, o->http[i].port);
	for (size_t i = 0; o->n_specs > 1 && i < o->n_http; i++)
		if (o->http[i].dev && !o->http[i].label)
			return verr_set(ret_err, -EINVAL,
					"--http %s:%u: ambiguous with several targets (write "
					"LABEL:%s:%u)",
					o->http[i].dev, o->http[i].port, o->http[i].dev,
					o->http[i].port);
	for (size_t i = 0; o->n_specs && i < o->n_given; i++)
		if (o->given[i].label && !by_label(targets, o->given[i].label))
			return verr_set(
				ret_err, -EINVAL,
				"--requests %s:%s: no target has this label (see virtax list)",
				o->given[i].label, o->given[i].what);
	return 0;
}

static size_t spare(const struct record_options *options)
{
	if (options->n_specs)
		return 0;
	return options->endless ? TARGETS_SPARE_ENDLESS : TARGETS_SPARE;
}

int targets__find(struct targets *ret, const struct record_options *options, struct verr *ret_err)
{
	struct inventory *inv;
	int err;

	ret->options = options;
	err = cgroup_layout__read(&sysroot_live, &ret->layout);
	if (err)
		return err;
	err = take_inventory_again(&sysroot_live, &ret->watch, &inv, ret_err);
	if (err)
		return err;
	err = options->n_specs ? find_specs(ret, inv, ret_err) : find_everything(ret, inv);
	inventory__free(inv);
	if (!err)
		err = check_labels(ret, ret_err);
	ret->n_slots = VTX_SLOT_FIRST + ret->n + spare(options);
	return err;
}

void targets__free(struct targets *targets)
{
	for (size_t i = 0; i < targets->n; i++) {
		free(targets->target[i].label);
		found__free(targets->target[i].found);
		storage__free(&targets->target[i].storage);
	}
	free(targets->target);
	snapshot__free(&targets->base);
	cgroup_layout__free(targets->layout);
	vmm_watch__free(&targets->watch);
	memset(targets, 0, sizeof(*targets));
}

bool targets__stirred(const struct targets *targets)
{
	struct stirring now = stirring_read();

	return now.forks != targets->stirring.forks || now.cgroups != targets->stirring.cgroups;
}

bool targets__any_young(const struct targets *targets)
{
	for (size_t i = 0; i < targets->n; i++)
		if (targets->target[i].running && targets->target[i].found->young)
			return true;
	return false;
}

/* The target as it is now; NULL if it has ended. A restarted container is found by its name. */
static struct found *look_up(const struct target *target, const struct inventory *inv)
{
	struct found *found = NULL;

	for (size_t i = 0; i < inv->n; i++)
		if (same_thing(&inv->found[i], target->found))
			return found__copy(&inv->found[i]);
	for (size_t i = 0; i < inv->n; i++)
		if (inv->found[i].kind == target->found->kind &&
		    (target->found->kind == VTX_KIND_CONTAINER ||
		     target->found->kind == VTX_KIND_VM) &&
		    target->spec && !strcmp(inv->found[i].name, target->found->name))
			return found__copy(&inv->found[i]);
	if (target->spec &&
	    (target->found->kind == VTX_KIND_CGROUP || target->found->kind == VTX_KIND_PROCESS) &&
	    !spec__resolve(&sysroot_live, target->spec, inv, &found, NULL)) {
		/* The same pid may be another process by now. */
		if (found->kind == VTX_KIND_PROCESS && !same_thing(found, target->found)) {
			found__free(found);
			return NULL;
		}
		return found;
	}
	return NULL;
}

void targets__note_birth(struct targets *targets, uint64_t id, uint64_t at_ns)
{
	/* An event may be reported twice. */
	if (!targets->n_births || targets->birth[(targets->n_births - 1) % TARGETS_BIRTHS].id != id)
		targets->birth[targets->n_births++ % TARGETS_BIRTHS] = (struct birth){id, at_ns};
}

bool targets__note_guest(struct targets *targets, pid_t pid)
{
	for (size_t i = 0; i < targets->n; i++) {
		const struct found *found = targets->target[i].found;

		if (found->kind == VTX_KIND_VM && found__proc(found, pid))
			return false;
	}
	vmm_watch__suspect(&targets->watch, pid);
	return true;
}

/* When its cgroup was created, if that was during the recording; else 0. CLOCK_MONOTONIC ns. */
static uint64_t birth_of(const struct targets *targets, const struct found *found)
{
	for (size_t i = 0; i < found->cgroups.n; i++)
		for (size_t b = 0; b < targets->n_births && b < TARGETS_BIRTHS; b++)
			if (targets->birth[b].id == found->cgroups.id[i].id)
				return targets->birth[b].at_ns;
	return 0;
}

/* Records how long it took from the birth of the target, or of its cgroup, to its account. */
static void note_delay(struct targets *targets, const struct found *found, uint64_t born_ns)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC), created = birth_of(targets, found);

	if (created && (created < born_ns || !born_ns))
		born_ns = created;
	if (born_ns && now - born_ns > targets->bind_delay_ns)
		targets->bind_delay_ns = now - born_ns;
}

static void refresh(struct targets *targets, struct target *target, const struct inventory *inv,
		    uint64_t born_ns)
{
	struct found *found = look_up(target, inv);
	bool again, same, ran = target->running;

	target->running = found != NULL;
	if (!found) {
		if (ran)
			target->ended_ns = clock_ns(CLOCK_MONOTONIC);
		return;
	}
	again = !ran || !same_thing(found, target->found) || found->pid != target->found->pid;
	same = found_unchanged(target->found, found);
	if (again && targets->options->endless)
		unbind_target(targets, target);
	found__free(target->found);
	target->found = found;
	if (!same || again)
		bind_target(targets, target, NULL);
	if (again) {
		target->began_ns = clock_ns(CLOCK_MONOTONIC);
		note_delay(targets, target->found, born_ns);
	}
}

/* A newer inventory than the one the targets were found in: loading the programs takes time. */
static int bind_all(struct targets *targets, const struct inventory *inv, struct verr *ret_err)
{
	int err = 0;

	for (size_t i = 0; i < targets->n && !err; i++) {
		struct target *target = &targets->target[i];
		struct found *found = look_up(target, inv);

		if (found) {
			found__free(target->found);
			target->found = found;
		}
		err = bind_target(targets, target, ret_err);
	}
	return err ? err : bind_managers(targets, inv);
}

int targets__bind(struct targets *targets, struct verr *ret_err)
{
	struct inventory *inv;
	int err;

	targets->stirring = stirring_read();
	err = take_inventory_again(&sysroot_live, &targets->watch, &inv, ret_err);
	if (err)
		return err;
	err = bind_all(targets, inv, ret_err);
	inventory__free(inv);
	bind_blkdevs(targets);
	ledger_clock__owners_changed(targets->ledger);
	return err;
}

/* Takes `found`. NULL if there is no slot, or no memory. */
static struct target *place(struct targets *targets, struct found *found)
{
	struct target *target = NULL;

	if (targets->options->endless)
		target = targets__again(targets, found);
	if (target)
		return target;
	if (VTX_SLOT_FIRST + targets->n >= targets->n_slots) {
		targets->refused++;
		found__free(found);
		return NULL;
	}
	return add_target(targets, NULL, found) ? NULL : &targets->target[targets->n - 1];
}

static bool is_known(const struct targets *targets, const struct found *found)
{
	for (size_t i = 0; i < targets->n; i++)
		if (same_thing(targets->target[i].found, found))
			return true;
	return false;
}

static void add_new(struct targets *targets, const struct inventory *inv, uint64_t born_ns)
{
	for (size_t i = 0; i < inv->n; i++) {
		struct target *target;
		struct found *copy;

		if (is_known(targets, &inv->found[i]))
			continue;
		copy = found__copy(&inv->found[i]);
		if (!copy)
			return;
		target = place(targets, copy);
		if (!target)
			continue;
		target->began_ns = clock_ns(CLOCK_MONOTONIC);
		bind_target(targets, target, NULL);
		note_delay(targets, target->found, born_ns);
	}
}

void targets__recount(struct targets *targets)
{
	struct inventory *inv;
	struct found *found;

	if (take_inventory_again(&sysroot_live, &targets->watch, &inv, NULL))
		return;
	for (size_t i = 0; i < targets->n; i++) {
		found = targets->target[i].running ? look_up(&targets->target[i], inv) : NULL;
		if (found)
			memcpy(targets->target[i].found->threads, found->threads,
			       sizeof(found->threads));
		found__free(found);
	}
	inventory__free(inv);
}

void targets__rescan(struct targets *targets, uint64_t born_ns)
{
	struct inventory *inv;

	targets->stirring = stirring_read();
	if (take_inventory_again(&sysroot_live, &targets->watch, &inv, NULL))
		return;
	ledger_attach__late(targets->ledger);
	bind_blkdevs(targets);
	targets->refused = 0;
	for (size_t i = 0; i < targets->n; i++)
		refresh(targets, &targets->target[i], inv, born_ns);
	if (!targets->options->n_specs)
		add_new(targets, inv, born_ns);
	bind_managers(targets, inv);
	inventory__free(inv);
	ledger_clock__owners_changed(targets->ledger);
}
