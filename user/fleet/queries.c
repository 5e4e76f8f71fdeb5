// SPDX-License-Identifier: GPL-2.0-or-later
#include "fleet/queries.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

bool query_time(const char *text, uint64_t *ret_s)
{
	static const char units[] = "smhdwy";
	static const uint64_t seconds[] = {1, 60, 3600, 86400, 7 * 86400, 365 * 86400};
	size_t digits = strspn(text, "0123456789");
	const char *unit =
		digits && digits < 10 && text[digits] ? strchr(units, text[digits]) : NULL;

	if (!unit || text[digits + 1])
		return false;
	*ret_s = strtoull(text, NULL, 10) * seconds[unit - units];
	return *ret_s > 0;
}

/* {target="…"}; empty without a target. */
static char *selector_of(const char *target)
{
	char *text = NULL;
	size_t size;
	FILE *f;

	if (!target)
		return strdup("");
	f = open_memstream(&text, &size);
	if (!f)
		return NULL;
	fputs("{target=\"", f);
	for (; *target; target++) {
		if (strchr("\\\"", *target))
			fputc('\\', f);
		if (*target == '\n')
			fputs("\\n", f);
		else
			fputc(*target, f);
	}
	fputs("\"}", f);
	if (!fclose(f))
		return text;
	free(text);
	return NULL;
}

char *query_last(const struct query_scope *scope, const char *metric)
{
	return str_printf("last_over_time(%s[%s])", metric, scope->since);
}

char *query_host(const struct query_scope *scope, const char *metric, const char *by)
{
	return str_printf("sum by (job, instance%s%s) (%s(%s[%s]))", by ? ", " : "", by ? by : "",
			  scope->increase, metric, scope->since);
}

/* Time of targets without requests would be on the bill of those that have some. */
char *query_targets(const struct query_scope *scope, const char *metric, const char *by)
{
	char *selector = selector_of(scope->target), *query;

	if (!selector)
		return NULL;
	query = str_printf(
		"sum by (job, instance, kind%s%s%s) (%s(%s%s[%s]) "
		"and on (job, instance, target, kind) (%s(virtax_requests_total%s[%s]) > 0))",
		scope->by_target ? ", target" : "", by ? ", " : "", by ? by : "", scope->increase,
		metric, selector, scope->since, scope->increase, selector, scope->since);
	free(selector);
	return query;
}
