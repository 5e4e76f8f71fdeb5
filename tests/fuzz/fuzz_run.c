// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads untrusted run files. There must be no crash and no leak. A file that is refused gives an
 * error message; any other can be shown in every format, and its JSON reads back as the same run.
 * Corpus: tests/golden.
 */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harmless.h"
#include "html/html.h"
#include "profile/folded.h"
#include "profile/pprof.h"
#include "report/csv.h"
#include "runfile/write.h"
#include "runfile/read.h"
#include "report/term.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	return setlocale(LC_CTYPE, "C.UTF-8") ? 0 : -1;
}

static void show(const struct run *run, unsigned int width)
{
	const struct term_options options = {
		.width = width, .utf8 = width & 1, .verbose = width & 2};
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	run_write_term(run, &options, f);
	must(folded_write(run, f) == 0, "not folded");
	must(run_write_csv(run, f) == 0, "no CSV");
	fclose(f);
	check_harmless(text, size);
	free(text);
}

static void pprof(const struct run *run)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	must(pprof_write(run, f) == 0, "no pprof");
	fclose(f);
	free(text);
}

/* The page's data have no markup, so that the page has its own three scripts. */
static void page(const struct run *run)
{
	char *text, *data, *end;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	must(html_write_run(run, NULL, f) == 0, "no page");
	fclose(f);
	data = strstr(text, "id=\"data\">");
	must(data && !strncmp(text, "<!doctype html>", 15), "no data");
	data = strchr(data, '>') + 1;
	end = strstr(data, "</script>");
	must(end && strcspn(data, "<>&") == (size_t)(end - data), "markup in the data");
	check_harmless(data, (size_t)(end - data));
	data = strstr(text, "<h1");
	check_harmless(data, (size_t)(strstr(data, "<nav") - data)); /* the sentence */
	free(text);
}

static void reload(const struct run *run)
{
	char *text, *again;
	struct verr err = {};
	struct run back;

	must(run_to_json(run, &text) == 0, "no JSON");
	check_harmless(text, strlen(text));
	must(run__read_text(&back, text, strlen(text), "back", &err) == 0, err.msg);
	must(run_to_json(&back, &again) == 0, "no JSON again");
	must(!strcmp(text, again), "reads back differently");
	run__free(&back);
	free(again);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct verr err = {};
	struct run run;

	if (run__read_text(&run, (const char *)data, size, "fuzz", &err)) {
		must(*err.msg, "an error without a message");
		check_harmless(err.msg, strlen(err.msg));
		return 0;
	}
	show(&run, 80);
	show(&run, (unsigned int)(size % 130));
	page(&run);
	pprof(&run);
	reload(&run);
	run__free(&run);
	return 0;
}
