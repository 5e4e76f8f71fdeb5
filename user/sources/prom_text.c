// SPDX-License-Identifier: GPL-2.0-or-later
#include "sources/prom_text.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "model/run.h"

#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:"
#define WHOLE_MOST 9007199254740992.0 /* 2^53: beyond it a double is no exact count */

/* ---- labels: in a selector and in a line alike ---- */

static size_t name_length(const char *text)
{
	return isdigit((unsigned char)*text) ? 0 : strspn(text, NAME_CHARS);
}

/* A quoted value at *at, unescaped into ret, which has room for it; moves *at behind it. */
static bool take_value(const char **at, char *ret)
{
	const char *from = *at;

	if (*from++ != '"')
		return false;
	while (*from && *from != '"' && *from != '\n') {
		if (*from == '\\' && from[1]) {
			from++;
			*ret++ = *from == 'n' ? '\n' : *from;
			from++;
		} else {
			*ret++ = *from++;
		}
	}
	*ret = '\0';
	if (*from != '"')
		return false;
	*at = from + 1;
	return true;
}

typedef bool (*label_fn)(void *context, const char *name, size_t n, const char *value);

/* One label at *at; moves *at behind it and the comma that may follow. `value` has room. */
static bool take_label(const char **at, char *value, label_fn fn, void *context)
{
	const char *name = *at;
	size_t n = name_length(name);

	*at += n;
	*at += strspn(*at, " ");
	if (!n || **at != '=')
		return false;
	*at += 1 + strspn(*at + 1, " ");
	if (!take_value(at, value) || !fn(context, name, n, value))
		return false;
	*at += strspn(*at, " ");
	if (**at != ',' && **at != '}')
		return false;
	*at += **at == ',';
	*at += strspn(*at, " ");
	return true;
}

/* Calls fn for each label of "{a="b",…}" at *at, if it begins there; false: broken, or fn said so.
 */
static bool each_label(const char **at, label_fn fn, void *context)
{
	bool good = true;
	char *value;

	if (**at != '{')
		return true;
	value = malloc(strlen(*at) + 1);
	*at += 1 + strspn(*at + 1, " ");
	while (value && good && **at != '}')
		good = take_label(at, value, fn, context);
	good = good && value;
	*at += good;
	free(value);
	return good;
}

/* ---- selectors ---- */

static bool add_label(void *context, const char *name, size_t n, const char *value)
{
	struct prom_selector *to = context;
	struct prom_label *label = &to->label[to->n];

	if (to->n == PROM_LABELS)
		return false;
	to->n++;
	label->name = strndup(name, n);
	label->value = strdup(value);
	return label->name && label->value;
}

int prom_selector__parse(struct prom_selector *ret, const char *text)
{
	size_t n = name_length(text);

	memset(ret, 0, sizeof(*ret));
	if (!n)
		return -EINVAL;
	ret->name = strndup(text, n);
	if (!ret->name)
		return -ENOMEM;
	text += n;
	return each_label(&text, add_label, ret) && !*text ? 0 : -EINVAL;
}

void prom_selector__free(struct prom_selector *selector)
{
	for (size_t i = 0; i < selector->n; i++) {
		free(selector->label[i].name);
		free(selector->label[i].value);
	}
	free(selector->name);
	memset(selector, 0, sizeof(*selector));
}

/* ---- lines ---- */

struct match {
	const struct prom_selector *selector;
	size_t found; /* labels of the selector that the line has */
};

static bool match_label(void *context, const char *name, size_t n, const char *value)
{
	struct match *match = context;

	for (size_t i = 0; i < match->selector->n; i++) {
		const struct prom_label *label = &match->selector->label[i];

		match->found += strlen(label->name) == n && !strncmp(label->name, name, n) &&
				!strcmp(label->value, value);
	}
	return true;
}

/* The value of a line of this name. *ret_match: does it have the labels? */
static int line_value(const char *line, const struct prom_selector *selector, bool *ret_match,
		      double *ret)
{
	struct match match = {selector, 0};
	char *end;

	line += strlen(selector->name);
	line += strspn(line, " \t");
	if (!each_label(&line, match_label, &match))
		return -EBADMSG;
	*ret_match = match.found == selector->n;
	line += strspn(line, " \t");
	*ret = strtod(line, &end);
	return end == line || (*end && !isspace((unsigned char)*end)) ? -EBADMSG : 0;
}

static bool has_name(const char *line, const char *name)
{
	return str_starts(line, name) && !strchr(NAME_CHARS, line[strlen(name)]);
}

/* "# TYPE NAME gauge" */
static bool is_gauge(const char *line, const char *name)
{
	if (!str_starts(line, "# TYPE ") || !has_name(line + 7, name))
		return false;
	return str_starts(line + 7 + strlen(name), " gauge");
}

static int add_line(const char *line, const struct prom_selector *selector, double *sum,
		    size_t *series)
{
	double value;
	bool match;
	int err;

	if (is_gauge(line, selector->name))
		return -EMEDIUMTYPE;
	if (!has_name(line, selector->name))
		return 0;
	err = line_value(line, selector, &match, &value);
	if (err || !match)
		return err;
	if (!isfinite(value) || value < 0 || value != floor(value))
		return -ERANGE;
	*sum += value;
	(*series)++;
	return *sum <= WHOLE_MOST ? 0 : -ERANGE;
}

/* The next line, or NULL. */
static const char *next_line(const char *line)
{
	line = strchr(line, '\n');
	return line && line[1] ? line + 1 : NULL;
}

int prom_text_sum(const char *text, const struct prom_selector *selector, uint64_t *ret)
{
	size_t series = 0;
	double sum = 0;
	int err = 0;

	for (const char *line = text; line && !err; line = next_line(line))
		err = add_line(line, selector, &sum, &series);
	*ret = err ? 0 : (uint64_t)sum;
	return err || series ? err : -ENODATA;
}

uint64_t prom_text_started(const char *text)
{
	const struct prom_selector selector = {.name = (char[]){"process_start_time_seconds"}};
	uint64_t ret = RUN_UNKNOWN;

	for (const char *line = text; line; line = next_line(line)) {
		double value;
		bool match;

		if (has_name(line, selector.name) && !line_value(line, &selector, &match, &value) &&
		    value > 0 && value < 1e15)
			ret = (uint64_t)llround(value);
	}
	return ret;
}
