// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/array.h"

#include <stdlib.h>
#include <string.h>

bool array_grow_bytes(void *array, size_t n, size_t *room, size_t element_size)
{
	size_t wanted = *room ? 2 * *room : 8;
	void *old, *grown;
	size_t bytes;

	if (n < *room)
		return true;
	if (__builtin_mul_overflow(wanted, element_size, &bytes))
		return false;
	memcpy(&old, array, sizeof(old));
	grown = realloc(old, bytes);
	if (!grown)
		return false;
	memset((char *)grown + *room * element_size, 0, (wanted - *room) * element_size);
	memcpy(array, &grown, sizeof(grown));
	*room = wanted;
	return true;
}
