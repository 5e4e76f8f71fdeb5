// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * profile.bpf.c - the profile: a clock of its own takes the stacks of what targets run, with the
 * account and mode that the ledger charges at that moment. They are counted here, by stack. Loaded
 * with --profile only. With --off-cpu also the stacks of tasks that leave the CPU, with the time
 * until they are back.
 *
 * The owners of a softirq are known when it ends, so its samples are held until then.
 */
#include "ledger.bpf.h"
#include "abi_profile.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, VTX_SAMPLES);
	__type(key, struct vtx_sample_key);
	__type(value, __u64);
} vtx_samples SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, VTX_STACKS);
	__type(key, __u64);
	__type(value, struct vtx_trace);
} vtx_traces SEC(".maps");

/* Samples by address space. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, VTX_IMAGES);
	__type(key, struct vtx_image_key);
	__type(value, __u32);
} vtx_images SEC(".maps");

/* A stack: too large for the program's own stack. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct vtx_trace);
} vtx_trace_now SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct vtx_held);
} vtx_held SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, VTX_ASLEEP);
	__type(key, __u64);
	__type(value, struct vtx_off_task);
} vtx_asleep SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, VTX_WAITS);
	__type(key, struct vtx_wait_key);
	__type(value, struct vtx_waited);
} vtx_waits SEC(".maps");

struct vtx_profile_totals vtx_profiled;

/* 64 bits of the addresses: never VTX_STACK_LOST or less. */
static __always_inline __u64 trace_id(const struct vtx_trace *trace, __u64 seed)
{
	__u64 hash = seed;
	int i;

	for (i = 0; i < VTX_STACK_DEPTH; i++) {
		if ((__u64)i >= trace->n)
			break;
		hash = (hash ^ trace->ip[i]) * 0x9e3779b97f4a7c15ull;
		hash ^= hash >> 32;
	}
	return hash > VTX_STACK_LOST ? hash : hash + 2;
}

/* Keeps the stack that was interrupted. Returns its id; 0: there is none. */
static __always_inline __u64 trace_taken(void *ctx, __u64 flags)
{
	struct vtx_trace *trace;
	__u32 zero = 0;
	long bytes;
	__u64 id;

	trace = bpf_map_lookup_elem(&vtx_trace_now, &zero);
	if (!trace)
		return 0;
	bytes = bpf_get_stack(ctx, trace->ip, sizeof(trace->ip), flags);
	if (bytes <= 0)
		return 0;
	trace->n = (__u64)bytes / sizeof(__u64);
	if (bytes == sizeof(trace->ip))
		__sync_fetch_and_add(&vtx_profiled.truncated, 1);
	id = trace_id(trace, flags + 1);
	if (bpf_map_lookup_elem(&vtx_traces, &id))
		return id;
	bpf_map_update_elem(&vtx_traces, &id, trace, BPF_NOEXIST);
	if (bpf_map_lookup_elem(&vtx_traces, &id))
		return id;
	__sync_fetch_and_add(&vtx_profiled.no_trace, 1);
	return VTX_STACK_LOST;
}

static __always_inline void sample_counted(const struct vtx_sample_key *key)
{
	__u64 zero = 0, *n;

	n = bpf_map_lookup_elem(&vtx_samples, key);
	if (!n) {
		bpf_map_update_elem(&vtx_samples, key, &zero, BPF_NOEXIST);
		n = bpf_map_lookup_elem(&vtx_samples, key);
	}
	__sync_fetch_and_add(&vtx_profiled.samples, 1);
	if (n)
		__sync_fetch_and_add(n, 1);
	else
		__sync_fetch_and_add(&vtx_profiled.lost, 1);
}

static __always_inline bool is_targets(__u32 account)
{
	return account >= VTX_ACCOUNT(VTX_SLOT_FIRST, 0);
}

/*
 * User space reads what a process has mapped when it is first seen, because it may be short-lived;
 * and again after 2, 4, 8 … samples: at the first it may be in the middle of exec, or loading
 * libraries.
 */
