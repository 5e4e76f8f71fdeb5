/* SPDX-License-Identifier: GPL-2.0-or-later */
/* table.h - the report's grid: a column of labels, then one column for each target. */
#ifndef VIRTAX_TABLE_H
#define VIRTAX_TABLE_H

#include "model/run.h"
#include "report/paint.h"

#define TABLE_LABEL_CELLS  23
#define TABLE_NUMBER_CELLS 11

/* The targets that fit side by side. */
struct table {
	struct paint *p;
	const struct run *run;
	size_t first, n;    /* targets shown */
	unsigned int cells; /* width of a column */
};

/* The content of one column of a row: a number and a bar beside it. */
struct cell {
	char text[48];   /* "": nothing */
	char second[24]; /* in place of a bar: another number; "": none */
	enum style style;
	bool zero;  /* what it shows is 0, or unknown */
	double bar; /* 0: none */
	enum style bar_style;
};

/* What a number measures; determines how it is written. */
enum unit {
	UNIT_COUNT,
	UNIT_BYTES,
	UNIT_TIME,    /* ns, written as "12.3 µs", "1.24 ms" */
	UNIT_SECONDS, /* ns, written as "0.012 s" */
	UNIT_ERROR,   /* ns, written as "±12.3 µs" */
};

/* Which cells of a row stay empty. */
enum when {
	ALWAYS = 0,
	IF_ANY = 1,   /* not if the number is 0 */
	IF_KNOWN = 2, /* not if it is unknown; else "?" is shown */
	IF_SOME = IF_ANY | IF_KNOWN,
	VM_ONLY = 4,
	IF_ONE = 8, /* the row is left out if all its cells are `zero` */
};

struct row;

/* Fills the cell of one target; ret is zeroed. */
typedef void (*cell_fn)(const struct table *table, const struct run_target *target,
			const struct row *row, struct cell *ret);

/* The struct of a target that holds the numbers of a section; NULL: this target has none. */
typedef const void *(*section_fn)(const struct run_target *target);

/* A line: one number of each target, or what `cell` makes of it. */
struct row {
	const char *label, *sub; /* sub: "" or the text indented beside the label */
	size_t offset;           /* of a uint64_t in the section's struct */
	enum unit unit;
	unsigned int when; /* of enum when */
	enum style style;
	cell_fn cell;    /* NULL: shows the number */
	const void *arg; /* for `cell` */
	section_fn of;   /* set by table__rows() */
};

/* The part of a row that says which number it shows: its struct and member, unit and enum when. */
#define ROW_NUMBER(type, member, number_unit, shown)                                               \
	.offset = offsetof(type, member), .unit = (number_unit), .when = (shown)

/* How many targets fit side by side, at least 1, and how wide their columns are. */
size_t table_columns(unsigned int width, size_t targets, unsigned int *ret_cells);

/* The first cell of the column of target number i of the table. */
unsigned int table__column(const struct table *table, size_t i);

/* Prints the row unless its cells are empty for every target of the table. */
void table__row(const struct table *table, const struct row *row);

/* Likewise for n rows of one section. `of` may be NULL if all rows have a `cell`. */
void table__rows(const struct table *table, section_fn of, const struct row *row, size_t n);

/* The row's number in this target; RUN_UNKNOWN if the target lacks the section. */
uint64_t row_number(const struct row *row, const struct run_target *target);

/* A number in its unit; "?" if it is RUN_UNKNOWN. */
void cell_number(const struct table *table, uint64_t n, enum unit unit, struct cell *ret);

/*
 * The cell_fn of a row with two numbers: arg points to two rows that show them. Both are of the
 * section of this row.
 */
void cell_pair(const struct table *table, const struct run_target *target, const struct row *row,
	       struct cell *ret);

/* A number that is unknown, or does not apply. */
void cell_unknown(struct cell *ret);
void cell_none(const struct table *table, struct cell *ret);

#endif
