/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * evidence.h - everything a recorder gathered in one window: the kernel's totals, samples, the
 * identities of the targets, facts about the host, and what this kernel did not allow. Plain data
 * without pointers into live objects; assemble() turns it into a run and looks at nothing else.
 */
#ifndef VIRTAX_EVIDENCE_H
#define VIRTAX_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/attribute.h"
#include "model/run.h"
#include "model/snapshot.h"

/* An event that matters, but that this kernel does not let us attach to. */
struct evidence_hook {
	char *event, *why;
	char *costs; /* what its absence costs */
};

/* What the plan decided for this kernel. */
struct evidence_plan {
	struct evidence_hook *missing; /* of a pair that belongs together, only the first */
	size_t n_missing;
	bool kvm_exit;     /* exits of guests were watched */
	bool list;         /* the iterator over processes was loaded */
	bool counts_block; /* block IO was counted */
	bool steal;        /* steal time is kept per run queue */
	bool task_storage;
	bool fault_any;        /* page faults were counted by software events */
	bool fault_texts;      /* the kernel's fault handlers were located, for sampling */
	bool loops;            /* the loop driver's types were known */
	unsigned block_layers; /* 1 << enum vtx_block_layer: as requested by --block */
	bool parts_memory;     /* what --only left on: page faults and footprints */
	bool parts_block;      /* … block IO and storage */
	bool parts_http;       /* … requests and network */
	bool under_hypervisor; /* this host is a guest itself */
};

/* Why storage could not be measured. */
struct evidence_storage {
	bool host_root; /* the target's root is the host's */
	size_t missing; /* files that cannot be found from here */
	int err;        /* the first -errno, or 0 */
};

struct evidence_target {
	char *label;
	enum vtx_kind kind;
	char *name, *id, *cgroup, *runtime, *accel; /* as in struct run_target */
	uint64_t pid;                               /* 0: none */
	char **netdevs;
	size_t n_netdevs;
	bool running;      /* at the end of the window */
	bool has_cgroup;   /* a private one, so that memory may be charged to it */
	char *shares_with; /* label of the target that its packets are charged to; NULL: none */
	bool http;         /* its requests were counted somewhere */
	uint16_t http_port;
	uint64_t threads[VTX_ROLES]; /* when it was last looked at */
	uint32_t slot;
	struct attribution how;
	struct run_footprint start, at; /* RUN_UNKNOWN where not sampled */
	int unread; /* the -errno for which some sample of its memory is unknown, or 0 */
	struct run_storage storage;
	struct evidence_storage why_storage;
};

/* One of --requests. */
struct evidence_given {
	size_t target; /* index */
	uint64_t count;
	enum run_requests_source source; /* neither NONE nor HTTP */
	/* Of a source that was read while the recording ran, RUN_UNKNOWN where not known: */
	uint64_t *row, *stage; /* counts of rows and stages */
	size_t n_rows, n_stages;
	uint64_t own_reads;
	char *why;  /* why `count` is RUN_UNKNOWN, else NULL */
	char *note; /* what else there is to know: "it was rotated 2 times"; NULL: nothing */
};

/* A block device's name; NULL: it had already been removed. */
struct evidence_device {
	uint32_t major, minor;
	char *name;
};

struct evidence {
	char *version, *commit, *label; /* label may be NULL */
	enum split split;
	uint64_t start_realtime_ns, wall_ns; /* of the window */
	uint32_t cpus;                       /* CPUs whose clock ran */
	struct run_host host;
	struct run_self self;
	struct evidence_plan plan;
	struct snapshot end; /* totals of the whole window */
	/* By slot, what others had counted before the target that has it now; NULL: nothing. */
	const struct snapshot *base;
	struct evidence_target *target;
	size_t n_targets;
	size_t targets_refused; /* found, but no slot was left */
	struct evidence_given *given;
	size_t n_given;
	struct evidence_device *device; /* all devices of `end` */
	size_t n_devices;
	bool loops_in_use;             /* some loop device has a file */
	char opaque[128];              /* devices that hide owners of writes: "dm-0 (dm-crypt)" */
	struct run_interval *interval; /* finished rows */
	size_t n_intervals;
	bool rows_changes;       /* rows are differences */
	struct run_stage *stage; /* finished stages */
	size_t n_stages;
	struct run_host_memory host_memory, host_memory_start;
	size_t memory_rows, memory_rows_skipped; /* skipped: page tables not walked, to save time */
	struct run_storage_sum storage;          /* of all targets; shared files once */
	size_t storage_budget;                   /* files that are looked at to measure layers */
	bool so_far;                /* the recording goes on: storage was not measured */
	struct run_profile profile; /* samples only: its stacks have no time yet */
	bool marks_taken;           /* another process had the name of the socket for marks */
};

/* Frees what it holds, not the struct. A zeroed one is empty. */
void evidence__free(struct evidence *evidence);

#endif
