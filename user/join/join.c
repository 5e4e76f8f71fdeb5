// SPDX-License-Identifier: GPL-2.0-or-later
#include "join/join.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/share.h"
#include "join/parts.h"

/* ---- the modes of a guest's target, each an account ---- */

uint64_t *join_work_of(struct run_inside_work *work, enum vtx_mode mode)
{
	switch (mode) {
	case VTX_USER:
		return &work->user_ns;
	case VTX_KERNEL:
		return &work->kernel_ns;
	case VTX_SOFTIRQ:
		return &work->softirq_ns;
	case VTX_HARDIRQ:
		return &work->hardirq_ns;
	case VTX_TASK:
		return &work->task_ns;
	default: /* guest mode and polling */
		return &work->nested_ns;
	}
}

/* ---- a span of time ---- */

static uint64_t of_guest(const struct pair *pair, size_t column, int64_t from, int64_t to)
{
	return timeline__between(&pair->guest_line, column, align_to_guest(&pair->alignment, from),
				 align_to_guest(&pair->alignment, to));
}

static uint64_t rest_of_guest(const struct pair *pair, enum guest_column rest, int64_t from,
			      int64_t to)
{
	return of_guest(pair, column_of_rest(pair->guest, rest), from, to);
}

static uint64_t of_host(const struct pair *pair, enum host_column column, int64_t from, int64_t to)
{
	return timeline__between(&pair->host_line, column, from, to);
}

/* The accounts' wall time in the guest, into pair->account. */
static void fill_accounts(struct pair *pair, int64_t from, int64_t to)
{
	struct split_account *account = pair->account;

	for (size_t t = 0; t < pair->guest->n_targets; t++) {
		for (int m = 0; m < VTX_MODES; m++)
			*account++ = (struct split_account){
				of_guest(pair, column_of_mode(t, m), from, to), m == VTX_USER};
	}
	for (int i = 0; i < GUEST_ACCOUNTS; i++)
		*account++ = (struct split_account){
			rest_of_guest(pair, (enum guest_column)i, from, to), false};
}

/*
 * What is split. A user time that was divided from kernel time by samples is another one in the
 * rows than in the whole window: pair->rows_ns and total_ns are those two, while the window is
 * filled.
 */
static uint64_t base_of(const struct pair *pair, int64_t from, int64_t to)
{
	uint64_t ns = of_host(pair, HOST_BASE, from, to);

	return pair->rows_ns ? share_scale(ns, pair->total_ns, pair->rows_ns) : ns;
}

static struct split_host host_of(const struct pair *pair, int64_t from, int64_t to)
{
	double exits = (double)of_host(pair, HOST_EXITS, from, to);
	uint64_t wait = of_host(pair, HOST_WAIT, from, to);

	return (struct split_host){
		.guest_ns = base_of(pair, from, to),
		.exits_ns = (uint64_t)(exits * pair->any),
		.kernel_exits_ns = (uint64_t)(exits * pair->kernel),
		/* A guest that counts steal has left its waits out already. */
		.wait_ns = rest_of_guest(pair, GUEST_STEAL, from, to) ? 0 : wait,
	};
}

static void add_work(struct run_inside_work *work, const uint64_t *part)
{
	for (int m = 0; m < VTX_MODES; m++)
		*join_work_of(work, (enum vtx_mode)m) += part[m];
}

int join_split_span(struct pair *pair, int64_t from, int64_t to, struct run_inside *ret,
		    uint64_t *ret_excess)
{
	const struct split_host host = host_of(pair, from, to);
	const uint64_t *rest = &pair->part[column_of_mode(0, 0)];
	struct split_rest left;
	int err;

	fill_accounts(pair, from, to);
	err = split(&host, pair->account, pair->n_accounts,
		    rest_of_guest(pair, GUEST_IDLE, from, to), pair->part, &left);
	if (err)
		return err;
	ret->work = (struct run_inside_work){};
	for (size_t t = 0; t < pair->guest->n_targets; t++, rest += VTX_MODES)
		add_work(&ret->work, rest);
	ret->rest = (struct run_inside_rest){
		.other_ns = rest[GUEST_OTHER],
		.softirq_ns = rest[GUEST_SOFTIRQ],
		.hardirq_ns = rest[GUEST_HARDIRQ],
		.tracer_ns = rest[GUEST_TRACER],
		.idle_ns = left.idle_ns,
		.unknown_ns = left.unknown_ns,
	};
	ret->total_ns = host.guest_ns;
	ret->known = true;
	*ret_excess = left.excess_ns;
	return 0;
}

/* ---- the whole window ---- */

/*
 * By how much the busy time may be wrong because of the clocks: a shift takes away at one end of
 * the span and adds at the other, about as much as there is next to it.
 */
