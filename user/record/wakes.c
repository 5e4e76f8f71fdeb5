// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/wakes.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/array.h"

int wakes__watch(struct wakes *wakes, int fd, enum wake wake)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = wake};

	return epoll_ctl(wakes->epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

int wakes__set(int timer, uint64_t first_ns, uint64_t each_ns)
{
	struct itimerspec when = {
		.it_value = {(time_t)(first_ns / 1000000000ull), (long)(first_ns % 1000000000ull)},
		.it_interval = {(time_t)(each_ns / 1000000000ull),
				(long)(each_ns % 1000000000ull)}};

	return timerfd_settime(timer, 0, &when, NULL) ? -errno : 0;
}

static int open_timer(int *ret)
{
	*ret = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	return *ret < 0 ? -errno : 0;
}

static int open_signals(int *ret)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGHUP);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	signal(SIGPIPE, SIG_IGN);
	*ret = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	return *ret < 0 ? -errno : 0;
}

int wakes__open(struct wakes *wakes)
{
	const struct {
		int *fd;
		enum wake wake;
	} timers[] = {{&wakes->interval, WAKE_INTERVAL},
		      {&wakes->duration, WAKE_DURATION},
		      {&wakes->rescan, WAKE_RESCAN},
		      {&wakes->marked, WAKE_MARKED}};
	int err;

	wakes->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (wakes->epoll < 0)
		return -errno;
	err = open_signals(&wakes->signals);
	if (!err)
		err = wakes__watch(wakes, wakes->signals, WAKE_SIGNAL);
	for (size_t i = 0; !err && i < ARRAY_SIZE(timers); i++) {
		err = open_timer(timers[i].fd);
		if (!err)
			err = wakes__watch(wakes, *timers[i].fd, timers[i].wake);
	}
	return err;
}

static void close_fd(int *fd)
{
	if (*fd > 0)
		close(*fd);
	*fd = 0;
}

void wakes__close(struct wakes *wakes)
{
	close_fd(&wakes->epoll);
	close_fd(&wakes->signals);
	close_fd(&wakes->interval);
	close_fd(&wakes->duration);
	close_fd(&wakes->rescan);
	close_fd(&wakes->marked);
}
