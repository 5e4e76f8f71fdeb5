// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/recorder.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "model/assemble.h"
#include "owners/take_inventory.h"
#include "probes/attach_net.h"
#include "probes/ledger.h"
#include "record/child.h"
#include "record/gather.h"
#include "record/given_requests.h"
#include "record/marks.h"
#include "record/progress.h"
#include "record/series.h"
#include "record/stages.h"
#include "record/targets.h"
#include "record/wakes.h"
#include "sys/link_events.h"

/* News comes in bursts: after one look at the system, the next waits this long. */
#define RESCAN_GAP_NS 50000000ull
#define YOUNG_GAP_NS  500000000ull
#define LINK_GAP_NS   100000000ull /* a device comes in several steps */

struct recorder {
	const struct record_options *options;
	struct plan plan;
	struct targets targets;
	struct ledger *ledger;
	struct net *net;
	struct ring_buffer *events;
	struct series series;
	struct stages stages;
	struct child child;
	struct progress progress;
	struct wakes wakes;
	int links;	    /* news of network devices; below 0: there is none */
	int marks;	    /* -EADDRINUSE: somebody has taken our socket's name */
	bool marks_paused; /* until the next row: somebody who may not mark tried to */
	uint64_t born_ns;  /* of the oldest news not looked at yet; 0: none */
	bool young;	    /* a look is due although there is no news */
	uint64_t looked_ns; /* when the system was last looked at */
	uint64_t start_realtime_ns;
	uint64_t own_cpu_ns; /* at the start; at the end, since the start */
	bool done, interrupted, timed_out;
};

static int open_wakes(struct recorder *r)
{
	int err = wakes__open(&r->wakes);

	if (!err)
		err = wakes__watch(&r->wakes, ring_buffer__epoll_fd(r->events), WAKE_EVENTS);
	if (!err)
		r->links = link_events__open(); /* without, a later device is found with the next other news */
	if (!err && r->links >= 0)
		err = wakes__watch(&r->wakes, r->links, WAKE_LINK);
	r->marks = marks__open();
	return err || r->marks < 0 ? err : wakes__watch(&r->wakes, r->marks, WAKE_MARK);
}

/* One life-cycle event from the kernel: is it worth another look at the system? */
static int on_event(void *context, void *data, size_t size)
{
	const struct vtx_event *event = data;
	struct recorder *r = context;
	bool look = false;

	if (size < sizeof(*event))
		return 0;
	switch (event->kind) {
	case VTX_EVENT_EXEC:
		look = take_inventory_is_due(&sysroot_live, (pid_t)event->tgid);
		break;
	case VTX_EVENT_CGROUP_MKDIR:
		targets__note_birth(&r->targets, event->cgroup_id, event->at_ns);
		look = true;
		break;
	case VTX_EVENT_CGROUP_RMDIR:
	case VTX_EVENT_TARGET_EXIT:
	case VTX_EVENT_KTHREAD:
		look = true;
		break;
	}
	if (look && !r->born_ns) {
		uint64_t now = clock_ns(CLOCK_MONOTONIC), next = r->looked_ns + RESCAN_GAP_NS;

		r->born_ns = event->at_ns;
		wakes__set(r->wakes.rescan, next > now ? next - now : 1, 0);
	}
	return 0;
}

/* A device that came may be one of a target's. */
static void on_link(struct recorder *r)
{
	if (!link_events__take(r->links) || r->born_ns || r->young)
		return;
	r->young = true;
	wakes__set(r->wakes.rescan, LINK_GAP_NS, 0);
}

/* A VM that has just begun may not have opened its devices yet. */
static void look_at_young(struct recorder *r)
{
	if (!targets__any_young(&r->targets))
		return;
	r->young = true; /* news may set the timer to an earlier time */
	wakes__set(r->wakes.rescan, YOUNG_GAP_NS, 0);
}

static void look_again(struct recorder *r)
{
	uint64_t born = r->born_ns;

	if (!born && !r->young)
		return;
	r->born_ns = 0;
	r->young = false;
	targets__rescan(&r->targets, born);
	r->looked_ns = clock_ns(CLOCK_MONOTONIC);
	look_at_young(r);
}

