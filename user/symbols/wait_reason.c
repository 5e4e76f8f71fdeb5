// SPDX-License-Identifier: GPL-2.0-or-later
#include "symbols/wait_reason.h"

#include "base/array.h"
#include "base/str.h"

/* Beginnings of names, over the kernels from 5.10 on. */
static const struct {
	const char *begin;
	enum run_wait_for what;
} reasons[] = {
	{"throttle_cfs_rq_work", RUN_WAIT_THROTTLED},
	{"futex_", RUN_WAIT_FUTEX},
	{"do_futex", RUN_WAIT_FUTEX},
	{"__mutex_lock", RUN_WAIT_LOCK},
	{"rwsem_down_", RUN_WAIT_LOCK},
	{"percpu_rwsem_wait", RUN_WAIT_LOCK},
	{"__percpu_down_read", RUN_WAIT_LOCK},
	{"sk_wait_data", RUN_WAIT_NETWORK},
	{"sk_stream_wait_", RUN_WAIT_NETWORK},
	{"__skb_wait_for_more_packets", RUN_WAIT_NETWORK},
	{"inet_csk_", RUN_WAIT_NETWORK},
	{"inet_wait_for_connect", RUN_WAIT_NETWORK},
	{"tcp_", RUN_WAIT_NETWORK},
	{"udp_", RUN_WAIT_NETWORK},
	{"sock_", RUN_WAIT_NETWORK},
	{"unix_stream_", RUN_WAIT_NETWORK},
	{"unix_wait_for_peer", RUN_WAIT_NETWORK},
	{"ep_poll", RUN_WAIT_POLL},
	{"do_epoll_", RUN_WAIT_POLL},
	{"poll_schedule_timeout", RUN_WAIT_POLL},
	{"do_sys_poll", RUN_WAIT_POLL},
	{"do_select", RUN_WAIT_POLL},
	{"pipe_", RUN_WAIT_PIPE},
	{"anon_pipe_", RUN_WAIT_PIPE},
	{"fifo_", RUN_WAIT_PIPE},
	{"do_nanosleep", RUN_WAIT_TIMER},
	{"hrtimer_nanosleep", RUN_WAIT_TIMER},
	{"do_wait", RUN_WAIT_CHILD},
	{"kernel_wait", RUN_WAIT_CHILD},
	{"kvm_vcpu_block", RUN_WAIT_VCPU},
	{"kvm_vcpu_halt", RUN_WAIT_VCPU},
	{"worker_thread", RUN_WAIT_WORK},
	{"vhost_", RUN_WAIT_WORK},
	{"kthread", RUN_WAIT_WORK},
	{"io_wq_worker", RUN_WAIT_WORK},
};

enum run_wait_for wait_reason(const char *function)
{
	for (size_t i = 0; function && i < ARRAY_SIZE(reasons); i++)
		if (str_starts(function, reasons[i].begin))
			return reasons[i].what;
	return RUN_WAIT_OTHER;
}

bool wait_is_scheduler(const char *function)
{
	static const char *const begin[] = {"schedule", "__schedule", "preempt_schedule",
					    "io_schedule", "__cond_resched"};

	for (size_t i = 0; i < ARRAY_SIZE(begin); i++)
		if (str_starts(function, begin[i]))
			return true;
	return false;
}
