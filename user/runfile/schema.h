/* SPDX-License-Identifier: GPL-2.0-or-later */
/* schema.h - descriptions of the run file, printed from the tree that writes and reads it. */
#ifndef VIRTAX_SCHEMA_H
#define VIRTAX_SCHEMA_H

#include <stdio.h>

/* Writes the JSON Schema (2020-12) of a run file to f; write errors stay in f. */
void run_write_schema(FILE *f);

/*
 * Writes a Markdown table of all numbers of a run file: path, unit, kind, whether a row of the
 * time series has it, how `compare` uses it, what it is.
 */
void run_write_numbers(FILE *f);

#endif
