/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spec.h - a target as the user gives it (`--vm`, `--container`, `--cgroup`, `--process`, each
 * [LABEL=]SPEC), and its search in an inventory.
 */
#ifndef VIRTAX_SPEC_H
#define VIRTAX_SPEC_H

#include <stdbool.h>

#include "base/err.h"
#include "owners/found.h"
#include "owners/inventory.h"

struct target_spec {
	enum vtx_kind kind;
	char *label; /* NULL: not given */
	char *what;  /* SPEC */
	bool pod;    /* a cgroup that is found by its pod's name */
};

/*
 * Parses the value of one such option. A label is [A-Za-z0-9_.-]+ before the first '='; a cgroup
 * path that begins like that must be written ./PATH or /PATH. Returns 0, -EINVAL or -ENOMEM with a
 * message.
 */
int spec__parse(struct target_spec *ret, enum vtx_kind kind, const char *arg, struct verr *ret_err);

/* Frees what it holds, but not the struct, which is zeroed. */
void spec__release(struct target_spec *spec);

/* May the target of this spec have that label? A spec without a label gets one when it is found. */
bool spec__answers_to(const struct target_spec *spec, const char *label);

/*
 * Finds the target, a malloc'd copy in *ret. SPEC is the first of these that fits: for VMs a name,
 * uuid or pid; for containers a name, id, pid of any of their processes, or the beginning of an id
 * (3 characters or more); for cgroups see cgroup_ids__resolve(): the target has its processes, and
 * the network of the first; for pods (their cgroups) [NAMESPACE/]NAME, the UID, podman's id or its
 * beginning; for processes the pid of a tree's root. Errors, with a message: -ENOENT
 * no such name, -ESRCH no such process, -EINVAL wrong kind (a thread, not QEMU, a path with ".."),
 * -ENOTUNIQ ambiguous, -ENOMEM.
 */
int spec__resolve(const struct sysroot *sr, const struct target_spec *spec,
		  const struct inventory *inv, struct found **ret, struct verr *ret_err);

#endif
