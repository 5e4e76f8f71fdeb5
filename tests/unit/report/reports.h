/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reports.h - terminal reports as text, which the caller frees. */
#ifndef VIRTAX_TEST_REPORTS_H
#define VIRTAX_TEST_REPORTS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/term.h"
#include "sample_run.h"

static inline char *report_with(const struct run *run, struct term_options options)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	run_write_term(run, &options, f);
	fclose(f);
	return text;
}

/* With every number. */
static inline char *report(const struct run *run, unsigned int width, bool colour, bool utf8)
{
	return report_with(
		run, (struct term_options){
			     .width = width, .colour = colour, .utf8 = utf8, .verbose = true});
}

/* Without --verbose. */
static inline char *brief(const struct run *run, unsigned int width)
{
	return report_with(run, (struct term_options){.width = width, .utf8 = true});
}

static inline int count(const char *text, const char *what)
{
	int n = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		n++;
	return n;
}

#endif