static uint64_t clock_effect(const struct pair *pair)
{
	int64_t length = pair->to - pair->from, error = (int64_t)pair->alignment.error_ns;
	uint64_t first, last;

	if (error > length)
		error = length;
	first = rest_of_guest(pair, GUEST_BUSY, pair->from, pair->from + error);
	last = rest_of_guest(pair, GUEST_BUSY, pair->to - error, pair->to);
	return first > last ? first - last : last - first;
}

static uint64_t sum_requests(const struct pair *pair)
{
	uint64_t sum = 0;
	bool any = false;

	for (size_t t = 0; t < pair->guest->n_targets; t++) {
		if (pair->guest->target[t].total.requests.source == RUN_REQUESTS_NONE)
			continue;
		any = true;
		sum += of_guest(pair, column_of_mode(t, VTX_MODES), pair->from, pair->to);
	}
	return any ? sum : RUN_UNKNOWN;
}

static void fill_join(struct pair *pair, struct run_inside *inside,
		      const struct run_requests *requests, uint64_t excess_ns)
{
	int64_t ahead = pair->alignment.ahead_ns, from = pair->from, to = pair->to;
	struct run_inside_join *join = &inside->join;
	uint64_t work = run_inside_work_ns(&inside->work), wall = 0;

	for (size_t i = 0; i < pair->guest->n_targets * VTX_MODES; i++)
		wall = run_add(wall, pair->account[i].wall_ns);
	*join = (struct run_inside_join){
		.shared_ns = (uint64_t)(to - from),
		.busy_ns = rest_of_guest(pair, GUEST_BUSY, from, to),
		.idle_ns = rest_of_guest(pair, GUEST_IDLE, from, to),
		.steal_ns = rest_of_guest(pair, GUEST_STEAL, from, to),
		.wait_ns = of_host(pair, HOST_WAIT, from, to),
		.exits_ns = of_host(pair, HOST_EXITS, from, to),
		.excess_ns = excess_ns,
		.error_ns = run_add(clock_effect(pair), wall > work ? wall - work : work - wall),
		.ahead_ns = ahead > 0 ? (uint64_t)ahead : 0,
		.behind_ns = ahead < 0 ? (uint64_t)-ahead : 0,
		.clock_error_ns = pair->alignment.error_ns,
		.requests = sum_requests(pair),
		.host_requests = requests->source == RUN_REQUESTS_NONE
					 ? RUN_UNKNOWN
					 : of_host(pair, HOST_REQUESTS, from, to),
	};
	join->halts_ns = (uint64_t)((double)join->exits_ns * pair->halts);
}

/* NULL stays NULL. */
static int copy_text(char **ret, const char *text)
{
	*ret = text ? strdup(text) : NULL;
	return text && !*ret ? -ENOMEM : 0;
}

static int fill_targets(struct pair *pair, struct run_inside *inside)
{
	size_t n = pair->guest->n_targets;
	int err = 0;

	inside->target = calloc(n + 1, sizeof(*inside->target));
	if (!inside->target)
		return -ENOMEM;
	for (size_t t = 0; t < n && !err; t++, inside->n_targets++) {
		const struct run_target *from = &pair->guest->target[t];
		struct run_inside_target *to = &inside->target[t];
		bool counted = from->total.requests.source != RUN_REQUESTS_NONE;

		to->kind = from->kind;
		to->requests = !counted ? RUN_UNKNOWN
					: of_guest(pair, column_of_mode(t, VTX_MODES), pair->from,
						   pair->to);
		add_work(&to->work, &pair->part[t * VTX_MODES]);
		err = copy_text(&to->label, from->label) ?: copy_text(&to->name, from->name);
	}
	return err;
}

/*
 * The host's numbers from `begin` to `end`: what the rows do not cover was not recorded inside.
 * scaled: the rows add up to something else than the numbers.
 */
static int fill_numbers(struct pair *pair, struct run_numbers *numbers, int64_t begin, int64_t end,
			bool scaled)
{
	struct run_inside *inside = &numbers->inside;
	const struct run_inside of_base = {.base = pair->base};
	uint64_t excess, all = numbers->cpu.role[VTX_VCPU].ns[run_inside_mode(&of_base)];
	uint64_t rows = of_host(pair, HOST_BASE, begin, end);
	int err;

	pair->total_ns = all;
	pair->rows_ns = scaled || rows > all ? rows : 0;
	err = join_split_span(pair, pair->from, pair->to, inside, &excess);
	pair->rows_ns = 0;
	if (err)
		return err;
	inside->base = pair->base;
	inside->clock =
		pair->alignment.how == ALIGN_FOUND ? RUN_INSIDE_ACTIVITY : RUN_INSIDE_WRITTEN;
	inside->rest.outside_ns = all - inside->total_ns;
	inside->total_ns = all;
	fill_join(pair, inside, &numbers->requests, excess);
	err = copy_text(&inside->hostname, pair->guest->host.hostname);
	err = err ? err : copy_text(&inside->kernel, pair->guest->host.kernel);
	err = err ? err : copy_text(&inside->start, pair->guest->start);
	return err ? err : fill_targets(pair, inside);
}

