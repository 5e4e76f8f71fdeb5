// SPDX-License-Identifier: GPL-2.0-or-later
/* Exits by who can cause them: names of KVM's exit reasons, as in model/exits.c. */
#include <string.h>

#include "base/array.h"
#include "join/parts.h"

/* The CPU is idle: no account of a guest contains them but its idle time. */
static const char *const halts[] = {"HLT", "WFx", "MWAIT_INSTRUCTION", "MWAIT", "MWAIT_COND"};

/* Privileged, or access to a device: not from user mode. */
static const char *const kernels[] = {
	"MSR",
	"MSR_READ",
	"MSR_WRITE",
	"IOIO",
	"IO_INSTRUCTION",
	"CR_ACCESS",
	"EPT_MISCONFIG",
	"APIC_WRITE",
	"APIC_ACCESS",
	"EOI_INDUCED",
	"VMCALL",
	"VMMCALL",
	"WBINVD",
	"INVPCID",
	"TPR_BELOW_THRESHOLD",
	"AVIC_INCOMPLETE_IPI",
	"AVIC_UNACCELERATED_ACCESS",
	"HVC64",
	"SYS64",
	"DR_ACCESS",
};

static bool in(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

void exits_by_cause(struct pair *pair)
{
	const struct run_kvm *kvm = &pair->host->target[pair->vm].total.kvm;
	double all = 0, halted = 0, privileged = 0;

	for (size_t i = 0; i < kvm->reasons.n && kvm->present; i++) {
		const struct run_exit *exit = &kvm->reasons.exit[i];
		double ns = exit->ns == RUN_UNKNOWN ? 0 : (double)exit->ns;

		all += ns;
		if (in(halts, ARRAY_SIZE(halts), exit->name))
			halted += ns;
		else if (in(kernels, ARRAY_SIZE(kernels), exit->name))
			privileged += ns;
	}
	pair->halts = all > 0 ? halted / all : 0;
	pair->kernel = all > 0 ? privileged / all : 0;
	pair->any = 1 - pair->halts - pair->kernel;
	if (pair->any < 0)
		pair->any = 0;
}
