// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/compare_fleet.h"

#include <errno.h>
#include <stdlib.h>

#include "base/str.h"

static int nothing(const struct fleet *fleet, const struct fleet_options *options,
		   struct verr *ret_err)
{
	const char *target = options->target;

	if (!fleet->n)
		return verr_set(ret_err, -ENOENT,
				"%s: has no metrics of virtax from the last %s (is virtax serve "
				"scraped?)",
				fleet->source, options->since);
	if (fleet__changed(fleet))
		return verr_set(ret_err, -ENOENT,
				"%s: all %zu hosts with requests had two kernels or labels in the "
				"last %s (a shorter --since)",
				fleet->source, fleet__changed(fleet), options->since);
	return verr_set(ret_err, -ENOENT,
			"%s: no host has counted requests%s%s%s in the last %s, of %zu hosts",
			fleet->source, target ? " of '" : "", target ? target : "",
			target ? "'" : "", options->since, fleet->n);
}

static int warn_changed(struct compare *compare, const struct fleet *fleet)
{
	size_t n = fleet__changed(fleet);
	char *text;
	int err;

	if (!n)
		return 0;
	text = str_printf("%zu %s left out: another kernel or label within this time", n,
			  n == 1 ? "host is" : "hosts are");
	err = text ? compare__warn(compare, text) : -ENOMEM;
	free(text);
	return err;
}

static int add_hosts(struct compare *compare, const struct fleet *fleet, struct verr *ret_err)
{
	int err = warn_changed(compare, fleet);

	for (size_t i = 0; i < fleet->n && !err; i++) {
		const struct fleet_host *host = &fleet->host[i];

		if (!host->changed && host->run.n_targets)
			err = compare__add(compare, &host->run, host->name, ret_err);
	}
	return err;
}

int compare_add_fleet(struct compare *compare, const struct fleet_options *options,
		      struct verr *ret_err)
{
	struct fleet fleet;
	int err = fleet__read(&fleet, options, ret_err);

	if (!err && !fleet__usable(&fleet))
		err = nothing(&fleet, options, ret_err);
	if (!err)
		err = add_hosts(compare, &fleet, ret_err);
	fleet__free(&fleet);
	return err;
}
