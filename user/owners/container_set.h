/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * container_set.h - the containers of one scan while they are being found (find_containers.c) and
 * described (describe_containers.c). Internal to these.
 */
#ifndef VIRTAX_CONTAINER_SET_H
#define VIRTAX_CONTAINER_SET_H

#include "owners/cgroupname.h"
#include "owners/scan.h"

/* What is known beside inv->found[first + i], until the scan ends. */
struct container {
	enum container_kind kind;
	char *id;
	char *top;  /* its cgroup's path; NULL: it has none but the root */
	bool named; /* id is its name */
	pid_t init; /* 0: the runtime does not say */
};

struct container_set {
	struct scan *scan;
	struct container *container;
	size_t n, room;
	size_t first; /* index in inv->found of the first container */
};

/* Adds a container without processes; takes over top. NULL if there is no memory. */
struct container *container_set__add(struct container_set *set, enum container_kind kind,
				     const char *id, char *top);

/* By id, or by name where `named`; NULL if there is none. */
struct container *container_set__find(const struct container_set *set, const char *id, bool named);

/* The container's index in inv->found. */
size_t container_set__owner(const struct container_set *set, const struct container *container);

void container_set__release(struct container_set *set);

#endif
