// SPDX-License-Identifier: GPL-2.0-or-later
#include "probes/plan_make.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/array.h"
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

/* libbpf prints between our own messages: show its output only on request. */
static int print_if_debugging(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level == LIBBPF_DEBUG || !getenv("VIRTAX_DEBUG"))
		return 0;
	return vfprintf(stderr, format, args);
}

/* What whoever is not root needs to load and attach the programs, and to look into targets. */
static const struct {
	unsigned int number;
	const char *name;
} capabilities[] = {
	{CAP_BPF, "CAP_BPF"},
	{CAP_PERFMON, "CAP_PERFMON"},
	{CAP_NET_ADMIN, "CAP_NET_ADMIN"},
	{CAP_NET_RAW, "CAP_NET_RAW"},
	{CAP_SYS_PTRACE, "CAP_SYS_PTRACE"},
	{CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH"},
	{CAP_SYS_ADMIN, "CAP_SYS_ADMIN"},
};

static bool has_capability(const struct __user_cap_data_struct set[2], unsigned int number)
{
	return set[number / 32].effective >> number % 32 & 1;
}

static int check_rights(struct verr *ret_err)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct set[2] = {};
	char missing[256] = "";
	size_t n = 0, at = 0;

	if (geteuid() == 0)
		return 0;
	syscall(SYS_capget, &head, set);
	for (size_t i = 0; i < ARRAY_SIZE(capabilities); i++) {
		if (has_capability(set, capabilities[i].number))
			continue;
		at += (size_t)snprintf(missing + at, sizeof(missing) - at, "%s%s", n ? ", " : "",
				       capabilities[i].name);
		n++;
	}
	if (!n)
		return 0;
	if (n == ARRAY_SIZE(capabilities))
		return verr_set(ret_err, -EPERM, "BPF: needs root (run virtax with sudo)");
	return verr_set(ret_err, -EPERM, "BPF: needs root, or %s, too (run virtax with sudo)",
			missing);
}

int plan_make(struct plan *ret, enum split split, unsigned parts, unsigned block_layers,
	      unsigned profile_hz, bool off_cpu, struct verr *ret_err)
{
	const char *refusal;
	struct utsname uts;
	struct btf *btf;
	int err;

	libbpf_set_print(print_if_debugging);
	memset(ret, 0, sizeof(*ret));
	ret->split = split;
	ret->parts = parts;
	ret->block_layers = block_layers;
	ret->profile_hz = profile_hz;
	ret->off_cpu = off_cpu;
	err = check_rights(ret_err);
	if (err)
		return err;
	refusal = uname(&uts) ? NULL : plan_refusal(uts.version);
	if (refusal)
		return verr_set(ret_err, -ENOTSUP, "this kernel: %s", refusal);
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
