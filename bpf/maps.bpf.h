/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * maps.bpf.h - the state that all programs share. core.bpf.c defines each map and variable; the
 * other objects see declarations and the linker joins them.
 */
#ifndef VIRTAX_MAPS_BPF_H
#define VIRTAX_MAPS_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "abi_cpu.h"
#include "abi_kvm.h"

#ifndef VTX_CORE
#define VTX_SHARED extern
#else
#define VTX_SHARED
#endif

/* When a vCPU's thread left the CPU, after running there for `ran_ns` since `since_ns`. */
struct vtx_left {
	__u64 ns;
	__u64 since_ns;
	__u64 ran_ns;
};

/*
 * What is known of a task, kept in its task storage (5.10: in a hash keyed by tid). What every
 * switch uses comes first.
 */
struct vtx_task {
	__u32 account;
	__u32 gen;        /* of the look-up; stale when it differs from vtx_gen */
	__u32 tree;       /* account inherited at fork, VTX_ACC_NONE if none */
	__u8 mode;        /* the mode it was switched out in */
	__u8 flags;       /* VTX_TASK_* */
	__u8 exit_reason; /* as in vtx_cpu.exit, while it is off the CPU */
	__u8 user_exit;
	/*
	 * Its wait as far as it is charged, or before the recording, by the kernel's count. Without
	 * sched_info: runnable since; 0: it does not wait.
	 */
	__u64 wait_ns;
	/* Its fault counters as far as they are charged, or before the recording. */
	struct {
		__u64 minor;
		__u64 major;
	} faults_charged;
	__u64 fault_left_ns;   /* off the CPU in a page fault since; 0: it is not */
	__u64 iowait_since_ns; /* asleep for block IO since; 0: it is not */

	/* The page fault it left the CPU in. */
	struct {
		__u64 off_ns; /* how long that fault slept before */
		__u64 ns;     /* exact split: its CPU time so far */
	} fault;
	/* vCPUs only. */
	struct {
		__u64 handled_ns;           /* as in vtx_cpu.exit */
		__u64 marks;                /* VTX_MARK_*, from a handler to its spare */
		struct vtx_left first_left; /* the first since the last exit, or an earlier one */
		struct vtx_left last_left;
	} vcpu;
	__u64 start_ns; /* the task's start time: detects a reused tid (hash only) */
};

/*
 * Task storage begins 8 bytes into a cache line: what every switch uses is in one line with its
 * head.
 */
_Static_assert(__builtin_offsetof(struct vtx_task, fault) == 56, "vtx_task");

/*
 * A place for a task's entry that is found from its pid, without the way through task storage,
 * whose parts are in several cache lines. A task whose place is taken uses task storage.
 */
struct vtx_place {
	__u64 task; /* whose entry it is; 0: nobody's */
	struct vtx_task known;
	__u64 claims;
} __attribute__((aligned(VTX_CACHE_LINE)));

#define VTX_MARK_USER   1
#define VTX_MARK_WAKEUP 2
#define VTX_MARK_FAULT  4

/* Flags beside a mode in vtx_cpu.mode and vtx_task.mode, --split exact: kernel time in a fault … */
#define VTX_IN_FAULT     0x40
#define VTX_FAULT_NESTED 0x20 /* … that was taken in kernel mode and returns there */
#define VTX_MODE_MASK    0x07

#define VTX_TASK_VCPU    1 /* has entered a guest */
#define VTX_TASK_VM_TREE 2 /* `tree` is a VM: roles come from thread names */

VTX_SHARED struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, VTX_ACC_FIRST); /* user space sets it: fixed accounts + slots × roles */
	__type(key, __u32);
	__type(value, struct vtx_totals);
} vtx_totals SEC(".maps");

VTX_SHARED struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct vtx_task);
} vtx_tasks SEC(".maps");

VTX_SHARED struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE); /* so that places begin at cache lines */
	__uint(max_entries, 1);            /* a power of two: user space sets it */
	__type(key, __u32);
	__type(value, struct vtx_place);
} vtx_places SEC(".maps");

VTX_SHARED struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, __u32);
	__type(value, struct vtx_task);
} vtx_tids SEC(".maps");

VTX_SHARED struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct vtx_cgroup_key);
	__type(value, struct vtx_owner);
} vtx_cgroups SEC(".maps");

VTX_SHARED struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, struct vtx_owner);
} vtx_procs SEC(".maps");

VTX_SHARED struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} vtx_events SEC(".maps");

VTX_SHARED struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, VTX_SLOT_FIRST); /* user space sets it: slots */
	__type(key, __u32);
	__type(value, struct vtx_used);
} vtx_used SEC(".maps");

/* Each CPU's clock; a plain array so that user space reads it without a system call. */
VTX_SHARED struct vtx_cpu vtx_cpus[VTX_MAX_CPUS];

/* Incremented whenever an owner may have changed: every task is then looked up again. */
VTX_SHARED __u32 vtx_gen;
/* See struct vtx_used. */
VTX_SHARED __u32 vtx_epoch;
VTX_SHARED __u64 vtx_zero; /* always 0, which the verifier does not know */
/* What the kernel takes to call an empty program at a tracepoint: measured by user space. */
VTX_SHARED __u32 vtx_call_ns;
/* Nothing is counted while this is 0. */
VTX_SHARED __u32 vtx_on;

/* Boundaries of system calls, entries and exits, that only the spare has seen. */
VTX_SHARED __u64 vtx_caught[2];

/* Set by user space before loading. */
VTX_SHARED const volatile struct vtx_config vtx_config;

#endif
