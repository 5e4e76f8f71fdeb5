// SPDX-License-Identifier: GPL-2.0-or-later
#include "owners/runtime.h"

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
#include "cgroups/path.h"

#define JSON_LIMIT (4 * 1024 * 1024)
#define TASK_BASE  "io.containerd.runtime.v2.task"

/* One pass over all state directories. */
struct reading {
	const struct sysroot *sr;
	const struct cgroup_layout *layout;
	bool (*known)(const char *id, const void *arg);
	const void *arg;
	struct runtime_states *states;
};

void runtime_state__release(struct runtime_state *state)
{
	free(state->id);
	free(state->cgroup);
	memset(state, 0, sizeof(*state));
}

/* The path in the first hierarchy of the state file that is mounted here. */
static char *runc_cgroup(const json_t *state, const struct cgroup_layout *layout)
{
	json_t *paths = json_object_get(state, "cgroup_paths"), *value;
	char path[PATH_MAX];
	const char *key;

	json_object_foreach (paths, key, value) {
		if (json_is_string(value) &&
		    !cgroup_path_of_dir(layout, json_string_value(value), path, sizeof(path)) &&
		    strcmp(path, "/"))
			return strdup(path);
	}
	return NULL;
}

int runtime_parse_runc(const char *text, const struct cgroup_layout *layout,
		       struct runtime_state *ret)
{
	json_t *state = json_loads(text, 0, NULL);
	json_t *pid = json_object_get(state, "init_process_pid");

	memset(ret, 0, sizeof(*ret));
	if (!json_is_integer(pid)) {
		json_decref(state);
		return -EINVAL;
	}
	ret->kind = CONTAINER_RUNC;
	ret->pid = json_integer_value(pid);
	ret->start_ticks = json_integer_value(json_object_get(state, "init_process_start"));
	ret->cgroup = runc_cgroup(state, layout);
	json_decref(state);
	return 0;
}

/* The path, cleaned, malloc'd; NULL unless it is a cgroup path below the root. */
static char *clean_cgroup(const char *path)
{
	char clean[PATH_MAX];

	if (!path || strchr(path, ':') || cgroup_path_clean(path, clean, sizeof(clean)) ||
	    !strcmp(clean, "/"))
		return NULL;
	return strdup(clean);
}

int runtime_parse_crun(const char *text, struct runtime_state *ret)
{
	json_t *status = json_loads(text, 0, NULL);
	json_t *pid = json_object_get(status, "pid");

	memset(ret, 0, sizeof(*ret));
	if (!json_is_integer(pid)) {
		json_decref(status);
		return -EINVAL;
	}
	ret->kind = CONTAINER_CRUN;
	ret->pid = json_integer_value(pid);
	ret->start_ticks = json_integer_value(json_object_get(status, "process-start-time"));
	ret->cgroup = clean_cgroup(json_string_value(json_object_get(status, "cgroup-path")));
	json_decref(status);
	return 0;
}

static int add(struct reading *reading, struct runtime_state *state, const char *id)
{
	struct runtime_states *states = reading->states;

	state->id = strdup(id);
	if (!state->id || !array_grow(&states->state, states->n, &states->room)) {
		runtime_state__release(state);
		return -ENOMEM;
	}
	states->state[states->n++] = *state;
	return 0;
}

static int read_runc(struct reading *reading, int dir, const char *id)
{
	char path[NAME_MAX + 16], *text;
	struct runtime_state state;
	int err;

	snprintf(path, sizeof(path), "%s/state.json", id);
	if (file_read(dir, path, JSON_LIMIT, &text, NULL))
		return 0;
	err = runtime_parse_runc(text, reading->layout, &state);
	free(text);
	return err ? 0 : add(reading, &state, id);
}

static int read_crun(struct reading *reading, int dir, const char *id)
{
	char path[NAME_MAX + 16], *text;
	struct runtime_state state;
	int err;

	snprintf(path, sizeof(path), "%s/status", id);
	if (file_read(dir, path, JSON_LIMIT, &text, NULL))
		return 0;
	err = runtime_parse_crun(text, &state);
	free(text);
	return err ? 0 : add(reading, &state, id);
}

/* A containerd task has a directory with config.json and init.pid. */
static int read_task(struct reading *reading, int dir, const char *id)
{
	struct runtime_state state = {.kind = CONTAINER_CONTAINERD};
	char path[NAME_MAX + 16], *text;
	json_t *config, *section;

	snprintf(path, sizeof(path), "%s/init.pid", id);
	if (file_read(dir, path, 64, &text, NULL))
		return 0;
	state.pid = atoi(text);
	free(text);
	snprintf(path, sizeof(path), "%s/config.json", id);
	if (!file_read(dir, path, JSON_LIMIT, &text, NULL)) {
		config = json_loads(text, 0, NULL);
		section = json_object_get(config, "linux");
		state.cgroup =
			clean_cgroup(json_string_value(json_object_get(section, "cgroupsPath")));
		json_decref(config);
		free(text);
	}
	return add(reading, &state, id);
}

typedef int (*entry_fn)(struct reading *reading, int dir, const char *name);

