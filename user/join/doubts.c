// SPDX-License-Identifier: GPL-2.0-or-later
/* What is doubtful in a joined run, as entries of `degraded`. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "join/parts.h"

#define REQUESTS_DIFFER 0.01 /* the two counts, relative */
#define EXCESS          0.02 /* of the busy time, relative */

/* Takes the three texts. */
static int add(struct run *run, char *what, char *why, char *costs)
{
	struct run_degraded *grown = realloc(run->degraded, (run->n_degraded + 1) * sizeof(*grown));

	if (grown)
		run->degraded = grown;
	if (!grown || !what || !why || !costs) {
		free(what);
		free(why);
		free(costs);
		return -ENOMEM;
	}
	grown[run->n_degraded++] = (struct run_degraded){what, why, costs};
	return 0;
}

static bool counts_differ(const struct run_inside_join *join)
{
	double a = (double)join->requests, b = (double)join->host_requests;

	if (join->requests == RUN_UNKNOWN || join->host_requests == RUN_UNKNOWN)
		return false;
	return (a > b ? a - b : b - a) > REQUESTS_DIFFER * (a > b ? a : b);
}

static int add_untrusted(const struct pair *pair, const char *label)
{
	char why[256];

	if (run_trusted(pair->guest, why, sizeof(why)))
		return 0;
	return add(pair->host, str_printf("inside of vm %s", label),
		   str_printf("the recording in the guest is not to be trusted: %s", why),
		   strdup("the parts of the guest time may be wrong"));
}

static int add_clock(const struct pair *pair, const char *label)
{
	if (pair->alignment.drift_ppb)
		return add(pair->host, str_printf("clock of vm %s", label),
			   str_printf("it runs %.0f ppm %s than the host's",
				      fabs((double)pair->alignment.drift_ppb) / 1e3,
				      pair->alignment.drift_ppb > 0 ? "faster" : "slower"),
			   strdup("the rows are joined by that; the offset is that of the middle"));
	if (pair->alignment.how != ALIGN_UNCHECKED)
		return 0;
	return add(pair->host, str_printf("clock of vm %s", label),
		   strdup("its activity does not show how far its clock is from the host's"),
		   strdup("the written clocks are taken to agree within the error of the clocks"));
}

int add_doubts(const struct pair *pair, const struct run_inside *inside)
{
	const char *label = pair->host->target[pair->vm].label;
	const struct run_inside_join *join = &inside->join;
	int err = add_untrusted(pair, label);

	if (!err)
		err = add_clock(pair, label);
	if (!err && counts_differ(join))
		err = add(pair->host, str_printf("requests of vm %s", label),
			  str_printf("%llu were counted in the guest and %llu on the host in the "
				     "same time",
				     (unsigned long long)join->requests,
				     (unsigned long long)join->host_requests),
			  strdup("costs per request are divided by the host's count"));
	if (!err && (double)join->excess_ns > EXCESS * (double)join->busy_ns)
		err = add(
			pair->host, str_printf("inside of vm %s", label),
			str_printf("%.1f %% of the guest's busy time is beyond what the host gave "
				   "it%s",
				   100 * (double)join->excess_ns / (double)join->busy_ns,
				   join->steal_ns ? "" : "; it counts no steal"),
			strdup("its accounts are scaled down to its guest time"));
	return err;
}
