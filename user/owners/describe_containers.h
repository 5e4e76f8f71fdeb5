/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * describe_containers.h - what can be learned about a container once it is found: its first
 * process, name, cgroups and network, and which helper processes outside of it work for it.
 */
#ifndef VIRTAX_DESCRIBE_CONTAINERS_H
#define VIRTAX_DESCRIBE_CONTAINERS_H

#include "owners/container_set.h"

/* Describes every container of the set, and takes its helpers. Returns 0 or -ENOMEM. */
int describe_containers(const struct container_set *set);

#endif
