// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/schedule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t schedule_condition(size_t i, size_t conditions, size_t repeat, bool interleave)
{
	size_t round = i / conditions, at = i % conditions;

	if (!interleave)
		return i / repeat;
	return round % 2 ? conditions - 1 - at : at;
}

static void put_label(FILE *f, const char *label)
{
	for (const char *c = label; *c; c++) {
		bool odd = *c == '/' || (unsigned char)*c < 0x20 || *c == 0x7f ||
			   (c == label && *c == '.');

		fputc(odd ? '_' : *c, f);
	}
}

char *schedule_path(const char *pattern, size_t n, size_t total, const char *label)
{
	int digits = snprintf(NULL, 0, "%zu", total);
	bool numbered = false;
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	for (const char *c = pattern; *c; c++) {
		char next = *c == '%' ? c[1] : 0;

		if (next == 'n')
			fprintf(f, "%0*zu", digits, n);
		else if (next == 'l')
			put_label(f, label ? label : "");
		else
			fputc(*c, f);
		numbered |= next == 'n';
		c += next == 'n' || next == 'l' || next == '%';
	}
	if (!numbered)
		fprintf(f, ".%0*zu", digits, n);
	if (!fclose(f))
		return text;
	free(text);
	return NULL;
}
