// SPDX-License-Identifier: GPL-2.0-or-later
#include "probes/ledger_attach.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/array.h"
#include "probes/kvmshape.h"
#include "probes/ledger_cost.h"
#include "probes/ledger_impl.h"

/* Samples per second and CPU: odd, so that they do not stay in step with ticks and timers. */
#define SAMPLE_HZ 199

static int add_link(struct ledger *ledger, struct bpf_link *link)
{
	long err = libbpf_get_error(link);

	if (!link || err)
		return err ? (int)err : -errno;
	if (!array_grow(&ledger->link, ledger->n_links, &ledger->links_room)) {
		bpf_link__destroy(link);
		return -ENOMEM;
	}
	ledger->link[ledger->n_links++] = link;
	return 0;
}

/* Opens one software event on each online CPU and attaches the program to it. */
static int attach_perf(struct ledger *ledger, struct bpf_program *prog,
		       struct perf_event_attr *attr)
{
	int fd, err;

	for (int cpu = 0; cpu < ledger->n_cpus; cpu++) {
		fd = (int)syscall(SYS_perf_event_open, attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
		if (fd < 0 && errno == ENODEV)
			continue;
		if (fd < 0)
			return -errno;
		/* The link owns the descriptor from here on. */
		err = add_link(ledger, bpf_program__attach_perf_event(prog, fd));
		if (err) {
			close(fd);
			return err;
		}
	}
	return 0;
}

static int attach_faults(struct ledger *ledger, struct bpf_program *prog, uint64_t which)
{
	struct perf_event_attr attr = {.type = PERF_TYPE_SOFTWARE,
				       .size = sizeof(attr),
				       .config = which,
				       .sample_period = 1};

	return attach_perf(ledger, prog, &attr);
}

static int attach_sample(struct ledger *ledger, struct bpf_program *prog, unsigned hz)
{
	struct perf_event_attr attr = {.type = PERF_TYPE_SOFTWARE,
				       .size = sizeof(attr),
				       .config = PERF_COUNT_SW_CPU_CLOCK,
				       .freq = 1,
				       .sample_freq = hz};

	return attach_perf(ledger, prog, &attr);
}

/* The programs may be running already: they read `known` before the rest. */
static void set_kvmshape(struct ledger *ledger)
{
	struct vtx_kvm_shape *set = &ledger->skel->bss->vtx_kvm, found;

	if (set->isa)
		return;
	kvmshape_find(&found);
	set->reason_off = found.reason_off;
	set->code_off = found.code_off;
	set->isa = found.isa;
	__atomic_store_n(&set->known, found.known, __ATOMIC_RELEASE);
}

/* A tracepoint of KVM. Its types may be in a module that is loaded a moment later. */
static int attach_raw(struct ledger *ledger, struct bpf_program *prog)
{
	int err = add_link(ledger, bpf_program__attach(prog));

	if (!err)
		set_kvmshape(ledger);
	return err;
}

static int attach_hook(struct ledger *ledger, enum hook_id id)
{
	struct bpf_program *prog = ledger__program(ledger, id);

	if (!prog)
		return -ENOENT;
	switch (hooks[id].type) {
	case ATTACH_TRACEPOINT:
		return add_link(ledger, bpf_program__attach(prog));
	case ATTACH_RAW:
		return attach_raw(ledger, prog);
	case ATTACH_SAMPLE:
		return attach_sample(ledger, prog, SAMPLE_HZ);
	case ATTACH_PROFILE:
		return attach_sample(ledger, prog, ledger->plan->profile_hz);
	case ATTACH_FAULT_ANY:
		return attach_faults(ledger, prog, PERF_COUNT_SW_PAGE_FAULTS);
	case ATTACH_FAULT_MIN:
		return attach_faults(ledger, prog, PERF_COUNT_SW_PAGE_FAULTS_MIN);
	case ATTACH_FAULT_MAJ:
		return attach_faults(ledger, prog, PERF_COUNT_SW_PAGE_FAULTS_MAJ);
	case ATTACH_MEASURE:
		return ledger_cost__measure(ledger, prog);
	case ATTACH_ITERATOR:
	case ATTACH_TEST_RUN:
	case ATTACH_NET:
		return 0; /* run or attached later, by others */
	}
	return -EINVAL;
}

int ledger_attach__all(struct ledger *ledger, struct verr *ret_err)
{
	struct plan *plan = ledger->plan;
	int err;

	for (enum hook_id id = 0; id < HOOKS; id++) {
		struct plan_hook *hook = &plan->hook[id];

		if (!hook->on)
			continue;
		err = attach_hook(ledger, id);
		hook->attached = !err;
		if (err && hooks[id].type == ATTACH_RAW)
			continue; /* ledger_attach__late tries again */
		if (err && hooks[id].required)
			return verr_set(ret_err, err, "%s: cannot attach: %s (see virtax check)",
					hooks[id].event, strerror(-err));
		if (err) {
			hook->on = false;
			snprintf(hook->why_off, sizeof(hook->why_off), "cannot attach: %s",
				 strerror(-err));
		}
	}
	return 0;
}

void ledger_attach__late(struct ledger *ledger)
{
	for (enum hook_id id = 0; id < HOOKS; id++) {
		struct plan_hook *hook = &ledger->plan->hook[id];

		if (hook->on && !hook->attached && hooks[id].type == ATTACH_RAW)
			hook->attached = !attach_hook(ledger, id);
	}
	if (plan__attached(ledger->plan, HOOK_KVM_EXIT))
		set_kvmshape(ledger);
}
