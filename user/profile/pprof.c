// SPDX-License-Identifier: GPL-2.0-or-later
#include "profile/pprof.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#include "base/array.h"
#include "base/escape.h"
#include "profile/proto.h"

/* Fields of profile.proto. */
enum {
	PROFILE_SAMPLE_TYPE = 1,
	PROFILE_SAMPLE = 2,
	PROFILE_LOCATION = 4,
	PROFILE_FUNCTION = 5,
	PROFILE_STRING = 6,
	PROFILE_TIME = 9,
	PROFILE_DURATION = 10,
	PROFILE_PERIOD_TYPE = 11,
	PROFILE_PERIOD = 12,
	PROFILE_DEFAULT_TYPE = 14
};
enum { TYPE_TYPE = 1, TYPE_UNIT = 2 };
enum { SAMPLE_LOCATION = 1, SAMPLE_VALUE = 2, SAMPLE_LABEL = 3 };
enum { LABEL_KEY = 1, LABEL_TEXT = 2 };
enum { LOCATION_ID = 1, LOCATION_LINE = 4, LINE_FUNCTION = 1 };
enum { FUNCTION_ID = 1, FUNCTION_NAME = 2, FUNCTION_SYSTEM_NAME = 3 };

/* The table of strings: these, roles, modes, waits, labels of targets, then the profile's own. */
enum {
	TEXT_NONE,
	TEXT_CPU,
	TEXT_NANOSECONDS,
	TEXT_SAMPLES,
	TEXT_COUNT,
	TEXT_TARGET,
	TEXT_ROLE,
	TEXT_MODE,
	TEXT_WAITING,
	TEXT_WAITS,
	TEXT_FOR,
	TEXT_ROLES,
	TEXT_MODES = TEXT_ROLES + VTX_ROLES,
	TEXT_REASONS = TEXT_MODES + VTX_MODES,
	TEXT_LABELS = TEXT_REASONS + RUN_WAITS
};

static const char *const text[] = {"",     "cpu",  "nanoseconds", "samples", "count", "target",
				   "role", "mode", "waiting",     "waits",   "for"};

struct pprof {
	const struct run *run;
	struct proto out, message, inner;
};

static int put_name(struct pprof *p, const char *name)
{
	char *escaped = escape_term(name);

	if (!escaped)
		return -ENOMEM;
	proto__text(&p->out, PROFILE_STRING, escaped);
	free(escaped);
	return 0;
}

static int put_strings(struct pprof *p)
{
	const struct run *run = p->run;
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(text); i++)
		proto__text(&p->out, PROFILE_STRING, text[i]);
	for (int i = 0; i < VTX_ROLES; i++)
		proto__text(&p->out, PROFILE_STRING, run_role_name[i]);
	for (int i = 0; i < VTX_MODES; i++)
		proto__text(&p->out, PROFILE_STRING, run_mode_name[i]);
	for (int i = 0; i < RUN_WAITS; i++)
		proto__text(&p->out, PROFILE_STRING, run_wait_name[i]);
	for (size_t i = 0; i < run->n_targets && !err; i++)
		err = put_name(p, run->target[i].label);
	for (size_t i = 0; i < run->profile.n_strings && !err; i++)
		err = put_name(p, run->profile.string[i]);
	return err;
}

static void put_type(struct pprof *p, unsigned field, uint64_t type, uint64_t unit)
{
	proto__number(&p->message, TYPE_TYPE, type);
	proto__number(&p->message, TYPE_UNIT, unit);
	proto__inner(&p->out, field, &p->message);
}

/* Each name is a function at a place of its own; ids begin with 1. */
static void put_functions(struct pprof *p)
{
	const size_t first = TEXT_LABELS + p->run->n_targets;

	for (size_t i = 0; i < p->run->profile.n_strings; i++) {
		proto__number(&p->message, LOCATION_ID, i + 1);
		proto__number(&p->inner, LINE_FUNCTION, i + 1);
		proto__inner(&p->message, LOCATION_LINE, &p->inner);
		proto__inner(&p->out, PROFILE_LOCATION, &p->message);
		proto__number(&p->message, FUNCTION_ID, i + 1);
		proto__number(&p->message, FUNCTION_NAME, first + i);
		proto__number(&p->message, FUNCTION_SYSTEM_NAME, first + i);
		proto__inner(&p->out, PROFILE_FUNCTION, &p->message);
	}
}

static void put_label(struct pprof *p, uint64_t key, uint64_t value)
{
	proto__number(&p->inner, LABEL_KEY, key);
	proto__number(&p->inner, LABEL_TEXT, value);
	proto__inner(&p->message, SAMPLE_LABEL, &p->inner);
}

