/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * abi.h - the only header that both sides of the kernel boundary read: integers, enums and
 * layouts, each size asserted. BPF knows account numbers; names live in user space only.
 *
 * Every counter here is a running total since the recorder attached; nothing is ever reset.
 */
#ifndef VIRTAX_ABI_H
#define VIRTAX_ABI_H

#ifndef __bpf__
#include <linux/types.h>
#endif

#define VTX_ABI 1

/* ---- accounts ------------------------------------------------------------------------ */

/* What a slice of CPU time was spent as. Explicit values, append only. */
enum vtx_mode {
	VTX_GUEST = 0,	 /* between kvm_entry and kvm_exit */
	VTX_USER = 1,	 /* exact split only */
	VTX_KERNEL = 2,	 /* exact split; a vCPU's exit, until it returns to user space, in every split */
	VTX_POLL = 3,	 /* KVM's halt polling */
	VTX_SOFTIRQ = 4, /* charged to the owner it worked for */
	VTX_HARDIRQ = 5, /* likewise */
	VTX_TASK = 6,	 /* user + kernel, not told apart (--split sample and off) */
	VTX_MODES = 7,
};

/* What a thread is to its target. */
enum vtx_role {
	VTX_VCPU = 0,
	VTX_EMULATOR = 1,
	VTX_IOTHREAD = 2,
	VTX_VHOST = 3,
	VTX_KVM = 4,
	VTX_WORKLOAD = 5,
	VTX_RUNTIME = 6,
	VTX_MANAGER = 7,
	VTX_ROLES = 8,
};

enum vtx_kind {
	VTX_KIND_VM = 0,
	VTX_KIND_CONTAINER = 1,
	VTX_KIND_CGROUP = 2,
	VTX_KIND_PROCESS = 3,
};

/* Account numbers: a few fixed ones, then VTX_ROLES for each target slot. */
enum vtx_fixed_account {
	VTX_ACC_NONE = 0,  /* not looked up yet */
	VTX_ACC_OTHER = 1, /* tasks of no target */
	VTX_ACC_IDLE = 2,  /* the idle task */
	VTX_ACC_HOST = 3,  /* interrupt work whose owner is not known */
	VTX_ACC_FIRST = 8,
};

/* Slots 0 and 1 hold the managers of VMs and of containers; targets follow. */
#define VTX_SLOT_VM_MANAGERS	    0
#define VTX_SLOT_CONTAINER_MANAGERS 1
#define VTX_SLOT_FIRST		    2

#define VTX_ACCOUNT(slot, role) (VTX_ACC_FIRST + (slot) * VTX_ROLES + (role))
#define VTX_ACC_SLOT(account)	(((account) - VTX_ACC_FIRST) / VTX_ROLES)
#define VTX_ACC_ROLE(account)	(((account) - VTX_ACC_FIRST) % VTX_ROLES)

/* Run-queue waits: bucket b holds [2^(b+8), 2^(b+9)) ns, the first and the last open (see hist.h). */
#define VTX_WAIT_BUCKETS 32
#define VTX_WAIT_SHIFT	 8

/*
 * What a page fault wanted. VTX_FAULT_ANY where the architecture does not tell. Faults taken in
 * kernel mode (a system call that touches user memory) come VTX_FAULT_KERNEL further on.
 */
enum vtx_fault {
	VTX_FAULT_READ = 0,
	VTX_FAULT_WRITE = 1,
	VTX_FAULT_EXEC = 2,
	VTX_FAULT_ANY = 3,
	VTX_FAULT_KERNEL = 4,
	VTX_FAULTS = 8,
};

/* One element of the per-CPU totals, indexed by account. */
struct vtx_totals {
	__u64 ns[VTX_MODES];
	__u64 switches;	      /* times a task of this account was switched in */
	__u64 wait_ns;	      /* wakeup or preemption -> switched in */
	__u64 waits;
	__u64 samples_user;   /* --split sample */
	__u64 samples_kernel;
	__u64 irq_victim_ns;    /* hardirq + softirq time taken from this account's tasks; billed elsewhere */
	__u64 tracer_victim_ns; /* our own handlers' time in this account's tasks; billed to the tracer */
	__u64 sched_exec_ns;    /* the same switches by the scheduler's own clock; on no bill */
	__u64 wait_hist[VTX_WAIT_BUCKETS];
	__u64 faults[VTX_FAULTS]; /* page-fault exceptions, by enum vtx_fault */
	__u64 faults_cow;	  /* writes to a page that was there: copy-on-write and the like */
	__u64 faults_minor;	  /* by the kernel's own count, those it took itself for the task included */
	__u64 faults_major;
	__u64 faults_guest;	  /* of a guest, on its way through KVM */
	__u64 fault_ns;		  /* CPU time in faults; --split exact only */
	__u64 fault_wait_ns;	  /* asleep in major faults; in no mode's time */
	__u64 samples_fault;	  /* --split sample: of samples_kernel, those within a fault */
	__u64 iowait_ns; /* asleep for block IO, less the wait for a CPU at its end */
	__u64 iowaits;
	__u64 samples_exit;	  /* --split sample: in VTX_KERNEL, which only vCPUs have then */
	__u64 samples_exit_fault; /* of those, within a fault */
};

