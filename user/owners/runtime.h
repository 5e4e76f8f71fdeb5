/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * runtime.h - what the container runtimes wrote down about their containers. Readable by root
 * only, mostly; what cannot be read is left out and noticed in `denied`.
 */
#ifndef VIRTAX_RUNTIME_H
#define VIRTAX_RUNTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sys/cgroupfs.h"
#include "owners/cgroupname.h"
#include "owners/helper_table.h"

/* A container by its runtime's state file. */
struct runtime_state {
	enum container_kind kind;
	char *id;
	char *cgroup;         /* path of its top cgroup; NULL: not said */
	pid_t pid;            /* first process; 0: not said */
	uint64_t start_ticks; /* of pid; 0: not said */
};

struct runtime_states {
	struct runtime_state *state;
	size_t n;
	bool denied; /* a state directory is there that we may not read */
};

/*
 * Reads the state of runc, crun and containerd where they keep it by default and where the helpers
 * point to. Ids of 64 hexadecimal digits for which `known` answers true are passed over: the
 * cgroup path has told already. Broken files are passed over too.
 */
int runtime_states__read(const struct sysroot *sr, const struct cgroup_layout *layout,
			 const struct helper_set *helpers,
			 bool (*known)(const char *id, const void *arg), const void *arg,
			 struct runtime_states **ret);
void runtime_states__free(struct runtime_states *states);

/*
 * The name a person knows a container by, malloc'd; NULL when nothing tells. `kind` may be set to a
 * better one (a bare id turns out to be docker's).
 */
char *runtime_name(const struct sysroot *sr, const struct helper_set *helpers, const char *id,
		   enum container_kind *kind);

/* Parsers, of text from any origin; -EINVAL when it is not that. */
int runc_state_parse(const char *text, const struct cgroup_layout *layout,
		     struct runtime_state *ret);
int crun_status_parse(const char *text, struct runtime_state *ret);
void runtime_state__clear(struct runtime_state *state);

/* A container's name by the annotations of its OCI config.json: "POD/NAME" or "NAME"; may be NULL.
 */
char *oci_config_name(const char *text);

#endif
