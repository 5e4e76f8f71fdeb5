// SPDX-License-Identifier: GPL-2.0-or-later
#include "probes/ledger_profile.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "probes/ledger_impl.h"

void ledger_profile__configure(struct ledger *ledger)
{
	bool on = plan__has(ledger->plan, HOOK_PROFILE);
	struct virtax *skel = ledger->skel;

	bpf_map__set_autocreate(skel->maps.vtx_samples, on);
	bpf_map__set_autocreate(skel->maps.vtx_traces, on);
	bpf_map__set_autocreate(skel->maps.vtx_images, on);
	bpf_map__set_autocreate(skel->maps.vtx_trace_now, on);
	bpf_map__set_autocreate(skel->maps.vtx_held, on);
	on = plan__has(ledger->plan, HOOK_OFF_CPU);
	bpf_map__set_autocreate(skel->maps.vtx_asleep, on);
	bpf_map__set_autocreate(skel->maps.vtx_waits, on);
}

/* Entries are only ever added, and no more since the clocks have stopped. */
static int read_counts(const struct ledger *ledger, struct profile_raw *ret)
{
	int fd = bpf_map__fd(ledger->skel->maps.vtx_samples);
	struct vtx_sample_key key, next;
	bool first = true;
	uint64_t n;

	while (!bpf_map_get_next_key(fd, first ? NULL : &key, &next)) {
		first = false;
		key = next;
		if (bpf_map_lookup_elem(fd, &key, &n))
			continue;
		if (!array_grow(&ret->count, ret->n_counts, &ret->counts_room))
			return -ENOMEM;
		ret->count[ret->n_counts++] = (struct profile_count){key, n};
	}
	return 0;
}

static int read_waits(const struct ledger *ledger, struct profile_raw *ret)
{
	int fd = bpf_map__fd(ledger->skel->maps.vtx_waits);
	struct vtx_wait_key key, next;
	struct vtx_waited waited;
	bool first = true;

	if (!plan__has(ledger->plan, HOOK_OFF_CPU))
		return 0;
	while (!bpf_map_get_next_key(fd, first ? NULL : &key, &next)) {
		first = false;
		key = next;
		if (bpf_map_lookup_elem(fd, &key, &waited))
			continue;
		if (!array_grow(&ret->wait, ret->n_waits, &ret->waits_room))
			return -ENOMEM;
		ret->wait[ret->n_waits++] = (struct profile_wait){key, waited};
	}
	return 0;
}

static int by_id(const void *a, const void *b)
{
	const struct profile_trace *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static int read_traces(const struct ledger *ledger, struct profile_raw *ret)
{
	int fd = bpf_map__fd(ledger->skel->maps.vtx_traces);
	bool first = true;
	uint64_t id, next;

	while (!bpf_map_get_next_key(fd, first ? NULL : &id, &next)) {
		first = false;
		id = next;
		if (!array_grow(&ret->trace, ret->n_traces, &ret->traces_room))
			return -ENOMEM;
		ret->trace[ret->n_traces].id = id;
		if (!bpf_map_lookup_elem(fd, &id, &ret->trace[ret->n_traces].trace))
			ret->n_traces++;
	}
	if (ret->n_traces)
		qsort(ret->trace, ret->n_traces, sizeof(*ret->trace), by_id);
	return 0;
}

int ledger_profile__read(const struct ledger *ledger, struct profile_raw *ret)
{
	int err;

	memset(ret, 0, sizeof(*ret));
	memcpy(&ret->totals, (const void *)&ledger->skel->bss->vtx_profiled, sizeof(ret->totals));
	err = read_counts(ledger, ret);
	if (!err)
		err = read_waits(ledger, ret);
	if (!err)
		err = read_traces(ledger, ret);
	if (err)
		profile_raw__free(ret);
	return err;
}
