// SPDX-License-Identifier: GPL-2.0-or-later
#include "owners/oci_names.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/file.h"

#define JSON_LIMIT     (16 * 1024 * 1024)
#define TASK_DIR       "/run/containerd/io.containerd.runtime.v2.task"
#define PODMAN_STORAGE "/var/lib/containers/storage"
#define CRIO_RUN       "/run/containers/storage/overlay-containers"

static char *read_text(const struct sysroot *sr, const char *dir, const char *id, const char *file)
{
	char path[PATH_MAX], *text;

	if (sysroot_path(sr, path, sizeof(path), "%s/%s%s%s", dir, id, *file ? "/" : "", file) ||
	    file_read(AT_FDCWD, path, JSON_LIMIT, &text, NULL))
		return NULL;
	return text;
}

static const char *annotation(const json_t *config, const char *key)
{
	const char *value =
		json_string_value(json_object_get(json_object_get(config, "annotations"), key));

	return value && *value ? value : NULL;
}

static const char *first_annotation(const json_t *config, const char *const *keys)
{
	const char *value = NULL;

	for (; *keys && !value; keys++)
		value = annotation(config, *keys);
	return value;
}

char *oci_names_of_config(const char *text)
{
	static const char *const name_keys[] = {
		"io.kubernetes.cri.container-name",
		"io.kubernetes.container.name",
		"nerdctl/name",
		"io.kubernetes.cri-o.ContainerName",
		NULL,
	};
	static const char *const pod_keys[] = {
		"io.kubernetes.cri.sandbox-name",
		"io.kubernetes.pod.name",
		NULL,
	};
	json_t *config = json_loads(text, 0, NULL);
	const char *name, *pod, *type;
	char *ret = NULL;

	name = first_annotation(config, name_keys);
	pod = first_annotation(config, pod_keys);
	type = annotation(config, "io.kubernetes.cri.container-type");
	if (!type)
		type = annotation(config, "io.kubernetes.cri-o.ContainerType");
	if (pod && type && !strcmp(type, "sandbox"))
		name = "POD"; /* the process that holds the pod's namespaces */
	if (pod && name && asprintf(&ret, "%s/%s", pod, name) < 0)
		ret = NULL;
	else if (!pod && name)
		ret = strdup(name);
	json_decref(config);
	return ret;
}

static char *docker_name_in(const struct sysroot *sr, const char *root, const char *id)
{
	char dir[PATH_MAX], *text, *ret = NULL;
	const char *name;
	json_t *config;

	if ((size_t)snprintf(dir, sizeof(dir), "%s/containers", root) >= sizeof(dir))
		return NULL;
	text = read_text(sr, dir, id, "config.v2.json");
	if (!text)
		return NULL;
	config = json_loads(text, 0, NULL);
	name = json_string_value(json_object_get(config, "Name"));
	if (name && *name == '/')
		name++;
	if (name && *name)
		ret = strdup(name);
	json_decref(config);
	free(text);
	return ret;
}

static char *docker_name(const struct sysroot *sr, const struct helper_table *helpers,
			 const char *id)
{
	char *name = NULL;

	for (size_t i = 0; i < helpers->n_docker_roots && !name; i++)
		name = docker_name_in(sr, helpers->docker_root[i], id);
	return name;
}

/* The storage library lists containers in one file per storage driver. */
static char *podman_name(const struct sysroot *sr, const char *id)
{
	static const char *const drivers[] = {"overlay", "vfs", "btrfs", "zfs"};
	char dir[64], *text, *ret = NULL;
	json_t *list, *entry;
	const char *name;
	size_t i, j;

	for (i = 0; !ret && i < ARRAY_SIZE(drivers); i++) {
		snprintf(dir, sizeof(dir), "%s-containers", drivers[i]);
		text = read_text(sr, PODMAN_STORAGE, dir, "containers.json");
		list = text ? json_loads(text, 0, NULL) : NULL;
		json_array_foreach (list, j, entry) {
			const char *its = json_string_value(json_object_get(entry, "id"));

			name = json_string_value(
				json_array_get(json_object_get(entry, "names"), 0));
			if (!ret && its && name && *name && !strcmp(its, id))
				ret = strdup(name);
		}
		json_decref(list);
		free(text);
	}
	return ret;
}

