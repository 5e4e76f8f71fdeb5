/* SPDX-License-Identifier: GPL-2.0-or-later */
/* term_parts.h - the sections of the terminal report, put together by term.c. */
#ifndef VIRTAX_TERM_PARTS_H
#define VIRTAX_TERM_PARTS_H

#include "report/sentence.h"
#include "report/table.h"

/* Above everything else, with a blank line after it. */
void term_sentence(struct paint *p, const struct sentence *sentence);

/* Sections for each table of targets. */
void term_requests(const struct table *table);
void term_cost(const struct table *table);
void term_kvm(const struct table *table);
void term_totals(const struct table *table);
void term_stages(const struct table *table);
void term_memory(const struct table *table);
void term_block(const struct table *table);
void term_storage(const struct table *table);
void term_profile(const struct table *table);

/* Once per report. */
void term_waterfall(struct paint *p, const struct run *run);
void term_inside(struct paint *p, const struct run *run);
void term_host(struct paint *p, const struct run *run);
void term_host_block(struct paint *p, const struct run *run);
void term_host_memory(struct paint *p, const struct run *run);
void term_notes(struct paint *p, const struct run *run);
void term_books(struct paint *p, const struct run *run);

#endif
