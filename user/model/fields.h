/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fields.h - the numbers of each structure of run.h, one row each. tree.h explains the rows.
 * A static assertion beside each table fails if a member of the structure has no row.
 */
#ifndef VIRTAX_FIELDS_H
#define VIRTAX_FIELDS_H

#include "model/tree.h"

extern const struct node host_cpu_fields[];  /* of struct run_host_cpu */
extern const struct node books_fields[];     /* of struct run_books, without `lost` */
extern const struct node self_fields[];      /* of struct run_self, without `programs` */
extern const struct node cpu_fields[];       /* of struct run_cpu, without the roles */
extern const struct node mode_fields[];      /* of struct run_role, without `threads` */
extern const struct node thread_fields[];    /* of struct run_role: `threads` */
extern const struct node waiting_fields[];   /* of struct run_sched: those in per_request */
extern const struct node sched_fields[];     /* of struct run_sched: all others but the histogram */
extern const struct node net_fields[];       /* of struct run_net */
extern const struct node kvm_fields[];       /* of struct run_kvm, without the lists */
extern const struct node exit_fields[];      /* of struct run_exit, without the name */
extern const struct node fault_fields[];     /* of struct run_faults */
extern const struct node memory_fields[];    /* of struct run_memory itself */
extern const struct node footprint_fields[]; /* of struct run_footprint, without the cgroup's */
extern const struct node memcg_fields[];     /* of struct run_memcg */
extern const struct node host_memory_fields[];  /* of struct run_host_memory */
extern const struct node traffic_fields[];      /* of struct run_requests: other counts */
extern const struct node latency_fields[];      /* of struct run_latency, without the histogram */
extern const struct node block_kind_fields[];   /* of struct run_block_kind, without the latency */
extern const struct node block_by_fields[];     /* of struct run_block_by */
extern const struct node block_fields[];        /* of struct run_block itself */
extern const struct node block_device_fields[]; /* of struct run_block_device, without the name */
extern const struct node block_sum_fields[];    /* of struct run_block_sum */
extern const struct node storage_fields[];      /* of struct run_storage, without the files */
extern const struct node storage_file_fields[]; /* of struct run_storage_file: its sizes */
extern const struct node storage_sum_fields[];  /* of struct run_storage_sum */
extern const struct node program_fields[];      /* of struct run_program, without the names */

#endif
