// SPDX-License-Identifier: GPL-2.0-or-later
#include "join/split.h"

#include <errno.h>
#include <stdlib.h>

#include "base/share.h"
#include "model/run.h"

/* Guest time of one account: its wall time less its share of the exits. */
static uint64_t without_exits(const struct split_host *host, const struct split_account *account,
			      uint64_t not_user_ns)
{
	uint64_t out = run_add(host->exits_ns, host->wait_ns);
	uint64_t ns = share_scale(account->wall_ns, host->guest_ns, run_add(host->guest_ns, out));
	uint64_t kernel_exits =
		share_scale(host->kernel_exits_ns, host->guest_ns, run_add(host->guest_ns, out));

	if (account->user || !kernel_exits)
		return ns;
	return share_scale(ns, not_user_ns, run_add(not_user_ns, kernel_exits));
}

int split(const struct split_host *host, const struct split_account *account, size_t n,
	  uint64_t idle_wall_ns, uint64_t *ret_part, struct split_rest *ret_rest)
{
	uint64_t *weight = calloc(n + 1, sizeof(*weight)), not_user = host->guest_ns, sum = 0;
	int err = 0;

	*ret_rest = (struct split_rest){};
	if (!weight)
		return -ENOMEM;
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < n; i++) {
			if (account[i].user != !pass)
				continue;
			weight[i] = without_exits(host, &account[i], not_user);
			sum = run_add(sum, weight[i]);
		}
		not_user = host->guest_ns > sum ? host->guest_ns - sum : 0;
	}
	if (sum > host->guest_ns) {
		ret_rest->excess_ns = sum - host->guest_ns;
		err = share_out(host->guest_ns, weight, n, ret_part);
	} else {
		uint64_t left = host->guest_ns - sum;

		for (size_t i = 0; i < n; i++)
			ret_part[i] = weight[i];
		ret_rest->idle_ns = left < idle_wall_ns ? left : idle_wall_ns;
		ret_rest->unknown_ns = left - ret_rest->idle_ns;
	}
	free(weight);
	return err;
}
