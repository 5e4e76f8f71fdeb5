// SPDX-License-Identifier: GPL-2.0-or-later
/* virtax list --json. */
#include "cli/list.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "base/escape.h"
#include "holdings/footprint.h"
#include "model/run.h"

/* JSON holds UTF-8 text only; other text is escaped. NULL becomes null. */
static json_t *text(const char *s)
{
	json_t *ret = s ? json_string(s) : json_null();
	char *safe;

	if (ret)
		return ret;
	safe = escape_term(s);
	ret = safe ? json_string(safe) : NULL;
	free(safe);
	return ret;
}

static json_t *number_or_null(uint64_t n)
{
	return n ? json_integer(n) : json_null();
}

static json_t *known_or_null(uint64_t n)
{
	return n == RUN_UNKNOWN ? json_null() : json_integer((json_int_t)n);
}

static json_t *roles_of(const struct found *found)
{
	json_t *roles = json_object();
	int i;

	for (i = 0; i < VTX_ROLES; i++) {
		if (found->threads[i])
			json_object_set_new(
				roles, run_role_name[i],
				json_pack("{s:I}", "threads", (json_int_t)found->threads[i]));
	}
	return roles;
}

static json_t *netdevs_of(const struct found *found)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < found->n_netdevs; i++)
		json_array_append_new(list, text(found->netdevs[i].name));
	return list;
}

static json_t *http_of(const struct found *found)
{
	json_t *list = json_array(), *one;
	size_t i;

	for (i = 0; i < found->n_http; i++) {
		one = json_pack("{s:i}", "port", found->http[i].port);
		if (found->http[i].guest_port)
			json_object_set_new(one, "guest_port",
					    json_integer(found->http[i].guest_port));
		json_array_append_new(list, one);
	}
	return list;
}

static json_t *threads_of(const struct found *found)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < found->n_thread; i++) {
		const struct found_thread *thread = &found->thread[i];

		json_array_append_new(
			list, json_pack("{s:i, s:i, s:o, s:s, s:o}", "tid", (int)thread->tid, "pid",
					(int)thread->tgid, "comm", text(thread->comm), "role",
					run_role_name[thread->role], "why", text(thread->why)));
	}
	return list;
}

static json_t *target_of(const struct found *found)
{
	struct run_footprint resident;

	footprint_resident(&sysroot_live, found, &resident);
	return json_pack(
		"{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
		"kind", run_kind_name[found->kind], "name", text(found->name), "id",
		text(found->id), "pid", number_or_null(found->pid), "runtime", text(found->runtime),
		"accel", text(found->accel), "roles", roles_of(found), "threads", threads_of(found),
		"cgroup", text(found->cgroup), "netdevs", netdevs_of(found), "rss_bytes",
		known_or_null(resident.rss_bytes), "hugetlb_bytes",
		known_or_null(resident.hugetlb_bytes), "http", http_of(found), "netns",
		number_or_null(found->netns), "host_network",
		found->netns ? json_boolean(found->host_netns) : json_null());
}

static json_t *manager_of(const struct inventory_manager *manager)
{
	return json_pack("{s:s, s:o, s:i, s:i}", "kind", run_kind_name[manager->kind], "name",
			 text(manager->name), "pid", (int)manager->pid, "threads",
			 (int)manager->threads);
}

int list_json(const struct inventory *inv, FILE *out)
{
	json_t *targets = json_array(), *managers = json_array(), *root;
	int err = 0;
	size_t i;

	for (i = 0; !err && i < inv->n; i++)
		err = json_array_append_new(targets, target_of(&inv->found[i]));
	for (i = 0; !err && i < inv->n_managers; i++)
		err = json_array_append_new(managers, manager_of(&inv->manager[i]));
	root = json_pack("{s:s, s:o, s:o}", "schema", LIST_SCHEMA, "targets", targets, "managers",
			 managers);
	if (!err && root) {
		err = json_dumpf(root, out, JSON_INDENT(2) | JSON_ENSURE_ASCII) ? -EIO : 0;
		fputc('\n', out);
	} else {
		err = -ENOMEM;
	}
	json_decref(root);
	return err;
}
