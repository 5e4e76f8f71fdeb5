// SPDX-License-Identifier: GPL-2.0-or-later
#include "owners/found.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

void found__release(struct found *found)
{
	size_t i;

	for (i = 0; i < found->n_netdevs; i++)
		free(found->netdevs[i].name);
	for (i = 0; i < found->n_procs; i++)
		free(found->procs[i].path);
	for (i = 0; i < found->n_thread; i++) {
		free(found->thread[i].comm);
		free(found->thread[i].why);
	}
	free(found->thread);
	free(found->netdevs);
	free(found->procs);
	free(found->http);
	free(found->name);
	free(found->id);
	free(found->runtime);
	free(found->accel);
	free(found->cgroup);
	memset(found, 0, sizeof(*found));
}

void found__free(struct found *found)
{
	if (!found)
		return;
	found__release(found);
	free(found);
}

static int copy_string(const char *from, char **ret)
{
	*ret = from ? strdup(from) : NULL;
	return from && !*ret ? -ENOMEM : 0;
}

static int copy_array(const void *from, size_t n, size_t size, void **ret)
{
	*ret = NULL;
	if (!n)
		return 0;
	*ret = malloc(n * size);
	if (!*ret)
		return -ENOMEM;
	memcpy(*ret, from, n * size);
	return 0;
}

struct found *found__copy(const struct found *from)
{
	struct found *ret = calloc(1, sizeof(*ret));
	size_t i;
	int err;

	if (!ret)
		return NULL;
	*ret = *from;
	ret->netdevs = NULL;
	ret->n_netdevs = ret->room_netdevs = 0;
	ret->thread = NULL;
	ret->n_thread = ret->room_thread = 0;
	ret->room_procs = ret->n_procs;
	ret->room_http = ret->n_http;
	err = copy_string(from->name, &ret->name);
	err |= copy_string(from->id, &ret->id);
	err |= copy_string(from->runtime, &ret->runtime);
	err |= copy_string(from->accel, &ret->accel);
	err |= copy_string(from->cgroup, &ret->cgroup);
	err |= copy_array(from->procs, from->n_procs, sizeof(*from->procs), (void **)&ret->procs);
	if (!ret->procs)
		ret->n_procs = 0;
	for (i = 0; i < ret->n_procs; i++)
		err |= copy_string(from->procs[i].path, &ret->procs[i].path);
	err |= copy_array(from->http, from->n_http, sizeof(*from->http), (void **)&ret->http);
	for (i = 0; !err && i < from->n_netdevs; i++) {
		err = found__add_netdev(ret, from->netdevs[i].ifindex, from->netdevs[i].inward,
					from->netdevs[i].name);
	}
	if (err) {
		found__free(ret);
		return NULL;
	}
	return ret;
}

int found__add_proc(struct found *found, const struct proc *proc, enum vtx_role role,
		    struct found_tie tie)
{
	char *path;

	if (!array_grow(&found->procs, found->n_procs, &found->room_procs))
		return -ENOMEM;
	if (copy_string(tie.path, &path))
		return -ENOMEM;
	found->procs[found->n_procs++] = (struct found_proc){
		.tgid = proc->stat.pid,
		.start_ticks = proc->stat.start_ticks,
		.threads = proc->stat.threads,
		.role = role,
		.why = tie.why,
		.by = tie.by,
		.path = path,
	};
	return 0;
}

void found__remove_proc(struct found *found, pid_t tgid)
{
	for (size_t i = 0; i < found->n_procs; i++) {
		if (found->procs[i].tgid != tgid)
			continue;
		free(found->procs[i].path);
		found->n_procs--;
		memmove(&found->procs[i], &found->procs[i + 1],
			(found->n_procs - i) * sizeof(*found->procs));
		return;
	}
}

int found__add_netdev(struct found *found, unsigned int ifindex, bool inward, const char *name)
{
	struct found_netdev *netdev;
	size_t i;

	for (i = 0; i < found->n_netdevs; i++) {
		if (found->netdevs[i].ifindex == ifindex)
			return 0;
	}
	if (!array_grow(&found->netdevs, found->n_netdevs, &found->room_netdevs))
		return -ENOMEM;
	netdev = &found->netdevs[found->n_netdevs];
	netdev->ifindex = ifindex;
	netdev->inward = inward;
	netdev->name = strdup(name);
	if (!netdev->name)
		return -ENOMEM;
	found->n_netdevs++;
	return 0;
}

int found__add_http(struct found *found, uint16_t port, uint16_t guest_port)
{
	size_t i;

	for (i = 0; i < found->n_http; i++) {
		if (found->http[i].port == port)
			return 0;
	}
	if (!array_grow(&found->http, found->n_http, &found->room_http))
		return -ENOMEM;
	found->http[found->n_http++] = (struct found_port){.port = port, .guest_port = guest_port};
	return 0;
}

int found__add_thread(struct found *found, const struct found_thread *thread)
{
	char *comm = strdup(thread->comm);

	if (!comm || !thread->why ||
	    !array_grow(&found->thread, found->n_thread, &found->room_thread)) {
		free(comm);
		free(thread->why);
		return -ENOMEM;
	}
	found->thread[found->n_thread] = *thread;
	found->thread[found->n_thread++].comm = comm;
	return 0;
}

static int by_tgid(const void *a, const void *b)
{
	const struct found_proc *x = a, *y = b;

	return (x->tgid > y->tgid) - (x->tgid < y->tgid);
}

void found__finish(struct found *found)
{
	size_t i;

	if (found->n_procs)
		qsort(found->procs, found->n_procs, sizeof(*found->procs), by_tgid);
	if (found->kind == VTX_KIND_VM)
		return; /* QEMU's threads have roles of their own */
	for (i = 0; i < found->n_procs; i++)
		found->threads[found->procs[i].role] += found->procs[i].threads;
}

const struct found_proc *found__proc(const struct found *found, pid_t tgid)
{
	struct found_proc key = {.tgid = tgid};

	if (!found->n_procs)
		return NULL;
	return bsearch(&key, found->procs, found->n_procs, sizeof(key), by_tgid);
}

bool found_is_qemu(const struct found *found)
{
	return found->kind == VTX_KIND_VM && found->runtime && !strcmp(found->runtime, "qemu");
}

bool found_is_kvm(const struct found *found)
{
	return found->kind == VTX_KIND_VM && found->accel && !strcmp(found->accel, "kvm");
}

static bool same_procs(const struct found *a, const struct found *b)
{
	bool same = a->n_procs == b->n_procs;

	for (size_t i = 0; i < a->n_procs && same; i++)
		same = a->procs[i].tgid == b->procs[i].tgid &&
		       a->procs[i].start_ticks == b->procs[i].start_ticks &&
		       a->procs[i].role == b->procs[i].role;
	return same;
}

static bool same_cgroups(const struct cgroup_ids *a, const struct cgroup_ids *b)
{
	bool same = a->n == b->n;

	for (size_t i = 0; i < a->n && same; i++)
		same = a->id[i].id == b->id[i].id && a->id[i].hier == b->id[i].hier;
	return same;
}

bool found_unchanged(const struct found *then, const struct found *now)
{
	return now->kind == then->kind && now->kind != VTX_KIND_VM && now->pid == then->pid &&
	       now->start_ticks == then->start_ticks && now->host_netns && then->host_netns &&
	       !now->n_netdevs && !then->n_netdevs && same_procs(then, now) &&
	       same_cgroups(&then->cgroups, &now->cgroups);
}
