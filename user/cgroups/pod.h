/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pod.h - the cgroup of a pod, in the path of the cgroup of one of its containers. Pure. */
#ifndef VIRTAX_CGROUP_POD_H
#define VIRTAX_CGROUP_POD_H

#include <stddef.h>

#define POD_ID_MAX 64

/*
 * The length of the pod's own path at the beginning of a container's, the innermost one, and its
 * id: the UID of a pod of Kubernetes, with dashes, or 64 digits of podman's; 0: it is in no pod.
 */
size_t cgroup_pod(const char *path, char ret_id[POD_ID_MAX + 1]);

#endif
