// SPDX-License-Identifier: GPL-2.0-or-later
#include "owners/spec.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cgroups/pod.h"
#include "owners/cgroup_index.h"
#include "owners/oci_names.h"
#include "sys/proc_table.h"

#define ID_PREFIX_MIN 3

static const char *const kind_word[] = {"VM", "container", "cgroup", "process"};
static const char *const kind_option[] = {"--vm", "--container", "--cgroup", "--process"};

/* Bytes of the label before '='; 0: there is none. */
static size_t label_length(const char *arg)
{
	size_t n = 0;

	while (isalnum((unsigned char)arg[n]) || (arg[n] && strchr("_.-", arg[n])))
		n++;
	return arg[n] == '=' ? n : 0;
}

int spec__parse(struct target_spec *ret, enum vtx_kind kind, const char *arg, struct verr *ret_err)
{
	size_t n = label_length(arg);

	memset(ret, 0, sizeof(*ret));
	ret->kind = kind;
	if (!arg[n ? n + 1 : 0])
		return verr_set(ret_err, -EINVAL, "%s '%s': the name is empty (see virtax list)",
				kind_option[kind], arg);
	ret->label = n ? strndup(arg, n) : NULL;
	ret->what = strdup(n ? arg + n + 1 : arg);
	if (ret->what && (ret->label || !n))
		return 0;
	spec__release(ret);
	return verr_set(ret_err, -ENOMEM, "command line: out of memory");
}

void spec__release(struct target_spec *spec)
{
	free(spec->label);
	free(spec->what);
	memset(spec, 0, sizeof(*spec));
}

static bool to_pid(const char *s, pid_t *ret)
{
	uint64_t n;

	if (*s == '0' || !str_to_u64(s, &n) || n > INT_MAX) /* "012" may begin an id */
		return false;
	*ret = n;
	return true;
}

bool spec__answers_to(const struct target_spec *spec, const char *label)
{
	pid_t pid;

	if (spec->label)
		return !strcmp(spec->label, label);
	return !strcmp(spec->what, label) || to_pid(spec->what, &pid) ||
	       (spec->kind == VTX_KIND_CGROUP && !spec->pod);
}

/* ---- VMs and containers: found in the inventory -------------------------------------------- */

enum match { MATCH_NAME, MATCH_ID, MATCH_PID, MATCH_PREFIX, MATCH_WAYS };

static bool owns(const struct inventory *inv, const struct found *found, pid_t pid)
{
	const struct proc *proc = proc_table__find(inv->table, pid);

	if (!proc)
		return false;
	if (found->kind == VTX_KIND_VM)
		return found->pid == pid;
	/* A VM in the container is a target of its own; its pid identifies the container too. */
	return found__proc(found, pid) != NULL;
}

/* "NAME" also means the container of that name in a pod, "POD/NAME". */
static bool is_named(const struct found *found, const char *name)
{
	const char *slash = strrchr(found->name, '/');

	return !strcmp(found->name, name) ||
	       (found->kind == VTX_KIND_CONTAINER && slash && !strcmp(slash + 1, name));
}

static bool matches(const struct inventory *inv, const struct found *found, const char *what,
		    enum match way)
{
	pid_t pid;

	switch (way) {
	case MATCH_NAME:
		return is_named(found, what);
	case MATCH_ID:
		return found->id && !strcasecmp(found->id, what);
	case MATCH_PID:
		return to_pid(what, &pid) && owns(inv, found, pid);
	case MATCH_PREFIX:
		return found->kind == VTX_KIND_CONTAINER && found->id &&
		       strlen(what) >= ID_PREFIX_MIN && str_starts(found->id, what);
	default:
		return false;
	}
}

/* Several targets have the name: lists their pids, as many as fit the line. */
static int ambiguous(const struct target_spec *spec, const struct inventory *inv, enum match way,
		     struct verr *ret_err)
{
	char list[256] = "";
	size_t i, n = 0;

	for (i = 0; i < inv->n && n + 32 < sizeof(list); i++) {
		const struct found *found = &inv->found[i];

		if (found->kind != spec->kind || !matches(inv, found, spec->what, way))
			continue;
		n += snprintf(list + n, sizeof(list) - n, "%s%d", n ? ", " : "", found->pid);
	}
	return verr_set(ret_err, -ENOTUNIQ, "%s '%s': the name is ambiguous (choose a pid: %s)",
			kind_word[spec->kind], spec->what, list);
}

