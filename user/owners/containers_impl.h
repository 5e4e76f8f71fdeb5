/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boxes.h - inside of the inventory: the containers of one scan while they are being found
 * (containers.c) and described (containerinfo.c).
 */
#ifndef VIRTAX_BOXES_H
#define VIRTAX_BOXES_H

#include "owners/cgroupname.h"
#include "owners/scan.h"

/* Beside found[first + i], until the scan ends. */
struct box {
	enum container_kind kind;
	char *id;
	char *top;  /* its cgroup's path; NULL: it has none but the root */
	bool named; /* id is its name */
	pid_t init; /* 0: not said by the runtime */
};

struct boxes {
	struct scan *scan;
	struct box *box;
	size_t n;
	size_t first; /* index in inv->found of the first container */
};

static inline size_t box_owner(const struct boxes *boxes, const struct box *box)
{
	return boxes->first + (box - boxes->box);
}

/* By id, or by name where `named`; NULL if there is none. */
struct box *boxes_find(const struct boxes *boxes, const char *id, bool named);

/* Fills in what is known of each found container, and gives it its helper processes. */
int boxes_describe(const struct boxes *boxes);

#endif
