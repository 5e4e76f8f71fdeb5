/* SPDX-License-Identifier: GPL-2.0-or-later */
/* write.h - writes a run as a run file (docs/run.schema.json). */
#ifndef VIRTAX_WRITE_H
#define VIRTAX_WRITE_H

#include <stdio.h>

#include "model/run.h"
#include "runfile/jsonw.h"

/* Writes the run to f; write errors stay in f. Returns 0 or -ENOMEM. */
int run_write_json(const struct run *run, FILE *f);

/* Likewise to a malloc'd text. Returns 0 or -ENOMEM. */
int run_to_json(const struct run *run, char **ret_text);

/* Puts the run, without its rows, as one value into other JSON. */
void run_put_head(struct jsonw *w, const char *key, const struct run *run);

/* Puts one of its targets, as in the run file. */
void run_put_target(struct jsonw *w, const struct run *run, const struct run_target *target);

#endif
