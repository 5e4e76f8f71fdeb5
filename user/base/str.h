/* SPDX-License-Identifier: GPL-2.0-or-later */
/* str.h - string formatting, parsing of numbers, similar words. */
#ifndef VIRTAX_STR_H
#define VIRTAX_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Formats a string that the caller frees; NULL if there is no memory. */
char *str_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Parses the whole string as a decimal number. False unless it is only digits, below 2^64. */
bool str_to_u64(const char *s, uint64_t *ret);

/*
 * Parses the whole string as a decimal number of seconds ("5", "0.25", ".5"; no sign, no exponent)
 * and returns it in ns. Decimals after the ninth are dropped. False if it is not such a number or
 * exceeds 2^63 ns.
 */
bool str_to_ns(const char *s, uint64_t *ret_ns);

#define STR_DOUBLE_SIZE 32

/* Formats a finite double with the fewest digits that read back as the same value. Returns buf. */
char *str_from_double(char buf[STR_DOUBLE_SIZE], double value);

/* Is `word` one of the words in a list that commas separate? */
bool str_list_has(const char *list, const char *word);

bool str_starts(const char *s, const char *prefix);

/*
 * Returns the index of the word that is most similar to `s`, for "did you mean"; -1 if none of the
 * n words is similar. A similar word starts with `s`, or differs in at most 2 letters (1 if `s` has
 * at most 3 letters).
 */
int str_closest(const char *s, const char *const *words, size_t n);

/* Is an absolute path strictly below another one, which is not the root? */
bool str_path_below(const char *path, const char *top);

#endif