/* Innermost frame first, as in struct run_frame. */
static void put_frames(struct pprof *p, uint64_t frame)
{
	const struct run_profile *profile = &p->run->profile;

	for (; frame != RUN_UNKNOWN; frame = profile->frame[frame].up)
		proto__varint(&p->inner, profile->frame[frame].name + 1);
	proto__inner(&p->message, SAMPLE_LOCATION, &p->inner);
}

/* One for each type: those of waiting exist if anything was waited for. */
static void put_values(struct pprof *p, const uint64_t value[4])
{
	for (int i = 0; i < (p->run->profile.n_waits ? 4 : 2); i++)
		proto__varint(&p->inner, value[i]);
	proto__inner(&p->message, SAMPLE_VALUE, &p->inner);
}

static void put_stack(struct pprof *p, const struct run_stack *stack)
{
	put_frames(p, stack->frame);
	put_values(p, (const uint64_t[]){stack->ns, stack->samples, 0, 0});
	put_label(p, TEXT_TARGET, TEXT_LABELS + stack->target);
	put_label(p, TEXT_ROLE, TEXT_ROLES + stack->role);
	put_label(p, TEXT_MODE, TEXT_MODES + stack->mode);
	proto__inner(&p->out, PROFILE_SAMPLE, &p->message);
}

static void put_wait(struct pprof *p, const struct run_wait *wait)
{
	put_frames(p, wait->frame);
	put_values(p, (const uint64_t[]){0, 0, wait->ns, wait->count});
	put_label(p, TEXT_TARGET, TEXT_LABELS + wait->target);
	put_label(p, TEXT_ROLE, TEXT_ROLES + wait->role);
	put_label(p, TEXT_FOR, TEXT_REASONS + wait->what);
	proto__inner(&p->out, PROFILE_SAMPLE, &p->message);
}

/* Since the epoch, ns; 0 if the text is no time. */
static uint64_t start_ns(const char *start)
{
	struct tm tm = {};
	const char *rest = start ? strptime(start, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
	time_t seconds = rest ? timegm(&tm) : 0;
	double fraction = rest && *rest == '.' ? strtod(rest, NULL) : 0;

	return seconds > 0 ? (uint64_t)seconds * 1000000000 + (uint64_t)(fraction * 1e9 + 0.5) : 0;
}

static int put_profile(struct pprof *p)
{
	const struct run *run = p->run;

	put_type(p, PROFILE_SAMPLE_TYPE, TEXT_CPU, TEXT_NANOSECONDS);
	put_type(p, PROFILE_SAMPLE_TYPE, TEXT_SAMPLES, TEXT_COUNT);
	if (run->profile.n_waits) {
		put_type(p, PROFILE_SAMPLE_TYPE, TEXT_WAITING, TEXT_NANOSECONDS);
		put_type(p, PROFILE_SAMPLE_TYPE, TEXT_WAITS, TEXT_COUNT);
	}
	for (size_t i = 0; i < run->profile.n_stacks; i++)
		put_stack(p, &run->profile.stack[i]);
	for (size_t i = 0; i < run->profile.n_waits; i++)
		put_wait(p, &run->profile.wait[i]);
	put_functions(p);
	proto__number(&p->out, PROFILE_TIME, start_ns(run->start));
	proto__number(&p->out, PROFILE_DURATION, run->wall_ns);
	put_type(p, PROFILE_PERIOD_TYPE, TEXT_CPU, TEXT_NANOSECONDS);
	if (run->profile.hz)
		proto__number(&p->out, PROFILE_PERIOD, 1000000000 / run->profile.hz);
	proto__number(&p->out, PROFILE_DEFAULT_TYPE, TEXT_CPU);
	return put_strings(p);
}

static int write_gzip(const struct proto *proto, FILE *f)
{
	const int gzip = 16;
	z_stream z = {.next_in = proto->bytes, .avail_in = (uInt)proto->n};
	uint8_t *packed;
	size_t room;
	int err = 0;

	if (proto->n > UINT32_MAX)
		return -EFBIG;
	if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + gzip, 8,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	room = deflateBound(&z, proto->n);
	packed = malloc(room);
	z.next_out = packed;
	z.avail_out = (uInt)room;
	if (!packed || deflate(&z, Z_FINISH) != Z_STREAM_END)
		err = -ENOMEM;
	if (!err)
		fwrite(packed, 1, room - z.avail_out, f);
	deflateEnd(&z);
	free(packed);
	return err;
}

int pprof_write(const struct run *run, FILE *f)
{
	struct pprof p = {.run = run};
	int err = put_profile(&p);

	if (!err && p.out.no_memory)
		err = -ENOMEM;
	if (!err)
		err = write_gzip(&p.out, f);
	free(p.out.bytes);
	free(p.message.bytes);
	free(p.inner.bytes);
	return err;
}
