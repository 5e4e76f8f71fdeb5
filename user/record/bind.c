// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/bind.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sys/blockdev.h"
#include "sys/task.h"

#define HTTP_PORT   80
#define MAX_NESTING 255

static int put(const struct targets *targets, enum ledger_map map, const void *key,
	       const void *value)
{
	return bpf_map_update_elem(ledger__map_fd(targets->ledger, map), key, value, BPF_ANY)
		       ? -errno
		       : 0;
}

/*
 * Enters a process, and removes it again if the pid belongs to another process by now: the
 * inventory was taken some time ago. (Between the two steps the entry is too young to have been
 * used.)
 */
static int put_process(const struct targets *targets, pid_t tgid, uint64_t start_ticks,
		       const struct vtx_owner *owner)
{
	__u32 key = (__u32)tgid;
	struct proc_stat stat;
	int err = put(targets, LEDGER_PROCS, &key, owner);

	if (err)
		return err;
	/*
	 * The entry of a process that has ended or is about to would never be removed: the kernel
	 * has reported its end already. That event causes a scan, so we often look just before the
	 * process becomes a zombie.
	 */
	if (proc_stat_read(&sysroot_live, tgid, &stat) || stat.start_ticks != start_ticks ||
	    task_all_exiting(&sysroot_live, tgid))
		bpf_map_delete_elem(ledger__map_fd(targets->ledger, LEDGER_PROCS), &key);
	return 0;
}

static bool is_within(const struct found *inner, const struct found *outer)
{
	return inner->cgroups.n && outer->cgroups.n && inner->cgroup && outer->cgroup &&
	       str_path_below(inner->cgroup, outer->cgroup);
}

/* How its cgroups lie to those of other targets. */
static __u16 nesting(const struct targets *targets, const struct found *found)
{
	__u16 flags = 0;

	for (size_t i = 0; i < targets->n; i++) {
		const struct found *other = targets->target[i].found;

		if (is_within(other, found))
			flags |= VTX_OWNER_OUTER;
		if (is_within(found, other) && flags >> VTX_OWNER_DEPTH < MAX_NESTING)
			flags += 1 << VTX_OWNER_DEPTH;
	}
	return flags;
}

static int bind_cgroups(const struct targets *targets, const struct target *target)
{
	const struct found *found = target->found;
	struct vtx_owner owner = {
		.slot = target->slot, .role = VTX_WORKLOAD, .flags = nesting(targets, found)};
	int err = 0;

	if (found->kind == VTX_KIND_VM) {
		owner.role = VTX_EMULATOR;
		owner.flags |= VTX_OWNER_VM;
	}
	for (size_t i = 0; i < found->cgroups.n && !err; i++) {
		struct vtx_cgroup_key key = {.id = found->cgroups.id[i].id,
					     .hier = found->cgroups.id[i].hier};

		err = put(targets, LEDGER_CGROUPS, &key, &owner);
	}
	return err;
}

static int bind_processes(const struct targets *targets, const struct target *target)
{
	const struct found *found = target->found;
	int err = 0;

	for (size_t i = 0; i < found->n_procs && !err; i++) {
		const struct found_proc *proc = &found->procs[i];
		struct vtx_owner owner = {.slot = target->slot, .role = (__u16)proc->role};

		/* Thread names give roles in QEMU's own process, not in its helpers. */
		if (proc->role == VTX_EMULATOR)
			owner.flags =
				VTX_OWNER_INHERIT | (proc->tgid == found->pid ? VTX_OWNER_VM : 0);
		if (proc->role == VTX_WORKLOAD) {
			/*
			 * If there is a cgroup it decides: a process that leaves it leaves the
			 * target.
			 */
			if (found->cgroups.n)
				continue;
			owner.flags = VTX_OWNER_INHERIT;
		}
		err = put_process(targets, proc->tgid, proc->start_ticks, &owner);
	}
	return err;
}

static __u32 main_account(const struct target *target)
{
	return VTX_ACCOUNT(target->slot,
			   target->found->kind == VTX_KIND_VM ? VTX_EMULATOR : VTX_WORKLOAD);
}

