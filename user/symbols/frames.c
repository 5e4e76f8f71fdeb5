// SPDX-License-Identifier: GPL-2.0-or-later
#include "symbols/frames.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/str.h"
#include "symbols/demangle.h"
#include "symbols/plain_name.h"
#include "symbols/wait_reason.h"

#define NAME_MOST    512 /* C++ has longer ones: they are cut */
#define MANGLED_MOST 65536

struct frames {
	struct profile_build build;
	const struct profile_raw *raw;
	struct images *images;
	struct kernel_names kernel;
	uint64_t early;
};

const char *softirq_name(uint32_t vec)
{
	static const char *const name[] = {"HI",       "TIMER",   "NET_TX", "NET_RX",  "BLOCK",
					   "IRQ_POLL", "TASKLET", "SCHED",  "HRTIMER", "RCU"};

	return vec < ARRAY_SIZE(name) ? name[vec] : "?";
}

static uint64_t add_plain(struct frames *f, uint64_t up, const char *name)
{
	char plain[NAME_MOST];

	snprintf(plain, sizeof(plain), "%s", name);
	plain_name(plain);
	return profile_build__frame(&f->build, up, plain);
}

/* Of a program: it may be mangled. */
static uint64_t add_program(struct frames *f, uint64_t up, const char *name)
{
	char *mangled = strndup(name, MANGLED_MOST), shown[NAME_MOST];

	if (!mangled) {
		f->build.no_memory = true;
		return RUN_UNKNOWN;
	}
	plain_name(mangled);
	demangle(mangled, shown, sizeof(shown));
	free(mangled);
	return profile_build__frame(&f->build, up, shown);
}

/* ---- the kernel ---- */

/* Where softirqs begin: what is further out is the interrupted code. */
static bool begins_softirq(const char *name)
{
	static const char *const entry[] = {"__do_softirq", "handle_softirqs",
					    "__softirqentry_text_start", "do_softirq"};

	for (size_t i = 0; i < ARRAY_SIZE(entry); i++)
		if (!strcmp(name, entry[i]))
			return true;
	return false;
}

/* A program of ours, as the kernel names it. */
static bool is_own(const char *name)
{
	return str_starts(name, "bpf_prog_") && strstr(name, "_vtx_");
}

/* All but the innermost addresses are those to return to: one byte before is the call. */
static const char *kernel_name(const struct frames *f, const struct vtx_trace *trace, size_t i)
{
	return kernel_names__at(&f->kernel, trace->ip[i] - (i > 0));
}

static size_t length(const struct vtx_trace *trace)
{
	return trace->n < VTX_STACK_DEPTH ? trace->n : VTX_STACK_DEPTH;
}

enum part {
	PART_ALL,
	PART_SOFTIRQ,  /* without what it interrupted */
	PART_SLEEPING, /* without the scheduler that took the CPU away */
};

static uint64_t add_kernel(struct frames *f, uint64_t up, uint64_t id, enum part part)
{
	const struct vtx_trace *trace = profile_raw__trace(f->raw, id);
	size_t n = trace ? length(trace) : 0;
	const char *name;

	if (id == VTX_STACK_LOST)
		return profile_build__frame(&f->build, up, "[stack lost]");
	for (size_t i = 0; part == PART_SOFTIRQ && i < n; i++) {
		name = kernel_name(f, trace, i);
		if (name && begins_softirq(name))
			n = i;
	}
	while (n > 0) {
		name = kernel_name(f, trace, --n);
		if (name && part == PART_SLEEPING && wait_is_scheduler(name))
			return up;
		if (name && is_own(name))
			return profile_build__frame(&f->build, up, "[virtax]");
		up = add_plain(f, up, name ? name : "[kernel]");
	}
	return up;
}

/* ---- programs ---- */

/* Functions that nothing calls: a stack that ends there is complete. */
static bool begins_thread(const char *name)
{
	static const char *const first[] = {
		"_start", "_dl_start_user", "main",     "start_thread", "clone",
		"clone3", "__clone",        "__clone3", "thread_start", "runtime.goexit"};

	for (size_t i = 0; i < ARRAY_SIZE(first); i++)
		if (!strcmp(name, first[i]))
			return true;
	return str_starts(name, "__libc_start_");
}

/* What is mapped nowhere is no return address: frames from there on are not the caller's. */
static size_t credible(struct frames *f, const struct vtx_trace *trace, pid_t pid, uint64_t mm)
{
	char buf[NAME_MOST];
	size_t n = length(trace), i;

	for (i = 0; i < n; i++)
		if (!images__name(f->images, pid, mm, trace->ip[i] - (i > 0), buf, sizeof(buf)))
			break;
	return i;
}

/* samples: that the stack is of. */
static uint64_t add_user(struct frames *f, uint64_t id, pid_t pid, uint64_t mm, uint64_t samples)
{
	const struct vtx_trace *trace = profile_raw__trace(f->raw, id);
	uint64_t up = RUN_UNKNOWN;
	size_t n = trace ? credible(f, trace, pid, mm) : 0;
	const char *name = NULL;
	char buf[NAME_MOST];

	if (id == VTX_STACK_LOST)
		return profile_build__frame(&f->build, up, "[stack lost]");
	if (trace && !n)
		return profile_build__frame(&f->build, up, "[unmapped]");
	for (size_t i = n; i > 0; i--) {
		name = images__name(f->images, pid, mm, trace->ip[i - 1] - (i > 1), buf,
				    sizeof(buf));
		if (i == n && (!name || !begins_thread(name)))
			f->early += samples;
		up = add_program(f, up, name ? name : "[unmapped]");
	}
	return up;
}

