/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ledger.h - the kernel's side of a recording: the loaded programs of a plan and their maps. Links
 * and maps are held by file descriptors only, so nothing outlives the process. ledger_clock.h
 * starts and stops the counting, ledger_read.h reads it.
 */
#ifndef VIRTAX_LEDGER_H
#define VIRTAX_LEDGER_H

#include "base/err.h"
#include "probes/ledger_config.h"
#include "probes/plan.h"

struct bpf_link;
struct ledger;

enum ledger_map {
	LEDGER_CGROUPS, /* struct vtx_cgroup_key → struct vtx_owner */
	LEDGER_PROCS,   /* tgid (u32) → struct vtx_owner */
	LEDGER_NETNS,   /* netns inode (u32) → account (u32) */
	LEDGER_EVENTS,  /* ring buffer of struct vtx_event */
	LEDGER_NET_DEVS,
	LEDGER_NET_PORTS,
	LEDGER_BLKDEVS, /* dev (u32) → enum vtx_blkdev_flags (u32) */
};

/*
 * Loads and attaches; nothing is counted yet. The plan is kept by reference and must outlive the
 * ledger; hooks that could not be attached are turned off in it. -errno with the reason in ret_err.
 */
int ledger__open(struct ledger **ret, struct plan *plan, const struct ledger_config *config,
		 struct verr *ret_err);

/* Detaches and frees everything. NULL is allowed. */
void ledger__free(struct ledger *ledger);

/* Rows read only these roles of the slot (1 << enum vtx_role): it has no others. */
void ledger__set_roles(struct ledger *ledger, uint32_t slot, unsigned roles);

/* File descriptor of a map or of a hook's program. The ledger owns it. -ENOENT: not loaded. */
int ledger__map_fd(const struct ledger *ledger, enum ledger_map map);
int ledger__prog_fd(const struct ledger *ledger, enum hook_id id);

/* To be called when LEDGER_BLKDEVS was changed: the programs keep what they have found there. */
void ledger__blkdevs_changed(struct ledger *ledger);

/* A new link of an iterator program, which the caller destroys. NULL: not loaded, or it failed. */
struct bpf_link *ledger__iterator(const struct ledger *ledger, enum hook_id id);

#endif
