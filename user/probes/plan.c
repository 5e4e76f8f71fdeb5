// SPDX-License-Identifier: GPL-2.0-or-later
#include "probes/plan.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probes/conditions.h"
#include "probes/plan_probe.h"

static void off(struct plan_hook *ret, bool not_wanted, const char *why)
{
	ret->on = false;
	ret->not_wanted = not_wanted;
	snprintf(ret->why_off, sizeof(ret->why_off), "%s", why);
}

static bool is_requested(const struct hook *hook, const struct plan *plan)
{
	return hook->parts & plan->parts || (hook->or_exact && plan->split == SPLIT_EXACT);
}

static void judge_tracepoint(struct plan_hook *ret, const struct hook *hook,
			     const struct plan *plan, const struct btf *btf)
{
	int args = plan_probe__tracepoint_args(btf, hook->event);

	if (args < 0)
		off(ret, false, "this kernel has no such tracepoint");
	else if (hook->request && args > 0 && args != 1 + plan->rq_second)
		off(ret, false, "on this kernel its arguments differ from block_rq_issue's");
}

static void judge(struct plan_hook *ret, const struct hook *hook, const struct plan *plan,
		  const struct btf *btf)
{
	const struct condition *when = hook->when;

	ret->hook = hook;
	ret->on = true;
	ret->why_off[0] = '\0';
	if (!is_requested(hook, plan))
		off(ret, true, "not requested (--only)");
	else if (when && !when->holds(plan))
		off(ret, !when->wanted, when->else_why);
	else if (hook->type == ATTACH_TRACEPOINT)
		judge_tracepoint(ret, hook, plan, btf);
}

int plan__subsys(const struct plan *plan, const char *controllers)
{
	size_t n;

	if (!*controllers)
		return -1;
	for (; *controllers; controllers += n + (controllers[n] == ',')) {
		n = strcspn(controllers, ",");
		for (size_t i = 0; i < plan->n_subsys; i++)
			if (strlen(plan->subsys[i].controller) == n &&
			    !strncmp(plan->subsys[i].controller, controllers, n))
				return plan->subsys[i].id;
	}
	return -ENOENT;
}

/* libbpf prints between our own messages: show its output only on request. */
static int print_if_debugging(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level == LIBBPF_DEBUG || !getenv("VIRTAX_DEBUG"))
		return 0;
	return vfprintf(stderr, format, args);
}

int plan__make(struct plan *ret, enum split split, unsigned parts, unsigned block_layers,
	       struct verr *ret_err)
{
	struct btf *btf;
	int err = 0;

	libbpf_set_print(print_if_debugging);
	memset(ret, 0, sizeof(*ret));
	ret->split = split;
	ret->parts = parts;
	ret->block_layers = block_layers;
	if (geteuid() != 0)
		return verr_set(ret_err, -EPERM, "BPF: needs root (run virtax with sudo)");
	btf = btf__load_vmlinux_btf();
	if (!btf)
		return verr_set(ret_err, -ENOTSUP,
				"this kernel: no BTF at /sys/kernel/btf/vmlinux (use a kernel "
				"built with CONFIG_DEBUG_INFO_BTF)");
	plan_probe__kernel(ret, btf);
	for (enum hook_id i = 0; !err && i < HOOKS; i++) {
		judge(&ret->hook[i], &hooks[i], ret, btf);
		if (hooks[i].required && !ret->hook[i].on && !ret->hook[i].not_wanted)
			err = verr_set(ret_err, -ENOTSUP, "%s: %s: %s (see virtax check)",
				       hooks[i].event, ret->hook[i].why_off, hooks[i].costs);
	}
	btf__free(btf);
	return err;
}

bool plan__has(const struct plan *plan, enum hook_id id)
{
	return plan->hook[id].on;
}

bool plan__attached(const struct plan *plan, enum hook_id id)
{
	return plan->hook[id].attached;
}

static bool is_missing(const struct plan_hook *hook)
{
	return !hook->on && !hook->not_wanted && !hook->hook->optional;
}

bool plan__reports(const struct plan *plan, enum hook_id id)
{
	enum hook_id pair = hooks[id].pair;

	return is_missing(&plan->hook[id]) && !(pair && is_missing(&plan->hook[pair]));
}

bool plan__may_miss(const struct plan *plan, enum hook_id id)
{
	return hooks[id].may_miss && hooks[id].may_miss(plan);
}

enum hook_id plan__spare(const struct plan *plan, enum hook_id id)
{
	for (enum hook_id i = 0; id && i < HOOKS; i++)
		if (hooks[i].spare_of == id && plan->hook[i].attached)
			return i;
	return 0;
}

bool plan__counts_block(const struct plan *plan)
{
	return plan->parts & PART_BLOCK && plan__has(plan, HOOK_RQ_ISSUE) &&
	       plan__has(plan, HOOK_RQ_DONE);
}

static bool measures_fault_time(const struct plan *plan, bool entries)
{
	if (plan->split == SPLIT_EXACT)
		return entries && plan__attached(plan, HOOK_FAULT_MIN);
	return plan->split == SPLIT_SAMPLE && plan->n_fault_texts;
}

struct attribution plan__attribution(const struct plan *plan)
{
	bool seen = plan__attached(plan, HOOK_FAULT_IN) && plan__attached(plan, HOOK_FAULT_KIN);
	bool faults = seen || plan__attached(plan, HOOK_FAULT_ANY);

	return (struct attribution){
		.split = plan->split,
		.http = plan->parts & PART_HTTP,
		.net = plan->parts & PART_HTTP,
		.kvm = plan__attached(plan, HOOK_KVM_EXIT),
		.sched = plan->sched_info || plan__has(plan, HOOK_WAKEUP),
		.block = plan__counts_block(plan) ? plan->block_layers : 0,
		.memory = plan->parts & PART_MEMORY,
		.fault_modes = faults,
		.fault_access = seen,
		.fault_time = measures_fault_time(plan, faults),
		.fault_wait = faults && plan__attached(plan, HOOK_FAULT_MAJ),
		.fault_guest = plan__attached(plan, HOOK_GUEST_FAULT),
	};
}
