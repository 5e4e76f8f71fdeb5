/* SPDX-License-Identifier: GPL-2.0-or-later */
/* str.h - strings and the numbers in them. */
#ifndef VIRTAX_STR_H
#define VIRTAX_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Formats into a malloc'd string; NULL if there is no memory. */
char *str_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The whole string as a decimal number: digits only, no sign, no space. False if it is not one. */
bool str_to_u64(const char *s, uint64_t *ret);

/*
 * The whole string as a decimal number of seconds, as in "5", "0.25" or ".5" (no sign, no
 * exponent), in ns; digits beyond the ninth are dropped. False if it is not one or over 2^63 ns.
 */
bool str_to_ns(const char *s, uint64_t *ret_ns);

#define STR_DOUBLE_SIZE 32

/* The fewest digits that read back as the same finite double. Returns buf. */
char *str_from_double(char buf[STR_DOUBLE_SIZE], double value);

bool str_starts(const char *s, const char *prefix);

/*
 * The index of the word most like `s`, for "did you mean": at most 2 letters apart (one for words
 * of up to 3) or with `s` as its beginning. -1: none of the n words is.
 */
int str_closest(const char *s, const char *const *words, size_t n);

#endif
