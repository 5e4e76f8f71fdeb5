// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *str_printf(const char *fmt, ...)
{
	va_list args;
	char *text;
	int n;

	va_start(args, fmt);
	n = vasprintf(&text, fmt, args);
	va_end(args);
	return n < 0 ? NULL : text;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Parses decimal digits up to *ret_end; false if there are none or the number overflows. */
static bool digits(const char *s, const char **ret_end, uint64_t *ret)
{
	const char *p = s;

	for (*ret = 0; is_digit(*p); p++) {
		if (__builtin_mul_overflow(*ret, 10, ret) ||
		    __builtin_add_overflow(*ret, (uint64_t)(*p - '0'), ret))
			return false;
	}
	*ret_end = p;
	return p > s;
}

bool str_to_u64(const char *s, uint64_t *ret)
{
	const char *end;
	uint64_t value;

	if (!digits(s, &end, &value) || *end)
		return false;
	*ret = value;
	return true;
}

bool str_to_ns(const char *s, uint64_t *ret_ns)
{
	const char *end = s;
	uint64_t seconds = 0, ns = 0, unit = 100000000;

	if (*s != '.' && !digits(s, &end, &seconds))
		return false;
	if (*end == '.') {
		if (!is_digit(*++end))
			return false;
		for (; is_digit(*end); end++, unit /= 10)
			ns += (uint64_t)(*end - '0') * unit;
	}
	if (*end || seconds > INT64_MAX / 1000000000 - 1)
		return false;
	*ret_ns = seconds * 1000000000 + ns;
	return true;
}

char *str_from_double(char buf[STR_DOUBLE_SIZE], double value)
{
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(buf, STR_DOUBLE_SIZE, "%.*g", digits, value);
		if (strtod(buf, NULL) == value)
			break;
	}
	return buf;
}

bool str_list_has(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (; list; list = strchr(list, ',') ? strchr(list, ',') + 1 : NULL)
		if (!strncmp(list, word, n) && (!list[n] || list[n] == ','))
			return true;
	return false;
}

bool str_starts(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

/*
 * The Damerau distance: how many letters must be inserted, deleted, replaced or swapped with their
 * neighbour. Words longer than 31 letters count as far apart.
 */
static size_t distance(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b), d[33][33];

	if (n > 31 || m > 31)
		return 32;
	for (size_t i = 0; i <= n; i++)
		d[i][0] = i;
	for (size_t j = 0; j <= m; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= n; i++) {
		for (size_t j = 1; j <= m; j++) {
			size_t best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);

			if (d[i - 1][j] + 1 < best)
				best = d[i - 1][j] + 1;
			if (d[i][j - 1] + 1 < best)
				best = d[i][j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    d[i - 2][j - 2] + 1 < best)
				best = d[i - 2][j - 2] + 1;
			d[i][j] = best;
		}
	}
	return d[n][m];
}

int str_closest(const char *s, const char *const *words, size_t n)
{
	size_t least = strlen(s) <= 3 ? 2 : 3, apart;
	int found = -1;

	for (size_t i = 0; *s && i < n; i++) {
		apart = str_starts(words[i], s) ? 0 : distance(s, words[i]);
		if (apart < least) {
			least = apart;
			found = (int)i;
		}
	}
	return found;
}

bool str_path_below(const char *path, const char *top)
{
	size_t n = strlen(top);

	return n > 1 && !strncmp(path, top, n) && path[n] == '/';
}