static int open_net(struct recorder *r, struct verr *ret_err)
{
	int err;

	if (!(r->options->parts & PART_HTTP))
		return 0;
	err = net__open(&r->net, ledger__prog_fd(r->ledger, HOOK_NET_IN),
			ledger__prog_fd(r->ledger, HOOK_NET_OUT),
			ledger__prog_fd(r->ledger, HOOK_NET_SOCK), ret_err);
	r->targets.net = r->net;
	return err;
}

static int open_all(struct recorder *r, struct verr *ret_err)
{
	struct ledger_config config;
	int err;

	err = given_requests_check(r->options, ret_err);
	if (err)
		return err;
	err = plan__make(&r->plan, r->options->split, r->options->parts,
			 r->options->block_layers, ret_err);
	if (err)
		return err;
	err = targets__find(&r->targets, r->options, ret_err);
	if (err)
		return err;
	r->plan.n_slots = r->targets.n_slots;
	err = ledger_config__make(&config, &r->plan, r->targets.layout);
	if (err)
		return err;
	err = ledger__open(&r->ledger, &r->plan, &config, ret_err);
	if (err)
		return err;
	r->targets.ledger = r->ledger;
	err = open_net(r, ret_err);
	if (err)
		return err;
	r->events = ring_buffer__new(ledger__map_fd(r->ledger, LEDGER_EVENTS), on_event, r, NULL);
	if (!r->events)
		return -errno;
	err = open_wakes(r);
	if (err)
		return err;
	return targets__bind(&r->targets, ret_err);
}

static int start_all(struct recorder *r, struct verr *ret_err)
{
	int err;

	r->own_cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	err = ledger__start(r->ledger);
	if (err)
		return verr_set(ret_err, err, "clocks: cannot start: %s (see virtax check)",
				strerror(-err));
	/* Processes forked between the first look and now are followed by their parents' owners. */
	targets__rescan(&r->targets, 0);
	r->looked_ns = clock_ns(CLOCK_MONOTONIC);
	look_at_young(r);
	r->start_realtime_ns = clock_ns(CLOCK_REALTIME) -
			       (clock_ns(CLOCK_MONOTONIC) - ledger__started_ns(r->ledger));
	err = series__start(&r->series, r->ledger, &r->targets, r->options, &r->plan);
	if (!err)
		err = stages__start(&r->stages, &r->series);
	if (err)
		return err;
	err = wakes__set(r->wakes.interval, r->options->interval_ns, r->options->interval_ns);
	if (!err && r->options->duration_ns)
		err = wakes__set(r->wakes.duration, r->options->duration_ns, 0);
	progress__start(&r->progress, r->options->quiet);
	if (err || !r->options->command)
		return err;
	err = child__start(&r->child, r->options->command);
	if (err)
		return verr_set(ret_err, err, "%s: cannot be run: %s (check its name and PATH)",
				r->options->command[0], strerror(-err));
	return wakes__watch(&r->wakes, r->child.pidfd, WAKE_CHILD);
}

/* Whoever may not mark must not keep us busy either: one look at it in a row. */
static int pause_marks(struct recorder *r)
{
	r->marks_paused = true;
	return epoll_ctl(r->wakes.epoll, EPOLL_CTL_DEL, r->marks, NULL) ? -errno : 0;
}

static int on_mark(struct recorder *r)
{
	struct verr verr = {};
	struct mark mark;
	int err;

	err = marks__receive(r->marks, &mark);
	if (err == -EPERM)
		return pause_marks(r);
	if (err <= 0)
		return err;
	if (stages__check(&r->stages, mark.name, &verr)) {
		marks__answer(r->marks, &mark, verr.msg);
		return 0;
	}
	err = ledger__settle(r->ledger);
	if (!err)
		err = stages__mark(&r->stages, mark.name);
	if (!err)
		marks__answer(r->marks, &mark, "");
	return err;
}

static int on_interval(struct recorder *r)
{
	uint64_t ticks;
	int err;

	if (read(r->wakes.interval, &ticks, sizeof(ticks)) != sizeof(ticks))
		return 0;
	if (r->marks_paused)
		wakes__watch(&r->wakes, r->marks, WAKE_MARK);
	r->marks_paused = false;
	err = ledger__settle(r->ledger);
	if (err)
		return err;
	err = series__row(&r->series);
	progress__show(&r->progress, &r->series, &r->targets);
	return err;
}

