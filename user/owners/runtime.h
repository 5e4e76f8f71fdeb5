/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * runtime.h - the state files of container runtimes. Mostly readable by root only; what cannot be
 * read is left out and sets `denied`.
 */
#ifndef VIRTAX_RUNTIME_H
#define VIRTAX_RUNTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cgroups/layout.h"
#include "owners/cgroupname.h"
#include "owners/helper_table.h"

/* A container by its runtime's state file. */
struct runtime_state {
	enum container_kind kind;
	char *id;
	char *cgroup;         /* path of its top cgroup; NULL: not recorded */
	pid_t pid;            /* first process; 0: not recorded */
	uint64_t start_ticks; /* of pid; 0: not recorded */
};

struct runtime_states {
	struct runtime_state *state;
	size_t n, room;
	bool denied; /* there is a state directory that we may not read */
};

/*
 * Reads the state of runc, crun and containerd where they keep it by default and where the helpers
 * point to: containers within containers before these, else by id. Skips ids for which `known`
 * returns true, since their cgroups' names have identified them already, and broken files. Returns
 * 0 or -ENOMEM.
 */
int runtime_states__read(const struct sysroot *sr, const struct cgroup_layout *layout,
			 const struct helper_table *helpers,
			 bool (*known)(const char *id, const void *arg), const void *arg,
			 struct runtime_states **ret);
void runtime_states__free(struct runtime_states *states);

/* Parsers of text of any origin. Return 0, or -EINVAL if it is not such a file. */
int runtime_parse_runc(const char *text, const struct cgroup_layout *layout,
		       struct runtime_state *ret);
int runtime_parse_crun(const char *text, struct runtime_state *ret);

/* Frees what it holds, but not the struct, which is zeroed. */
void runtime_state__release(struct runtime_state *state);

#endif
