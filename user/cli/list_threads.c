// SPDX-License-Identifier: GPL-2.0-or-later
/* virtax list --threads: the threads of each target by role. */
#include "cli/list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/str.h"
#include "base/utf8.h"
#include "model/run.h"

enum column { ROLE, TID, COMM, WHY, COLUMNS };

struct row {
	char *cell[COLUMNS];
};

static int row_fill(struct row *row, const struct found_thread *thread)
{
	char *comm = escape_term(thread->comm);
	int i;

	row->cell[ROLE] = strdup(run_role_name[thread->role]);
	row->cell[TID] = str_printf("%d", thread->tid);
	row->cell[COMM] = comm ? str_printf("\"%s\"", comm) : NULL;
	row->cell[WHY] = escape_term(thread->why);
	free(comm);
	for (i = 0; i < COLUMNS; i++) {
		if (!row->cell[i])
			return -ENOMEM;
	}
	return 0;
}

static void print_row(const struct row *row, const size_t *width, FILE *out)
{
	int c, pad;

	fputs("  ", out);
	for (c = 0; c < COLUMNS; c++) {
		pad = c + 1 < COLUMNS ? (int)(width[c] - utf8_width(row->cell[c])) + 2 : 0;
		if (c == TID) /* numbers are right-aligned */
			fprintf(out, "%*s%s  ", pad - 2, "", row->cell[c]);
		else
			fprintf(out, "%s%*s", row->cell[c], pad, "");
	}
	fputc('\n', out);
}

/* By role, in the order of all outputs; within a role by number. */
static void print_rows(const struct found *found, const struct row *rows, FILE *out)
{
	size_t width[COLUMNS] = {0}, w, i;
	int c, role;

	for (i = 0; i < found->n_thread; i++) {
		for (c = 0; c < COLUMNS; c++) {
			w = utf8_width(rows[i].cell[c]);
			width[c] = w > width[c] ? w : width[c];
		}
	}
	for (role = 0; role < VTX_ROLES; role++) {
		for (i = 0; i < found->n_thread; i++) {
			if ((int)found->thread[i].role == role)
				print_row(&rows[i], width, out);
		}
	}
}

static int print_target(const struct found *found, FILE *out)
{
	struct row *rows = calloc(found->n_thread + 1, sizeof(*rows));
	char *name = escape_term(found->name);
	int err = rows && name ? 0 : -ENOMEM, c;
	size_t i;

	for (i = 0; !err && i < found->n_thread; i++)
		err = row_fill(&rows[i], &found->thread[i]);
	if (!err) {
		fprintf(out, "\n%s %s\n", run_kind_name[found->kind], name);
		print_rows(found, rows, out);
	}
	for (i = 0; rows && i < found->n_thread; i++) {
		for (c = 0; c < COLUMNS; c++)
			free(rows[i].cell[c]);
	}
	free(rows);
	free(name);
	return err;
}

int list_threads(const struct inventory *inv, FILE *out)
{
	int err = 0;
	size_t i;

	for (i = 0; !err && i < inv->n; i++)
		err = print_target(&inv->found[i], out);
	return err;
}
