/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run.h - one recording, measured and attributed: the content of every run file, shown by every
 * output. Plain data: using it needs no kernel interface, no libbpf and no root.
 *
 * All numbers are for the whole window unless they are in a stage or an interval. A number that
 * was not measured is RUN_UNKNOWN (null in JSON) and has an entry in `degraded`.
 */
#ifndef VIRTAX_RUN_H
#define VIRTAX_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"
#include "abi_block.h"
#include "abi_kvm.h"
#include "abi_net.h"
#include "model/run_inside.h"
#include "model/run_profile.h"
#include "model/run_requests.h"
#include "model/run_storage.h"

#define RUN_SCHEMA  "virtax-run/1"
#define RUN_UNKNOWN UINT64_MAX

/* A run whose books are further out of balance than this is not to be trusted. */
#define RUN_BALANCED_PPM 1000
#define RUN_READING_NS   20000 /* reading the clocks of one CPU may take this long */

/* One role of one target: nanoseconds by mode, and how many threads were seen in it. */
struct run_role {
	bool present;
	uint64_t ns[VTX_MODES]; /* VTX_TASK: user + kernel if not distinguished, else 0 */
	uint64_t threads;       /* when the target was last looked at; RUN_UNKNOWN: never */
};

struct run_cpu {
	uint64_t total_ns; /* the sum of all roles and modes */
	uint64_t inner_ns; /* of targets below its cgroup: theirs, and not part of total_ns */
	struct run_role role[VTX_ROLES];
	uint64_t split_error_ns; /* 95 % half-width of the user/kernel split; 0 if exact */
	uint64_t irq_victim_ns, tracer_victim_ns;
	uint64_t sched_exec_ns; /* the same time by the scheduler's own clock */
};

struct run_sched {
	uint64_t wait_ns, waits, switches;
	uint64_t throttled_ns, throttled_periods; /* by the CPU limit of its cgroup */
	struct run_hist wait_hist;
};

struct run_net {
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes;
};

#define RUN_EXIT_NAME 32

/* Exits from the guest for one reason, or returns to user space for one reason. */
struct run_exit {
	char name[RUN_EXIT_NAME];
	uint64_t count;
	uint64_t ns; /* host CPU time until the next entry */
};

struct run_exits {
	size_t n;
	struct run_exit *exit; /* by decreasing time; names are unique */
};

/* A VM under KVM: what its exits cost the host. The times are part of `cpu`: do not add them. */
struct run_kvm {
	bool present; /* false: not a VM, or not under KVM */
	uint64_t exits, exit_ns;
	uint64_t userspace_exits, userspace_ns; /* part: those that returned to the VMM */
	struct run_exits reasons, userspace;
};

struct run_faults {
	uint64_t user, kernel; /* page-fault exceptions, by the mode they were taken in */
	uint64_t minor, major; /* the kernel's own count, which includes faults it took itself */
	uint64_t guest;        /* faults of a guest, handled by KVM; 0 for other targets */
	uint64_t read, write, exec; /* user + kernel, by kind of access */
	uint64_t cow;               /* part of write: the page was present */
};

/* Memory charged to the cgroup of a target and to the cgroups below it, in bytes. */
struct run_memcg {
	uint64_t current_bytes, anon_bytes, file_bytes, shmem_bytes, mapped_file_bytes;
	uint64_t inactive_file_bytes, kernel_bytes, slab_bytes, page_table_bytes;
	uint64_t kernel_stack_bytes, sock_bytes, swap_bytes;
};