/* ---- per CPU ------------------------------------------------------------------------- */

#define VTX_MAX_CPUS 1024 /* a power of two: it masks the CPU number */
#define VTX_VOTES    4

/* An owner an interrupt worked for, and how many pieces of work (packets, requests) it was. */
struct vtx_vote {
	__u32 account;
	__u32 count;
};

/* What vtx_flush is asked to do on a CPU. */
enum vtx_flush_op {
	VTX_FLUSH_START = 1,
	VTX_FLUSH_SETTLE = 2, /* close the open slice, look the running task up again */
	VTX_FLUSH_STOP = 3,
};

enum vtx_phase {
	VTX_PHASE_OFF = 0,
	VTX_PHASE_ON = 1,
	VTX_PHASE_STOPPED = 2,
};

/* Why something was not counted. Names in model/run.c; append only. */
enum vtx_loss {
	VTX_LOST_EVENT = 0,	   /* life-cycle ring buffer full */
	VTX_LOST_STORAGE = 1,	   /* no task storage: the account was looked up again at each switch */
	VTX_LOST_VOTES = 2,	   /* no longer used: who finds no place to vote counts as the host */
	VTX_LOST_HTTP_CONN = 3,	   /* a connection could not be tracked */
	VTX_LOST_HTTP_GAP = 4,	   /* bytes of a message head were not seen: requests may be missing */
	VTX_LOST_HTTP_DEPTH = 5,   /* more requests in flight on one connection than tracked */
	VTX_LOST_BLOCK = 6,	   /* a block request's owner could not be stored */
	VTX_LOST_RESYNC = 7,	   /* interrupt entry/exit did not pair; the slice went to the task */
	VTX_LOST_MISSED = 8,	   /* the kernel skipped a handler (recursion); from its own count */
	VTX_LOST_CAUSES = 9,
};

/*
 * The state of one CPU's clock. Written by that CPU only, except `phase`. The slice
 * [last_ns, now) is open and belongs to (hard ? hardirq : soft ? softirq : account, mode).
 */
struct vtx_cpu {
	__u64 last_ns;
	__u32 account; /* of the task on this CPU */
	__u32 gen;     /* the owners' generation under which it was looked up */
	__u8 mode;
	__u8 phase;    /* enum vtx_phase */
	__u8 busy;     /* a handler that runs with interrupts enabled is at work on this struct */
	__u8 hard;     /* nesting depth */
	__u8 soft;
	__u8 hard_deferred; /* the hardirq found `busy` set: it keeps its time in stolen_ns */
	__u8 soft_deferred; /* likewise the softirq */
	__u8 settled;  /* a switch was seen: from then on interrupt entries and exits must pair */
	__u64 hard_start_ns; /* of a deferred one */
	__u64 soft_start_ns;
	__u64 stolen_ns;  /* time already billed that the next charge must leave out */
	__u64 hard_ns;    /* interrupt time not settled with its owners yet */
	__u64 soft_ns;
	__u64 steal_seen; /* the run queue's steal clock when it was last looked at */
	__u64 steal_ns;
	__u64 stint_ns[VTX_MODES]; /* charged to the running task since its switch, under this account */
	__u64 tracer_ns;
	__u64 started_ns;
	__u64 stopped_ns;
	struct vtx_vote hard_votes[VTX_VOTES];
	struct vtx_vote soft_votes[VTX_VOTES];
	__u64 flushes;
	__u64 runs; /* handlers that did their work */
	__u64 lost[VTX_LOST_CAUSES];
	__u64 exit_ns;	  /* when exit_stint_ns was: the last kvm_exit, or a later switch to the vCPU */
	__u64 flushed_ns; /* when vtx_flush was last here */
	__u64 sched_seen; /* the run queue's task clock at the last switch */
	__u64 task;	  /* the running task's address, as far as we were told */
	__u64 clock_off_ns; /* our clock less the run queue's, at the last switch */
	__u64 task_off_ns;  /* … less the run queue's task clock */
	__u64 unseen;	  /* switches that no tracepoint told of */
	__u64 switched_ns; /* the last switch */
	/* The exit from a guest that is being handled: see kvm.bpf.c. */
	__u64 handled_ns; /* on a CPU since the exit, before the running stint */
	__u64 exit_stint_ns; /* the stint's time outside the guest at the exit; 0 if it began later */
	__u32 exit_reason; /* VTX_EXIT_NONE: none is known */
	__u32 user_exit;   /* likewise: its return to user space */
	__u64 minor_seen;  /* the running task's fault counters when they were last billed */
	__u64 major_seen;
	__u64 fault_off_ns; /* how long the open fault has slept */
	__u64 fault_ns;	    /* exact split: CPU time of the open fault */
	__u64 fault_open;   /* a fault began, and nothing tells yet that it has ended */
	__u64 stint_fault_ns; /* exact split: of the stint's kernel time, within faults */
	__u64 unseen_polls;   /* halts of which nobody knows how long they polled */
	__u64 pad[7];
};

