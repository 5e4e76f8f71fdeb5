// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/watch.h"

#include "record/series.h"
#include "record/wakes.h"

int watch__start(const struct record_watch *watch, struct wakes *wakes)
{
	int fd = -1, err;

	if (!watch)
		return 0;
	err = watch->start(watch->context, &fd);
	return err || fd < 0 ? err : wakes__watch(wakes, fd, WAKE_WATCH);
}

int watch__row(const struct record_watch *watch, struct series *series)
{
	int err;

	if (!watch)
		return 0;
	err = watch->row(watch->context, series);
	if (!watch->keep_rows)
		series__drop_rows(series);
	return err;
}
