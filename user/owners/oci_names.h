/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * oci_names.h - the names by which people know containers, read from where each runtime keeps them.
 */
#ifndef VIRTAX_OCI_NAMES_H
#define VIRTAX_OCI_NAMES_H

#include "owners/cgroupname.h"
#include "owners/helper_table.h"
#include "sys/proc_table.h"

/*
 * The container's name, malloc'd; NULL if none is found. *kind may be refined: a bare id may turn
 * out to be docker's.
 */
char *oci_names_find(const struct sysroot *sr, const struct helper_table *helpers, const char *id,
		     enum container_kind *kind);

/*
 * A container's name by the annotations of its OCI config.json, a text of any origin: "POD/NAME" or
 * "NAME", malloc'd; NULL if there is none.
 */
char *oci_names_of_config(const char *text);

/* The host name in the configuration of a container of podman's, malloc'd; NULL: unknown. */
char *oci_names_podman_host(const struct sysroot *sr, const char *id);

/*
 * Has the pod of this UID the name `what`, [NAMESPACE/]NAME? The kubelet keeps its logs in a
 * directory NAMESPACE_NAME_UID.
 */
bool oci_names_kubelet_has(const struct sysroot *sr, const char *uid, const char *what);

#endif
