// SPDX-License-Identifier: GPL-2.0-or-later
/* What cannot be joined, and why. */
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "join/parts.h"

static size_t find_vm(const struct run *host, const char *vm)
{
	for (size_t i = 0; i < host->n_targets; i++)
		if (!strcmp(host->target[i].label, vm))
			return i;
	for (size_t i = 0; i < host->n_targets; i++)
		if (!strcmp(host->target[i].name, vm))
			return i;
	return host->n_targets;
}

/* Which mode of the vCPUs is the guest's time? False: none was measured. */
static bool find_base(const struct run_target *target, enum run_inside_base *ret)
{
	const uint64_t *ns = target->total.cpu.role[VTX_VCPU].ns;
	bool emulated = target->accel && !strcmp(target->accel, "tcg");

	*ret = !emulated ? RUN_INSIDE_GUEST : ns[VTX_TASK] ? RUN_INSIDE_TASK : RUN_INSIDE_USER;
	return ns[!emulated ? VTX_GUEST : ns[VTX_TASK] ? VTX_TASK : VTX_USER] != RUN_UNKNOWN;
}

int refuse_target(struct pair *pair, const char *vm, struct verr *ret_err)
{
	const struct run_target *target;

	pair->vm = find_vm(pair->host, vm);
	if (pair->vm == pair->host->n_targets)
		return verr_set(ret_err, -EINVAL,
				"join: %s: the host's run has no target of that label or name (see "
				"the columns of virtax report)",
				vm);
	target = &pair->host->target[pair->vm];
	if (target->kind != VTX_KIND_VM)
		return verr_set(ret_err, -EINVAL, "join: %s: is a %s, not a VM (name a VM)", vm,
				run_kind_name[target->kind]);
	if (target->total.inside.known)
		return verr_set(ret_err, -EINVAL,
				"join: %s: is joined already (start from the run that record -o "
				"saved, and name each VM once)",
				vm);
	if (!target->total.cpu.role[VTX_VCPU].present)
		return verr_set(
			ret_err, -EINVAL,
			"join: %s: no vCPU of it ran in the host's run (record while the VM "
			"runs)",
			vm);
	if (!find_base(target, &pair->base))
		return verr_set(
			ret_err, -EINVAL,
			"join: %s: its guest time was not measured (see the notes of virtax "
			"report)",
			vm);
	if (!pair->host->n_intervals)
		return verr_set(ret_err, -EINVAL,
				"join: the host's run has no rows, which show what both recorded "
				"(record without a longer -i)");
	return 0;
}

static bool same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

int refuse_guest(const struct pair *pair, struct verr *ret_err)
{
	const struct run *host = pair->host, *guest = pair->guest;
	uint64_t vcpus = host->target[pair->vm].total.cpu.role[VTX_VCPU].threads;

	if (same(host->start, guest->start) && host->wall_ns == guest->wall_ns &&
	    same(host->host.hostname, guest->host.hostname))
		return verr_set(ret_err, -EINVAL,
				"join: %s: is the host's own recording (give the file that was "
				"recorded inside %s)",
				pair->what, host->target[pair->vm].label);
	if (!guest->n_intervals)
		return verr_set(ret_err, -EINVAL,
				"join: %s: has no rows, which show what both recorded (record in "
				"the guest with a shorter -i)",
				pair->what);
	if (guest->interval[0].host_cpu.idle_ns == RUN_UNKNOWN)
		return verr_set(ret_err, -EINVAL,
				"join: %s: its rows lack the CPU time of the whole guest (record "
				"again with this version)",
				pair->what);
	if (vcpus && vcpus != RUN_UNKNOWN && guest->cpus > vcpus)
		return verr_set(ret_err, -EINVAL,
				"join: %s: was recorded on %llu CPUs, but %s has %llu vCPUs (give "
				"the file that was recorded inside it)",
				pair->what, (unsigned long long)guest->cpus,
				host->target[pair->vm].label, (unsigned long long)vcpus);
	return 0;
}

int refuse_alignment(const struct pair *pair, struct verr *ret_err)
{
	switch (pair->alignment.how) {
	case ALIGN_AMBIGUOUS:
		return verr_set(ret_err, -EINVAL,
				"join: %s: the clocks disagree, and the activity fits at several "
				"offsets (set the guest's clock, or record with a load that is not "
				"periodic)",
				pair->what);
	case ALIGN_UNSTEADY:
		return verr_set(ret_err, -EINVAL,
				"join: %s: its clock did not run evenly against the host's: parts "
				"of it fit at different offsets (was the VM paused or migrated? "
				"join recordings of the time before or after)",
				pair->what);
	case ALIGN_APART:
		return verr_set(ret_err, -EINVAL,
				"join: %s: by its clock it is from another time, and its activity "
				"does not show which rows belong together (set the guest's clock, "
				"and record both at the same time)",
				pair->what);
	default:
		return 0;
	}
}
