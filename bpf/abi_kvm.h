/* SPDX-License-Identifier: GPL-2.0-or-later */
/* abi_kvm.h - exits from guests: their counts by reason, and where KVM keeps the reason. */
#ifndef VIRTAX_ABI_KVM_H
#define VIRTAX_ABI_KVM_H

#include "abi.h"

enum vtx_isa {
	VTX_ISA_NONE,
	VTX_ISA_VMX,
	VTX_ISA_SVM,
	VTX_ISA_ARM,
	VTX_ISAS,
};

/* Indices of reasons: see exit_index.h. */
#define VTX_EXIT_REASONS 128
#define VTX_EXIT_OTHER   126 /* a reason without an index of its own */
#define VTX_EXIT_UNREAD  127 /* this kernel does not say where it is */
#define VTX_EXIT_NONE    255

#define VTX_USER_EXITS  64
#define VTX_USER_OTHER  61
#define VTX_USER_SIGNAL 62
#define VTX_USER_ERROR  63

struct vtx_exit {
	__u64 count;
	__u64 ns; /* on a CPU from the exit to the next entry */
};

/* One element of the per-CPU `vtx_exits`, indexed by slot. A return to user space is in both. */
struct vtx_exits {
	struct vtx_exit reason[VTX_EXIT_REASONS];
	struct vtx_exit user[VTX_USER_EXITS];
};

/* Where a vCPU keeps the reason of its exit: set by user space once KVM is loaded. */
struct vtx_kvm_shape {
	__u32 isa;        /* enum vtx_isa */
	__u32 known;      /* the offsets are valid */
	__u32 reason_off; /* VMX: exit_reason in struct vcpu_vmx. SVM: vmcb in struct vcpu_svm */
	__u32 code_off;   /* SVM: control.exit_code in struct vmcb */
};

_Static_assert(sizeof(struct vtx_exits) == 16 * (VTX_EXIT_REASONS + VTX_USER_EXITS), "vtx_exits");

#endif
