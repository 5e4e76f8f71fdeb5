/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * abi.h - what both sides of the kernel boundary share: accounts, owners, losses, events, the
 * programs' configuration. The counters of each subject are in abi_cpu.h, abi_net.h, abi_kvm.h and
 * abi_block.h.
 *
 * Both sides are built into one binary, so numbers and layouts may change freely. BPF knows account
 * numbers; names exist in user space only. Every counter is a running total since the recorder
 * attached; nothing is ever reset.
 */
#ifndef VIRTAX_ABI_H
#define VIRTAX_ABI_H

#ifndef __bpf__
#include <linux/types.h>
#endif

/* ---- accounts ------------------------------------------------------------------------ */

/* What a slice of CPU time was spent on. */
enum vtx_mode {
	VTX_GUEST,  /* between kvm_entry and kvm_exit */
	VTX_USER,   /* exact split only */
	VTX_KERNEL, /* exact split; a vCPU's exit, until it returns to user space, in every split */
	VTX_POLL,   /* KVM's halt polling */
	VTX_SOFTIRQ, /* charged to the owner it worked for */
	VTX_HARDIRQ, /* likewise */
	VTX_TASK,    /* user + kernel, not distinguished (--split sample and off) */
	VTX_MODES,
};

/* What a thread is to its target. */
enum vtx_role {
	VTX_VCPU,
	VTX_EMULATOR,
	VTX_IOTHREAD,
	VTX_VHOST,
	VTX_KVM,
	VTX_WORKLOAD,
	VTX_RUNTIME,
	VTX_MANAGER,
	VTX_ROLES,
};

enum vtx_kind {
	VTX_KIND_VM,
	VTX_KIND_CONTAINER,
	VTX_KIND_CGROUP,
	VTX_KIND_PROCESS,
};

/* Account numbers: a few fixed ones, then VTX_ROLES for each target slot. */
enum vtx_fixed_account {
	VTX_ACC_NONE = 0,  /* not looked up yet */
	VTX_ACC_OTHER = 1, /* tasks outside any target */
	VTX_ACC_IDLE = 2,  /* the idle task */
	VTX_ACC_HOST = 3,  /* interrupt work whose owner is unknown */
	VTX_ACC_FIRST = 8,
};

/* Slots 0 and 1 hold the managers of VMs and of containers; targets follow. */
#define VTX_SLOT_VM_MANAGERS        0
#define VTX_SLOT_CONTAINER_MANAGERS 1
#define VTX_SLOT_FIRST              2

#define VTX_ACCOUNT(slot, role) (VTX_ACC_FIRST + (slot)*VTX_ROLES + (role))
#define VTX_ACC_SLOT(account)   (((account)-VTX_ACC_FIRST) / VTX_ROLES)
#define VTX_ACC_ROLE(account)   (((account)-VTX_ACC_FIRST) % VTX_ROLES)

/* ---- owners -------------------------------------------------------------------------- */

/* Key of `vtx_cgroups`: the hierarchy's index in vtx_config.hiers and the cgroup's kernfs id. */
struct vtx_cgroup_key {
	__u64 id;
	__u32 hier;
	__u32 pad; /* keys are compared byte by byte */
};

enum vtx_owner_flags {
	VTX_OWNER_INHERIT = 1, /* children keep this owner (VM and --process trees) */
	VTX_OWNER_VM = 2,      /* each thread's role depends on what the thread is */
	VTX_OWNER_OUTER = 4,   /* a cgroup of another target is below this one */
};

/* From this bit of the flags on: how many targets' cgroups the owner's is below. */
#define VTX_OWNER_DEPTH 8

/* Value of `vtx_cgroups` and `vtx_procs` (the latter keyed by tgid). */
struct vtx_owner {
	__u32 slot;
	__u16 role;
	__u16 flags;
};

/*
 * Element of `vtx_used`, indexed by slot: the value of `vtx_epoch` when totals of the slot last
 * changed; 0: never. User space increments the epoch before it reads totals, and then reads only
 * slots that were used since its last reading.
 */
struct vtx_used {
	__u32 cpu; /* vtx_totals, vtx_exits */
	__u32 io;  /* net_totals, vtx_block */
};

/* A process of some target or manager, as vtx_list writes it. */
struct vtx_process {
	__u32 tgid;
	__u32 account;
	__u64 mm; /* identifies its memory: processes that share one are counted once */
};

/* ---- histograms: buckets as in hist.h ------------------------------------------------ */

/* Run-queue waits: bucket b holds [2^(b+8), 2^(b+9)) ns, the first and the last open. */
#define VTX_WAIT_BUCKETS 32
#define VTX_WAIT_SHIFT   8

