/* SPDX-License-Identifier: GPL-2.0-or-later */
/* term.h - the report on a terminal: one column per target, as many side by side as fit. */
#ifndef VIRTAX_TERM_H
#define VIRTAX_TERM_H

#include <stdbool.h>
#include <stdio.h>

#include "model/run.h"

struct term_options {
	unsigned int width; /* cells */
	bool colour;
	bool utf8; /* else ASCII only; true requires LC_CTYPE to be a UTF-8 locale */
	/* every number; else what two targets that served requests need in 80 × 50 cells */
	bool verbose;
};

/* Prints the report to f; write errors stay in f. */
void run_write_term(const struct run *run, const struct term_options *options, FILE *f);

#endif