/* The memory that a target holds at one moment: levels, not differences. */
struct run_footprint {
	/* since the window's start; RUN_UNKNOWN: never sampled, so no number here is known */
	uint64_t sampled_at_ns;
	uint64_t processes;
	uint64_t rss_bytes, rss_anon_bytes, rss_file_bytes, rss_shmem_bytes;
	uint64_t pss_bytes, pss_anon_bytes, pss_file_bytes, pss_shmem_bytes;
	uint64_t private_bytes; /* pages that no other process maps */
	uint64_t swap_bytes, swap_pss_bytes, page_table_bytes;
	uint64_t thp_bytes, hugetlb_bytes, ksm_bytes;
	uint64_t hugetlb_pss_bytes; /* hugetlb pages, shared ones divided by their users */
	uint64_t lazy_free_bytes;   /* MADV_FREE: resident, but reclaimable */
	uint64_t held_bytes;        /* its share of the host's used memory, without page cache */
	uint64_t returns_bytes;     /* memory freed on exit, at least */
	uint64_t guest_ram_bytes, guest_ram_size_bytes, guest_ram_thp_bytes; /* VMs */
	uint64_t guest_ram_hugetlb_bytes, vmm_bytes;
	uint64_t balloon_bytes; /* returned by the guest's balloon */
	struct run_memcg memcg;
};

struct run_memory {
	bool present; /* false: memory was not measured (null) */
	struct run_faults faults;
	uint64_t fault_ns;       /* CPU time in faults; part of kernel time */
	uint64_t fault_error_ns; /* its 95 % half-width; 0 if exact */
	uint64_t fault_wait_ns;  /* asleep in major faults; not CPU time */
	struct run_footprint at; /* at the end of the window, or when last seen */
	struct run_footprint start;
};

/* Block requests of one kind. A number that was not measured is RUN_UNKNOWN. */
struct run_block_kind {
	uint64_t ops, bytes;
	uint64_t errors;
	uint64_t device_ns; /* the sum of the latencies */
	/* from issue to the device to completion; of a flush, from the request for it */
	struct run_latency latency;
};

struct run_block_device {
	char *name; /* "vda"; NULL: removed before its name was looked up */
	uint64_t major, minor;
	uint64_t read_ops, read_bytes, write_ops, write_bytes, flush_ops, discard_ops,
		discard_bytes;
	uint64_t device_ns;
};

/*
 * Bytes by how their owner was found: direct + writeback is the total, and the last three add up to
 * writeback.
 */
struct run_block_by {
	uint64_t direct, writeback;
	uint64_t blkcg, memcg, dirtier;
};

/* The block IO of a target, on one layer. */
struct run_block {
	bool known;
	bool top; /* devices as the target sees them; false: devices stacked on no other */
	struct run_block_kind kind[VTX_BLOCK_KINDS];
	struct run_block_by by;
	struct run_latency queue; /* from the creation of a request to its issue */
	uint64_t queue_ns;
	uint64_t meta_ops, meta_bytes; /* reads and writes marked as metadata or journal */
	/* requests with unknown issue or completion: counted above, but in no histogram */
	uint64_t unseen_ops;
	uint64_t wait_ns, waits; /* its threads asleep for block IO, whatever the layer */
	struct run_block_device *device;
	size_t n_devices;
};

/* The block IO of a part of the host. */
struct run_block_sum {
	uint64_t read_ops, read_bytes, write_ops, write_bytes, flush_ops, discard_ops,
		discard_bytes;
	uint64_t meta_ops, meta_bytes;
	uint64_t forgotten_bytes; /* file data written back, dirtied by an unknown task */
};

enum run_block_part {
	RUN_BLOCK_TARGETS = 0,
	RUN_BLOCK_MANAGERS = 1,
	RUN_BLOCK_OTHER = 2, /* by tasks outside any target */
	/* by a kernel thread, owner unknown: journals, pages dirtied before the recording */
	RUN_BLOCK_UNATTRIBUTED = 3,
	RUN_BLOCK_PARTS = 4,
};

/* All requests of the host, on one layer. */
struct run_host_block {
	bool known, top;
	struct run_block_sum part[RUN_BLOCK_PARTS];
	struct run_block_device *device;
	size_t n_devices;
};

