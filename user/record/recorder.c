// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/recorder.h"
#include "probes/plan_make.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "model/assemble.h"
#include "probes/attach_net.h"
#include "probes/ledger.h"
#include "probes/ledger_clock.h"
#include "profile/profile.h"
#include "record/child.h"
#include "record/gather.h"
#include "record/given_requests.h"
#include "record/marking.h"
#include "record/progress.h"
#include "record/rescan.h"
#include "record/series.h"
#include "record/stages.h"
#include "record/targets.h"
#include "record/wakes.h"
#include "record/watch.h"

struct recorder {
	const struct record_options *options;
	struct plan plan;
	struct targets targets;
	struct ledger *ledger;
	struct attach_net *net;
	struct sources *sources; /* NULL: none */
	struct ring_buffer *events;
	struct series series;
	struct stages stages;
	struct child child;
	struct progress progress;
	struct wakes wakes;
	struct rescan rescan;
	struct marking marking;
	struct snapshot so_far;
	uint64_t start_realtime_ns;
	uint64_t own_cpu_ns; /* at the start; at the end, since the start */
	bool done, interrupted, timed_out;
};

static int open_wakes(struct recorder *r)
{
	int err = wakes__open(&r->wakes);

	if (!err)
		err = wakes__watch(&r->wakes, ring_buffer__epoll_fd(r->events), WAKE_EVENTS);
	if (err)
		return err;
	rescan__init(&r->rescan, &r->targets, r->wakes.rescan);
	if (r->rescan.links >= 0)
		err = wakes__watch(&r->wakes, r->rescan.links, WAKE_LINK);
	if (sources__fd(r->sources) >= 0)
		err = wakes__watch(&r->wakes, sources__fd(r->sources), WAKE_SOURCES);
	if (err)
		return err;
	r->marking.socket = -1;
	if (r->options->endless)
		return 0;
	r->marking.wakes = &r->wakes;
	r->marking.ledger = r->ledger;
	r->marking.stages = &r->stages;
	r->marking.sources = r->sources;
	return marking__open(&r->marking);
}

static int on_event(void *context, void *data, size_t size)
{
	struct recorder *r = context;

	if (size >= sizeof(struct vtx_event))
		rescan__event(&r->rescan, data);
	return 0;
}