/* ---- owners -------------------------------------------------------------------------- */

/* Key of `cgroups`: the hierarchy's index in vtx_hiers and the cgroup's kernfs id. */
struct vtx_cgroup_key {
	__u64 id;
	__u32 hier;
	__u32 pad;
};

enum vtx_owner_flags {
	VTX_OWNER_INHERIT = 1, /* children keep this owner (VM and --process trees) */
	VTX_OWNER_VM = 2,      /* the role of each thread is found from what the thread is */
};

/* Value of `cgroups` and `processes` (the latter keyed by tgid). */
struct vtx_owner {
	__u32 slot;
	__u16 role;
	__u16 flags;
};

#define VTX_MAX_HIERS 4

/* A function of the kernel: who has a return address in it is within it. */
struct vtx_text {
	__u64 start, size;
};

#define VTX_FAULT_TEXTS 4 /* functions that handle page faults */

/* What the programs are told before they are loaded; constants to the verifier. */
struct vtx_config {
	__u8 task_storage; /* else tasks are kept in a hash by tid */
	__u8 split_exact;
	__u8 split_sample;
	__u8 steal;	   /* this host is a guest whose run queues know their steal time */
	__u8 sched_info;   /* the kernel counts each task's waiting itself */
	__u8 hold_cpu;	   /* handlers may be preempted, unless they say otherwise */
	__u8 rq_second;	   /* block_rq_issue is (q, rq) */
	__u8 fault_texts;  /* how many of fault_text are known */
	__u32 nr_hiers;
	__u32 host_netns;  /* inode number of the host's network namespace */
	__s32 hier_subsys[VTX_MAX_HIERS]; /* cgroup v1 controller's id; -1: the v2 hierarchy */
	struct vtx_text fault_text[VTX_FAULT_TEXTS];
	/* Block IO. */
	__u8 block;	   /* requests are counted; else completions only vote */
	__u8 block_layers; /* 1 << enum vtx_block_layer */
	__u8 bio_second;   /* block_bio_queue is (q, bio) */
	__s8 io_hier;	   /* which of the hierarchies has the io controller; -1: none watched */
	__s8 memory_hier;
	__u8 block_bios;   /* there are devices that make no requests */
	__u8 page_shift;   /* of this kernel's pages, 12 to 16 */
	__u8 pad_block;
	__u32 n_slots;
};

/* ---- events: rare life-cycle news for user space ------------------------------------- */

enum vtx_event_kind {
	VTX_EVENT_EXEC = 1,
	VTX_EVENT_CGROUP_MKDIR = 2,
	VTX_EVENT_CGROUP_RMDIR = 3,
	VTX_EVENT_TARGET_EXIT = 4, /* the last thread of a process in `processes` is gone */
	/* 5 is no longer used: a move between cgroups needs no look at the system */
	VTX_EVENT_KTHREAD = 6,	   /* a kernel thread is called as those of a VM are; tgid is its own */
};

struct vtx_event {
	__u32 kind;
	__u32 tgid;
	__u64 at_ns;
	__u64 cgroup_id;
};

/* ---- exits from guests ---------------------------------------------------------------- */

enum vtx_isa {
	VTX_ISA_NONE = 0,
	VTX_ISA_VMX = 1,
	VTX_ISA_SVM = 2,
	VTX_ISA_ARM = 3,
	VTX_ISAS = 4,
};

#define VTX_EXIT_REASONS 128
#define VTX_EXIT_OTHER	 126 /* a reason without a place of its own */
#define VTX_EXIT_UNREAD	 127 /* it could not be read on this kernel */
#define VTX_EXIT_NONE	 255

#define VTX_USER_EXITS	64
#define VTX_USER_OTHER	61
#define VTX_USER_SIGNAL 62
#define VTX_USER_ERROR	63

/* How many, and the time on a CPU from there to the next entry. */
struct vtx_exit {
	__u64 count;
	__u64 ns;
};

/* One element of the per-CPU `vtx_exits`, indexed by slot. A return to user space is in both. */
struct vtx_exits {
	struct vtx_exit reason[VTX_EXIT_REASONS];
	struct vtx_exit user[VTX_USER_EXITS];
};

