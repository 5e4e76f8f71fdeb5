// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * list.bpf.c - lists the processes of each account at this moment, by the same search that charges
 * their time, so that user space can read how much memory they hold. It runs only when it is read.
 */
#include "ledger.bpf.h"

SEC("?iter/task")
int vtx_list(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct vtx_process entry = {};
	struct vtx_task *known;
	__u64 address;

	/*
	 * Kernel threads that use a process's memory (vhost's, in older kernels) add nothing to it.
	 */
	if (!task || task->flags & PF_KTHREAD)
		return 0;
	/* A main thread that has ended (pthread_exit) has left the memory to the others. */
	if (task->pid != task->tgid && task->group_leader->mm)
		return 0;
	entry.mm = (__u64)task->mm;
	if (!entry.mm)
		return 0;
	known = task_find(task);
	entry.tgid = task->tgid;
	if (known && known->gen == vtx_gen) {
		entry.account = known->account;
	} else {
		/* Copied, the address is a plain number, as a global function requires. */
		bpf_probe_read_kernel(&address, sizeof(address), &task);
		entry.account =
			task_search(address, known ? known->tree : 0, known ? known->flags : 0);
	}
	if (entry.account >= VTX_ACC_FIRST)
		bpf_seq_write(ctx->meta->seq, &entry, sizeof(entry));
	return 0;
}
