// SPDX-License-Identifier: GPL-2.0-or-later
#include "metrics/names.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/escape.h"
#include "base/str.h"

static const struct {
	const char *key;  /* how keys of the run file end */
	const char *name; /* how names of metrics end */
	uint64_t per_one;
	int digits; /* behind the point */
} units[] = {
	[NUMBER_COUNT] = {"count", "", 1, 0},
	[NUMBER_NS] = {"ns", "seconds", 1000000000, 9},
	[NUMBER_BYTES] = {"bytes", "bytes", 1, 0},
	[NUMBER_PPM] = {"ppm", "ratio", 1000000, 6},
};

const char *metrics_unit(enum number_unit unit)
{
	return units[unit].name;
}

/* The length of the key without the word for its unit and the _ before that. */
static size_t stem(const char *key, const char *unit)
{
	size_t len = strlen(key), unit_len = strlen(unit);

	if (len < unit_len || strcmp(key + len - unit_len, unit))
		return len;
	if (len == unit_len)
		return 0;
	return key[len - unit_len - 1] == '_' ? len - unit_len - 1 : len;
}

char *metrics_name(const char *prefix, const char *key, enum number_unit unit)
{
	size_t len = stem(key, units[unit].key);

	return str_printf("%s%s%.*s%s%s", prefix, len ? "_" : "", (int)len, key,
			  *units[unit].name ? "_" : "", units[unit].name);
}

char *metrics_join(const char *prefix, const char *part)
{
	return str_printf("%s%s%s", prefix, *part ? "_" : "", part);
}

/* Quotes and backslashes; there are no line feeds in `s`. */
static char *quote(const char *s)
{
	char *text = malloc(2 * strlen(s) + 1), *to = text;

	if (!text)
		return NULL;
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			*to++ = '\\';
		*to++ = *s;
	}
	*to = '\0';
	return text;
}

char *metrics_label(const char *before, const char *label, const char *value)
{
	char *harmless = escape_term(value);
	char *quoted = harmless ? quote(harmless) : NULL;
	char *labels = NULL;

	if (quoted)
		labels = str_printf("%s%s%s=\"%s\"", before, *before ? "," : "", label, quoted);
	free(quoted);
	free(harmless);
	return labels;
}

static bool is_one_of(const char *word, size_t len, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(names[i]) == len && !strncmp(names[i], word, len))
			return true;
	return false;
}

size_t metrics_split(const char *label, const char *key)
{
	static const char *const directions[] = {"rx", "tx"};
	size_t len = strcspn(key, "_");
	bool found;

	if (!strcmp(label, "mode"))
		found = is_one_of(key, len, run_mode_name, VTX_MODES);
	else
		found = is_one_of(key, len, directions, ARRAY_SIZE(directions)) ||
			is_one_of(key, len, run_block_kind_name, VTX_BLOCK_KINDS);
	return found && key[len] ? len : 0;
}

void metrics_put_value(FILE *f, enum number_unit unit, uint64_t value)
{
	uint64_t rest = value % units[unit].per_one;
	int digits = units[unit].digits;

	fprintf(f, "%" PRIu64, value / units[unit].per_one);
	if (!rest)
		return;
	for (; rest % 10 == 0; rest /= 10)
		digits--;
	fprintf(f, ".%0*" PRIu64, digits, rest);
}

void metrics_put_help(FILE *f, const char *help)
{
	for (; *help; help++) {
		if (*help == '\n')
			fputs("\\n", f);
		else if (*help == '\\' || *help == '"')
			fprintf(f, "\\%c", *help);
		else
			fputc(*help, f);
	}
}
