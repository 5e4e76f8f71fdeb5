/* SPDX-License-Identifier: GPL-2.0-or-later */
/* event.bpf.h - tells user space of a rare event that may change an owner. */
#ifndef VIRTAX_EVENT_BPF_H
#define VIRTAX_EVENT_BPF_H

#include "cpu.bpf.h"

static __always_inline void send_event(enum vtx_event_kind kind, __u32 tgid, __u64 cgroup_id)
{
	struct vtx_event *event = bpf_ringbuf_reserve(&vtx_events, sizeof(*event), 0);

	if (!event) {
		__sync_fetch_and_add(&cpu_any()->lost[VTX_LOST_EVENT], 1);
		return;
	}
	event->kind = kind;
	event->tgid = tgid;
	event->at_ns = bpf_ktime_get_ns();
	event->cgroup_id = cgroup_id;
	bpf_ringbuf_submit(event, 0);
}

#endif
