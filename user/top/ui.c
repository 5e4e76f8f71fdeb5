// SPDX-License-Identifier: GPL-2.0-or-later
#include "top/ui.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"

#define WHEEL_LINES 3

/* ---- opening and closing ---- */

static int watch(const struct top_ui *ui, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	return epoll_ctl(ui->fd, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static int open_signals(struct top_ui *ui, bool ours)
{
	sigset_t mask, term;

	sigemptyset(&mask);
	sigaddset(&mask, SIGWINCH);
	sigemptyset(&term);
	sigaddset(&term, SIGINT);
	sigaddset(&term, SIGTERM);
	sigaddset(&term, SIGHUP);
	/* Blocked before ncurses catches them. */
	sigprocmask(SIG_BLOCK, &mask, NULL);
	sigprocmask(SIG_BLOCK, &term, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (ours)
		sigorset(&mask, &mask, &term);
	ui->signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	return ui->signals < 0 ? -errno : watch(ui, ui->signals);
}

static int open_descriptors(struct top_ui *ui, bool signals)
{
	int err;

	ui->fd = epoll_create1(EPOLL_CLOEXEC);
	if (ui->fd < 0)
		return -errno;
	err = open_signals(ui, signals);
	return err ? err : watch(ui, STDIN_FILENO);
}

static void measure_self(struct top_ui *ui)
{
	uint64_t own_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID), at_ns = clock_ns(CLOCK_MONOTONIC);
	double cpus = (double)sysconf(_SC_NPROCESSORS_ONLN);

	if (at_ns > ui->at_ns && cpus > 0)
		ui->view.own = (double)(own_ns - ui->own_ns) / ((double)(at_ns - ui->at_ns) * cpus);
	ui->own_ns = own_ns;
	ui->at_ns = at_ns;
}

int top_ui__open(struct top_ui *ui, const struct top_ui_options *options, struct verr *ret_err)
{
	int err;

	memset(ui, 0, sizeof(*ui));
	ui->fd = ui->signals = -1;
	top_table__init(&ui->table);
	ui->order.by = COLUMN_CPU;
	ui->rows_left = options->rows;
	ui->view = (struct top_view){.table = &ui->table,
				     .order = &ui->order,
				     .host = options->host,
				     .source = options->source,
				     .replay = options->replay};
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return screen__open(&ui->screen, ret_err); /* says so */
	err = open_descriptors(ui, options->signals);
	if (err)
		return verr_set(ret_err, err, "top: the terminal cannot be watched: %s",
				strerror(-err));
	err = screen__open(&ui->screen, ret_err);
	if (err)
		return err;
	measure_self(ui);
	err = screen__fit(ui->screen, &ui->canvas);
	return err ? verr_set(ret_err, err, "top: out of memory") : 0;
}

void top_ui__close(struct top_ui *ui)
{
	screen__close(ui->screen);
	top_canvas__free(&ui->canvas);
	top_view__free(&ui->view);
	top_order__free(&ui->order);
	top_table__free(&ui->table);
	if (ui->signals > 0)
		close(ui->signals);
	if (ui->fd > 0)
		close(ui->fd);
	memset(ui, 0, sizeof(*ui));
}

/* ---- rows and frames ---- */

int top_ui__draw(struct top_ui *ui)
{
	int err = top_order__make(&ui->order, &ui->table);

	if (!err)
		err = top_view__draw(&ui->view, &ui->canvas);
	if (!err)
		screen__draw(ui->screen, &ui->canvas);
	return err;
}

int top_ui__row(struct top_ui *ui, const struct top_row *row)
{
	int err = 0;

	measure_self(ui);
	if (ui->view.paused && !ui->view.replay) {
		ui->view.skipped++;
	} else {
		ui->view.skipped = 0;
		err = top_table__add(&ui->table, row);
	}
	if (!err)
		err = top_ui__draw(ui);
	if (err)
		return err;
	return ui->rows_left && !--ui->rows_left;
}

/* ---- input ---- */

static void take_signals(struct top_ui *ui)
{
	struct signalfd_siginfo info;

	while (read(ui->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGWINCH) {
			ui->closed = true;
			continue;
		}
		if (screen__fit(ui->screen, &ui->canvas))
			ui->closed = true;
		screen__repaint(ui->screen);
	}
}

static enum top_action take_keys(struct top_ui *ui)
{
	enum top_action action = TOP_NOTHING;
	struct screen_input in;

	while (!action && screen__input(ui->screen, &in)) {
		if (in.mouse && in.wheel)
			top_key__wheel(&ui->view, in.wheel * WHEEL_LINES);
		else if (in.mouse)
			top_key__click(&ui->view, in.x, in.y);
		else if (in.key)
			action = top_key__press(&ui->view, in.key);
		/* The lines change with an expansion or a filter: the next key needs them. */
		if (ui->view.n_lines && !top_order__make(&ui->order, &ui->table))
			top_view__draw(&ui->view, &ui->canvas);
	}
	return action;
}

static enum top_action handle(struct top_ui *ui, enum top_action action)
{
	if (action == TOP_PAUSE) {
		ui->view.paused = !ui->view.paused;
		ui->view.skipped = 0;
	} else if (action == TOP_REPAINT) {
		screen__repaint(ui->screen);
		return TOP_NOTHING;
	}
	return action;
}

enum top_action top_ui__wake(struct top_ui *ui)
{
	enum top_action action = TOP_NOTHING;
	struct epoll_event event[2];
	int n = epoll_wait(ui->fd, event, 2, 0);

	for (int i = 0; i < n; i++) {
		if (event[i].data.fd == ui->signals)
			take_signals(ui);
		else if (event[i].events & (EPOLLHUP | EPOLLERR))
			ui->closed = true; /* the terminal is gone */
		else
			action = handle(ui, take_keys(ui));
	}
	if (!ui->closed && n > 0 && top_ui__draw(ui))
		ui->closed = true;
	return ui->closed ? TOP_QUIT : action;
}
