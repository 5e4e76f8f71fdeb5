// SPDX-License-Identifier: GPL-2.0-or-later
#include "probes/plan.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "sys/blockdev.h"
#include "probes/conditions.h"
#include "sys/ksyms.h"
#include "probes/attach_net.h"

/* The hypervisor this host itself runs under, by the signature it shows in CPUID. */
static void find_hypervisor(char *ret, size_t size)
{
	ret[0] = '\0';
#if defined(__x86_64__)
	static const struct {
		const char *signature, *name;
	} known[] = {{"KVMKVMKVM", "kvm"},
		     {"XenVMMXenVMM", "xen"},
		     {"VMwareVMware", "vmware"},
		     {"Microsoft Hv", "hyperv"},
		     {"TCGTCGTCGTCG", "tcg"}};
	unsigned a, b, c, d;
	char signature[13] = {};

	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & (1u << 31)))
		return;
	__cpuid(0x40000000, a, b, c, d);
	memcpy(signature, &b, 4);
	memcpy(signature + 4, &c, 4);
	memcpy(signature + 8, &d, 4);
	snprintf(ret, size, "other");
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(signature, known[i].signature))
			snprintf(ret, size, "%s", known[i].name);
#endif
}

/* Number of arguments of a tracepoint, its hidden first one left out; -1: no such tracepoint. */
static int tracepoint_args(const struct btf *btf, const char *name)
{
	const struct btf_type *type;
	char typedef_name[80];
	int id;

	snprintf(typedef_name, sizeof(typedef_name), "btf_trace_%s", name);
	id = btf__find_by_name_kind(btf, typedef_name, BTF_KIND_TYPEDEF);
	if (id < 0)
		return -1;
	type = btf__type_by_id(btf, btf__type_by_id(btf, (__u32)id)->type);
	if (!type || !btf_is_ptr(type))
		return -1;
	type = btf__type_by_id(btf, type->type);
	return type && btf_is_func_proto(type) ? btf_vlen(type) - 1 : -1;
}

/*
 * Tries: a program that does nothing, on lo, let go of at once. (tcx came with 6.6.) Packet sockets
 * can be asked for in the environment, to compare the two.
 */
static bool probe_tcx(void)
{
	const char *wanted = getenv("VIRTAX_NET");
	const struct bpf_insn pass[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = -1}, /* on to whoever else is there */
		{.code = BPF_JMP | BPF_EXIT},
	};
	int prog = -1, link = -1;

	if (wanted && !strcmp(wanted, "packet"))
		return false;
	prog = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, NULL, "GPL", pass, 2, NULL);
	if (prog >= 0)
		link = bpf_link_create(prog, (int)if_nametoindex("lo"), NET_TCX_INGRESS, NULL);
	if (link >= 0)
		close(link);
	if (prog >= 0)
		close(prog);
	return link >= 0;
}

static bool struct_has(const struct btf *btf, const char *name, const char *field)
{
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT);
	const struct btf_type *type = id > 0 ? btf__type_by_id(btf, (__u32)id) : NULL;

	for (__u32 i = 0; type && i < btf_vlen(type); i++)
		if (!strcmp(btf__name_by_offset(btf, btf_members(type)[i].name_off), field))
			return true;
	return false;
}

static void off(struct plan_hook *ret, bool not_wanted, const char *why)
{
	ret->on = false;
	ret->not_wanted = not_wanted;
	snprintf(ret->why_off, sizeof(ret->why_off), "%s", why);
}

static bool is_asked_for(const struct hook *hook, const struct plan *plan)
{
	return hook->parts & plan->parts || (hook->or_exact && plan->split == SPLIT_EXACT);
}

static void judge_tracepoint(struct plan_hook *ret, const struct hook *hook,
			     const struct plan *plan, const struct btf *btf)
{
	int args = tracepoint_args(btf, hook->event);

	if (args < 0)
		off(ret, false, "this kernel has no such tracepoint");
	else if (hook->request && args > 0 && args != 1 + plan->rq_second)
		off(ret, false, "this kernel gives it other arguments than block_rq_issue");
}

static void judge(struct plan_hook *ret, const struct hook *hook, const struct plan *plan,
		  const struct btf *btf)
{
	const struct condition *when = hook->when;

	ret->hook = hook;
	ret->on = true;
	ret->why_off[0] = '\0';
	if (!is_asked_for(hook, plan))
		off(ret, true, "not asked for (--only)");
	else if (when && !when->holds(plan))
		off(ret, !when->wanted, when->else_why);
	else if (hook->type == ATTACH_TRACEPOINT)
		judge_tracepoint(ret, hook, plan, btf);
}

