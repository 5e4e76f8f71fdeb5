/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run.h - one recording, measured and attributed: what every output shows and every run file
 * holds. Plain data on this side of the waist: no kernel, no libbpf, no root.
 *
 * All numbers are of the whole window unless they sit in a stage or an interval. A number that
 * was not measured is RUN_UNKNOWN (null in JSON) and has an entry in `degraded`.
 */
#ifndef VIRTAX_RUN_H
#define VIRTAX_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"

#define RUN_SCHEMA  "virtax-run/1"
#define RUN_UNKNOWN UINT64_MAX

/* Books further out of balance than this are not to be trusted. */
#define RUN_BALANCED_PPM 1000
#define RUN_READING_NS   20000 /* reading the clocks of one CPU may take this long */

/* A histogram in the file's terms: buckets in rising order, empty ones left out. */
struct run_hist {
	size_t n;
	struct run_bucket {
		uint64_t upper_ns; /* inclusive upper bound */
		uint64_t count;
	} *bucket;
};

struct run_latency {
	uint64_t count;
	/* ns; the upper bound of the bucket the rank falls into, at most max. RUN_UNKNOWN: no count */
	uint64_t p50, p90, p99, max;
	struct run_hist hist;
};

/* One role of one target: nanoseconds by mode, and how many threads were seen in it. */
struct run_role {
	bool present;
	uint64_t ns[VTX_MODES]; /* VTX_TASK: user + kernel where they are not told apart, else 0 */
	uint64_t threads;	/* when the target was last looked at; RUN_UNKNOWN: never */
};

struct run_cpu {
	uint64_t total_ns; /* the sum of all roles and modes */
	struct run_role role[VTX_ROLES];
	uint64_t split_error_ns; /* 95 % half-width of the user/kernel split; 0 if exact */
	uint64_t irq_victim_ns;
	uint64_t tracer_victim_ns;
	uint64_t sched_exec_ns; /* what the scheduler's own clock says of the same switches */
};

struct run_sched {
	uint64_t wait_ns, waits, switches;
	struct run_hist wait_hist;
};

enum run_requests_source {
	RUN_REQUESTS_NONE = 0, /* no requests are known: per_request is null */
	RUN_REQUESTS_HTTP,
	RUN_REQUESTS_FILE,
	RUN_REQUESTS_GIVEN,
};

struct run_requests {
	enum run_requests_source source;
	uint64_t count;
	uint64_t status[VTX_STATUSES]; /* RUN_UNKNOWN unless source is HTTP */
	struct run_latency latency;    /* first byte of the request to last byte of the response */
	struct run_latency first_byte; /* … to first byte of the response */
	uint64_t connections, midstream, garbage, tunnels, gaps, unanswered, retransmits;
	uint64_t http_port; /* 0 unless source is HTTP */
};

struct run_net {
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes;
};

/* The numbers of a target; a stage and an interval have them too. */
struct run_numbers {
	struct run_requests requests;
	struct run_cpu cpu;
	struct run_sched sched;
	struct run_net net;
};

struct run_target {
	char *label;
	enum vtx_kind kind;
	char *name, *id, *cgroup; /* name never NULL; id and cgroup may be */
	uint64_t pid;		  /* 0: none (a cgroup) */
	char *runtime;		  /* "docker", "runc", "qemu", …; NULL: not known */
	char *accel;		  /* VMs: "kvm" or "tcg"; else NULL */
	char **netdevs;
	size_t n_netdevs;
	bool running; /* at the end of the window */
	struct run_numbers total;
};

struct run_program {
	char *name, *hook;
	uint64_t runs, ns; /* RUN_UNKNOWN unless the kernel kept run-time statistics */
};

struct run_degraded {
	char *what, *why, *costs;
};

struct run_tunable {
	char *name, *value;
};

struct run_host {
	char *hostname, *kernel, *kernel_build, *arch, *cpu_model;
	char *hypervisor; /* NULL: it runs on the bare machine */
	uint64_t cpus, memory_bytes;
	char *cgroup; /* "v1", "v2" or "hybrid" */
	struct run_tunable *tunable;
	size_t n_tunables;
};

struct run_host_cpu {
	uint64_t idle_ns, other_ns, softirq_ns, hardirq_ns, steal_ns, tracer_ns;
	uint64_t vm_manager_ns, container_manager_ns; /* all modes of the two manager accounts */
};

struct run_books {
	uint64_t expected_ns, accounted_ns;
	uint64_t unattributed_ns; /* softirq + hardirq of the host */
	uint64_t error_ppm;	  /* |accounted - expected| / expected, rounded up */
	uint64_t lost[VTX_LOST_CAUSES];
};

struct run_self {
	uint64_t tracer_ns, bpf_runs, user_cpu_ns, max_rss_bytes;
	uint64_t unseen_switches; /* that no tracepoint told of, put right by the scheduler's own notes */
	uint64_t bind_delay_ns; /* longest time from a target's birth to its account */
	struct run_program *program;
	size_t n_programs;
};

/* A row of the time series: what happened in (at_ns - length_ns, at_ns], per target in order. */
struct run_interval {
	uint64_t at_ns, length_ns; /* at_ns: since the window's start */
	struct run_numbers *target; /* in the order of run.target; histograms are empty here */
	size_t n_targets;	    /* fewer than the run's before the later ones were found */
	struct run_host_cpu host_cpu;
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
	struct run_target *target;
	size_t n_targets;
	struct run_interval *interval;
	size_t n_intervals;
};

extern const char *const run_mode_name[VTX_MODES];     /* "guest", "user", …, "task" */
extern const char *const run_role_name[VTX_ROLES];     /* "vcpu", … */
extern const char *const run_kind_name[4];	       /* "vm", … */
extern const char *const run_status_name[VTX_STATUSES]; /* "1xx", …, "other" */
extern const char *const run_loss_name[VTX_LOST_CAUSES];

/* Frees what the run holds, not the struct itself. NULL is allowed; a zeroed run is empty. */
void run__free(struct run *run);

/* a + b, or RUN_UNKNOWN - 1 where that is too large. Both known. */
uint64_t run_add(uint64_t a, uint64_t b);

/* Total of one role over all modes that are known, ns. */
uint64_t run_role_ns(const struct run_role *role);

/*
 * One mode of a role, ns. RUN_UNKNOWN as well for user and kernel where VTX_TASK holds them
 * undivided and nothing is known of them besides.
 */
uint64_t run_role_mode(const struct run_role *role, enum vtx_mode mode);

/* Total of one mode over all roles that know it, ns. */
uint64_t run_cpu_mode(const struct run_cpu *cpu, enum vtx_mode mode);

/* Losses of all causes together. */
uint64_t run_losses(const struct run_books *books);

/*
 * May the numbers be trusted? Fills ret_why (one clause, NUL-terminated, cut to size) when not:
 * losses, or books out of balance by over 0.1 %. The exit status of `record` follows it.
 */
bool run_trusted(const struct run *run, char *ret_why, size_t size);

#endif
