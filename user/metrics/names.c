// SPDX-License-Identifier: GPL-2.0-or-later
#include "metrics/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/escape.h"

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

/* a, then n bytes of b, then c, with _ between those that are not empty. */
static char *joined(const char *a, const char *b, size_t n, const char *c)
{
	size_t a_len = strlen(a), c_len = strlen(c);
	char *name = malloc(a_len + n + c_len + 3), *to = name;

	if (!name)
		return NULL;
	to = mempcpy(to, a, a_len);
	if (n)
		*to++ = '_';
	to = mempcpy(to, b, n);
	if (c_len)
		*to++ = '_';
	memcpy(to, c, c_len + 1);
	return name;
}

char *metrics_name(const char *prefix, const char *key, enum number_unit unit)
{
	return joined(prefix, key, stem(key, units[unit].key), units[unit].name);
}

char *metrics_join(const char *prefix, const char *part)
{
	return metrics_join_n(prefix, part, strlen(part));
}

char *metrics_join_n(const char *prefix, const char *part, size_t n)
{
	return joined(prefix, part, n, "");
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

/* Has nothing that any of the two would escape? */
static bool is_plain(const char *s)
{
	for (; *s; s++)
		if (*s < ' ' || *s > '~' || *s == '"' || *s == '\\')
			return false;
	return true;
}

static char *labelled(const char *before, const char *label, const char *value)
{
	size_t b = strlen(before), l = strlen(label), v = strlen(value);
	char *labels = malloc(b + l + v + 5), *to = labels;

	if (!labels)
		return NULL;
	to = mempcpy(to, before, b);
	if (b)
		*to++ = ',';
	to = mempcpy(to, label, l);
	*to++ = '=';
	*to++ = '"';
	to = mempcpy(to, value, v);
	*to++ = '"';
	*to = '\0';
	return labels;
}

char *metrics_label(const char *before, const char *label, const char *value)
{
	char *harmless, *quoted, *labels = NULL;

	if (is_plain(value))
		return labelled(before, label, value);
	harmless = escape_term(value);
	quoted = harmless ? quote(harmless) : NULL;
	if (quoted)
		labels = labelled(before, label, quoted);
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
	static const char *const parts[] = {"user", "kernel",  "softirq", "hardirq",
					    "task", "nested",  "other",   "tracer",
					    "idle", "unknown", "outside"};
	size_t len = strcspn(key, "_");
	bool found;

	if (!strcmp(label, "mode"))
		found = is_one_of(key, len, run_mode_name, VTX_MODES);
	else if (!strcmp(label, "part"))
		found = is_one_of(key, len, parts, ARRAY_SIZE(parts));
	else
		found = is_one_of(key, len, directions, ARRAY_SIZE(directions)) ||
			is_one_of(key, len, run_block_kind_name, VTX_BLOCK_KINDS);
	return found && key[len] ? len : 0;
}

void metrics_put_value(struct text *to, enum number_unit unit, uint64_t value)
{
	uint64_t rest = value % units[unit].per_one;
	int digits = units[unit].digits;

	text__u64(to, value / units[unit].per_one, 0);
	if (!rest)
		return;
	for (; rest % 10 == 0; rest /= 10)
		digits--;
	text__add(to, ".", 1);
	text__u64(to, rest, digits);
}

void metrics_put_help(struct text *to, const char *help)
{
	for (; *help; help++) {
		if (*help == '\n')
			text__put(to, "\\n");
		else if (*help == '\\' || *help == '"')
			text__add(to, "\\", 1);
		if (*help != '\n')
			text__add(to, help, 1);
	}
}