/* The pid does not belong to such a target: the message says what it is. */
static int wrong_pid(const struct sysroot *sr, const struct target_spec *spec,
		     const struct inventory *inv, pid_t pid, struct verr *ret_err)
{
	const struct proc *proc = proc_table__find(inv->table, pid);
	const char *word = kind_word[spec->kind];
	pid_t tgid;

	if (!proc && proc_tgid(sr, pid, &tgid))
		return verr_set(ret_err, -ESRCH, "%s %d: no such process (see virtax list)", word,
				pid);
	if (!proc && tgid != pid)
		return verr_set(
			ret_err, -EINVAL,
			"%s %d: this is a thread of process %d (give the pid of the process)", word,
			pid, tgid);
	if (!proc)
		return verr_set(ret_err, -ESRCH, "%s %d: the process has just started (try again)",
				word, pid);
	if (spec->kind == VTX_KIND_VM)
		return verr_set(
			ret_err, -EINVAL,
			"VM %d: process '%s' holds no VM (see virtax list; --process takes any)",
			pid, proc->stat.comm);
	return verr_set(ret_err, -EINVAL,
			"container %d: process '%s' is in no known container (see virtax list; "
			"--process and --cgroup take any)",
			pid, proc->stat.comm);
}

static int resolve_listed(const struct sysroot *sr, const struct target_spec *spec,
			  const struct inventory *inv, const struct found **ret,
			  struct verr *ret_err)
{
	enum match way;
	size_t i, n;
	pid_t pid;

	for (way = MATCH_NAME; way < MATCH_WAYS; way++) {
		for (i = n = 0; i < inv->n; i++) {
			if (inv->found[i].kind != spec->kind ||
			    !matches(inv, &inv->found[i], spec->what, way))
				continue;
			*ret = &inv->found[i];
			n++;
		}
		if (n == 1)
			return 0;
		if (n > 1)
			return ambiguous(spec, inv, way, ret_err);
	}
	if (to_pid(spec->what, &pid))
		return wrong_pid(sr, spec, inv, pid, ret_err);
	return verr_set(ret_err, -ENOENT, "%s '%s': no running %s has this name (see virtax list)",
			kind_word[spec->kind], spec->what, kind_word[spec->kind]);
}

/* ---- cgroups and process trees: any, listed or not ----------------------------------------- */

static int add_member(const struct proc *proc, void *found)
{
	return found__add_proc(found, proc, VTX_WORKLOAD, (struct found_tie){.why = FOUND_CGROUP});
}

static int resolve_cgroup(const struct sysroot *sr, const char *typed, const char *name,
			  const struct inventory *inv, struct found *ret, struct verr *ret_err)
{
	char path[PATH_MAX];
	int err;

	err = cgroup_ids__resolve(sr, inv->layout, typed, &ret->cgroups, path, sizeof(path),
				  ret_err);
	if (err)
		return err;
	ret->name = strdup(name ? name : path + 1);
	ret->cgroup = strdup(path);
	err = ret->name && ret->cgroup ? 0 : -ENOMEM;
	if (!err)
		err = cgroup_index__each(inv->by_cgroup, &ret->cgroups, path, add_member, ret);
	if (!err && ret->n_procs)
		err = inventory__add_netns(sr, inv, ret->procs[0].tgid, ret);
	return err ? verr_set(ret_err, err, "cgroup '%s': %s", typed, strerror(-err)) : 0;
}

/* ---- pods: cgroups with containers in them ----------------------------------------------------
 */

/* podman's pod has its name as the host name of the container that holds its namespaces. */
static bool podman_names(const struct sysroot *sr, const struct found *found, const char *what)
{
	size_t n = strlen(found->name);
	char *host = NULL;
	bool same;

	if (found->id && n > 6 && !strcmp(found->name + n - 6, "-infra"))
		host = oci_names_podman_host(sr, found->id);
	same = host && !strcmp(host, what);
	free(host);
	return same;
}

static bool pod_is(const struct sysroot *sr, const struct found *found, const char *id,
		   const char *what, enum match way)
{
	size_t n = strlen(what);

	if (way == MATCH_ID)
		return !strcasecmp(id, what) || (n >= ID_PREFIX_MIN && str_starts(id, what));
	return (!strncmp(found->name, what, n) && found->name[n] == '/') ||
	       oci_names_kubelet_has(sr, id, what) || podman_names(sr, found, what);
}

/* Sets `top` to the pod's cgroup; "": there is none. */
static int find_pod(const struct sysroot *sr, const struct target_spec *spec,
		    const struct inventory *inv, enum match way, char top[PATH_MAX],
		    struct verr *ret_err)
{
	char id[POD_ID_MAX + 1];

