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
	VTX_KERNEL = 2,	 /* exact split only; exit handling of a vCPU always */
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
	__u64 stint_ns[2]; /* charged to the running task since its switch: user, the rest */
	__u64 tracer_ns;
	__u64 started_ns;
	__u64 stopped_ns;
	struct vtx_vote hard_votes[VTX_VOTES];
	struct vtx_vote soft_votes[VTX_VOTES];
	__u64 flushes;
	__u64 runs; /* handlers that did their work */
	__u64 lost[VTX_LOST_CAUSES];
	__u64 exit_ns;	  /* the last kvm_exit */
	__u64 flushed_ns; /* when vtx_flush was last here */
	__u64 sched_seen; /* the run queue's task clock at the last switch */
	__u64 task;	  /* the running task's address, as far as we were told */
	__u64 clock_off_ns; /* our clock less the run queue's, at the last switch */
	__u64 task_off_ns;  /* … less the run queue's task clock */
	__u64 unseen;	  /* switches that no tracepoint told of */
	__u64 switched_ns; /* the last switch */
	__u64 pad[6];
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

/* What the programs are told before they are loaded; constants to the verifier. */
struct vtx_config {
	__u8 task_storage; /* else tasks are kept in a hash by tid */
	__u8 split_exact;
	__u8 split_sample;
	__u8 steal;	   /* this host is a guest whose run queues know their steal time */
	__u8 sched_info;   /* the kernel counts each task's waiting itself */
	__u8 exec_events;
	__u8 cgroup_events;
	__u8 rq_second;	   /* block_rq_issue is (q, rq) */
	__u32 nr_hiers;
	__u32 host_netns;  /* inode number of the host's network namespace */
	__s32 hier_subsys[VTX_MAX_HIERS]; /* cgroup v1 controller's id; -1: the v2 hierarchy */
};

/* ---- events: rare life-cycle news for user space ------------------------------------- */

enum vtx_event_kind {
	VTX_EVENT_EXEC = 1,
	VTX_EVENT_CGROUP_MKDIR = 2,
	VTX_EVENT_CGROUP_RMDIR = 3,
	VTX_EVENT_TARGET_EXIT = 4, /* the last thread of a process in `processes` is gone */
	VTX_EVENT_ATTACH = 5,	   /* a task moved to another cgroup */
};

struct vtx_event {
	__u32 kind;
	__u32 tgid;
	__u64 at_ns;
	__u64 cgroup_id;
};

/* ---- network and HTTP ---------------------------------------------------------------- */

enum vtx_dev_flags {
	VTX_DEV_OWN = 1,   /* the host side of the target's own tap or veth: egress is towards it */
	VTX_DEV_SHARED = 2,/* a device of the host's: ingress is towards the target */
	VTX_DEV_LOOP = 4,  /* lo: attached at ingress only; the port gives the direction */
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

_Static_assert(sizeof(struct vtx_totals) == 56 + 8 * 8 + VTX_WAIT_BUCKETS * 8, "vtx_totals");
_Static_assert(sizeof(struct vtx_cpu) == 384, "vtx_cpu");
_Static_assert(sizeof(struct vtx_cgroup_key) == 16, "vtx_cgroup_key");
_Static_assert(sizeof(struct vtx_owner) == 8, "vtx_owner");
_Static_assert(sizeof(struct vtx_event) == 24, "vtx_event");
_Static_assert(sizeof(struct vtx_net_owner) == 16, "vtx_net_owner");
_Static_assert(sizeof(struct vtx_latency) == 24 + VTX_LAT_BUCKETS * 8, "vtx_latency");

#endif