static int open_net(struct recorder *r, struct verr *ret_err)
{
	int err;

	if (!(r->options->parts & PART_HTTP))
		return 0;
	err = attach_net__open(&r->net, ledger__prog_fd(r->ledger, HOOK_NET_IN),
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
	err = plan_make(&r->plan, r->options->split, r->options->parts, r->options->block_layers,
			r->options->profile_hz, r->options->off_cpu, ret_err);
	if (err)
		return err;
	err = targets__find(&r->targets, r->options, ret_err);
	if (err)
		return err;
	err = live_requests__open(&r->sources, &r->targets, ret_err);
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

static int start_watch(struct recorder *r)
{
	const struct record_watch *watch = r->options->watch;
	int fd = -1, err;

	if (!watch)
		return 0;
	err = watch->start(watch->context, r, &fd);
	return err || fd < 0 ? err : wakes__watch(&r->wakes, fd, WAKE_WATCH);
}

static int start_all(struct recorder *r, struct verr *ret_err)
{
	int err;

	/* What takes time in proportion to the targets is done before the clocks start. */
	err = series__open(&r->series, r->ledger, &r->targets, r->options, &r->plan);
	if (!err)
		err = live_requests__start(r->sources, &r->targets, ret_err);
	if (err)
		return err;
	targets__begin_throttled(&r->targets);
	r->own_cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	err = ledger_clock__start(r->ledger);
	if (err)
		return verr_set(ret_err, err, "clocks: cannot start: %s (see virtax check)",
				strerror(-err));
	rescan__start(&r->rescan);
	r->start_realtime_ns = clock_realtime_at(ledger_clock__started_ns(r->ledger));
	series__start(&r->series);
	err = stages__start(&r->stages, &r->series);
	if (err)
		return err;
	err = wakes__set(r->wakes.interval, r->options->interval_ns, r->options->interval_ns);
	if (!err && r->options->duration_ns)
		err = wakes__set(r->wakes.duration, r->options->duration_ns, 0);
	progress__start(&r->progress, r->options->quiet);
	if (!err)
		err = start_watch(r);
	if (err || !r->options->command)
		return err;
	err = child__start(&r->child, r->options->command);
	if (err)
		return verr_set(ret_err, err, "%s: cannot be run: %s (check its name and PATH)",
				r->options->command[0], strerror(-err));
	return wakes__watch(&r->wakes, r->child.pidfd, WAKE_CHILD);
}

/* Whoever looks may end the recording. */
static int heed(struct recorder *r, int answer)
{
	r->done |= answer > 0;
	return answer < 0 ? answer : 0;
}

static int on_interval(struct recorder *r)
{
	uint64_t ticks;
	int err;

	if (read(r->wakes.interval, &ticks, sizeof(ticks)) != sizeof(ticks))
		return 0;
	marking__resume(&r->marking);
	err = ledger_clock__settle(r->ledger);
	if (err)
		return err;
	err = series__row(&r->series);
	if (!err)
		err = sources__row(r->sources, r->series.n - 1);
	if (err)
		return err;
	progress__show(&r->progress, &r->series, &r->targets);
	return heed(r, series__show_row(&r->series, r->options->watch));
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
		rescan__run(&r->rescan);
		return 0;
	case WAKE_LINK:
		rescan__link(&r->rescan);
		return 0;
	case WAKE_MARK:
		ring_buffer__consume(r->events);
		rescan__hurry(&r->rescan);
		return marking__wake(&r->marking);
	case WAKE_WATCH:
		return heed(r, r->options->watch->wake(r->options->watch->context));
	case WAKE_SOURCES:
		sources__run(r->sources);
		marking__answer(&r->marking, false);
		return 0;
	case WAKE_MARKED:
		(void)!read(r->wakes.marked, &ticks, sizeof(ticks));
		marking__answer(&r->marking, true);
		return 0;
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

static struct gather_from gather_from(struct recorder *r)
{
	return (struct gather_from){.options = r->options,
				    .plan = &r->plan,
				    .targets = &r->targets,
				    .series = &r->series,
				    .ledger = r->ledger,
				    .sources = r->sources,
				    .images = &r->rescan.images,
				    .own_cpu_ns = r->own_cpu_ns,
				    .start_realtime_ns = r->start_realtime_ns};
}

int recorder__so_far(struct recorder *r, const struct window *window, struct run *ret,
		     const struct targets **ret_targets)
{
	struct gather_from from = gather_from(r);

	*ret_targets = &r->targets;
	return gather_so_far(ret, &from, window, &r->so_far);
}

int recorder__begin_window(struct recorder *r, struct window **ret)
{
	struct gather_from from = gather_from(r);

	return window__begin(ret, &from);
}

static int gather_all(struct recorder *r, struct evidence *ret, struct verr *ret_err)
{
	struct gather_from from = gather_from(r);
	int err;

	ret->marks_taken = r->marking.socket < 0;
	err = series__read_end(&r->series, &ret->end);
	if (!err)
		err = series__finish(&r->series, ret);
	if (!err)
		err = stages__finish(&r->stages, ret);
	return err ? err : gather(ret, &from, ret_err);
}

/* The clocks have stopped: nothing from here on is in the window. */
static int finish(struct recorder *r, struct record_result *ret, struct verr *ret_err)
{
	struct evidence evidence = {};
	int err;

	if (r->options->watch && !r->options->watch->keep_rows)
		return 0;
	ring_buffer__consume(r->events);
	rescan__run(&r->rescan);
	targets__recount(&r->targets);
	err = gather_all(r, &evidence, ret_err);
	if (!err)
		err = assemble(&ret->run, &evidence);
	if (!err && ret->run.profile.present)
		err = profile_weigh(&ret->run.profile, &ret->run);
	evidence__free(&evidence);
	return err;
}

static void recorder__free(struct recorder *r)
{
	child__end(&r->child);
	series__free(&r->series);
	stages__free(&r->stages);
	snapshot__free(&r->so_far);
	attach_net__free(r->net);
	sources__free(r->sources);
	ring_buffer__free(r->events);
	ledger__free(r->ledger);
	targets__free(&r->targets);
	wakes__close(&r->wakes);
	marking__close(&r->marking);
	rescan__close(&r->rescan);
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
	stop = ledger_clock__stop(r->ledger);
	marking__answer(&r->marking, true);
	r->own_cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - r->own_cpu_ns;
	targets__read_throttled(&r->targets);
	if (!err)
		err = sources__finish(r->sources,
				      options->command && !r->interrupted && !r->timed_out);
	if (!err && !stop)
		err = series__last_memory(&r->series);
	progress__end(&r->progress);
	child__end(&r->child);
	/* A command that we ended ourselves does not decide our exit status. */
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
