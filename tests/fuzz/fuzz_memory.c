// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Feeds any bytes to the parsers of memory numbers: smaps (a process chooses the names of its
 * mapped files), smaps_rollup, status, memory.stat, meminfo, and the sizes on a QEMU command line.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "holdings/footprint.h"
#include "holdings/status_sizes.h"
#include "holdings/ram_pieces.h"
#include "cgroups/memcg.h"
#include "sys/meminfo.h"
#include "sys/smaps.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static int take(const struct smaps_area *area, void *arg)
{
	require(area->end >= area->start && memchr(area->name, '\0', sizeof(area->name)));
	return ram_pieces__add(arg, area);
}

static void try_smaps(char *text, size_t size, const struct qemu_args *args)
{
	struct ram_pieces pieces = {};
	struct guest_ram ram;
	struct smaps_sum sum;
	FILE *file = fmemopen(text, size, "r");

	if (!file)
		return;
	require(!smaps_each(file, take, &pieces));
	ram_pieces__find(&pieces, args, &ram);
	ram_pieces__free(&pieces);
	rewind(file);
	require(!smaps_read(file, &sum) && sum.rss < UINT64_MAX && sum.pss < UINT64_MAX);
	fclose(file);
}

static void try_qemu(const uint8_t *data, size_t size, struct qemu_args *ret)
{
	char *copy = malloc(size + 1);
	struct proc_argv argv;

	memset(ret, 0, sizeof(*ret));
	if (!copy)
		return;
	memcpy(copy, data, size);
	copy[size] = '\0';
	if (proc_argv__parse(copy, size, &argv))
		return;
	qemu_args__parse(&argv, ret);
	require(ret->n_ram <= QEMU_MAX_RAM);
	proc_argv__free(&argv);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct run_host_memory host;
	struct status_sizes sizes;
	struct qemu_args args;
	struct run_memcg memcg;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	try_qemu(data, size, &args);
	if (size)
		try_smaps(text, size, &args);
	qemu_args__free(&args);
	status_sizes_parse(text, &sizes);
	memset(&memcg, 0xff, sizeof(memcg));
	memcg_stat_parse(text, true, &memcg);
	memcg_stat_parse(text, false, &memcg);
	if (!meminfo_parse(text, &host))
		require(host.total_bytes != RUN_UNKNOWN && host.used_bytes <= host.total_bytes);
	free(text);
	return 0;
}
