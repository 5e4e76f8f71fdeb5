// SPDX-License-Identifier: GPL-2.0-or-later
#include "owners/container_set.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

struct container *container_set__add(struct container_set *set, enum container_kind kind,
				     const char *id, char *top)
{
	struct container *container;

	if (!array_grow(&set->container, set->n, &set->room) || !scan__add_found(set->scan)) {
		free(top);
		return NULL;
	}
	container = &set->container[set->n];
	*container = (struct container){.kind = kind, .id = strdup(id), .top = top};
	set->scan->inv->found[set->first + set->n].kind = VTX_KIND_CONTAINER;
	set->n++; /* also without an id: container_set__release() frees its top */
	return container->id ? container : NULL;
}

struct container *container_set__find(const struct container_set *set, const char *id, bool named)
{
	size_t i;

	for (i = 0; i < set->n; i++) {
		if (set->container[i].named == named && !strcmp(set->container[i].id, id))
			return &set->container[i];
	}
	return NULL;
}

size_t container_set__owner(const struct container_set *set, const struct container *container)
{
	return set->first + (container - set->container);
}

void container_set__release(struct container_set *set)
{
	size_t i;

	for (i = 0; i < set->n; i++) {
		free(set->container[i].id);
		free(set->container[i].top);
	}
	free(set->container);
}
