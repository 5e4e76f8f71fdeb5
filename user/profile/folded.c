// SPDX-License-Identifier: GPL-2.0-or-later
#include "profile/folded.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"

/* The tools split a line at semicolons, and its end at the last space. Free it; NULL: no memory. */
static char *escape(const char *name)
{
	char *text = escape_term(name);

	for (char *c = text; c && *c; c++)
		if (*c == ';')
			*c = ':';
	return text;
}

struct folded {
	const struct run_profile *profile;
	char **name;      /* the profile's strings, escaped */
	uint64_t *caller; /* room for the frames of one stack */
	FILE *f;
};

static void write_frames(const struct folded *folded, uint64_t frame)
{
	const struct run_profile *profile = folded->profile;
	size_t n = 0;

	for (; frame != RUN_UNKNOWN; frame = profile->frame[frame].up)
		folded->caller[n++] = frame;
	while (n > 0)
		fprintf(folded->f, ";%s", folded->name[profile->frame[folded->caller[--n]].name]);
}

/* mode: or what stands in its place. */
static int write_line(const struct folded *folded, const char *target, enum vtx_role role,
		      const char *mode, uint64_t frame, uint64_t ns)
{
	char *label = escape(target);

	if (!label)
		return -ENOMEM;
	fprintf(folded->f, "%s;%s;%s", label, run_role_name[role], mode);
	write_frames(folded, frame);
	fprintf(folded->f, " %" PRIu64 "\n", ns);
	free(label);
	return 0;
}

static int write_stack(const struct folded *folded, const struct run *run,
		       const struct run_stack *stack)
{
	return write_line(folded, run->target[stack->target].label, stack->role,
			  run_mode_name[stack->mode], stack->frame, stack->ns);
}

/* In place of the mode there is "waits", then for what. */
static int write_wait(const struct folded *folded, const struct run *run,
		      const struct run_wait *wait)
{
	char what[32];

	snprintf(what, sizeof(what), "waits;[%s]", run_wait_name[wait->what]);
	return write_line(folded, run->target[wait->target].label, wait->role, what, wait->frame,
			  wait->ns);
}

static int escape_names(struct folded *ret)
{
	ret->name = calloc(ret->profile->n_strings + 1, sizeof(*ret->name));
	ret->caller = calloc(ret->profile->n_frames + 1, sizeof(*ret->caller));
	if (!ret->name || !ret->caller)
		return -ENOMEM;
	for (size_t i = 0; i < ret->profile->n_strings; i++) {
		ret->name[i] = escape(ret->profile->string[i]);
		if (!ret->name[i])
			return -ENOMEM;
	}
	return 0;
}

int folded_write(const struct run *run, FILE *f)
{
	struct folded folded = {.profile = &run->profile, .f = f};
	int err = escape_names(&folded);

	for (size_t i = 0; i < run->profile.n_stacks && !err; i++)
		err = write_stack(&folded, run, &run->profile.stack[i]);
	for (size_t i = 0; i < run->profile.n_waits && !err; i++)
		err = write_wait(&folded, run, &run->profile.wait[i]);
	for (size_t i = 0; i < run->profile.n_strings && folded.name; i++)
		free(folded.name[i]);
	free(folded.name);
	free(folded.caller);
	return err;
}
