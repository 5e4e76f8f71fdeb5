/* SPDX-License-Identifier: GPL-2.0-or-later */
/* array.h - the size of an array, and arrays that grow. */
#ifndef VIRTAX_ARRAY_H
#define VIRTAX_ARRAY_H

#include <stdbool.h>
#include <stddef.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/*
 * Makes room for element number `n` of a malloc'd array: if n is *room, the array is reallocated to
 * twice its size (at least 8 elements). `array` is the address of the array's pointer. New room is
 * zeroed. False, with everything as it was, if there is no memory. For use through array_grow().
 */
bool array_grow_bytes(void *array, size_t n, size_t *room, size_t element_size);

#define array_grow(array, n, room) array_grow_bytes((array), (n), (room), sizeof(**(array)))

#endif
