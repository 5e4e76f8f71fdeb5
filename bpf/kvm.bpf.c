// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvm.bpf.c - time in the guest, time in halt polling, and the reasons of exits. A thread is a vCPU
 * because it enters a guest, whatever its name.
 *
 * Raw tracepoints: on 5.10 a module's types are not in BTF, and the prototypes of kvm_entry and
 * kvm_exit have changed since. Only kvm_exit's first argument is read, and its value shows what it
 * is.
 */
#define VTX_HOLD_BY_IRQ
#include "cross.bpf.h"
#include "exit_index.h"

/* Summed by the reader; indexed by slot, since only vCPUs exit. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, VTX_SLOT_FIRST); /* set by user space */
	__type(key, __u32);
	__type(value, struct vtx_exits);
} vtx_exits SEC(".maps");

struct vtx_kvm_shape vtx_kvm;

/* Marks the running thread as a vCPU. Returns its entry at the first time only; else NULL. */
static __always_inline struct vtx_task *vcpu_found(void)
{
	struct vtx_task *known = task_find(current_task());

	if (!known || known->flags & VTX_TASK_VCPU)
		return 0;
	known->flags |= VTX_TASK_VCPU;
	known->gen = 0;
	return known;
}

static __always_inline void report_guest(void)
{
	send_event(VTX_EVENT_GUEST, bpf_get_current_pid_tgid() >> 32, 0);
}

/* The first time a thread enters a guest: it is a vCPU, with another account from now on. */
static __always_inline void becomes_vcpu(struct vtx_cpu *cpu)
{
	struct vtx_task *known = vcpu_found();

	if (!known)
		return;
	known->exit_reason = VTX_EXIT_NONE;
	cpu_refresh_task(cpu, current_task(), known);
	/* A VMM outside any watched VM (in a container, say) stays as it is until it is found. */
	if (VTX_ACC_ROLE(cpu->account) != VTX_VCPU)
		report_guest();
}

/* A thread outside any target enters a guest, or returns from one: its process is a VMM. */
static __always_inline void stranger_runs_guest(const struct vtx_cpu *cpu)
{
	if (in_task(cpu) && vcpu_found())
		report_guest();
}

/* Counts the exit that ends with this entry. The slice must be closed. */
static __always_inline void exit_ends(struct vtx_cpu *cpu)
{
	__u32 slot = VTX_ACC_SLOT(cpu->account), reason = cpu->exit.reason, user = cpu->exit.user;
	struct vtx_exits *exits;
	__u64 ns;

	/* The verifier must see the same register that is used as the index. */
	asm volatile("" : "+r"(reason), "+r"(user));
	if (reason >= VTX_EXIT_REASONS)
		return;
	cpu->exit.reason = VTX_EXIT_NONE;
	exits = bpf_map_lookup_elem(&vtx_exits, &slot);
	if (!exits)
		return;
	ns = exit_handled_ns(cpu);
	exits->reason[reason].count++;
	exits->reason[reason].ns += ns;
	if (user < VTX_USER_EXITS)
		exits->user[user].ns += ns;
}

SEC("?raw_tp/kvm_entry")
int vtx_kvm_entry(void *ctx)
{
	struct vtx_cpu *cpu = cpu_any();

	/* As for a fault, an entry must not be taken for another task's. */
	if (!target_faults(cpu)) {
		stranger_runs_guest(cpu);
		return 0;
	}
	cpu->busy = 1;
	barrier();
	charge(cpu, bpf_ktime_get_ns());
	if (VTX_ACC_ROLE(cpu->account) != VTX_VCPU)
		becomes_vcpu(cpu);
	else
		exit_ends(cpu);
	cpu->mode = VTX_GUEST;
	own_ends(cpu, VTX_OWN_KVM, cpu->last_ns);
	barrier();
	cpu->busy = 0;
	return 0;
}

#ifdef __TARGET_ARCH_x86
/* The hardware's reason, read from where this kernel keeps it for `vcpu`. */
static __always_inline __u32 exit_index_of(__u64 vcpu)
{
	__u64 at = vcpu + vtx_kvm.reason_off;
	__u32 reason;

	if (!vtx_kvm.known)
		return VTX_EXIT_UNREAD;
	if (vtx_kvm.isa == VTX_ISA_SVM) {
		if (bpf_probe_read_kernel(&at, sizeof(at), (void *)at))
			return VTX_EXIT_UNREAD;
		at += vtx_kvm.code_off;
	}
	if (bpf_probe_read_kernel(&reason, sizeof(reason), (void *)at))
		return VTX_EXIT_UNREAD;
	return vtx_kvm.isa == VTX_ISA_SVM ? exit_index_svm(reason) : exit_index_vmx(reason);
}

/*
 * The first argument was the reason, 32 bits wide; it became the vCPU, a kernel address, in 5.16
 * (0a62a0319abb) and wherever that was backported.
 */
