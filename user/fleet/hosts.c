// SPDX-License-Identifier: GPL-2.0-or-later
#include "fleet/hosts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/str.h"
#include "model/tree.h"

const char *label_of(const json_t *labels, const char *name)
{
	const char *value = json_string_value(json_object_get(labels, name));

	return value ? value : "";
}

int label_among(const json_t *labels, const char *name, const char *const *words, int n)
{
	const char *value = label_of(labels, name);

	for (int i = 0; i < n; i++)
		if (words[i] && !strcmp(words[i], value))
			return i;
	return -1;
}

int hosts_set_text(char **text, const char *value)
{
	free(*text);
	*text = *value ? strdup(value) : NULL;
	return *value && !*text ? -ENOMEM : 0;
}

static void set_unknown(struct run *run)
{
	tree_set_unknown(tree_host_cpu, &run->host_cpu);
	run->wall_ns = run->cpus = RUN_UNKNOWN;
	run->host.memory_bytes = RUN_UNKNOWN;
}

/* `key` says where the new host will be found. */
static struct fleet_host *add_host(struct fleet *fleet, const char *key, const char *instance)
{
	struct fleet_host *host;

	if (!array_grow(&fleet->host, fleet->n, &fleet->room) ||
	    json_object_set_new_nocheck(fleet->index, key, json_integer((json_int_t)fleet->n)))
		return NULL;
	host = &fleet->host[fleet->n++];
	*host = (struct fleet_host){.name = strdup(*instance ? instance : "(no instance)")};
	set_unknown(&host->run);
	return host->name ? host : NULL;
}

struct fleet_host *hosts_find_or_add(struct fleet *fleet, const json_t *labels, int *ret_err)
{
	const char *instance = label_of(labels, "instance");
	char *key = str_printf("%s\n%s", label_of(labels, "job"), instance);
	struct fleet_host *host = NULL;
	const json_t *at;

	*ret_err = -ENOMEM;
	if (!key)
		return NULL;
	at = json_object_get(fleet->index, key);
	if (at)
		host = &fleet->host[json_integer_value(at)];
	else if (fleet->n == FLEET_HOSTS)
		*ret_err = -EMFILE;
	else
		host = add_host(fleet, key, instance);
	free(key);
	if (host)
		*ret_err = 0;
	return host;
}

static struct run_target *add_target(struct run *run, enum vtx_kind kind, const char *label)
{
	size_t size = (run->n_targets + 1) * sizeof(*run->target);
	struct run_target *grown = realloc(run->target, size), *target;

	if (!grown)
		return NULL;
	run->target = grown;
	target = &grown[run->n_targets];
	memset(target, 0, sizeof(*target));
	tree_set_unknown(tree_target, target);
	target->kind = kind;
	target->label = strdup(label);
	target->name = strdup(label);
	target->total.cpu.total_ns = 0;
	run->n_targets++;
	return target->label && target->name ? target : NULL;
}

struct run_target *hosts_target(struct fleet *fleet, const json_t *labels, int *ret_err)
{
	int kind = label_among(labels, "kind", run_kind_name, (int)ARRAY_SIZE(run_kind_name));
	const char *label = label_of(labels, "target");
	struct fleet_host *host = hosts_find_or_add(fleet, labels, ret_err);
	struct run_target *target;

	if (!host || kind < 0)
		return NULL;
	if (!*label)
		label = run_kind_name[kind];
	for (size_t t = 0; t < host->run.n_targets; t++) {
		target = &host->run.target[t];
		if (target->kind == (enum vtx_kind)kind && !strcmp(target->label, label))
			return target;
	}
	if (host->run.n_targets == FLEET_HOST_TARGETS || fleet->n_targets == FLEET_TARGETS) {
		*ret_err = -E2BIG;
		return NULL;
	}
	target = add_target(&host->run, (enum vtx_kind)kind, label);
	fleet->n_targets++;
	*ret_err = target ? 0 : -ENOMEM;
	return target;
}
