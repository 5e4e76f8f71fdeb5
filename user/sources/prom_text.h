/* SPDX-License-Identifier: GPL-2.0-or-later */
/* prom_text.h - counters in Prometheus' text format (and OpenMetrics). Pure. */
#ifndef VIRTAX_PROM_TEXT_H
#define VIRTAX_PROM_TEXT_H

#include <stddef.h>
#include <stdint.h>

#define PROM_LABELS 16

/* NAME or NAME{label="value",…} */
struct prom_selector {
	char *name;
	struct prom_label {
		char *name, *value;
	} label[PROM_LABELS];
	size_t n;
};

/* -EINVAL: it is none; -ENOMEM. Free it with prom_selector__free(), also after an error. */
int prom_selector__parse(struct prom_selector *ret, const char *text);
void prom_selector__free(struct prom_selector *selector);

/*
 * The sum of the series of this name that have all labels of the selector; others they may have,
 * too. -ENODATA: there is no such series; -ERANGE: one of them is no whole number from 0 on, or too
 * large; -EMEDIUMTYPE: it is a gauge; -EBADMSG: such a line is broken; -ENOMEM.
 */
int prom_text_sum(const char *text, const struct prom_selector *selector, uint64_t *ret);

/* process_start_time_seconds, rounded; RUN_UNKNOWN: it is not there. */
uint64_t prom_text_started(const char *text);

#endif