static bool has_device(const struct found *found, unsigned ifindex)
{
	for (size_t i = 0; i < found->n_netdevs; i++)
		if (found->netdevs[i].ifindex == ifindex)
			return true;
	return false;
}

/*
 * Containers of a pod share one network. Its packets can only be charged to one of them, the first;
 * the others refer to it.
 */
static bool is_charged_to_other(const struct targets *targets, struct target *target,
				unsigned ifindex)
{
	for (size_t i = 0; i < targets->n && &targets->target[i] != target; i++) {
		const struct target *other = &targets->target[i];

		if (!other->running || other->shares_with)
			continue;
		if (ifindex ? !has_device(other->found, ifindex)
			    : other->found->netns != target->found->netns)
			continue;
		target->shares_with = other->label;
		return true;
	}
	return false;
}

static int bind_netns(const struct targets *targets, struct target *target)
{
	__u32 key = (__u32)target->found->netns, account = main_account(target);

	if (!key || target->found->host_netns || is_charged_to_other(targets, target, 0))
		return 0;
	return put(targets, LEDGER_NETNS, &key, &account);
}

static int put_port(struct targets *targets, struct target *target, unsigned ifindex, uint16_t port,
		    __u32 flags)
{
	struct vtx_port_key key = {.ifindex = ifindex, .port = port};
	struct vtx_net_owner owner = {
		.slot = target->slot, .account = main_account(target), .flags = flags};

	target->http = true;
	target->http_port = port;
	return put(targets, LEDGER_NET_PORTS, &key, &owner);
}

static bool rule_is_for(const struct http_rule *rule, const struct target *target)
{
	return !rule->label || !strcmp(rule->label, target->label);
}

/* The ports that --http gives for the target's own devices, or the default. */
static int bind_own_ports(struct targets *targets, struct target *target, unsigned ifindex,
			  __u32 flags)
{
	const struct record_options *o = targets->options;
	bool given = false;
	int err = 0;

	for (size_t i = 0; i < o->n_http && !err; i++) {
		if (!rule_is_for(&o->http[i], target) || o->http[i].dev)
			continue;
		given = true;
		err = put_port(targets, target, ifindex, o->http[i].port, flags);
	}
	/* A rule with a device replaces the default port on the target's own devices. */
	for (size_t i = 0; i < o->n_http; i++)
		given |= o->http[i].label && rule_is_for(&o->http[i], target);
	return given || err ? err : put_port(targets, target, ifindex, HTTP_PORT, flags);
}

/* Softirqs of the device are charged to the target even if it serves no HTTP. */
static int bind_own_device(struct targets *targets, struct target *target,
			   const struct found_netdev *dev, struct verr *ret_err)
{
	__u32 flags = VTX_DEV_OWN | (dev->inward ? VTX_DEV_INWARD : 0), key = dev->ifindex;
	struct vtx_net_owner owner = {
		.slot = target->slot, .account = main_account(target), .flags = flags};
	int err;

	if (is_charged_to_other(targets, target, key))
		return 0;
	err = put(targets, LEDGER_NET_DEVS, &key, &owner);
	if (err || !targets->net)
		return err;
	err = bind_own_ports(targets, target, key, flags);
	if (err)
		return err;
	err = attach_net__attach(targets->net, key, flags, ret_err);
	return err == -ENODEV ? 0 : err; /* removed already */
}

static int bind_shared_devices(struct targets *targets, struct target *target, struct verr *ret_err)
{
	const struct record_options *o = targets->options;
	int err = 0;

	for (size_t i = 0; i < o->n_http && !err; i++) {
		const struct http_rule *rule = &o->http[i];
		__u32 flags;

		if (!rule->dev || !rule_is_for(rule, target))
			continue;
		flags = !strcmp(rule->dev, "lo") ? VTX_DEV_LOOP : VTX_DEV_SHARED;
		err = put_port(targets, target, rule->ifindex, rule->port, flags);
		if (!err)
			err = attach_net__attach(targets->net, rule->ifindex, flags, ret_err);
	}
	return err;
}

