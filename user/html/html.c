// SPDX-License-Identifier: GPL-2.0-or-later
/* The page around the data. It has three places, in this order: the title, the sentence, the data.
 */
#include "html/html.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "html/falls.h"
#include "html/flames.h"
#include "html/profile.h"
#include "html/series.h"
#include "html/targets.h"
#include "page.h"
#include "report/compare_out.h"
#include "report/sentence.h"
#include "runfile/jsonw.h"

/* Writes the page up to a place; returns what follows the place. */
static const char *put_until(FILE *f, const char *page, const char *place)
{
	const char *at = strstr(page, place);

	if (!at) /* the build checks that each place exists */
		return page;
	fwrite(page, 1, (size_t)(at - page), f);
	return at + strlen(place);
}

/* Text outside the data. NULL is nothing. */
static int put_text(FILE *f, const char *text)
{
	char *safe = escape_term(text ? text : "");

	if (!safe)
		return -ENOMEM;
	for (const char *s = safe; *s; s++) {
		switch (*s) {
		case '<':
			fputs("&lt;", f);
			break;
		case '>':
			fputs("&gt;", f);
			break;
		case '&':
			fputs("&amp;", f);
			break;
		case '"':
			fputs("&quot;", f);
			break;
		default:
			fputc(*s, f);
		}
	}
	free(safe);
	return 0;
}

static const char *const level_name[] = {
	[SENTENCE_TRUSTED] = "trusted",
	[SENTENCE_CAREFUL] = "careful",
	[SENTENCE_NOT] = "not",
};

/* Writes the page up to the data; returns what follows the data. NULL if there is no memory. */
static const char *put_head(FILE *f, const char *title, const struct sentence *sentence)
{
	const char *rest = put_until(f, page_html, "@TITLE@");
	int err = put_text(f, title);

	rest = put_until(f, rest, "@SENTENCE@");
	if (!err)
		err = put_text(f, sentence->cost);
	rest = put_until(f, rest, "@LEVEL@");
	fputs(level_name[sentence->level], f);
	rest = put_until(f, rest, "@TRUST@");
	if (!err)
		err = put_text(f, sentence->trust);
	return err ? NULL : put_until(f, rest, "@DATA@");
}

int html_write_run(const struct run *run, const struct history *history, FILE *f)
{
	struct jsonw w = {.f = f, .flat = 1, .tight = true, .markup = true};
	struct sentence sentence;
	const char *rest;
	int err = sentence__of_run(&sentence, run, true);

	if (err)
		return err;
	rest = put_head(f, run->label ? run->label : run->host.hostname, &sentence);
	sentence__free(&sentence);
	if (!rest)
		return -ENOMEM;
	jsonw__object(&w, NULL);
	err = html_put_targets(&w, run);
	if (!err)
		err = html_put_falls(&w, run);
	if (!err)
		err = html_put_profile(&w, run);
	if (!err)
		err = html_put_series(&w, run, history);
	jsonw__end_object(&w);
	fputs(rest, f);
	return err;
}

/* The values of runs, in the order of the comparison's rows. */
static void put_dots(struct jsonw *w, const struct comparison *comparison)
{
	jsonw__array(w, "dots");
	for (size_t i = 0; i < comparison->n_rows; i++) {
		const struct compare_row *row = &comparison->row[i];
		const double *value = row->value;

		jsonw__array(w, NULL);
		jsonw__array(w, NULL);
		for (size_t v = 0; v < row->kept_base; v++)
			jsonw__double(w, NULL, *value++);
		jsonw__end_array(w);
		jsonw__array(w, NULL);
		for (size_t v = 0; v < row->kept; v++)
			jsonw__double(w, NULL, *value++);
		jsonw__end_array(w);
		jsonw__end_array(w);
	}
	jsonw__end_array(w);
}

int html_write_comparison(const struct comparison *comparison, FILE *f)
{
	struct jsonw w = {.f = f, .flat = 1, .tight = true, .markup = true};
	struct sentence sentence;
	const char *rest;
	int err = sentence__of_comparison(&sentence, comparison, true);

	if (err)
		return err;
	rest = put_head(f, "comparison", &sentence);
	sentence__free(&sentence);
	if (!rest)
		return -ENOMEM;
	jsonw__object(&w, NULL);
	compare_put_json(&w, "comparison", comparison);
	put_dots(&w, comparison);
	err = html_put_flames(&w, comparison);
	jsonw__end_object(&w);
	fputs(rest, f);
	return err;
}
