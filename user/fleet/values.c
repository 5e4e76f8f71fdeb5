// SPDX-License-Identifier: GPL-2.0-or-later
#include "fleet/values.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define REMEDY "is this the address of Prometheus or VictoriaMetrics?"

/* The first line of what the server says. */
static int refused(const struct values_text *text, const json_t *answer, struct verr *ret_err)
{
	const char *error = json_string_value(json_object_get(answer, "error"));

	if (error)
		return verr_set(ret_err, strstr(error, "unknown function") ? -ENOTSUP : -EBADMSG,
				"%s: %.*s", text->from, (int)strcspn(error, "\n"), error);
	if (text->status != 200)
		return verr_set(ret_err, -EBADMSG, "%s: its status is %ld (" REMEDY ")", text->from,
				text->status);
	return verr_set(ret_err, -EBADMSG, "%s: its answer is no list of values (" REMEDY ")",
			text->from);
}

/* "value": [time, "1.5"]. NaN: there is none, or it is not a number. */
static double value_of(const json_t *series)
{
	const char *s = json_string_value(json_array_get(json_object_get(series, "value"), 1));
	char *end;
	double value;

	if (!s)
		return (double)NAN;
	value = strtod(s, &end);
	return end == s || *end ? (double)NAN : value;
}

static int each(const json_t *result, prom_fn fn, void *context)
{
	const json_t *series;
	size_t i;
	int err = 0;

	json_array_foreach (result, i, series) {
		const json_t *labels = json_object_get(series, "metric");
		double value = value_of(series);

		if (json_is_object(labels) && isfinite(value))
			err = fn(context, labels, value);
		if (err)
			break;
	}
	return err;
}

int values_each(const struct values_text *text, prom_fn fn, void *context, struct verr *ret_err)
{
	json_t *answer = json_loadb(text->text ? text->text : "", text->n, 0, NULL);
	const json_t *data = json_object_get(answer, "data");
	const json_t *result = json_object_get(data, "result");
	const char *type = json_string_value(json_object_get(data, "resultType"));
	int err;

	if (text->status == 200 && type && !strcmp(type, "vector") && json_is_array(result))
		err = each(result, fn, context);
	else
		err = refused(text, answer, ret_err);
	json_decref(answer);
	return err;
}