static __always_inline __u32 exit_index(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 first = ctx->args[0];

	if ((__s64)first < 0)
		return exit_index_of(first);
	return vtx_kvm.isa == VTX_ISA_SVM ? exit_index_svm(first) : exit_index_vmx(first);
}
#endif

#ifdef __TARGET_ARCH_arm64
/* (code, exception class, pc) in all versions. */
static __always_inline __u32 exit_index(struct bpf_raw_tracepoint_args *ctx)
{
	return exit_index_arm(ctx->args[0], ctx->args[1]);
}
#endif

/*
 * An exit is still open and nothing has happened on this CPU since: no entry, interrupt, switch or
 * return to user space. Then KVM re-entered the guest without reporting it (VMX from 5.8 to 5.11,
 * whose innermost loop does that for a timer or an IPI): the time since was the guest's.
 */
static __always_inline bool exit_was_passed_over(const struct vtx_cpu *cpu)
{
	return cpu->exit.reason < VTX_EXIT_REASONS && cpu->exit.user == VTX_EXIT_NONE &&
	       cpu->last_ns == cpu->exit.at_ns;
}

/* A new exit is open; its handling begins when this handler ends. */
static __always_inline void exit_begins(struct vtx_cpu *cpu, __u32 reason)
{
	cpu->mode = VTX_KERNEL;
	cpu->exit_open = 1;
	cpu->exit.reason = reason;
	cpu->exit.user = VTX_EXIT_NONE;
	cpu->exit.handled_ns = 0;
	cpu->exit.stint_ns = stint_outside_ns(cpu);
	cpu->exit.at_ns = cpu->last_ns;
}

SEC("?raw_tp/kvm_exit")
int vtx_kvm_exit(struct bpf_raw_tracepoint_args *ctx)
{
	struct vtx_cpu *cpu = cpu_any();
	bool again;

	if (!target_runs(cpu))
		return 0;
	cpu->busy = 1;
	barrier();
	again = exit_was_passed_over(cpu);
	if (again)
		cpu->mode = VTX_GUEST;
	charge(cpu, bpf_ktime_get_ns());
	if (again && VTX_ACC_ROLE(cpu->account) == VTX_VCPU)
		exit_ends(cpu);
	exit_begins(cpu, exit_index(ctx));
	own_ends(cpu, VTX_OWN_KVM, cpu->last_ns);
	barrier();
	cpu->busy = 0;
	return 0;
}

/*
 * Does the event belong to a target, and is it not counted yet? Where handlers can be preempted
 * these exist twice (see life.bpf.c), but an event must count once: the instance that counts sets a
 * mark with the task, and its spare clears it. If the spare was skipped the mark stays; the next
 * event sets the same one.
 */
static __always_inline bool is_ours(__u64 event, bool spare)
{
	struct vtx_cpu *cpu = cpu_any();
	struct vtx_task *known;
	bool done;

	if (!in_task(cpu) || running_account(cpu) < VTX_ACC_FIRST) {
		stranger_runs_guest(cpu);
		return false;
	}
	if (!vtx_config.hold_cpu)
		return true;
	known = task_find(current_task());
	if (!known)
		return !spare;
	done = spare && known->vcpu.marks & event;
	if (spare)
		known->vcpu.marks &= ~event;
	else
		known->vcpu.marks |= event;
	return !done;
}

#define COUNT_ONCE(mark, spare, act)                                                               \
	do {                                                                                       \
		unsigned long flags;                                                               \
                                                                                                   \
		cpu_hold(&flags);                                                                  \
		if (is_ours(mark, spare))                                                          \
			act;                                                                       \
		cpu_release(&flags);                                                               \
	} while (0)

