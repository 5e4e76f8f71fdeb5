/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hosts.h - finds the host, and the target, that the labels of a series name. */
#ifndef VIRTAX_FLEET_HOSTS_H
#define VIRTAX_FLEET_HOSTS_H

#include "fleet/fleet.h"

/* The value of a label; "" if there is none. */
const char *label_of(const json_t *labels, const char *name);

/* The index of the word; -1 if it is none of them. */
int label_among(const json_t *labels, const char *name, const char *const *words, int n);

/*
 * NULL: *ret_err is -ENOMEM, or -EMFILE because there are FLEET_HOSTS already. A new host is added
 * with everything unknown.
 */
struct fleet_host *hosts_find_or_add(struct fleet *fleet, const json_t *labels, int *ret_err);

/*
 * Its target is named by the label `target`, or if there is none by its kind. NULL: of no kind that
 * we know (*ret_err is 0), or *ret_err is -ENOMEM, -EMFILE: too many hosts, or -E2BIG: too many
 * targets.
 */
struct run_target *hosts_target(struct fleet *fleet, const json_t *labels, int *ret_err);

/* A replaced copy; an empty one is NULL. */
int hosts_set_text(char **text, const char *value);

#endif
