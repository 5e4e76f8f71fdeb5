// SPDX-License-Identifier: GPL-2.0-or-later
/* Loading, attaching and freeing: the clocks and the reading are in clock.c. */
#include "probes/ledger.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cgroups/layout.h"
#include "probes/kvmshape.h"
#include "probes/ledger_impl.h"

/* Samples a second and CPU: odd, so as not to march in step with ticks and timers. */
#define SAMPLE_HZ 199

int ledger_config__make(struct ledger_config *ret, const struct plan *plan,
			const struct cgroup_layout *layout)
{
	struct stat st;

	memset(ret, 0, sizeof(*ret));
	if (stat("/proc/self/ns/net", &st))
		return -errno;
	ret->host_netns = (uint32_t)st.st_ino;
	ret->n_hiers = layout->n_watched;
	ret->io_hier = cgroup_layout__controller(layout, "blkio");
	ret->memory_hier = cgroup_layout__controller(layout, "memory");
	for (size_t i = 0; i < layout->n_watched; i++) {
		int id = plan__subsys(plan, layout->hier[i].controllers);

		/* A controller the kernel's own list lacks cannot be there: watch v2 in its place. */
		ret->hier_subsys[i] = id == -ENOENT ? -1 : id;
	}
	return 0;
}

static struct bpf_program *program_of(const struct ledger *ledger, enum hook_id id)
{
	return bpf_object__find_program_by_name(ledger->skel->obj, hooks[id].program);
}

static void configure(struct ledger *ledger, const struct ledger_config *config)
{
	struct virtax *skel = ledger->skel;
	const struct plan *plan = ledger->plan;
	struct vtx_config *set = &skel->rodata->vtx_config;

	set->task_storage = plan->task_storage;
	set->split_exact = plan->split == SPLIT_EXACT;
	set->split_sample = plan->split == SPLIT_SAMPLE;
	set->steal = plan->steal;
	set->sched_info = plan->sched_info;
	set->block.rq_second = plan->rq_second;
	set->hold_cpu = plan->hold_cpu;
	set->n_fault_texts = (__u8)plan->n_fault_texts;
	memcpy(set->fault_text, plan->fault_text, sizeof(set->fault_text));
	set->host_netns = config->host_netns;
	set->hiers.n = (__u32)config->n_hiers;
	for (size_t i = 0; i < VTX_MAX_HIERS; i++)
		set->hiers.subsys[i] = i < config->n_hiers ? config->hier_subsys[i] : -1;
	for (enum hook_id i = 0; i < HOOKS; i++) {
		struct bpf_program *prog = program_of(ledger, i);

		if (prog)
			bpf_program__set_autoload(prog, plan__has(plan, i));
	}
	bpf_map__set_autocreate(skel->maps.vtx_tasks, plan->task_storage);
	if (plan->task_storage) /* never looked at: as small as it can be */
		bpf_map__set_max_entries(skel->maps.vtx_tids, 1);
	bpf_map__set_max_entries(skel->maps.vtx_totals, VTX_ACCOUNT(plan->n_slots, 0));
	bpf_map__set_max_entries(skel->maps.net_totals, (__u32)plan->n_slots);
	bpf_map__set_max_entries(skel->maps.vtx_exits, (__u32)plan->n_slots);
	ledger_block__configure(ledger, config);
}

/*
 * The verifier's closing statistics are a few lines, but for a while it may write much more, and a
 * log that overflows makes it fail. Only what is written takes memory.
 */
#define VERIFY_LOG_BYTES (1 << 20)
#define VERIFY_LOG_STATS 4 /* BPF_LOG_STATS */

/* Gives every program that is to be loaded a log of its own. *ret_logs is to be freed. -ENOMEM. */
static int verify_logs_ask(const struct ledger *ledger, char **ret_logs)
{
	const struct plan *plan = ledger->plan;

	*ret_logs = calloc(HOOKS, VERIFY_LOG_BYTES);
	if (!*ret_logs)
		return -ENOMEM;
	for (enum hook_id i = 0; i < HOOKS; i++) {
		struct bpf_program *prog = program_of(ledger, i);

		if (!prog || !plan->hook[i].on)
			continue;
		bpf_program__set_log_level(prog, VERIFY_LOG_STATS);
		bpf_program__set_log_buf(prog, *ret_logs + i * VERIFY_LOG_BYTES, VERIFY_LOG_BYTES);
	}
	return 0;
}

