/* SPDX-License-Identifier: GPL-2.0-or-later */
/* jit_map.h - functions that a process has compiled, as it says itself in /tmp/perf-PID.map. */
#ifndef VIRTAX_JIT_MAP_H
#define VIRTAX_JIT_MAP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct jit_map {
	struct jit_name {
		uint64_t start, size;
		const char *name; /* in `text` */
	} * name;
	size_t n, room;
	char *text;
};

/* Parses `text`, malloc'd, which the map takes over. Lines that make no sense are ignored. */
void jit_map__parse(struct jit_map *ret, char *text);

/* Reads the file of a process in its own mount and pid namespace, if there is one. */
void jit_map__read(struct jit_map *ret, pid_t pid);

const char *jit_map__at(const struct jit_map *map, uint64_t ip);
void jit_map__free(struct jit_map *map);

#endif
