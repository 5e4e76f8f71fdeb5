// SPDX-License-Identifier: GPL-2.0-or-later
/* The list of warnings of a comparison, and its limit. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "compare/impl.h"

#define MAX_WARNINGS 200

int compare_warn(struct compare *compare, const char *fmt, ...)
{
	struct comparison *result = &compare->result;
	char *text;
	va_list args;
	int n;

	if (result->n_warnings >= MAX_WARNINGS) {
		compare->hidden++;
		return 0;
	}
	va_start(args, fmt);
	n = vasprintf(&text, fmt, args);
	va_end(args);
	if (n < 0)
		return -ENOMEM;
	if (!array_grow(&result->warning, result->n_warnings, &compare->warning_room)) {
		free(text);
		return -ENOMEM;
	}
	result->warning[result->n_warnings++] = text;
	return 0;
}

int compare_warn_hidden(struct compare *compare)
{
	char *text;

	if (!compare->hidden)
		return 0;
	if (asprintf(&text, "%zu more warnings are not shown", compare->hidden + 1) < 0)
		return -ENOMEM;
	free(compare->result.warning[MAX_WARNINGS - 1]);
	compare->result.warning[MAX_WARNINGS - 1] = text;
	return 0;
}