static __always_inline void image_seen(__u32 tgid, __u64 mm)
{
	struct vtx_image_key key = {mm, tgid};
	__u32 zero = 0, *known, n;

	known = bpf_map_lookup_elem(&vtx_images, &key);
	if (!known) {
		bpf_map_update_elem(&vtx_images, &key, &zero, BPF_NOEXIST);
		known = bpf_map_lookup_elem(&vtx_images, &key);
	}
	if (!known)
		return;
	n = *known + 1;
	*known = n;
	if (!(n & (n - 1)))
		send_event(VTX_EVENT_PROFILED, tgid, mm);
}

static __always_inline void task_sampled(struct bpf_perf_event_data *ctx, const struct vtx_cpu *cpu)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct vtx_sample_key key = {.account = cpu->account};
	bool user = regs_are_user(ctx);

	key.mode = mode_index(cpu->mode);
	if (key.mode == VTX_TASK)
		key.mode = user ? VTX_USER : VTX_KERNEL;
	key.tgid = bpf_get_current_pid_tgid() >> 32;
	key.mm = BPF_CORE_READ(task, flags) & PF_KTHREAD ? 0 : (__u64)BPF_CORE_READ(task, mm);
	if (!user)
		key.kernel = trace_taken(ctx, 0);
	if (key.mm) {
		key.user = trace_taken(ctx, BPF_F_USER_STACK);
		image_seen(key.tgid, key.mm);
	}
	sample_counted(&key);
}

static __always_inline void softirq_sampled(struct bpf_perf_event_data *ctx)
{
	struct vtx_held *held;
	__u32 zero = 0;
	__u64 n;

	held = bpf_map_lookup_elem(&vtx_held, &zero);
	if (!held)
		return;
	n = held->n;
	if (n >= VTX_HELD) {
		__sync_fetch_and_add(&vtx_profiled.surplus, 1);
		return;
	}
	held->kernel[n] = trace_taken(ctx, 0);
	held->n = n + 1;
}

/* Each tick of the profile's clock. */
SEC("?perf_event")
int vtx_profile(struct bpf_perf_event_data *ctx)
{
	struct vtx_cpu *cpu = cpu_any();

	/* As in vtx_sample: the timer interrupt that takes the sample is ours. */
	if (!cpu_on(cpu))
		return 0;
	cpu->runs++;
	if (cpu->hard == 1 && !cpu->hard_deferred)
		cpu->sampled = 1;
	/* What our own handlers take is on no target's bill. */
	if (cpu->hard > 1 || cpu->busy)
		return 0;
	if (cpu->soft)
		softirq_sampled(ctx);
	else if (is_targets(cpu->account) && cpu->mode != VTX_GUEST && cpu->mode != VTX_POLL)
		task_sampled(ctx, cpu);
	return 0;
}

/* The owner that most of the softirq's work was for. */
static __always_inline __u32 softirq_owner(const struct vtx_cpu *cpu)
{
	__u32 most = 0, account = VTX_ACC_HOST;
	int i;

	for (i = 0; i < VTX_VOTES; i++) {
		if (cpu->softirq.votes[i].count <= most)
			continue;
		most = cpu->softirq.votes[i].count;
		account = cpu->softirq.votes[i].account;
	}
	return account;
}

/* A softirq ends: attached before vtx_soft_out, which settles its votes. */
SEC("?tp_btf/softirq_exit")
int BPF_PROG(vtx_prof_soft, unsigned int vec)
{
	struct vtx_cpu *cpu = cpu_any();
	struct vtx_sample_key key = {.mode = VTX_SOFTIRQ, .vec = vec};
	struct vtx_held *held;
	__u32 zero = 0;
	int i;

	if (!cpu_on(cpu))
		return 0;
	cpu->runs++;
	cpu->own_ns += vtx_call_ns;
	held = bpf_map_lookup_elem(&vtx_held, &zero);
	if (!held || !held->n)
		return 0;
	key.account = softirq_owner(cpu);
	for (i = 0; i < VTX_HELD && is_targets(key.account); i++) {
		if ((__u64)i >= held->n)
			break;
		key.kernel = held->kernel[i];
		sample_counted(&key);
	}
	held->n = 0;
	return 0;
}