/* Calls fn for each entry of a directory, except containers that are already known. */
static int each_entry(struct reading *reading, const char *path, entry_fn fn)
{
	struct dirent *entry;
	int err = 0;
	DIR *dir;

	dir = opendir(path);
	if (!dir) {
		reading->states->denied |= errno == EACCES || errno == EPERM;
		return 0;
	}
	while (!err && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || reading->known(entry->d_name, reading->arg))
			continue;
		err = fn(reading, dirfd(dir), entry->d_name);
	}
	closedir(dir);
	return err;
}

static int each_in(struct reading *reading, const char *dir, entry_fn fn)
{
	char path[PATH_MAX];

	if (sysroot_path(reading->sr, path, sizeof(path), "%s", dir))
		return 0;
	return each_entry(reading, path, fn);
}

/* All namespaces of a task directory of containerd. */
static int read_namespaces(struct reading *reading, const char *tasks)
{
	char path[PATH_MAX];
	struct dirent *entry;
	int err = 0;
	DIR *dir;

	if (sysroot_path(reading->sr, path, sizeof(path), "%s", tasks))
		return 0;
	dir = opendir(path);
	if (!dir) {
		reading->states->denied |= errno == EACCES || errno == EPERM;
		return 0;
	}
	while (!err && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' ||
		    sysroot_path(reading->sr, path, sizeof(path), "%s/%s", tasks, entry->d_name))
			continue;
		err = each_entry(reading, path, read_task);
	}
	closedir(dir);
	return err;
}

/* A shim works in …/io.containerd.runtime.v2.task/NAMESPACE/ID: the part before /NAMESPACE. */
static bool tasks_of(const struct helper *shim, char *ret, size_t size)
{
	const char *base = shim->dir ? strstr(shim->dir, "/" TASK_BASE "/") : NULL;
	size_t n;

	if (!base)
		return false;
	n = base - shim->dir + strlen("/" TASK_BASE);
	if (n >= size)
		return false;
	memcpy(ret, shim->dir, n);
	ret[n] = '\0';
	return true;
}

/* Rootless runtimes keep their state in their user's runtime directory. */
static int read_users(struct reading *reading)
{
	char path[PATH_MAX];
	struct dirent *entry;
	int err = 0;
	DIR *dir;

	if (sysroot_path(reading->sr, path, sizeof(path), "/run/user"))
		return 0;
	dir = opendir(path);
	while (dir && !err && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/run/user/%s/runc", entry->d_name);
		err = each_in(reading, path, read_runc);
		snprintf(path, sizeof(path), "/run/user/%s/crun", entry->d_name);
		if (!err)
			err = each_in(reading, path, read_crun);
	}
	if (dir)
		closedir(dir);
	return err;
}

/* Directories on the command lines of running helpers. */
static int read_pointed(struct reading *reading, const struct helper_table *helpers)
{
	char tasks[PATH_MAX], last[PATH_MAX] = "";
	const struct helper *helper;
	int err = 0;
	size_t i;

	for (i = 0; !err && i < helpers->n; i++) {
		helper = &helpers->helper[i];
		if (helper->kind == HELPER_RUNC && helper->dir) {
			err = each_in(reading, helper->dir, read_runc);
		} else if (helper->kind == HELPER_CRUN && helper->dir) {
			err = each_in(reading, helper->dir, read_crun);
		} else if (helper->kind == HELPER_SHIM && tasks_of(helper, tasks, sizeof(tasks)) &&
			   strcmp(tasks, "/run/containerd/" TASK_BASE) && strcmp(tasks, last)) {
			strcpy(last, tasks);
			err = read_namespaces(reading, tasks);
		}
	}
	return err;
}

/*
 * A container within another comes before it, as its path is longer. readdir() has no order, but
 * the inventory must be the same each time.
 */
static int inner_first(const void *a, const void *b)
{
	const struct runtime_state *x = a, *y = b;
	size_t n = x->cgroup ? strlen(x->cgroup) : 0, m = y->cgroup ? strlen(y->cgroup) : 0;

	if (n != m)
		return n < m ? 1 : -1;
	return strcmp(x->id, y->id);
}

int runtime_states__read(const struct sysroot *sr, const struct cgroup_layout *layout,
			 const struct helper_table *helpers,
			 bool (*known)(const char *id, const void *arg), const void *arg,
			 struct runtime_states **ret)
{
	struct runtime_states *states = calloc(1, sizeof(*states));
	struct reading reading = {
		.sr = sr, .layout = layout, .known = known, .arg = arg, .states = states};
	int err;

	if (!states)
		return -ENOMEM;
	err = each_in(&reading, "/run/runc", read_runc);
	if (!err)
		err = each_in(&reading, "/run/crun", read_crun);
	if (!err)
		err = read_namespaces(&reading, "/run/containerd/" TASK_BASE);
	if (!err)
		err = read_users(&reading);
	if (!err)
		err = read_pointed(&reading, helpers);
	if (states->n)
		qsort(states->state, states->n, sizeof(*states->state), inner_first);
	if (err)
		runtime_states__free(states);
	else
		*ret = states;
	return err;
}

void runtime_states__free(struct runtime_states *states)
{
	size_t i;

	if (!states)
		return;
	for (i = 0; i < states->n; i++)
		runtime_state__release(&states->state[i]);
	free(states->state);
	free(states);
}
