/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spec.h - what the user asked about: `--vm`, `--container`, `--cgroup`, `--process`, each
 * [LABEL=]SPEC, and finding it among what runs.
 */
#ifndef VIRTAX_SPEC_H
#define VIRTAX_SPEC_H

#include <stdbool.h>

#include "base/err.h"
#include "owners/found.h"
#include "owners/inventory.h"

struct target_spec {
	enum vtx_kind kind;
	char *label; /* NULL: none given */
	char *what;
};

/*
 * Parses the value of one such option. A label is [A-Za-z0-9_.-]+ before the first '='; for a
 * cgroup whose path begins like that write ./PATH or /PATH. -EINVAL with a message.
 */
int spec__parse(struct target_spec *ret, enum vtx_kind kind, const char *arg, struct verr *err_ret);
void spec__free(struct target_spec *spec); /* what it holds, not the struct */

/* May the target of this spec go by that label? Without a label it is named when it is found. */
bool spec__answers_to(const struct target_spec *spec, const char *label);

/*
 * Finds the one target meant, a malloc'd copy in *ret. VMs: name, uuid, PID. Containers: name, id,
 * PID of any process of it, beginning of an id (3 characters or more). Cgroups: see
 * cgroup_resolve(); its processes are listed, its network is that of the first. Processes: the
 * tree. What wins is the order of this text. Errors, with a message: -ENOENT nothing of this name,
 * -ESRCH no such process, -EINVAL it is not of this kind (a thread, not QEMU, a path with ".."),
 * -ENOTUNIQ several are meant.
 */
int spec__resolve(const struct sysroot *sr, const struct target_spec *spec,
		  const struct inventory *inv, struct found **ret, struct verr *err_ret);

#endif