/* Where a vCPU keeps the reason of its exit: set by user space once KVM is there. */
struct vtx_kvm_shape {
	__u32 isa;	  /* enum vtx_isa */
	__u32 known;	  /* the offsets are */
	__u32 reason_off; /* VMX: exit_reason in struct vcpu_vmx. SVM: vmcb in struct vcpu_svm */
	__u32 code_off;	  /* SVM: control.exit_code in struct vmcb */
};

/* A process of some target or manager, as vtx_list writes it. */
struct vtx_process {
	__u32 tgid;
	__u32 account;
	__u64 mm; /* its memory: of two processes with the same one only one holds it */
};

/* ---- network and HTTP ---------------------------------------------------------------- */

enum vtx_dev_flags {
	VTX_DEV_OWN = 1,   /* the target's own tap or veth, at the host's side: egress is towards it */
	VTX_DEV_SHARED = 2,/* a device of the host's: ingress is towards the target */
	VTX_DEV_LOOP = 4,  /* lo: attached at ingress only; the port gives the direction */
	VTX_DEV_INWARD = 8,/* with OWN: a macvtap, whose ingress is towards the target */
};

/* Key of `net_ports`: whose HTTP is served at this port of this device. Host byte order. */
struct vtx_port_key {
	__u32 ifindex;
	__u32 port;
};

/* Value of `net_ports` and of `net_devs` (keyed by ifindex). */
struct vtx_net_owner {
	__u32 slot;
	__u32 account; /* gets the softirq's vote */
	__u32 flags;   /* enum vtx_dev_flags */
	__u32 pad;
};

/*
 * Log-linear latency histogram: 8 buckets an octave, so a bucket is at most 1/8 wide.
 * Values below 8 units have a bucket of their own. Unit: 2^VTX_LAT_SHIFT ns.
 */
#define VTX_LAT_SHIFT	10
#define VTX_LAT_SUB	3
#define VTX_LAT_BUCKETS 224 /* up to 2^(10+30) ns, 18 minutes; the last is open */

enum vtx_status_class {
	VTX_STATUS_1XX = 0, /* informational: not counted as requests */
	VTX_STATUS_2XX = 1,
	VTX_STATUS_3XX = 2,
	VTX_STATUS_4XX = 3,
	VTX_STATUS_5XX = 4,
	VTX_STATUS_OTHER = 5,
	VTX_STATUSES = 6,
};

struct vtx_latency {
	__u64 count;
	__u64 sum_ns;
	__u64 max_ns;
	__u64 hist[VTX_LAT_BUCKETS];
};

/* One element of the per-CPU `net_totals`, indexed by slot. */
struct vtx_net_totals {
	__u64 rx_packets; /* towards the target */
	__u64 rx_bytes;	  /* as the device counts them: link header included */
	__u64 tx_packets;
	__u64 tx_bytes;
	__u64 requests;	  /* request heads seen */
	__u64 responses;  /* final response heads seen: the count of requests served */
	__u64 status[VTX_STATUSES];
	__u64 connections;
	__u64 midstream;  /* connections first seen in their middle */
	__u64 garbage;	  /* messages that are not HTTP/1.x */
	__u64 tunnels;	  /* CONNECT and upgrades: not followed further */
	__u64 gaps;	  /* text missed; in answers also VTX_LOST_HTTP_GAP */
	__u64 unanswered; /* requests whose connection ended first */
	__u64 retransmits;
	struct vtx_latency last;  /* request's first byte -> response's last byte */
	struct vtx_latency first; /* request's first byte -> response's first byte */
};

_Static_assert(sizeof(struct vtx_totals) == 56 + 8 * 8 + VTX_WAIT_BUCKETS * 8 + VTX_FAULTS * 8 + 7 * 8 + 4 * 8,
	       "vtx_totals");
_Static_assert(sizeof(struct vtx_cpu) == 512, "vtx_cpu");
_Static_assert(sizeof(struct vtx_exits) == 16 * (VTX_EXIT_REASONS + VTX_USER_EXITS), "vtx_exits");
_Static_assert(sizeof(struct vtx_kvm_shape) == 16, "vtx_kvm_shape");
_Static_assert(sizeof(struct vtx_cgroup_key) == 16, "vtx_cgroup_key");
_Static_assert(sizeof(struct vtx_owner) == 8, "vtx_owner");
_Static_assert(sizeof(struct vtx_event) == 24, "vtx_event");
_Static_assert(sizeof(struct vtx_process) == 16, "vtx_process");
_Static_assert(sizeof(struct vtx_net_owner) == 16, "vtx_net_owner");
_Static_assert(sizeof(struct vtx_latency) == 24 + VTX_LAT_BUCKETS * 8, "vtx_latency");

#include "abi_block.h"

#endif