char *oci_names_podman_host(const struct sysroot *sr, const char *id)
{
	char *text = read_text(sr, PODMAN_STORAGE "/overlay-containers", id,
			       "userdata/config.json"),
	     *ret = NULL;
	json_t *config = text ? json_loads(text, 0, NULL) : NULL;
	const char *host = json_string_value(json_object_get(config, "hostname"));

	if (host && *host)
		ret = strdup(host);
	json_decref(config);
	free(text);
	return ret;
}

bool oci_names_kubelet_has(const struct sysroot *sr, const char *uid, const char *what)
{
	const char *slash = strchr(what, '/');
	char path[PATH_MAX], name[512];
	const struct dirent *entry;
	bool found = false;
	DIR *dir;

	if (slash)
		snprintf(name, sizeof(name), "%.*s_%s_%s", (int)(slash - what), what, slash + 1,
			 uid);
	else
		snprintf(name, sizeof(name), "_%s_%s", what, uid);
	if (sysroot_path(sr, path, sizeof(path), "/var/log/pods"))
		return false;
	dir = opendir(path);
	while (dir && !found && (entry = readdir(dir))) {
		const char *from = slash ? entry->d_name : strchr(entry->d_name, '_');

		found = from && !strcmp(from, name);
	}
	if (dir)
		closedir(dir);
	return found;
}

/* The bundle's config.json is in the shim's working directory or in containerd's. */
static char *containerd_name(const struct sysroot *sr, const struct helper *shim, const char *id,
			     const char *namespace)
{
	char dir[PATH_MAX], *text = NULL, *ret;

	if (shim && shim->dir)
		text = read_text(sr, shim->dir, "config.json", "");
	if (!text && namespace &&
	    (size_t)snprintf(dir, sizeof(dir), TASK_DIR "/%s", namespace) < sizeof(dir))
		text = read_text(sr, dir, id, "config.json");
	if (!text)
		return NULL;
	ret = oci_names_of_config(text);
	free(text);
	return ret;
}

static char *crio_name(const struct sysroot *sr, const char *id)
{
	char *text = read_text(sr, CRIO_RUN, id, "userdata/config.json"), *ret;

	if (!text)
		return NULL;
	ret = oci_names_of_config(text);
	free(text);
	return ret;
}

static const struct helper *helper_of(const struct helper_table *helpers, enum helper_kind kind,
				      const char *id)
{
	size_t i;

	for (i = 0; i < helpers->n; i++) {
		if (helpers->helper[i].kind == kind && helpers->helper[i].id &&
		    !strcmp(helpers->helper[i].id, id))
			return &helpers->helper[i];
	}
	return NULL;
}

char *oci_names_find(const struct sysroot *sr, const struct helper_table *helpers, const char *id,
		     enum container_kind *kind)
{
	const struct helper *shim = helper_of(helpers, HELPER_SHIM, id);
	const struct helper *conmon = helper_of(helpers, HELPER_CONMON, id);
	const char *namespace = shim && shim->namespace ? shim->namespace : "k8s.io";
	char *name = NULL;

	if (strchr(id, '/') || id[0] == '.') /* it becomes part of file names below */
		return NULL;
	if (shim && shim->namespace && *kind <= CONTAINER_CONTAINERD)
		*kind = strcmp(namespace, "moby") ? CONTAINER_CONTAINERD : CONTAINER_DOCKER;
	else if (conmon && *kind == CONTAINER_OCI)
		*kind = CONTAINER_PODMAN;
	switch (*kind) {
	case CONTAINER_DOCKER:
		return docker_name(sr, helpers, id);
	case CONTAINER_PODMAN:
		if (conmon && conmon->name)
			return strdup(conmon->name);
		return podman_name(sr, id);
	case CONTAINER_CRIO:
		name = crio_name(sr, id);
		return name || !conmon || !conmon->name ? name : strdup(conmon->name);
	case CONTAINER_CONTAINERD:
		return containerd_name(sr, shim, id, namespace);
	case CONTAINER_OCI:
		name = docker_name(sr, helpers, id);
		if (name)
			*kind = CONTAINER_DOCKER;
		return name;
	default:
		return NULL; /* the id is the name */
	}
}