/* Newer kernels (5.16) tell it of a loaded program; logs is for the others, or NULL. */
static void verify_read(const struct ledger *ledger, enum hook_id id, const char *logs)
{
	struct plan_hook *hook = &ledger->plan->hook[id];
	int fd = bpf_program__fd(program_of(ledger, id));
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);
	const char *line;

	if (fd < 0)
		return;
	line = logs ? strstr(logs + id * VERIFY_LOG_BYTES, "processed ") : NULL;
	if (line)
		sscanf(line, "processed %u insns", &hook->verified);
	else if (!bpf_obj_get_info_by_fd(fd, &info, &size))
		hook->verified = info.verified_insns;
}

static int add_link(struct ledger *ledger, struct bpf_link *link)
{
	struct bpf_link **links;
	long err = libbpf_get_error(link);

	if (!link || err)
		return err ? (int)err : -errno;
	links = realloc(ledger->link, (ledger->n_links + 1) * sizeof(*links));
	if (!links) {
		bpf_link__destroy(link);
		return -ENOMEM;
	}
	ledger->link = links;
	links[ledger->n_links++] = link;
	return 0;
}

/* One software event a CPU, each with the program on it. CPUs that are offline are left out. */
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

static int attach_sample(struct ledger *ledger, struct bpf_program *prog)
{
	struct perf_event_attr attr = {.type = PERF_TYPE_SOFTWARE,
				       .size = sizeof(attr),
				       .config = PERF_COUNT_SW_CPU_CLOCK,
				       .freq = 1,
				       .sample_freq = SAMPLE_HZ};

	return attach_perf(ledger, prog, &attr);
}

/* The programs may be at work already: they look at `known` before the rest. */
static void find_kvm_shape(struct ledger *ledger)
{
	struct vtx_kvm_shape *set = &ledger->skel->bss->vtx_kvm, found;

	if (set->isa)
		return;
	kvm_shape_find(&found);
	set->reason_off = found.reason_off;
	set->code_off = found.code_off;
	set->isa = found.isa;
	__atomic_store_n(&set->known, found.known, __ATOMIC_RELEASE);
}

/* A tracepoint of KVM's. Its types may be in a module that comes a moment later. */
static int attach_raw(struct ledger *ledger, struct bpf_program *prog)
{
	int err = add_link(ledger, bpf_program__attach(prog));

	if (!err)
		find_kvm_shape(ledger);
	return err;
}

static int attach_hook(struct ledger *ledger, enum hook_id id)
{
	struct bpf_program *prog = program_of(ledger, id);

	if (!prog)
		return -ENOENT;
	switch (hooks[id].type) {
	case ATTACH_TRACEPOINT:
		return add_link(ledger, bpf_program__attach(prog));
	case ATTACH_RAW:
		return attach_raw(ledger, prog);
	case ATTACH_SAMPLE:
		return attach_sample(ledger, prog);
	case ATTACH_FAULT_ANY:
		return attach_faults(ledger, prog, PERF_COUNT_SW_PAGE_FAULTS);
	case ATTACH_FAULT_MIN:
		return attach_faults(ledger, prog, PERF_COUNT_SW_PAGE_FAULTS_MIN);
	case ATTACH_FAULT_MAJ:
		return attach_faults(ledger, prog, PERF_COUNT_SW_PAGE_FAULTS_MAJ);
	case ATTACH_ITERATOR:
	case ATTACH_TEST_RUN:
	case ATTACH_NET:
		return 0; /* run or attached when their time comes */
	}
	return -EINVAL;
}

static int attach_all(struct ledger *ledger, struct verr *ret_err)
{
	struct plan *plan = ledger->plan;
	int err;

	for (enum hook_id i = 0; i < HOOKS; i++) {
		struct plan_hook *hook = &plan->hook[i];

		if (!hook->on)
			continue;
		err = attach_hook(ledger, i);
		hook->attached = !err;
		if (err && hook->hook->type == ATTACH_RAW)
			continue; /* tried again when a module may have come */
		if (err && hook->hook->required)
			return verr_set(ret_err, err, "%s: cannot attach: %s (see virtax check)",
					hook->hook->event, strerror(-err));
		if (err) {
			hook->on = false;
			snprintf(hook->why_off, sizeof(hook->why_off), "cannot attach: %s",
				 strerror(-err));
		}
	}
	return 0;
}

/* The filter of a packet socket is small and jumps into the program that reads. */
static int point_reader(struct ledger *ledger)
{
	int fd = bpf_program__fd(ledger->skel->progs.vtx_net_read);
	__u32 zero = 0;

	if (fd < 0) /* tcx is used, or HTTP is not asked for */
		return 0;
	return bpf_map_update_elem(bpf_map__fd(ledger->skel->maps.net_reader), &zero, &fd, BPF_ANY)
		       ? -errno
		       : 0;
}

