// SPDX-License-Identifier: GPL-2.0-or-later
#include "owners/thread_roles.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "sys/task.h"
#include "role.h"

/* What is known about the VM before its threads get their roles. */
struct vm_facts {
	const char *main_comm; /* the main thread's name, which unnamed threads inherit */
	bool named;            /* its VMM names its threads: then a vCPU has a name too */
	bool qemu;
	bool kvm;
	uint32_t vcpus_unseen; /* vCPUs that KVM has created, but no thread was seen to run */
};

/* The name as BPF sees it, at most 15 characters. */
static void short_name(const struct task_look *look, char ret[16])
{
	size_t n = strnlen(look->stat.comm, 15);

	memcpy(ret, look->stat.comm, n);
	ret[n] = '\0';
}

/* QEMU only does so with debug-threads=on. */
static bool named_by_vmm(const struct task_look *look)
{
	char name[16];

	short_name(look, name);
	return role_names_vcpu(name) || (role_names_iothread(name) && name[0] != 'i');
}

static bool ran_a_guest(const struct task_look *look)
{
	return look->vcpu >= 0 || look->stat.flags & TASK_IN_GUEST || look->guest_ticks;
}

/*
 * The role of a thread of the VMM's process, as `record` charges it. Any thread in KVM_RUN or with
 * time in a guest is a vCPU, whatever its name.
 */
static enum vtx_role thread_role(const struct task_look *look)
{
	char name[16];

	if (ran_a_guest(look))
		return VTX_VCPU;
	short_name(look, name);
	return vm_thread_role(name);
}

static char *vcpu_why(const struct task_look *look, const struct vm_facts *vm)
{
	if (look->vcpu >= 0)
		return str_printf("in KVM_RUN on kvm-vcpu:%d", look->vcpu);
	if (look->stat.flags & TASK_IN_GUEST)
		return strdup("in the guest at this moment");
	if (look->guest_ticks)
		return str_printf("has been in the guest for %.2f s",
				  (double)look->guest_ticks / (double)sysconf(_SC_CLK_TCK));
	return str_printf("named a vCPU by %s", vm->qemu ? "QEMU" : "its VMM");
}

/* The flags say whether the kernel added the thread; without them it only has such a name. */
static char *kernel_why(const struct task_look *look, uint32_t flag, const char *what)
{
	if (look->stat.flags & flag)
		return str_printf("%s, which the kernel added to its process", what);
	return str_printf("named like %s", what);
}

static char *iothread_why(const struct task_look *look, const struct vm_facts *vm)
{
	if (look->stat.comm[0] == 'i')
		return kernel_why(look, TASK_IO_WORKER, "an io_uring worker");
	if (!vm->qemu)
		return strdup("named for its devices' IO by its VMM");
	return strdup(look->stat.comm[0] == 'w' ? "a worker of QEMU's thread pool, by its name"
						: "named an iothread by QEMU");
}

/* Without names most threads cannot be identified: the reason says what is unknown. */
static char *emulator_why(const struct task_look *look, const struct vm_facts *vm)
{
	const char *more = "";

	if (vm->qemu && (vm->named || strcmp(look->stat.comm, vm->main_comm) != 0))
		return strdup("a QEMU thread whose name fits no other role");
	if (vm->vcpus_unseen)
		more = "; it may be a vCPU that has not run yet";
	else if (!vm->kvm)
		more = "; under TCG it may be a vCPU";
	if (!vm->qemu)
		return str_printf("neither its name nor what it does fits another role%s", more);
	return str_printf("QEMU gave it no name (debug-threads=on does)%s", more);
}

static char *thread_why(const struct task_look *look, const struct vm_facts *vm)
{
	switch (thread_role(look)) {
	case VTX_VCPU:
		return vcpu_why(look, vm);
	case VTX_IOTHREAD:
		return iothread_why(look, vm);
	case VTX_VHOST:
		return kernel_why(look, TASK_USER_WORKER, "a vhost worker");
	case VTX_KVM:
		return kernel_why(look, TASK_USER_WORKER, "a KVM worker");
	default:
		return emulator_why(look, vm);
	}
}

static char *main_why(const struct found *found)
{
	switch (found->kind) {
	case VTX_KIND_VM:
		return strdup(found_is_qemu(found) ? "QEMU itself" : "the VMM itself");
	case VTX_KIND_CONTAINER:
		return strdup("the container's first process");
	default:
		return strdup("the root of the process tree");
	}
}

