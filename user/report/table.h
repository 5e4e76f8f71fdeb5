/* SPDX-License-Identifier: GPL-2.0-or-later */
/* table.h - the report's grid: a column of labels, then one column for each target. */
#ifndef VIRTAX_TABLE_H
#define VIRTAX_TABLE_H

#include "model/run.h"
#include "report/paint.h"

#define TABLE_LABEL_CELLS  23
#define TABLE_NUMBER_CELLS 11

/* As many targets as stand side by side. */
struct table {
	struct paint *p;
	const struct run *run;
	size_t first, n;    /* targets shown */
	unsigned int cells; /* width of a column */
};

/* What stands in a column: a number and a bar beside it. */
struct cell {
	char text[48]; /* "": nothing */
	enum style style;
	double bar; /* 0: none */
	enum style bar_style;
};

/* Makes the cell of one target; ret is zeroed. `arg` is the row's own. */
typedef void (*cell_fn)(const struct table *table, const struct run_target *target, const void *arg,
			struct cell *ret);

struct row {
	const char *label, *sub; /* sub: "" or what stands indented beside the label */
	cell_fn cell;
	const void *arg;
};

/* How many targets fit side by side, at least 1, and how wide their columns are. */
size_t table_columns(unsigned int width, size_t targets, unsigned int *ret_cells);

/* Where target number i of the table begins. */
unsigned int table__column(const struct table *table, size_t i);

void table__heading(const struct table *table, const char *title, const char *remark);

/* Prints the row unless every target of the table leaves it empty. */
void table__row(const struct table *table, const struct row *row);

/* A number that is unknown, or does not apply. */
void cell_unknown(struct cell *ret);
void cell_none(const struct table *table, struct cell *ret);
void cell_count(struct cell *ret, uint64_t n);

#endif
