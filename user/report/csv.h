/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * csv.h - a run in long format, quoted as in RFC 4180: label,kind,name,metric,unit,value. `metric`
 * is the path in the run file, for a stage with the prefix "stages.NAME."; an unknown number has an
 * empty value. Texts that a spreadsheet would take for a formula get an apostrophe in front.
 */
#ifndef VIRTAX_CSV_H
#define VIRTAX_CSV_H

#include <stdio.h>

#include "model/run.h"

/* Returns 0 or -ENOMEM; write errors stay in f. */
int run_write_csv(const struct run *run, FILE *f);

/* Writes a cell of text that is escaped already: adds quotes, and defuses formulas. */
void csv_put_text(FILE *f, const char *s);

#endif