/*
 * Log-linear latency histogram: 8 buckets an octave, so a bucket is at most 1/8 wide. Values below
 * 8 units have a bucket each. Unit: 2^VTX_LAT_SHIFT ns.
 */
#define VTX_LAT_SHIFT   10
#define VTX_LAT_SUB     3
#define VTX_LAT_BUCKETS 224 /* up to 2^(10+30) ns, 18 minutes; the last is open */

struct vtx_latency {
	__u64 count;
	__u64 sum_ns;
	__u64 max_ns;
	__u64 hist[VTX_LAT_BUCKETS];
};

/* ---- losses -------------------------------------------------------------------------- */

/* Why something was not counted. The names in model/run.c are in run files. */
enum vtx_loss {
	VTX_LOST_EVENT,      /* life-cycle ring buffer full */
	VTX_LOST_STORAGE,    /* no task storage: the account was looked up again at each switch */
	VTX_LOST_VOTES,      /* always 0, kept for the run file: surplus votes go to the host */
	VTX_LOST_HTTP_CONN,  /* a connection could not be tracked */
	VTX_LOST_HTTP_GAP,   /* bytes of a message head were not seen: requests may be missing */
	VTX_LOST_HTTP_DEPTH, /* more requests in flight on one connection than can be tracked */
	VTX_LOST_BLOCK,      /* a block request's owner could not be stored */
	VTX_LOST_RESYNC,     /* interrupt entry and exit did not pair; the slice went to the task */
	VTX_LOST_MISSED,     /* handler runs the kernel skipped (recursion), by its own count */
	VTX_LOST_CAUSES,
};

/* ---- events: rare life-cycle events for user space ----------------------------------- */

enum vtx_event_kind {
	VTX_EVENT_EXEC,
	VTX_EVENT_CGROUP_MKDIR,
	VTX_EVENT_CGROUP_RMDIR,
	VTX_EVENT_TARGET_EXIT, /* the last thread of a process in `vtx_procs` has exited */
	VTX_EVENT_GUEST,       /* a thread that is no VM's has entered a guest */
	VTX_EVENT_PROFILED,    /* a new address space (cgroup_id) of a process was sampled */
	VTX_EVENT_KTHREAD,     /* a kernel thread (tgid is its own) was named like those of VMs */
};

struct vtx_event {
	__u32 kind;
	__u32 tgid;
	__u64 at_ns;
	__u64 cgroup_id;
};

/* ---- configuration ------------------------------------------------------------------- */

#define VTX_MAX_HIERS 4

/* A kernel function. A task with a return address in it is inside it. */
struct vtx_text {
	__u64 start, size;
};

#define VTX_FAULT_TEXTS 4 /* functions that handle page faults */

/* Set before the programs are loaded; constants to the verifier. */
struct vtx_config {
	__u8 task_storage; /* else tasks are kept in a hash by tid */
	__u8 split_exact;
	__u8 split_sample;
	__u8 steal;      /* this host is a guest whose run queues keep steal time */
	__u8 sched_info; /* the kernel itself counts how long each task waits */
	__u8 hold_cpu;   /* handlers may be preempted unless they prevent it */
	__u8 page_shift; /* log2 of this kernel's page size, 12 to 16 */
	__u8 n_fault_texts;
	__u32 places; /* with task storage: places for tasks, a power of two; else 0 */
	__u8 cast;    /* an address can be made a typed pointer */
	__u32 n_slots;
	__u32 host_netns; /* inode number of the host's network namespace */
	struct {
		__u32 n;
		__s32 subsys[VTX_MAX_HIERS]; /* cgroup v1 controller's id; -1: the v2 hierarchy */
		__s8 io;     /* the one with the io controller; -1: none is watched */
		__s8 memory; /* likewise */
	} hiers;
	struct {
		__u8 counted;    /* requests are counted; else completions only vote */
		__u8 layers;     /* 1 << enum vtx_block_layer */
		__u8 bios;       /* some devices do not use requests: count their bios */
		__u8 rq_second;  /* block_rq_issue is (q, rq) */
		__u8 bio_second; /* block_bio_queue is (q, bio) */
	} block;
	struct vtx_text fault_text[VTX_FAULT_TEXTS];
};

_Static_assert(sizeof(struct vtx_cgroup_key) == 16, "vtx_cgroup_key: a key without holes");
_Static_assert(sizeof(struct vtx_owner) == 8, "vtx_owner");
_Static_assert(sizeof(struct vtx_process) == 16, "vtx_process: written without holes");
_Static_assert(sizeof(struct vtx_event) == 24, "vtx_event");
_Static_assert(sizeof(struct vtx_latency) == 8 * (3 + VTX_LAT_BUCKETS), "vtx_latency: words only");

#endif
