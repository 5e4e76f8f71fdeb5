// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/given_requests.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sources/address.h"

static pid_t pid_of(const void *context, size_t target)
{
	const struct targets *targets = context;
	const struct found *found = targets->target[target].found;

	if (!targets->target[target].running)
		return -1;
	return found->pid || !found->n_procs ? found->pid : found->procs[0].tgid;
}

/* The index of the named target, or of the only one; targets->n: there is none, or several. */
static size_t target_of(const struct targets *targets, const struct given_requests *given)
{
	size_t i = 0;

	if (!given->label)
		return targets->n == 1 ? 0 : targets->n;
	while (i < targets->n && strcmp(targets->target[i].label, given->label) != 0)
		i++;
	return i;
}

int live_requests__open(struct sources **ret, struct targets *targets, struct verr *ret_err)
{
	const struct record_options *o = targets->options;
	struct source_spec *spec = calloc(o->n_given + 1, sizeof(*spec));
	size_t n = 0;
	int err = spec ? 0 : -ENOMEM;

	for (size_t i = 0; i < o->n_given && !err; i++) {
		const struct given_requests *given = &o->given[i];
		size_t target = target_of(targets, given);

		if (!address_is_live(given->what))
			continue;
		if (target == targets->n)
			err = verr_set(
				ret_err, -EINVAL, "--requests %s: %s", given->what,
				given->label ? "no target that runs has this label (start it first)"
				: targets->n ? "ambiguous with several targets (write LABEL:SOURCE)"
					     : "there is no target yet (start it first)");
		spec[n++] = (struct source_spec){given->what, target};
	}
	if (!err)
		err = sources__open(ret, spec, n,
				    &(struct sources_how){pid_of, targets, o->interval_ns},
				    ret_err);
	free(spec);
	return err;
}

int live_requests__start(struct sources *sources, struct targets *targets, struct verr *ret_err)
{
	int err = sources__start(sources, ret_err);

	for (size_t i = 0; !err && i < sources__n(sources); i++)
		targets->target[sources__target(sources, i)].counted = sources__kind(sources, i);
	return err;
}

int live_requests__gather(const struct sources *sources, struct evidence *ret)
{
	size_t n = sources__n(sources);
	struct evidence_given *grown;
	int err = 0;

	grown = realloc(ret->given, (ret->n_given + n + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	ret->given = grown;
	for (size_t i = 0; i < n && !err; i++) {
		struct evidence_given *to = &ret->given[ret->n_given++];

		*to = (struct evidence_given){.target = sources__target(sources, i)};
		err = sources__counts(sources, i, ret->n_intervals, ret->n_stages, to);
	}
	return err;
}