static uint64_t innermost(struct frames *f, const struct profile_count *count)
{
	bool softirq = count->key.mode == VTX_SOFTIRQ;
	uint64_t up = RUN_UNKNOWN;
	char name[32];

	if (softirq) {
		snprintf(name, sizeof(name), "[softirq %s]", softirq_name(count->key.vec));
		up = profile_build__frame(&f->build, up, name);
	} else if (count->key.user) {
		up = add_user(f, count->key.user, (pid_t)count->key.tgid, count->key.mm, count->n);
	}
	if (count->key.kernel)
		up = add_kernel(f, up, count->key.kernel, softirq ? PART_SOFTIRQ : PART_ALL);
	return up == RUN_UNKNOWN ? profile_build__frame(&f->build, up, "[no stack]") : up;
}

static void add_count(struct frames *f, const struct profile_count *count, const size_t *target,
		      size_t n_slots)
{
	uint32_t slot = VTX_ACC_SLOT(count->key.account);
	struct run_stack stack = {.role = VTX_ACC_ROLE(count->key.account),
				  .mode = count->key.mode,
				  .samples = count->n};

	if (slot >= n_slots || target[slot] == SIZE_MAX)
		return;
	stack.target = target[slot];
	stack.frame = innermost(f, count);
	profile_build__add(&f->build, &stack);
}

/* ---- what is waited for ---- */

static enum run_wait_for reason(const struct frames *f, const struct vtx_wait_key *key)
{
	const struct vtx_trace *trace = profile_raw__trace(f->raw, key->kernel);
	enum run_wait_for what = RUN_WAIT_OTHER;

	for (size_t i = 0; trace && i < length(trace) && what == RUN_WAIT_OTHER; i++)
		what = wait_reason(kernel_name(f, trace, i));
	if (key->for_cpu)
		return key->why == VTX_LEFT_RUNNABLE && what == RUN_WAIT_THROTTLED
			       ? RUN_WAIT_THROTTLED
			       : RUN_WAIT_RUN_QUEUE;
	return key->why == VTX_LEFT_IO ? RUN_WAIT_BLOCK_IO : what;
}

static int add_wait(struct frames *f, const struct profile_wait *from, const size_t *target,
		    size_t n_slots, size_t *room)
{
	const struct vtx_wait_key *key = &from->key;
	uint32_t slot = VTX_ACC_SLOT(key->account);
	struct run_profile *profile = f->build.profile;
	struct run_wait wait = {.role = VTX_ACC_ROLE(key->account),
				.what = reason(f, key),
				.ns = from->waited.ns,
				.count = from->waited.count,
				.frame = RUN_UNKNOWN};

	if (slot >= n_slots || target[slot] == SIZE_MAX)
		return 0;
	wait.target = target[slot];
	if (key->user)
		wait.frame = add_user(f, key->user, (pid_t)key->tgid, key->mm, 0);
	if (key->kernel)
		wait.frame = add_kernel(f, wait.frame, key->kernel, PART_SLEEPING);
	if (wait.frame == RUN_UNKNOWN)
		wait.frame = profile_build__frame(&f->build, RUN_UNKNOWN, "[no stack]");
	if (f->build.no_memory || !array_grow(&profile->wait, profile->n_waits, room))
		return -ENOMEM;
	profile->wait[profile->n_waits++] = wait;
	return 0;
}

/* Unless an event has told of it already. */
static void see(struct images *images, uint32_t tgid, uint64_t mm)
{
	if (mm && !images__has(images, (pid_t)tgid, mm))
		images__see(images, (pid_t)tgid, mm);
}

int frames_build(struct run_profile *ret, const struct profile_raw *raw, struct images *images,
		 const size_t *target, size_t n_slots)
{
	struct frames f = {.raw = raw, .images = images};
	size_t waits_room = 0;
	int err;

	profile_build__begin(&f.build, ret);
	err = kernel_names__read(&f.kernel, &sysroot_live);
	images__refresh(images);
	for (size_t i = 0; i < raw->n_counts && err != -ENOMEM; i++)
		see(images, raw->count[i].key.tgid, raw->count[i].key.mm);
	for (size_t i = 0; i < raw->n_waits && err != -ENOMEM; i++)
		see(images, raw->wait[i].key.tgid, raw->wait[i].key.mm);
	for (size_t i = 0; i < raw->n_waits && !err; i++)
		err = add_wait(&f, &raw->wait[i], target, n_slots, &waits_room);
	for (size_t i = 0; i < raw->n_counts && !err; i++)
		add_count(&f, &raw->count[i], target, n_slots);
	if (f.build.no_memory)
		err = -ENOMEM;
	profile_waits_merge(ret);
	ret->early = f.early;
	profile_build__end(&f.build);
	if (!err)
		err = profile_sort_strings(ret);
	kernel_names__free(&f.kernel);
	return err;
}