/* The numbers depend on the kernel's configuration: they are read from its enum. */
static void probe_subsys(struct plan *plan, const struct btf *btf)
{
	int id = btf__find_by_name_kind(btf, "cgroup_subsys_id", BTF_KIND_ENUM);
	const struct btf_type *type = id > 0 ? btf__type_by_id(btf, (__u32)id) : NULL;

	for (__u32 i = 0; type && i < btf_vlen(type) && plan->n_subsys < 16; i++) {
		const char *name = btf__name_by_offset(btf, btf_enum(type)[i].name_off);
		const char *end = strstr(name, "_cgrp_id");

		if (!end)
			continue;
		/* The io controller was called blkio in v1 and still is there. */
		if (!strncmp(name, "io_", 3))
			name = "blkio", end = name + 5;
		snprintf(plan->subsys[plan->n_subsys].controller, 16, "%.*s", (int)(end - name),
			 name);
		plan->subsys[plan->n_subsys++].id = btf_enum(type)[i].val;
	}
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

/* Tracepoints for page faults are x86's. The other way can be asked for, to compare the two. */
static void probe_faults(struct plan *plan, const struct btf *btf)
{
	/* All of these are entered for a fault; the last also for those the kernel takes itself. */
	static const char *const names[] = {"asm_exc_page_fault", "exc_page_fault", "do_mem_abort",
					    "handle_mm_fault"};
	const char *wanted = getenv("VIRTAX_FAULTS");
	struct ksym sym[VTX_FAULT_TEXTS];

	_Static_assert(sizeof(names) / sizeof(names[0]) == VTX_FAULT_TEXTS, "one each");
	plan->fault_any =
		tracepoint_args(btf, "page_fault_user") < 0 || (wanted && !strcmp(wanted, "event"));
	plan->n_fault_texts = 0;
	if (plan->split != SPLIT_SAMPLE || !(plan->parts & PART_MEMORY) ||
	    ksyms_find(&sysroot_live, names, VTX_FAULT_TEXTS, sym))
		return;
	for (size_t i = 0; i < VTX_FAULT_TEXTS; i++)
		if (sym[i].size)
			plan->fault_text[plan->n_fault_texts++] =
				(struct vtx_text){sym[i].start, sym[i].size};
}

/* A device that stands on others counts only where those who use it see it. */
static int look_for_bios(void *plan, uint32_t dev, uint32_t flags)
{
	struct plan *p = plan;
	bool top = p->block_layers & (1u << VTX_BLOCK_TOP);

	p->bios |= flags & VTX_BLKDEV_BIO && (top || !(flags & VTX_BLKDEV_UPPER));
	return 0;
}

/* Are the loop driver's own types known? It may be a module; up to 5.10 those have none. */
static bool has_loops(struct btf *btf)
{
	struct btf *module;
	bool has = struct_has(btf, "loop_device", "lo_backing_file");

	if (has)
		return true;
	module = btf__load_module_btf("loop", btf);
	has = !libbpf_get_error(module) && struct_has(module, "loop_device", "lo_backing_file");
	if (!libbpf_get_error(module))
		btf__free(module);
	return has;
}

static int probe_kernel(struct plan *plan, struct btf *btf)
{
	/* bpf_tracing_func_proto has had it since 5.13, where tracing programs may use it. */
	plan->task_storage = libbpf_probe_bpf_helper(BPF_PROG_TYPE_RAW_TRACEPOINT,
						     BPF_FUNC_task_storage_get, NULL) == 1;
	find_hypervisor(plan->hypervisor, sizeof(plan->hypervisor));
	plan->steal = plan->hypervisor[0] && struct_has(btf, "rq", "prev_steal_time_rq") &&
		      struct_has(btf, "sched_entity", "cfs_rq");
	plan->sched_info = struct_has(btf, "sched_info", "last_queued") &&
			   struct_has(btf, "sched_info", "run_delay") &&
			   struct_has(btf, "sched_entity", "cfs_rq");
	plan->tcx = probe_tcx();
	plan->hold_cpu = btf__find_by_name_kind(btf, "bpf_preempt_disable", BTF_KIND_FUNC) > 0 &&
			 btf__find_by_name_kind(btf, "bpf_local_irq_save", BTF_KIND_FUNC) > 0;
	probe_faults(plan, btf);
	plan->tells_verified = struct_has(btf, "bpf_prog_info", "verified_insns");
	probe_subsys(plan, btf);
	plan->rq_second = tracepoint_args(btf, "block_rq_issue") == 2;
	plan->bio_second = tracepoint_args(btf, "block_bio_queue") == 2;
	plan->dirty_pages = tracepoint_args(btf, "writeback_dirty_page") > 0;
	plan->loops = has_loops(btf);
	blockdev_each(look_for_bios, plan);
	return 0;
}

/* libbpf's own messages would come between ours: they are for whoever asks. */
static int silent(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level == LIBBPF_DEBUG || !getenv("VIRTAX_DEBUG"))
		return 0;
	return vfprintf(stderr, format, args);
}

int plan__make(struct plan *ret, enum split split, unsigned parts, unsigned block_layers,
	       struct verr *ret_err)
{
	struct btf *btf;
	int err;

	libbpf_set_print(silent);
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
	err = probe_kernel(ret, btf);
	for (size_t i = 0; !err && i < HOOKS; i++) {
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
