// SPDX-License-Identifier: GPL-2.0-or-later
#include "sources/counter.h"

#include "model/run.h"

#define STARTED_ABOUT_S 2

static void doubt(struct counter *counter, const char *why)
{
	counter->era++;
	counter->own_era = counter->own;
	if (!counter->why)
		counter->why = why;
}

static bool was_restarted(const struct counter *counter, uint64_t started)
{
	return started != RUN_UNKNOWN && counter->started != RUN_UNKNOWN &&
	       started > counter->started + STARTED_ABOUT_S;
}

static void compare(struct counter *counter, uint64_t value, uint64_t started)
{
	uint64_t own = counter->counts_own ? 1 : 0;

	if (value < counter->last || was_restarted(counter, started)) {
		doubt(counter, "its counter began again, as if the server was restarted");
		counter->least += value > own ? value - own : 0;
	} else if (counter->missed && started == RUN_UNKNOWN) {
		doubt(counter, "it did not answer for some time: it may have been restarted");
	} else {
		if (counter->cut_off && started == RUN_UNKNOWN)
			doubt(counter, "it closed the connection on which it is read, as a server "
				       "that is restarted or reloaded does");
		counter->least += value - counter->last > own ? value - counter->last - own : 0;
	}
}

struct reading counter__value(struct counter *counter, uint64_t value, uint64_t started)
{
	uint64_t own;

	if (counter->seen)
		compare(counter, value, started);
	own = counter->own - counter->own_era;
	counter->seen = true;
	counter->missed = counter->cut_off = false;
	counter->last = value;
	if (started != RUN_UNKNOWN)
		counter->started = started;
	else if (!counter->started)
		counter->started = RUN_UNKNOWN;
	counter->own += counter->counts_own;
	return (struct reading){true, counter->era, value > own ? value - own : 0};
}

void counter__cut_off(struct counter *counter)
{
	counter->cut_off = true;
}

void counter__failed(struct counter *counter, bool sent, bool served)
{
	counter->missed |= !served;
	if (served)
		counter->own += counter->counts_own;
	else if (sent && counter->counts_own)
		doubt(counter, "it broke off an answer: it may have been restarted");
}