static int on_wake(struct recorder *r, enum wake wake)
{
	struct signalfd_siginfo info;
	uint64_t ticks;

	switch (wake) {
	case WAKE_SIGNAL:
		if (read(r->wakes.signals, &info, sizeof(info)) == sizeof(info))
			r->done = r->interrupted = true;
		return 0;
	case WAKE_INTERVAL:
		return on_interval(r);
	case WAKE_DURATION:
		r->done = r->timed_out = true;
		return 0;
	case WAKE_EVENTS:
		ring_buffer__consume(r->events);
		return 0;
	case WAKE_CHILD:
		r->done = child__ended(&r->child);
		return 0;
	case WAKE_RESCAN:
		(void)!read(r->wakes.rescan, &ticks, sizeof(ticks));
		look_again(r);
		return 0;
	case WAKE_LINK:
		on_link(r);
		return 0;
	case WAKE_MARK:
		return on_mark(r);
	}
	return 0;
}

static int loop(struct recorder *r)
{
	struct epoll_event events[8];
	int n, err = 0;

	while (!r->done && !err) {
		n = epoll_wait(r->wakes.epoll, events, 8, -1);
		if (n < 0 && errno != EINTR)
			return -errno;
		for (int i = 0; i < n && !err; i++)
			err = on_wake(r, events[i].data.u32);
	}
	return err;
}

/* What can only be read while what was recorded is still there, and what has been added up. */
static int gather_all(struct recorder *r, struct evidence *ret, struct verr *ret_err)
{
	struct gather_from from = {.options = r->options,
				   .plan = &r->plan,
				   .targets = &r->targets,
				   .series = &r->series,
				   .ledger = r->ledger,
				   .own_cpu_ns = r->own_cpu_ns,
				   .start_realtime_ns = r->start_realtime_ns};
	int err;

	ret->marks_taken = r->marks < 0;
	err = snapshot__init(&ret->end, r->targets.n_slots);
	if (!err)
		err = ledger__read(r->ledger, &ret->end);
	if (!err)
		err = series__finish(&r->series, ret);
	if (!err)
		err = stages__finish(&r->stages, ret);
	return err ? err : gather(ret, &from, ret_err);
}

/* The clocks have stopped: everything after this takes its time. */
static int finish(struct recorder *r, struct record_result *ret, struct verr *ret_err)
{
	struct evidence evidence = {};
	int err;

	ring_buffer__consume(r->events);
	look_again(r);
	targets__recount(&r->targets);
	err = gather_all(r, &evidence, ret_err);
	if (!err)
		err = assemble(&ret->run, &evidence);
	evidence__free(&evidence);
	return err;
}

static void recorder__free(struct recorder *r)
{
	child__end(&r->child);
	series__free(&r->series);
	stages__free(&r->stages);
	net__free(r->net);
	ring_buffer__free(r->events);
	ledger__free(r->ledger);
	targets__free(&r->targets);
	wakes__close(&r->wakes);
	if (r->marks > 0)
		close(r->marks);
	if (r->links > 0)
		close(r->links);
	free(r);
}

int recorder__run(const struct record_options *options, struct record_result *ret,
		  struct verr *ret_err)
{
	struct recorder *r = calloc(1, sizeof(*r));
	int err, stop;

	memset(ret, 0, sizeof(*ret));
	if (!r)
		return -ENOMEM;
	r->options = options;
	r->child.pidfd = -1;
	ret->has_command = options->command != NULL;
	err = open_all(r, ret_err);
	if (err)
		goto out;
	err = start_all(r, ret_err);
	if (!err)
		err = loop(r);
	stop = ledger__stop(r->ledger);
	r->own_cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - r->own_cpu_ns;
	if (!err && !stop)
		err = series__last_memory(&r->series);
	progress__end(&r->progress);
	child__end(&r->child);
	/* A command that we ended ourselves has no say in our exit status. */
	ret->command_status = r->timed_out ? 0 : r->child.status;
	ret->interrupted = r->interrupted;
	if (!err)
		err = stop;
	if (!err)
		err = finish(r, ret, ret_err);
out:
	if (err && !ret_err->msg[0])
		verr_set(ret_err, err, "record: failed: %s (VIRTAX_DEBUG=1 may say more)",
			 strerror(-err));
	if (err)
		run__free(&ret->run);
	recorder__free(r);
	return err;
}
