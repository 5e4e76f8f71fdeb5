/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exit_index.h - the reason of an exit from a guest, as one small number per instruction set.
 *
 * Pure: the same code runs in BPF and on the host; the names of the numbers are in
 * user/model/exits.c.
 */
#ifndef VIRTAX_EXIT_INDEX_H
#define VIRTAX_EXIT_INDEX_H

#include "abi_kvm.h"

/*
 * AMD. SVM's codes (APM volume 2, appendix C) are sparse: 0x00-0x3f control and debug registers,
 * 0x40-0x5f exceptions, 0x60-0xaf intercepts, from 0x400 on nested paging and later additions. Of
 * register accesses only read and write are distinguished.
 */
#define VTX_SVM_BASE     0x40u
#define VTX_SVM_DENSE    0x70u /* 0x40 … 0xaf */
#define VTX_SVM_REGS     0x70u /* four: read CR, write CR, read DR, write DR */
#define VTX_SVM_LATE     0x74u /* 0x400 … 0x407 */
#define VTX_SVM_LATE_MAX 8u

static inline __u32 exit_index_svm(__u32 code)
{
	if (code < VTX_SVM_BASE)
		return VTX_SVM_REGS + code / 16;
	if (code < VTX_SVM_BASE + VTX_SVM_DENSE)
		return code - VTX_SVM_BASE;
	if (code >= 0x400 && code < 0x400 + VTX_SVM_LATE_MAX)
		return VTX_SVM_LATE + (code - 0x400);
	return VTX_EXIT_OTHER;
}

/* Intel: the basic exit reason is the low 16 bits (SDM volume 3, appendix C). */
static inline __u32 exit_index_vmx(__u32 reason)
{
	reason &= 0xffff;
	return reason < VTX_EXIT_OTHER ? reason : VTX_EXIT_OTHER;
}

/*
 * arm64: the exception class of a trap (6 bits of ESR), else the kernel's ARM_EXCEPTION_* (0
 * interrupt, 1 SError, 2 trap, 3 illegal return …).
 */
#define VTX_ARM_EVENTS 64u
#define VTX_ARM_TRAP   2u

static inline __u32 exit_index_arm(__u32 code, __u32 exception_class)
{
	if (code == VTX_ARM_TRAP)
		return exception_class & 63;
	return code < 32 ? VTX_ARM_EVENTS + code : VTX_EXIT_OTHER;
}

/* Returns to user space: KVM_EXIT_* of the kernel's UAPI, or a signal or an error in its place. */
static inline __u32 exit_index_user(__u32 reason, __s32 error)
{
	if (error == -4) /* EINTR: a signal, or immediate_exit */
		return VTX_USER_SIGNAL;
	if (error < 0)
		return VTX_USER_ERROR;
	return reason < VTX_USER_OTHER ? reason : VTX_USER_OTHER;
}

#endif
