/* SPDX-License-Identifier: GPL-2.0-or-later */
/* array.h - array sizes, and malloc'd arrays that grow. */
#ifndef VIRTAX_ARRAY_H
#define VIRTAX_ARRAY_H

#include <stdbool.h>
#include <stddef.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/*
 * Ensures that element `n` of a malloc'd array exists, where n <= *room. If n == *room, the array
 * is reallocated to twice its size (at least 8 elements), the new elements are zeroed and *room is
 * updated. `array` points to the caller's array pointer, which may be NULL while *room is 0; the
 * caller frees the array. Returns false, and changes nothing, if there is no memory. Call it
 * through array_grow().
 */
bool array_grow_bytes(void *array, size_t n, size_t *room, size_t element_size);

#define array_grow(array, n, room) array_grow_bytes((array), (n), (room), sizeof(**(array)))

#endif
