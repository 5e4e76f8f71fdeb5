// SPDX-License-Identifier: GPL-2.0-or-later
#include "sources/readings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "model/run.h"

uint64_t reading_since(const struct reading *from, const struct reading *to)
{
	if (!from->known || !to->known || from->era != to->era)
		return RUN_UNKNOWN;
	/* A server may add our own last visit a moment later than we take it off. */
	return to->count > from->count ? to->count - from->count : 0;
}

int reading_list__put(struct reading_list *list, size_t index, const struct reading *reading)
{
	while (list->n <= index) {
		if (!array_grow(&list->at, list->n, &list->room))
			return -ENOMEM;
		list->at[list->n++] = (struct reading){};
	}
	list->at[index] = *reading;
	return 0;
}

uint64_t *readings_counts(const struct readings *readings, const struct reading_list *list,
			  size_t n)
{
	const struct reading *from = &readings->start, none = {};
	uint64_t *count = calloc(n + 1, sizeof(*count));

	for (size_t i = 0; count && i < n; i++) {
		const struct reading *to = i == n - 1    ? &readings->end
					   : i < list->n ? &list->at[i]
							 : &none;

		count[i] = reading_since(from, to);
		from = to;
	}
	return count;
}

void readings__free(struct readings *readings)
{
	free(readings->rows.at);
	free(readings->stages.at);
	memset(readings, 0, sizeof(*readings));
}
