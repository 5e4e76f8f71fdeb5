/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * find_containers.h - the containers of a scan: first by the names of cgroups, which every process
 * shows; then by the runtimes' state files, since a container's cgroup may have any name.
 */
#ifndef VIRTAX_FIND_CONTAINERS_H
#define VIRTAX_FIND_CONTAINERS_H

#include "owners/scan.h"

/*
 * Finds all containers with everything that belongs to them; the VMs must have been found. Returns
 * 0 or -ENOMEM.
 */
int find_containers(struct scan *scan);

#endif
