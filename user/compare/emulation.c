// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Emulated processors (QEMU's TCG): they are not compared with real ones, and a comparison among
 * them carries a warning.
 */
#include <errno.h>

#include "compare/impl.h"

static bool host_is_emulated(const struct compare *compare, const struct compare_sample *sample)
{
	return compare_conditions_has(compare, sample, COMPARE_HYPERVISOR, "tcg");
}

static bool guest_is_emulated(const struct compare *compare, const struct compare_sample *sample)
{
	return compare_conditions_has(compare, sample, COMPARE_ACCEL, "tcg");
}

/* Names of an emulated run and a real one; NULL: there is none. */
struct mix {
	const char *emulated, *real;
};

static int check_mix(const struct mix *mix, const char *emulated, const char *real,
		     const char *remedy, struct verr *ret_err)
{
	if (!mix->emulated || !mix->real)
		return 0;
	return verr_set(ret_err, -EINVAL,
			"compare: refused: %.150s has %s, %.150s %s: an emulator's costs cannot "
			"be compared with a processor's (%s)",
			mix->emulated, emulated, mix->real, real, remedy);
}

/*
 * A shift between the cost on an emulator and on a processor would mean nothing. On an emulated
 * host that is true for every target, including a container or a guest under the host's KVM.
 */
int compare_emulation_check(const struct compare *compare, struct verr *ret_err)
{
	struct mix host = {}, guest = {};
	int err;

	for (size_t i = 0; i < compare->n_samples; i++) {
		const struct compare_sample *sample = &compare->sample[i];
		const char *what = compare->run[sample->run].what;

		if (!compare_groups_hold(sample))
			continue;
		if (host_is_emulated(compare, sample))
			host.emulated = what;
		else
			host.real = what;
		if (guest_is_emulated(compare, sample))
			guest.emulated = what;
		else if (compare_conditions_has(compare, sample, COMPARE_ACCEL, "kvm"))
			guest.real = what;
	}
	err = check_mix(&host, "a host that is itself emulated (TCG)", "one that is not",
			"compare runs of one kind only", ret_err);
	return err ? err
		   : check_mix(&guest, "a guest under TCG", "one under KVM",
			       "leave one out, or choose with --target", ret_err);
}

/* One sample decides for all, because compare_emulation_check() refuses a mixture. */
static int warn_emulated_host(struct compare *compare)
{
	for (size_t i = 0; i < compare->n_samples; i++) {
		if (compare_groups_hold(&compare->sample[i]) &&
		    host_is_emulated(compare, &compare->sample[i]))
			return compare_warn(compare,
					    "ran on an emulated processor (the host is itself a "
					    "guest of TCG): counts hold, times are the emulator's");
	}
	return 0;
}

int compare_emulation_warn(struct compare *compare)
{
	int err = warn_emulated_host(compare);

	for (size_t g = 0; g < compare->result.n_groups && !err; g++) {
		size_t n = 0;

		for (size_t i = 0; i < compare->n_samples; i++)
			n += compare->sample[i].group == (int)g &&
			     guest_is_emulated(compare, &compare->sample[i]);
		if (n)
			err = compare_warn(compare,
					   "%s ran under TCG, QEMU's emulator, without "
					   "KVM: its numbers say nothing about the cost "
					   "of virtualization",
					   compare->result.group[g].name);
	}
	return err;
}