/* The numbers of a target; a stage and an interval have them too. */
struct run_numbers {
	struct run_requests requests;
	struct run_cpu cpu;
	struct run_sched sched;
	struct run_net net;
	struct run_kvm kvm;
	struct run_memory memory;
	struct run_block block, block_top; /* --block both fills both: the same IO seen twice */
	struct run_inside inside;          /* VMs, after `virtax join` */
};

struct run_target {
	char *label;
	enum vtx_kind kind;
	char *name, *id, *cgroup; /* name never NULL; id and cgroup may be */
	uint64_t pid;             /* 0: none (a cgroup) */
	char *runtime;            /* "docker", "runc", "qemu", …; NULL: not known */
	char *accel;              /* VMs: "kvm" or "tcg"; else NULL */
	char **netdevs;
	size_t n_netdevs;
	bool running; /* at the end of the window */
	struct run_numbers total;
	struct run_storage storage;
};

struct run_program {
	char *name, *hook;
	uint64_t runs, ns; /* RUN_UNKNOWN unless the kernel kept run-time statistics */
	uint64_t missed;   /* runs that the kernel skipped; RUN_UNKNOWN: not counted */
};

struct run_degraded {
	char *what, *why, *costs;
};

struct run_tunable {
	char *name, *value;
};

struct run_host {
	char *hostname, *kernel, *kernel_build, *arch, *cpu_model;
	char *hypervisor; /* NULL: on bare metal */
	uint64_t cpus, memory_bytes;
	char *cgroup; /* "v1", "v2" or "hybrid" */
	struct run_tunable *tunable;
	size_t n_tunables;
};

struct run_host_cpu {
	uint64_t idle_ns, other_ns, softirq_ns, hardirq_ns, steal_ns, tracer_ns;
	uint64_t vm_manager_ns, container_manager_ns; /* all modes of the two manager accounts */
};

/* The host's memory at one moment, in the terms of free(1), and the holders of its used part. */
struct run_host_memory {
	uint64_t total_bytes; /* RUN_UNKNOWN: none of these was measured */
	uint64_t used_bytes;  /* total less available */
	uint64_t free_bytes, available_bytes, buffers_bytes, cached_bytes, shmem_bytes;
	uint64_t slab_bytes; /* unreclaimable; reclaimable slab is in cached_bytes */
	uint64_t page_table_bytes, kernel_stack_bytes, hugetlb_bytes;
	uint64_t swap_total_bytes, swap_used_bytes;
	/* Parts of used_bytes: held by targets, by managers, and by everything else. */
	uint64_t targets_bytes, vm_manager_bytes, container_manager_bytes, rest_bytes;
};

struct run_books {
	uint64_t expected_ns, accounted_ns;
	uint64_t unattributed_ns; /* softirq + hardirq of the host */
	uint64_t error_ppm;       /* |accounted - expected| / expected, rounded up */
	uint64_t lost[VTX_LOST_CAUSES];
};

struct run_self {
	uint64_t tracer_ns, bpf_runs, user_cpu_ns, max_rss_bytes;
	/* switches that no tracepoint reported, corrected by the scheduler's own times */
	uint64_t unseen_switches;
	/* halts of vCPUs whose polling was not seen and counts as kernel time */
	uint64_t unseen_polls;
	uint64_t bind_delay_ns; /* longest time from the start of a target to its first charge */
	struct run_program *program;
	size_t n_programs;
};

struct run_change {     /* from the row before: see row.h */
	uint32_t where; /* the target's index and the word of its struct run_numbers */
	uint64_t value;
} __attribute__((packed));

/* A row of the time series: the numbers of (at_ns - length_ns, at_ns]; see row_cursor. */
struct run_interval {
	uint64_t at_ns, length_ns; /* at_ns: since the window's start */
	union {
		struct run_numbers *target; /* in the order of run.target; without histograms */
		struct run_change *change;  /* if the run has rows_changes */
	};
	size_t n_targets; /* fewer than run.n_targets until all were found; or of changes */
	struct run_host_cpu host_cpu;
	struct run_host_memory host_memory; /* at its end */
};