static int fill_window(struct pair *pair)
{
	return fill_numbers(pair, &pair->host->target[pair->vm].total,
			    timeline__begin(&pair->host_line), timeline__end(&pair->host_line),
			    pair->base != RUN_INSIDE_GUEST);
}

/* ---- stages ---- */

static int fill_stage(struct pair *pair, struct run_stage *stage)
{
	int64_t start = pair->host_line.at[1] - (int64_t)pair->host->interval[0].at_ns;
	int64_t from = pair->from, to = pair->to, begin, end;
	const struct run_inside of_base = {.base = pair->base};
	uint64_t all;
	int err;

	if (pair->vm >= stage->n_targets || stage->length_ns > INT64_MAX / 4 ||
	    stage->at_ns > INT64_MAX / 4)
		return 0;
	all = stage->target[pair->vm].cpu.role[VTX_VCPU].ns[run_inside_mode(&of_base)];
	if (all == RUN_UNKNOWN)
		return 0;
	begin = start + (int64_t)stage->at_ns;
	end = begin + (int64_t)stage->length_ns;
	pair->from = begin < from ? from : begin > to ? to : begin;
	pair->to = end > to ? to : end < pair->from ? pair->from : end;
	err = fill_numbers(pair, &stage->target[pair->vm], begin, end, true);
	pair->from = from;
	pair->to = to;
	return err;
}

static int fill_stages(struct pair *pair)
{
	int err = 0;

	for (size_t i = 0; i < pair->host->n_stages && !err; i++)
		err = fill_stage(pair, &pair->host->stage[i]);
	return err;
}

/* ---- all of it ---- */

static int open_timelines(struct pair *pair, struct verr *ret_err)
{
	size_t n = pair->guest->n_targets * VTX_MODES + GUEST_ACCOUNTS;
	int err = columns_of_host(pair);

	if (err == -EINVAL)
		return verr_set(ret_err, err,
				"join: the rows of the host's run are not in the order of time "
				"(record again)");
	if (!err)
		err = columns_of_guest(pair);
	if (err == -EINVAL)
		return verr_set(ret_err, err,
				"join: %s: its rows are not in the order of time (record again)",
				pair->what);
	pair->n_accounts = n;
	pair->account = calloc(n, sizeof(*pair->account));
	pair->part = calloc(n, sizeof(*pair->part));
	return err ? err : pair->account && pair->part ? 0 : -ENOMEM;
}

static int find_offset(struct pair *pair, struct verr *ret_err)
{
	const struct activity host = {&pair->host_line, HOST_WANTED};
	const struct activity guest = {&pair->guest_line, column_of_rest(pair->guest, GUEST_BUSY)};
	int64_t begin, end;
	int err;

	pair->alignment = align(&host, &guest);
	err = refuse_alignment(pair, ret_err);
	begin = align_to_host(&pair->alignment, timeline__begin(&pair->guest_line));
	end = align_to_host(&pair->alignment, timeline__end(&pair->guest_line));
	pair->from = timeline__begin(&pair->host_line);
	pair->to = timeline__end(&pair->host_line);
	pair->from = begin > pair->from ? begin : pair->from;
	pair->to = end < pair->to ? end : pair->to;
	return err;
}

static int join_pair(struct pair *pair, struct verr *ret_err)
{
	int err = open_timelines(pair, ret_err);

	if (!err)
		err = find_offset(pair, ret_err);
	if (err)
		return err;
	exits_by_cause(pair);
	err = fill_window(pair);
	if (!err)
		err = join_rows(pair);
	if (!err)
		err = fill_stages(pair);
	if (!err)
		err = join_stacks(pair);
	return err ? err : add_doubts(pair, &pair->host->target[pair->vm].total.inside);
}

int join(struct run *host, const char *vm, const struct run *guest, const char *what,
	 struct verr *ret_err)
{
	struct pair pair = {.host = host, .guest = guest, .what = what};
	int err = refuse_target(&pair, vm, ret_err);

	if (!err)
		err = refuse_guest(&pair, ret_err);
	if (!err)
		err = join_pair(&pair, ret_err);
	if (err == -ENOMEM)
		verr_set(ret_err, err, "join: out of memory");
	timeline__free(&pair.host_line);
	timeline__free(&pair.guest_line);
	free(pair.account);
	free(pair.part);
	return err;
}
