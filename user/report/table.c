// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "model/fields.h"
#include "report/units.h"

#define COLUMN_LEAST 24
#define COLUMN_MOST  36
#define GAP          2
#define SUB_START    11

size_t table_columns(unsigned int width, size_t targets, unsigned int *ret_cells)
{
	unsigned int room = width > TABLE_LABEL_CELLS ? width - TABLE_LABEL_CELLS : 0;
	size_t n = room / COLUMN_LEAST, each;

	n = n < 1 ? 1 : n > targets ? targets : n;
	each = n ? room / n : room;
	*ret_cells = each > COLUMN_MOST    ? COLUMN_MOST
		     : each < COLUMN_LEAST ? COLUMN_LEAST
					   : (unsigned int)each;
	return n;
}

unsigned int table__column(const struct table *table, size_t i)
{
	return TABLE_LABEL_CELLS + (unsigned int)i * table->cells;
}

uint64_t row_number(const struct row *row, const struct run_target *target)
{
	const char *of = row->of(target);
	uint64_t n = RUN_UNKNOWN;

	if (of)
		memcpy(&n, of + row->offset, sizeof(n));
	return n;
}

static bool is_shown(const struct row *row, const struct run_target *target, uint64_t n)
{
	return row->of(target) && !(row->when & IF_ANY && !n) &&
	       !(row->when & IF_KNOWN && n == RUN_UNKNOWN) &&
	       !(row->when & VM_ONLY && target->kind != VTX_KIND_VM);
}

static struct cell make(const struct table *table, const struct row *row,
			const struct run_target *target)
{
	struct cell cell = {.style = row->style};
	uint64_t n;

	if (row->cell && !(row->when & ~(unsigned int)IF_ONE)) {
		row->cell(table, target, row, &cell);
		return cell;
	}
	n = row_number(row, target);
	cell.zero = !n || n == RUN_UNKNOWN;
	if (!is_shown(row, target, n))
		return cell;
	if (row->cell)
		row->cell(table, target, row, &cell);
	else
		cell_number(table, n, row->unit, &cell);
	return cell;
}

static bool is_empty(const struct table *table, const struct row *row)
{
	for (size_t i = 0; i < table->n; i++) {
		struct cell cell = make(table, row, &table->run->target[table->first + i]);

		if (*cell.text && !(row->when & IF_ONE && cell.zero))
			return false;
	}
	return true;
}

static void print_cell(const struct table *table, size_t i, const struct cell *cell)
{
	struct paint *p = table->p;
	unsigned int start = table__column(table, i);
	unsigned int end = start + TABLE_NUMBER_CELLS;

	if (!*cell->text)
		return;
	paint__to(p, start);
	paint__right(p, cell->style, cell->text, TABLE_NUMBER_CELLS);
	if (*cell->second) {
		paint__to(p, p->at > end ? p->at + 1 : end + 1);
		paint__right(p, cell->style, cell->second, TABLE_NUMBER_CELLS);
	} else if (cell->bar > 0 && p->at <= end && table->cells > TABLE_NUMBER_CELLS + GAP + 1) {
		paint__to(p, end + 1);
		paint__bar(p, cell->bar_style, cell->bar,
			   table->cells - TABLE_NUMBER_CELLS - GAP - 1);
	}
}

void table__row(const struct table *table, const struct row *row)
{
	struct paint *p = table->p;
	struct cell cell;

	if (is_empty(table, row))
		return;
	paint__to(p, 2);
	paint__fit(p, STYLE_PLAIN, row->label, TABLE_LABEL_CELLS - 3);
	if (*row->sub) {
		paint__to(p, p->at + 1 > SUB_START ? p->at + 1 : SUB_START);
		paint__text(p, STYLE_PLAIN, row->sub);
	}
	for (size_t i = 0; i < table->n; i++) {
		cell = make(table, row, &table->run->target[table->first + i]);
		print_cell(table, i, &cell);
	}
	paint__end(p);
}

void table__rows(const struct table *table, section_fn of, const struct row *row, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct row one = row[i];

		one.of = of;
		table__row(table, &one);
	}
}

void cell_pair(const struct table *table, const struct run_target *target, const struct row *row,
	       struct cell *ret)
{
	const struct row *part = row->arg;
	struct cell cell[2];

	for (int i = 0; i < 2; i++) {
		struct row one = part[i];

		one.of = row->of;
		cell[i] = make(table, &one, target);
		cell[i].zero |= !*cell[i].text;
	}
	*ret = cell[0];
	snprintf(ret->second, sizeof(ret->second), "%.23s", cell[1].text);
	ret->zero = cell[0].zero && cell[1].zero;
	ret->bar = 0;
}

void cell_unknown(struct cell *ret)
{
	strcpy(ret->text, "?");
	ret->zero = true;
	ret->style = STYLE_DIM;
}

void cell_none(const struct table *table, struct cell *ret)
{
	strcpy(ret->text, table->p->glyph->none);
	ret->zero = true;
	ret->style = STYLE_DIM;
}

void cell_number(const struct table *table, uint64_t n, enum unit unit, struct cell *ret)
{
	bool utf8 = table->p->options->utf8;
	char number[32];

	if (n == RUN_UNKNOWN) {
		cell_unknown(ret);
		return;
	}
	switch (unit) {
	case UNIT_COUNT:
		snprintf(ret->text, sizeof(ret->text), "%" PRIu64, n);
		break;
	case UNIT_BYTES:
		format_bytes(ret->text, sizeof(ret->text), (double)n);
		break;
	case UNIT_TIME:
		format_ns(ret->text, sizeof(ret->text), n, utf8);
		break;
	case UNIT_SECONDS:
		snprintf(ret->text, sizeof(ret->text), "%.3f s", (double)n / 1e9);
		break;
	case UNIT_ERROR:
		snprintf(ret->text, sizeof(ret->text), "%s%s", table->p->glyph->plus_minus,
			 format_ns(number, sizeof(number), n, utf8));
	}
}