	top[0] = '\0';
	for (size_t i = 0; i < inv->n; i++) {
		const struct found *found = &inv->found[i];
		size_t n = found->kind == VTX_KIND_CONTAINER && found->cgroup
				   ? cgroup_pod(found->cgroup, id)
				   : 0;

		if (!n || n >= PATH_MAX || !pod_is(sr, found, id, spec->what, way))
			continue;
		if (*top && (strlen(top) != n || memcmp(top, found->cgroup, n) != 0))
			return verr_set(ret_err, -ENOTUNIQ,
					"pod '%s': the name is ambiguous (choose NAMESPACE/NAME "
					"or a UID: %s is one)",
					spec->what, id);
		snprintf(top, PATH_MAX, "%.*s", (int)n, found->cgroup);
	}
	return 0;
}

static int resolve_pod(const struct sysroot *sr, const struct target_spec *spec,
		       const struct inventory *inv, struct found *ret, struct verr *ret_err)
{
	char top[PATH_MAX];
	int err = find_pod(sr, spec, inv, MATCH_NAME, top, ret_err);

	if (!err && !*top)
		err = find_pod(sr, spec, inv, MATCH_ID, top, ret_err);
	if (err)
		return err;
	if (!*top)
		return verr_set(ret_err, -ENOENT,
				"pod '%s': no running pod has this name, or it has no cgroup of "
				"its own (see virtax list)",
				spec->what);
	return resolve_cgroup(sr, top, spec->what, inv, ret, ret_err);
}

static int describe_tree(const struct sysroot *sr, const struct inventory *inv,
			 const struct proc *root, struct found *ret)
{
	bool *mark = calloc(inv->table->n, sizeof(*mark));
	struct found_tie tie = {.by = root->stat.pid};
	int err = mark ? 0 : -ENOMEM;
	size_t i;

	if (mark)
		proc_table__mark_tree(inv->table, root->stat.pid, mark);
	for (i = 0; !err && i < inv->table->n; i++) {
		tie.why = &inv->table->proc[i] == root ? FOUND_MAIN : FOUND_DESCENDANT;
		if (mark[i])
			err = found__add_proc(ret, &inv->table->proc[i], VTX_WORKLOAD, tie);
	}
	free(mark);
	ret->pid = root->stat.pid;
	ret->start_ticks = root->stat.start_ticks;
	ret->name = strdup(root->stat.comm);
	if (!err && !ret->name)
		err = -ENOMEM;
	return err ? err : inventory__add_netns(sr, inv, ret->pid, ret);
}

static int resolve_process(const struct sysroot *sr, const struct target_spec *spec,
			   const struct inventory *inv, struct found *ret, struct verr *ret_err)
{
	const struct proc *root;
	pid_t pid;
	int err;

	if (!to_pid(spec->what, &pid))
		return verr_set(ret_err, -EINVAL, "process '%s': not a pid (give a number)",
				spec->what);
	root = proc_table__find(inv->table, pid);
	if (!root)
		return wrong_pid(sr, spec, inv, pid, ret_err);
	if (proc_is_kthread(root->stat.flags))
		return verr_set(ret_err, -EINVAL,
				"process %d: '%s' is a kernel thread (give a process)", pid,
				root->stat.comm);
	err = describe_tree(sr, inv, root, ret);
	return err ? verr_set(ret_err, err, "process %d: %s", pid, strerror(-err)) : 0;
}

static int resolve_unlisted(const struct sysroot *sr, const struct target_spec *spec,
			    const struct inventory *inv, struct found *ret, struct verr *ret_err)
{
	if (spec->pod)
		return resolve_pod(sr, spec, inv, ret, ret_err);
	return spec->kind == VTX_KIND_CGROUP
		       ? resolve_cgroup(sr, spec->what, NULL, inv, ret, ret_err)
		       : resolve_process(sr, spec, inv, ret, ret_err);
}

int spec__resolve(const struct sysroot *sr, const struct target_spec *spec,
		  const struct inventory *inv, struct found **ret, struct verr *ret_err)
{
	const struct found *listed = NULL;
	struct found *found = NULL;
	int err;

	if (spec->kind == VTX_KIND_VM || spec->kind == VTX_KIND_CONTAINER) {
		err = resolve_listed(sr, spec, inv, &listed, ret_err);
		if (!err)
			found = found__copy(listed);
	} else {
		found = calloc(1, sizeof(*found));
		err = 0;
	}
	if (!err && !found)
		return verr_set(ret_err, -ENOMEM, "%s '%s': out of memory", kind_word[spec->kind],
				spec->what);
	if (!err && !listed) {
		found->kind = spec->kind;
		err = resolve_unlisted(sr, spec, inv, found, ret_err);
		found__finish(found);
	}
	if (err)
		found__free(found);
	else
		*ret = found;
	return err;
}
