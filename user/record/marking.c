// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/marking.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "probes/ledger_clock.h"

/* A page takes its time; what is served meanwhile would be in the wrong stage. */
#define PATIENCE_NS 1000000000ull

int marking__open(struct marking *marking)
{
	marking->socket = marks__open();
	if (marking->socket < 0)
		return 0; /* the report says so */
	return wakes__watch(marking->wakes, marking->socket, WAKE_MARK);
}

void marking__close(struct marking *marking)
{
	if (marking->socket > 0)
		close(marking->socket);
}

/* A process without the right to mark must not keep us busy: we look at one mark of it per row. */
static int pause_marks(struct marking *marking)
{
	marking->paused = true;
	return epoll_ctl(marking->wakes->epoll, EPOLL_CTL_DEL, marking->socket, NULL) ? -errno : 0;
}

void marking__resume(struct marking *marking)
{
	if (marking->paused)
		wakes__watch(marking->wakes, marking->socket, WAKE_MARK);
	marking->paused = false;
}

void marking__answer(struct marking *marking, bool anyway)
{
	if (!marking->answering || (sources__marking(marking->sources) && !anyway))
		return;
	marking->answering = false;
	marks__answer(marking->socket, &marking->mark, "");
}

static int begin_stage(struct marking *marking)
{
	int err;

	err = ledger_clock__settle(marking->ledger);
	if (!err)
		err = stages__mark(marking->stages, marking->mark.name);
	if (!err)
		err = sources__mark(marking->sources, marking->stages->n - 1);
	if (err)
		return err;
	marking->answering = true;
	marking__answer(marking, false);
	return marking->answering ? wakes__set(marking->wakes->marked, PATIENCE_NS, 0) : 0;
}

int marking__wake(struct marking *marking)
{
	struct verr verr = {};
	int err;

	marking__answer(marking, true);
	err = marks__receive(marking->socket, &marking->mark);
	if (err == -EPERM)
		return pause_marks(marking);
	if (err <= 0)
		return err;
	if (!stages__check(marking->stages, marking->mark.name, &verr))
		return begin_stage(marking);
	marks__answer(marking->socket, &marking->mark, verr.msg);
	return 0;
}