void ledger__attach_late(struct ledger *ledger)
{
	for (enum hook_id i = 0; i < HOOKS; i++) {
		struct plan_hook *hook = &ledger->plan->hook[i];

		if (hook->on && !hook->attached && hook->hook->type == ATTACH_RAW)
			hook->attached = !attach_hook(ledger, i);
	}
	if (plan__attached(ledger->plan, HOOK_KVM_EXIT))
		find_kvm_shape(ledger);
}

static const char *load_remedy(int err)
{
	if (err == -EPERM || err == -EACCES)
		return "run as root, with CAP_BPF and CAP_PERFMON, outside of containers; see "
		       "virtax check";
	return "see virtax check; VIRTAX_DEBUG=1 shows the kernel's reasons";
}

/* Old kernels charge maps to RLIMIT_MEMLOCK; where it cannot be raised, loading will say so. */
static void raise_memlock(void)
{
	struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};

	(void)!setrlimit(RLIMIT_MEMLOCK, &all);
}

int ledger__open(struct ledger **ret, struct plan *plan, const struct ledger_config *config,
		 struct verr *ret_err)
{
	struct ledger *ledger;
	char *logs = NULL;
	int err;

	raise_memlock();
	ledger = calloc(1, sizeof(*ledger));
	if (!ledger)
		return -ENOMEM;
	ledger->plan = plan;
	ledger->n_cpus = libbpf_num_possible_cpus();
	if (ledger->n_cpus <= 0 || ledger->n_cpus > VTX_MAX_CPUS) {
		err = verr_set(ret_err, -E2BIG, "this host: %d CPUs (at most %d are supported)",
			       ledger->n_cpus, VTX_MAX_CPUS);
		goto out;
	}
	ledger->skel = virtax__open();
	if (!ledger->skel) {
		err = verr_set(ret_err, -errno, "BPF: cannot open the programs: %s (%s)",
			       strerror(errno), load_remedy(-errno));
		goto out;
	}
	configure(ledger, config);
	err = config->verify_log && !plan->tells_verified ? verify_logs_ask(ledger, &logs) : 0;
	if (!err)
		err = virtax__load(ledger->skel);
	if (err) {
		err = verr_set(ret_err, err, "BPF: cannot load the programs: %s (%s)",
			       strerror(-err), load_remedy(err));
		goto out;
	}
	for (enum hook_id i = 0; config->verify_log && i < HOOKS; i++)
		verify_read(ledger, i, logs);
	err = point_reader(ledger);
	if (!err)
		err = attach_all(ledger, ret_err);
out:
	if (err)
		ledger__free(ledger);
	else
		*ret = ledger;
	free(logs); /* libbpf looks at it while loading only */
	return err;
}

void ledger__free(struct ledger *ledger)
{
	if (!ledger)
		return;
	for (size_t i = 0; i < ledger->n_links; i++)
		bpf_link__destroy(ledger->link[i]);
	free(ledger->link);
	virtax__destroy(ledger->skel);
	free(ledger->buffer);
	free(ledger);
}

int ledger__map_fd(const struct ledger *ledger, enum ledger_map map)
{
	const struct virtax *skel = ledger->skel;

	switch (map) {
	case LEDGER_CGROUPS:
		return bpf_map__fd(skel->maps.vtx_cgroups);
	case LEDGER_PROCS:
		return bpf_map__fd(skel->maps.vtx_procs);
	case LEDGER_NETNS:
		return bpf_map__fd(skel->maps.vtx_netns);
	case LEDGER_EVENTS:
		return bpf_map__fd(skel->maps.vtx_events);
	case LEDGER_NET_DEVS:
		return bpf_map__fd(skel->maps.net_devs);
	case LEDGER_NET_PORTS:
		return bpf_map__fd(skel->maps.net_ports);
	case LEDGER_BLKDEVS:
		return bpf_map__fd(skel->maps.vtx_blkdevs);
	}
	return -ENOENT;
}

int ledger__prog_fd(const struct ledger *ledger, enum hook_id id)
{
	const struct bpf_program *prog = program_of(ledger, id);
	int fd = prog ? bpf_program__fd(prog) : -1;

	return fd >= 0 ? fd : -ENOENT;
}

struct bpf_link *ledger__iterator(const struct ledger *ledger, enum hook_id id)
{
	struct bpf_program *prog = program_of(ledger, id);
	struct bpf_link *link;

	if (!prog || bpf_program__fd(prog) < 0)
		return NULL;
	link = bpf_program__attach_iter(prog, NULL);
	return libbpf_get_error(link) ? NULL : link;
}