/* ---- --off-cpu ---- */

static __always_inline void wait_counted(const struct vtx_wait_key *key, __u64 ns)
{
	struct vtx_waited zero = {}, *to;

	to = bpf_map_lookup_elem(&vtx_waits, key);
	if (!to) {
		bpf_map_update_elem(&vtx_waits, key, &zero, BPF_NOEXIST);
		to = bpf_map_lookup_elem(&vtx_waits, key);
	}
	if (!to) {
		__sync_fetch_and_add(&vtx_profiled.no_wait, 1);
		return;
	}
	__sync_fetch_and_add(&to->ns, ns);
	__sync_fetch_and_add(&to->count, 1);
}

/* A task leaves the CPU that is, or by now may be, of a target: keeps its stack. */
static __noinline int off_begins(void *ctx, struct task_struct *prev, __u64 now)
{
	struct vtx_task *known = task_find(prev);
	struct vtx_off_task left = {.since_ns = now, .why = VTX_LEFT_ASLEEP};
	__u64 task = (__u64)prev;

	if (!known || (known->gen == vtx_gen && !is_targets(known->account)))
		return 0;
	if (task_is_running(prev))
		left.why = VTX_LEFT_RUNNABLE;
	else if (BPF_CORE_READ_BITFIELD(prev, in_iowait))
		left.why = VTX_LEFT_IO;
	left.tgid = prev->tgid;
	left.mm = prev->flags & PF_KTHREAD ? 0 : (__u64)prev->mm;
	left.kernel = trace_taken(ctx, 0);
	if (left.mm) {
		left.user = trace_taken(ctx, BPF_F_USER_STACK);
		image_seen(left.tgid, left.mm);
	}
	if (bpf_map_update_elem(&vtx_asleep, &task, &left, BPF_ANY))
		__sync_fetch_and_add(&vtx_profiled.no_wait, 1);
	return 0;
}

/*
 * A task of a target has arrived. What it waited for a CPU is what the ledger charges; before that
 * it slept. A wait whose beginning was not seen has no stack.
 */
static __noinline int off_ends(const struct vtx_cpu *cpu, __u64 task, __u64 now)
{
	struct vtx_wait_key key = {.account = cpu->account};
	__u64 ns = cpu->wait_ns;
	struct vtx_off_task *left;
	__s64 slept;

	left = bpf_map_lookup_elem(&vtx_asleep, &task);
	if (left) {
		/* The clocks of two CPUs may differ slightly. */
		slept = (__s64)(now - left->since_ns - ns);
		key.user = left->user;
		key.kernel = left->kernel;
		key.mm = left->mm;
		key.tgid = left->tgid;
		key.why = left->why;
		if (left->why != VTX_LEFT_RUNNABLE && slept > 0)
			wait_counted(&key, slept);
		bpf_map_delete_elem(&vtx_asleep, &task);
	}
	key.for_cpu = 1;
	if (ns)
		wait_counted(&key, ns);
	return 0;
}

static __noinline int off_forgotten(__u64 task)
{
	bpf_map_delete_elem(&vtx_asleep, &task);
	return 0;
}

/* Attached after vtx_switch, which has charged the switch: times are the ledger's. */
SEC("?tp_btf/sched_switch")
int BPF_PROG(vtx_off, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	struct vtx_cpu *cpu = cpu_any();
	__u64 begun;

	if (!cpu_on(cpu) || cpu->task != (__u64)next)
		return 0;
	begun = bpf_ktime_get_ns();
	cpu->runs++;
	if (prev->pid && !task_is_dead(prev))
		off_begins(ctx, prev, cpu->last_ns);
	if (next->pid && is_targets(cpu->account))
		off_ends(cpu, (__u64)next, cpu->last_ns);
	else if (next->pid) /* it may have left a target, or be a new task in the place of an ended
			       one */
		off_forgotten((__u64)next);
	cpu->own_ns += bpf_ktime_get_ns() - begun + vtx_call_ns;
	return 0;
}
