/* SPDX-License-Identifier: GPL-2.0-or-later */
/* names.h - how metrics and labels are called, and how their values are written. */
#ifndef VIRTAX_METRICS_NAMES_H
#define VIRTAX_METRICS_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "metrics/text.h"
#include "model/tree.h"

/*
 * The name of a family: `prefix`, then the key with its unit as Prometheus calls it. "virtax_sched"
 * and "wait_ns" become "virtax_sched_wait_seconds". The caller frees it; NULL if there is no
 * memory.
 */
char *metrics_name(const char *prefix, const char *key, enum number_unit unit);

/* prefix_part, or prefix alone if the part is empty. Freed by the caller; NULL: no memory. */
char *metrics_join(const char *prefix, const char *part);

/* Likewise with the first n bytes of the part. */
char *metrics_join_n(const char *prefix, const char *part, size_t n);

/*
 * The labels `before` and one more, as between the braces: a="b",c="d". `before` may be empty. The
 * value is escaped twice: what could control a terminal becomes \xNN as in every output (also bytes
 * that are not UTF-8), then backslashes and quotes as the format demands. The caller frees it; NULL
 * if there is no memory.
 */
char *metrics_label(const char *before, const char *label, const char *value);

/* The length of the key's first word if that is a value of the label ("mode", …); else 0. */
size_t metrics_split(const char *label, const char *key);

/* "seconds", "bytes", "ratio"; "" for counts. */
const char *metrics_unit(enum number_unit unit);

/* The number in the unit of its metric: nanoseconds as seconds, exactly. */
void metrics_put_value(struct text *to, enum number_unit unit, uint64_t value);

/* Help, in one line. */
void metrics_put_help(struct text *to, const char *help);

#endif