#define COUNTED(name, event, mark, act)                                                            \
	SEC("?raw_tp/" #event) int vtx_kvm_##name(struct bpf_raw_tracepoint_args *ctx)             \
	{                                                                                          \
		COUNT_ONCE(mark, false, act);                                                      \
		return 0;                                                                          \
	}                                                                                          \
	SEC("?raw_tp/" #event) int vtx_kvm_##name##2(struct bpf_raw_tracepoint_args * ctx)         \
	{                                                                                          \
		COUNT_ONCE(mark, true, act);                                                       \
		return 0;                                                                          \
	}

/*
 * A thread returns from a guest although no entry was seen: a KVM without these tracepoints. Its
 * account is looked up again at its next switch or interrupt, because the CPU may be held here.
 */
static __always_inline void returns_as_vcpu(struct vtx_cpu *cpu)
{
	if (!vcpu_found())
		return;
	cpu->gen = vtx_gen - 1;
	report_guest();
}

static __always_inline void returns_to_user(__u32 user)
{
	struct vtx_cpu *cpu = cpu_any();
	__u32 account = running_account(cpu), slot;
	struct vtx_exits *exits;

	if (user >= VTX_USER_EXITS)
		return;
	if (VTX_ACC_ROLE(account) != VTX_VCPU)
		returns_as_vcpu(cpu);
	if (is_seen(cpu)) {
		if (cpu->exit.user == VTX_EXIT_NONE)
			cpu->exit.user = user;
		if (!vtx_config.split_exact)
			cross(cpu, VTX_TASK);
	}
	slot = VTX_ACC_SLOT(account);
	exits = bpf_map_lookup_elem(&vtx_exits, &slot);
	if (exits)
		exits->user[user].count++;
}

/*
 * The vCPU's thread returns to its program. From here on its mode is unknown, unless sys_exit comes
 * next. A program may go back and forth before the next entry: the time belongs to the first
 * return.
 */
COUNTED(user, kvm_userspace_exit, VTX_MARK_USER,
	returns_to_user(exit_index_user(ctx->args[0], ctx->args[1])))

/*
 * The part after `start` of the time that it ran until then, if it was not off the CPU in between.
 */
static __always_inline __u64 ran_since(const struct vtx_left *left, __u64 start)
{
	__u64 before = start > left->since_ns ? start - left->since_ns : 0;

	return left->ns > start && left->ran_ns > before ? left->ran_ns - before : 0;
}

/* It has left the CPU since the halt began at `start`: how long it polled until then. */
static __always_inline __u64 polled_before(struct vtx_cpu *cpu, __u64 start)
{
	struct vtx_task *known = task_find(current_task());

	if (known && known->vcpu.first_left.ns > start)
		return ran_since(&known->vcpu.first_left, start);
	if (known && known->vcpu.last_left.ns > start)
		return ran_since(&known->vcpu.last_left, start);
	if (start > cpu->started_ns) /* else it has slept since before that */
		cpu->unseen.polls++;
	return 0;
}

/*
 * Polling was charged to the current mode; move it: `here` in the running stint, `before` in an
 * earlier one, maybe on another CPU. So this CPU's total may become negative; the sum over CPUs
 * does not.
 */
static __always_inline void move_polled(struct vtx_cpu *cpu, __u64 here, __u64 before)
{
	struct vtx_totals *totals = totals_of(cpu->account);
	__u32 mode = mode_index(cpu->mode);

	if (!totals)
		return;
	if (here > cpu->stint.ns[mode])
		here = cpu->stint.ns[mode];
	cpu->modes |= 1 << VTX_POLL;
	cpu->stint.ns[mode] -= here;
	cpu->stint.ns[VTX_POLL] += here;
	totals->ns[mode] -= before;
	totals->ns[VTX_POLL] += before;
}

static __always_inline void halt_ends(__u64 ns, bool waited)
{
	struct vtx_cpu *cpu = cpu_any();
	__u64 start, here = 0, before = 0;
	struct vtx_left so_far;

	if (!is_seen(cpu)) {
		cpu->unseen.polls++;
		return;
	}
	cpu->busy = 1;
	barrier();
	charge(cpu, bpf_ktime_get_ns());
	start = cpu->last_ns - ns;
	if (start < cpu->started_ns)
		start = cpu->started_ns;
	if (!waited) {
		so_far = vcpu_so_far(cpu, cpu->last_ns);
		here = ran_since(&so_far, start);
	}
	if (waited || cpu->exit.at_ns > start)
		before = polled_before(cpu, start);
	move_polled(cpu, here, before);
	own_rare_ends(cpu);
	barrier();
	cpu->busy = 0;
}

/*
 * A vCPU ends a halt that lasted `ns`: first it polled, then, if `waited`, it slept. Only the time
 * that it ran itself was polling, not interrupts in between, nor other tasks on the CPU.
 */
COUNTED(wakeup, kvm_vcpu_wakeup, VTX_MARK_WAKEUP, halt_ends(ctx->args[0], ctx->args[1] & 0xff))

static __always_inline void guest_faults(void)
{
	__u32 account = running_account(cpu_any());
	struct vtx_totals *totals = totals_of(account);

	if (!totals)
		return;
	account_used(account);
	totals->faults.guest++;
}

#define GUEST_FAULT(name, spare)                                                                   \
	SEC("?raw_tp/" KVM_FAULT_EVENT) int name(struct bpf_raw_tracepoint_args *ctx)              \
	{                                                                                          \
		COUNT_ONCE(VTX_MARK_FAULT, spare, guest_faults());                                 \
		return 0;                                                                          \
	}

/*
 * A guest touched memory that KVM has to provide first, or an emulated device: no kernel
 * distinguishes the two here. The arguments differ by kernel, and before 5.11 nothing describes
 * them, so none is read.
 */
#ifdef __TARGET_ARCH_x86
#define KVM_FAULT_EVENT "kvm_page_fault"
#else
#define KVM_FAULT_EVENT "kvm_guest_fault"
#endif

GUEST_FAULT(vtx_kvm_fault, false)
GUEST_FAULT(vtx_kvm_fault2, true)
