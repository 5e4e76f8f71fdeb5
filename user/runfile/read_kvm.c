// SPDX-License-Identifier: GPL-2.0-or-later
#include "runfile/read_target.h"

#include <stdlib.h>
#include <string.h>

static void load_list(struct reader *r, const struct place *up, const char *key,
		      struct run_exits *ret)
{
	struct place list = reader__object(r, up, key, false);
	const char *name;
	json_t *value;

	if (!list.json || !json_object_size(list.json))
		return;
	ret->exit = calloc(json_object_size(list.json), sizeof(*ret->exit));
	if (!ret->exit) {
		reader__no_memory(r);
		return;
	}
	json_object_foreach (list.json, name, value) {
		struct place at = reader__object(r, &list, name, true);
		struct run_exit *exit = &ret->exit[ret->n++];

		if (strlen(name) >= RUN_EXIT_NAME)
			reader__bad(r, &list, name, "has a name longer than %d bytes",
				    RUN_EXIT_NAME - 1);
		else
			strcpy(exit->name, name);
		reader__fields(r, &at, exit_fields, exit);
	}
}

void load_kvm(struct reader *r, const struct place *up, struct run_kvm *ret)
{
	struct place at = reader__object(r, up, "kvm", false);

	if (!up->json || !json_object_get(up->json, "kvm"))
		return; /* it does not apply, or an older file */
	ret->present = true;
	ret->exits = ret->exit_ns = ret->userspace_exits = ret->userspace_ns = RUN_UNKNOWN;
	if (!at.json)
		return;
	reader__fields(r, &at, kvm_fields, ret);
	load_list(r, &at, "reasons", &ret->reasons);
	load_list(r, &at, "userspace", &ret->userspace);
}