/* Of a target that is no VM: rows need not read the totals of other roles. */
static unsigned roles_of(const struct found *found)
{
	unsigned roles = 1u << VTX_WORKLOAD;

	for (size_t i = 0; i < found->n_procs; i++)
		roles |= 1u << found->procs[i].role;
	return roles;
}

/* A new target may be within others: these are outer ones from now on. */
static int bind_outer(const struct targets *targets, const struct target *target)
{
	int err = 0;

	for (size_t i = 0; i < targets->n && !err; i++)
		if (targets->target[i].running &&
		    is_within(target->found, targets->target[i].found))
			err = bind_cgroups(targets, &targets->target[i]);
	return err;
}

int bind_target(struct targets *targets, struct target *target, struct verr *ret_err)
{
	const struct found *found = target->found;
	int err;

	if (found->kind != VTX_KIND_VM)
		ledger__set_roles(targets->ledger, target->slot, roles_of(found));
	target->shares_with = NULL;
	if (targets->options->parts & PART_BLOCK)
		storage__look(&target->storage, &sysroot_live,
			      found); /* best effort: the end of the recording decides */
	err = bind_cgroups(targets, target);
	if (!err)
		err = bind_outer(targets, target);
	if (!err)
		err = bind_processes(targets, target);
	if (!err)
		err = bind_netns(targets, target);
	if (err)
		return verr_set(ret_err, err, "%s: cannot be followed: %s (name fewer targets)",
				target->label, strerror(-err));
	for (size_t i = 0; i < found->n_netdevs && !err; i++)
		err = bind_own_device(targets, target, &found->netdevs[i], ret_err);
	if (!err && targets->net)
		err = bind_shared_devices(targets, target, ret_err);
	return err;
}

/* An entry that belongs to somebody else by now stays: its value begins with the owner. */
static void take_out(const struct targets *targets, enum ledger_map map, const void *key,
		     uint32_t owner)
{
	int fd = ledger__map_fd(targets->ledger, map);
	union {
		__u32 owner;
		struct vtx_net_owner net;
	} value;

	if (!bpf_map_lookup_elem(fd, key, &value) && value.owner == owner)
		bpf_map_delete_elem(fd, key);
}

void unbind_target(struct targets *targets, const struct target *target)
{
	const struct found *found = target->found;
	__u32 netns = (__u32)found->netns;

	for (size_t i = 0; i < found->cgroups.n; i++) {
		struct vtx_cgroup_key key = {.id = found->cgroups.id[i].id,
					     .hier = found->cgroups.id[i].hier};

		bpf_map_delete_elem(ledger__map_fd(targets->ledger, LEDGER_CGROUPS), &key);
	}
	take_out(targets, LEDGER_NETNS, &netns, main_account(target));
	for (size_t i = 0; i < found->n_netdevs; i++) {
		__u32 ifindex = found->netdevs[i].ifindex;
		struct vtx_port_key port = {.ifindex = ifindex, .port = target->http_port};

		take_out(targets, LEDGER_NET_DEVS, &ifindex, target->slot);
		take_out(targets, LEDGER_NET_PORTS, &port, target->slot);
		if (targets->net)
			attach_net__detach(targets->net, ifindex);
	}
}

int bind_managers(struct targets *targets, const struct inventory *inv)
{
	int err = 0;

	for (size_t i = 0; i < inv->n_managers && !err; i++) {
		const struct inventory_manager *manager = &inv->manager[i];
		struct vtx_owner owner = {.role = VTX_MANAGER};

		owner.slot = manager->kind == VTX_KIND_VM ? VTX_SLOT_VM_MANAGERS
							  : VTX_SLOT_CONTAINER_MANAGERS;
		err = put_process(targets, manager->pid, manager->start_ticks, &owner);
	}
	return err;
}

/* Flags may also be removed, when a loop device has been given another file. */
static int put_blkdev(void *targets, uint32_t dev, uint32_t flags)
{
	return put(targets, LEDGER_BLKDEVS, &dev, &flags);
}

void bind_blkdevs(struct targets *targets)
{
	/* Without entries BPF goes by the major number and treats loop devices as stacked. */
	blockdev_each(put_blkdev, targets);
	ledger__blkdevs_changed(targets->ledger);
}