/* Why every thread of a process other than the VMM's has the process's role. */
static char *process_why(const struct found *found, const struct found_proc *proc)
{
	switch (proc->why) {
	case FOUND_MAIN:
		break;
	case FOUND_DESCENDANT:
		return str_printf("descends from process %d", proc->by);
	case FOUND_CGROUP:
		return str_printf("in the %s's cgroup",
				  found->kind == VTX_KIND_CONTAINER ? "container" : "target");
	case FOUND_SCOPE:
		return strdup("in the cgroup that was created for this VM");
	case FOUND_KTHREAD:
		return str_printf("kernel thread named for %d of this VM", proc->by);
	case FOUND_KTHREAD_CGROUP:
		return strdup("kernel thread in this VM's cgroup");
	case FOUND_SERVES:
		return str_printf("holds the socket that QEMU was given: %s", proc->path);
	case FOUND_NAMES:
		return str_printf("was given the same socket as QEMU: %s", proc->path);
	case FOUND_PARENT:
		return str_printf("started process %d, which serves this VM", proc->by);
	case FOUND_RUNTIME:
		return strdup("a process of the runtime, for this container");
	}
	return main_why(found);
}

/* Reads every thread of a process that has not exited; ret has room for n. Returns how many. */
static size_t look_at_all(const struct sysroot *sr, pid_t pid, const pid_t *tid, size_t n,
			  struct task_look *ret, bool kvm)
{
	size_t seen = 0, i;

	for (i = 0; i < n; i++) {
		if (task_look(sr, pid, tid[i], &ret[seen]))
			continue; /* it has exited */
		/* Fails without the right to see it: the name decides then. */
		if (kvm)
			task_look_vcpu(sr, pid, tid[i], &ret[seen]);
		seen++;
	}
	return seen;
}

static int add_thread(struct found *found, const struct task_look *look, pid_t tgid,
		      enum vtx_role role, char *why)
{
	return found__add_thread(found, &(struct found_thread){
						.tid = look->stat.pid,
						.tgid = tgid,
						.role = role,
						.comm = (char *)look->stat.comm,
						.why = why,
					});
}

/* A VMM may run its only vCPU in its main thread. */
static char *main_thread_why(const struct vm_facts *vm)
{
	if (vm->qemu)
		return strdup("QEMU's main thread");
	return str_printf("the VMM's main thread%s",
			  vm->vcpus_unseen ? "; it may be a vCPU that has not run yet" : "");
}

static int add_vmm(struct found *found, const struct task_look *look, size_t n)
{
	struct vm_facts vm = {
		.main_comm = "", .kvm = found_is_kvm(found), .qemu = found_is_qemu(found)};
	uint32_t vcpus = 0;
	size_t i;
	int err = 0;

	for (i = 0; i < n; i++) {
		vcpus += thread_role(&look[i]) == VTX_VCPU;
		vm.named |= named_by_vmm(&look[i]);
		if (look[i].stat.pid == found->pid)
			vm.main_comm = look[i].stat.comm;
	}
	if (found->vcpus > vcpus)
		vm.vcpus_unseen = found->vcpus - vcpus;
	for (i = 0; !err && i < n; i++) {
		enum vtx_role role = thread_role(&look[i]);
		bool is_main = look[i].stat.pid == found->pid && role == VTX_EMULATOR;

		err = add_thread(found, &look[i], found->pid, role,
				 is_main ? main_thread_why(&vm) : thread_why(&look[i], &vm));
	}
	return err;
}

static int add_process(const struct sysroot *sr, struct found *found, const struct found_proc *proc)
{
	bool vmm = found->kind == VTX_KIND_VM && proc->tgid == found->pid;
	struct task_look *look;
	size_t n, i;
	pid_t *tid;
	int err;

	err = proc_tids(sr, proc->tgid, &tid, &n);
	if (err)
		return err == -ENOMEM ? err : 0;
	look = calloc(n + 1, sizeof(*look));
	err = look ? 0 : -ENOMEM;
	if (look)
		n = look_at_all(sr, proc->tgid, tid, n, look, vmm && found->vcpus);
	if (!err && vmm)
		err = add_vmm(found, look, n);
	for (i = 0; !err && !vmm && i < n; i++)
		err = add_thread(found, &look[i], proc->tgid, proc->role, process_why(found, proc));
	free(look);
	free(tid);
	return err;
}

static int by_tid(const void *a, const void *b)
{
	const struct found_thread *x = a, *y = b;

	return (x->tid > y->tid) - (x->tid < y->tid);
}

int thread_roles__find(const struct sysroot *sr, struct found *found)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < found->n_procs; i++)
		err = add_process(sr, found, &found->procs[i]);
	if (err)
		return err;
	if (found->n_thread)
		qsort(found->thread, found->n_thread, sizeof(*found->thread), by_tid);
	memset(found->threads, 0, sizeof(found->threads));
	for (i = 0; i < found->n_thread; i++)
		found->threads[found->thread[i].role]++;
	return 0;
}
