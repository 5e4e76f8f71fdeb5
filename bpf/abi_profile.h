/* SPDX-License-Identifier: GPL-2.0-or-later */
/* abi_profile.h - samples of the profile (--profile): who ran what, how often. */
#ifndef VIRTAX_ABI_PROFILE_H
#define VIRTAX_ABI_PROFILE_H

#include "abi.h"

#define VTX_STACK_DEPTH 96    /* frames; deeper stacks lose their outermost ones */
#define VTX_STACKS      24576 /* distinct user or kernel stacks */
#define VTX_SAMPLES     32768 /* distinct elements of vtx_samples */
#define VTX_IMAGES      16384 /* distinct address spaces */
#define VTX_STACK_LOST  1     /* in place of a stack's id: there was no room for it */

/* Element of `vtx_traces`, by id: a hash of the addresses. */
struct vtx_trace {
	__u64 n;
	__u64 ip[VTX_STACK_DEPTH]; /* innermost first */
};

/* Key of `vtx_samples`, whose value is a count. */
struct vtx_sample_key {
	__u64 user, kernel; /* ids of stacks; 0: none */
	__u64 mm;           /* identifies the address space of `user`; 0: none */
	__u32 account;
	__u32 tgid; /* 0: a softirq, which no process is to blame for */
	__u32 mode; /* enum vtx_mode: user, kernel or softirq */
	__u32 vec;  /* of the softirq */
};

#define VTX_HELD 4 /* samples of one softirq */

/* Kernel stacks of the running softirq: at its end its owners are known. */
struct vtx_held {
	__u64 n;
	__u64 kernel[VTX_HELD];
};

/* Running totals of the host. */
struct vtx_profile_totals {
	__u64 samples;   /* of targets */
	__u64 lost;      /* vtx_samples was full */
	__u64 no_trace;  /* vtx_traces was full: counted without that stack */
	__u64 truncated; /* stacks deeper than VTX_STACK_DEPTH */
	__u64 no_wait;   /* vtx_waits or vtx_asleep was full */
	__u64 surplus;   /* further samples of one softirq: not counted */
};

/* Key of `vtx_images`. The kernel uses the address of an ended process's mm again. */
struct vtx_image_key {
	__u64 mm, tgid;
};

/* ---- --off-cpu: what tasks wait for ---- */

#define VTX_WAITS  16384 /* distinct elements of vtx_waits */
#define VTX_ASLEEP 16384 /* tasks that are off the CPU */

/* Why a task left its CPU. */
enum vtx_left_why {
	VTX_LEFT_RUNNABLE, /* preempted, or it yielded */
	VTX_LEFT_IO,       /* it waits for block IO, as the scheduler marks it */
	VTX_LEFT_ASLEEP,
};

/* A task off the CPU: element of `vtx_asleep`, by its address. */
struct vtx_off_task {
	__u64 since_ns;
	__u64 user, kernel, mm; /* as in struct vtx_sample_key, here and below */
	__u32 tgid;
	__u32 why;
};

/*
 * Key of `vtx_waits`. A stack is in it for the time that its task slept, and for the time that the
 * task then waited for a CPU.
 */
struct vtx_wait_key {
	__u64 user, kernel, mm;
	__u32 account, tgid;
	__u32 why;     /* enum vtx_left_why */
	__u32 for_cpu; /* it waited for a CPU */
};

struct vtx_waited {
	__u64 ns, count;
};

_Static_assert(sizeof(struct vtx_wait_key) == 40, "vtx_wait_key: a key without holes");
_Static_assert(sizeof(struct vtx_sample_key) == 40, "vtx_sample_key: a key without holes");

#endif