/* A part of the recording, from one `virtax mark` to the next; the first begins with the window. */
struct run_stage {
	char *name;
	uint64_t at_ns;             /* its beginning, since the window's start */
	uint64_t length_ns;         /* may be RUN_UNKNOWN */
	struct run_numbers *target; /* in the order of run.target */
	size_t n_targets;           /* fewer than run.n_targets until all were found */
	struct run_host_cpu host_cpu;
	struct run_host_memory host_memory; /* at its end */
};

struct run {
	char *version, *commit, *label; /* label may be NULL */
	struct run_host host;
	char *start; /* RFC 3339, UTC, nanoseconds */
	uint64_t wall_ns, cpus;
	char *split; /* "exact", "sample", "off" */
	struct run_books books;
	struct run_self self;
	struct run_degraded *degraded;
	size_t n_degraded;
	struct run_host_cpu host_cpu;
	struct run_host_memory host_memory, host_memory_start; /* at the window's end and start */
	struct run_host_block host_block, host_block_top;
	struct run_storage_sum storage; /* of all targets; shared files once */
	struct run_target *target;
	size_t n_targets;
	struct run_interval *interval;
	size_t n_intervals;
	bool rows_changes;       /* rows are differences */
	struct run_stage *stage; /* NULL without marks */
	size_t n_stages;
	struct run_profile profile;
};

extern const char *const run_mode_name[VTX_MODES];      /* "guest", "user", …, "task" */
extern const char *const run_role_name[VTX_ROLES];      /* "vcpu", … */
extern const char *const run_kind_name[4];              /* "vm", … */
extern const char *const run_status_name[VTX_STATUSES]; /* "1xx", …, "other" */
extern const char *const run_requests_source_name[RUN_REQUESTS_SOURCES]; /* NULL, "http", … */
extern const char *const run_loss_name[VTX_LOST_CAUSES];
extern const char *const run_storage_kind_name[RUN_STORAGE_KINDS]; /* "image", … */
extern const char *const run_block_kind_name[VTX_BLOCK_KINDS];     /* "read", "write", … */
extern const char *const run_block_part_name[RUN_BLOCK_PARTS];     /* "targets", … */

/* Frees what the run holds, not the struct itself. NULL is allowed; a zeroed run is empty. */
void run__free(struct run *run);

/* a + b, or RUN_UNKNOWN - 1 if that is too large. Both must be known. */
uint64_t run_add(uint64_t a, uint64_t b);

/* Sum of the known modes of a role, ns. */
uint64_t run_role_ns(const struct run_role *role);

/*
 * One mode of a role, ns. User and kernel are RUN_UNKNOWN also if VTX_TASK holds their sum and
 * neither is known separately.
 */
uint64_t run_role_mode(const struct run_role *role, enum vtx_mode mode);

/* Sum of one mode over the roles in which it is known, ns. */
uint64_t run_cpu_mode(const struct run_cpu *cpu, enum vtx_mode mode);

/* Marks everything as not measured: numbers RUN_UNKNOWN, `present` and `known` false. */
void run_memory__set_unknown(struct run_memory *memory);
void run_footprint__set_unknown(struct run_footprint *footprint);
void run_host_memory__set_unknown(struct run_host_memory *host);
void run_block__set_unknown(struct run_block *block);

/* The sum of the losses of all causes. */
uint64_t run_losses(const struct run_books *books);

/*
 * May the numbers be trusted? Not after losses, nor if the books are out of balance by over 0.1 %;
 * ret_why is the reason then (one clause, NUL-terminated, truncated to size), and `record` exits
 * with 1.
 */
bool run_trusted(const struct run *run, char *ret_why, size_t size);

#endif
