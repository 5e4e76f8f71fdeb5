// SPDX-License-Identifier: GPL-2.0-or-later
#include "probes/plan_probe.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "base/array.h"
#include "probes/attach_net.h"
#include "probes/plan.h"
#include "sys/blockdev.h"
#include "sys/ksyms.h"

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
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (!strcmp(signature, known[i].signature))
			snprintf(ret, size, "%s", known[i].name);
#endif
}

int plan_probe__tracepoint_args(const struct btf *btf, const char *name)
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
 * tcx came with 6.6. A kernel that has it says that there is no such device, others that the
 * arguments are invalid. Nothing is attached, because detaching it again takes 20 ms. The
 * environment can select packet sockets, to compare the two.
 */
static bool probe_tcx(void)
{
	const char *wanted = getenv("VIRTAX_NET");
	const struct bpf_insn pass[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K,
		 .imm = -1}, /* TCX_NEXT: on to the next program */
		{.code = BPF_JMP | BPF_EXIT},
	};
	int prog, err = 0;

	if (wanted && !strcmp(wanted, "packet"))
		return false;
	prog = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, NULL, "GPL", pass, 2, NULL);
	if (prog < 0)
		return false;
	if (bpf_link_create(prog, ATTACH_NET_NO_DEVICE, NET_TCX_INGRESS, NULL) < 0)
		err = errno;
	close(prog);
	return err == ENODEV;
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

/* The ids depend on the kernel's configuration: read them from its enum. */
static void probe_subsys(struct plan *plan, const struct btf *btf)
{
	int id = btf__find_by_name_kind(btf, "cgroup_subsys_id", BTF_KIND_ENUM);
	const struct btf_type *type = id > 0 ? btf__type_by_id(btf, (__u32)id) : NULL;

	for (__u32 i = 0; type && i < btf_vlen(type) && plan->n_subsys < ARRAY_SIZE(plan->subsys);
	     i++) {
		const char *name = btf__name_by_offset(btf, btf_enum(type)[i].name_off);
		const char *end = strstr(name, "_cgrp_id");

		if (!end)
			continue;
		/* The io controller is still called blkio in v1. */
		if (!strncmp(name, "io_", 3))
			name = "blkio", end = name + 5;
		snprintf(plan->subsys[plan->n_subsys].controller,
			 sizeof(plan->subsys[0].controller), "%.*s", (int)(end - name), name);
		plan->subsys[plan->n_subsys++].id = btf_enum(type)[i].val;
	}
}

/* Only x86 has tracepoints for page faults. The environment can select events, to compare. */
static void probe_faults(struct plan *plan, const struct btf *btf)
{
	/*
	 * Every fault passes through all of these that exist; handle_mm_fault is also called
	 * without a fault.
	 */
	static const char *const names[] = {"asm_exc_page_fault", "exc_page_fault", "do_mem_abort",
					    "handle_mm_fault"};
	const char *wanted = getenv("VIRTAX_FAULTS");
	struct ksym sym[VTX_FAULT_TEXTS];

	_Static_assert(ARRAY_SIZE(names) == VTX_FAULT_TEXTS, "one each");
	plan->fault_any = plan_probe__tracepoint_args(btf, "page_fault_user") < 0 ||
			  (wanted && !strcmp(wanted, "event"));
	plan->n_fault_texts = 0;
	if (plan->split != SPLIT_SAMPLE || !(plan->parts & PART_MEMORY) ||
	    ksyms_find(&sysroot_live, names, VTX_FAULT_TEXTS, sym))
		return;
	for (size_t i = 0; i < VTX_FAULT_TEXTS; i++)
		if (sym[i].size)
			plan->fault_text[plan->n_fault_texts++] =
				(struct vtx_text){sym[i].start, sym[i].size};
}

/* A device that is stacked on others counts only at the top layer. */
static int look_for_bios(void *plan, uint32_t dev, uint32_t flags)
{
	struct plan *p = plan;
	bool top = p->block_layers & (1u << VTX_BLOCK_TOP);

	p->bios |= flags & VTX_BLKDEV_BIO && (top || !(flags & VTX_BLKDEV_UPPER));
	return 0;
}

/* Does BTF describe the loop driver's types? It may be a module; up to 5.10 modules have no BTF. */
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

void plan_probe__kernel(struct plan *plan, struct btf *btf)
{
	/* Since 5.13 bpf_tracing_func_proto has it, and tracing programs may use it. */
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
	plan->cast = btf__find_by_name_kind(btf, "bpf_rdonly_cast", BTF_KIND_FUNC) > 0;
	probe_faults(plan, btf);
	plan->reports_verified = struct_has(btf, "bpf_prog_info", "verified_insns");
	probe_subsys(plan, btf);
	plan->rq_second = plan_probe__tracepoint_args(btf, "block_rq_issue") == 2;
	plan->bio_second = plan_probe__tracepoint_args(btf, "block_bio_queue") == 2;
	plan->dirty_pages = plan_probe__tracepoint_args(btf, "writeback_dirty_page") > 0;
	plan->loops = has_loops(btf);
	blockdev_each(look_for_bios, plan);
}
