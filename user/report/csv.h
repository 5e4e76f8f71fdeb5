/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * csv.h - a run in long format, quoted as in RFC 4180: label,kind,name,metric,unit,value. `metric`
 * is the path in the run file, of a stage behind "stages.NAME."; what is not known has an empty
 * value. Texts that a spreadsheet would take for a formula get an apostrophe in front.
 */
#ifndef VIRTAX_CSV_H
#define VIRTAX_CSV_H

#include <stdio.h>

#include "model/run.h"

/* Returns 0 or -ENOMEM; write errors stay in f. */
int run_write_csv(const struct run *run, FILE *f);

/* One cell of text that is harmless already: quotes and formulas. */
void csv_put_text(FILE *f, const char *s);

#endif
