// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * list_table.c - the inventory as a table no wider than the terminal. Columns that do not fit
 * beside the others go to further lines of the same target; names may be of any length and are cut.
 */
#include "cli/list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cli/cli.h"
#include "holdings/footprint.h"
#include "model/run.h"
#include "report/term.h"
#include "report/units.h"

#define SHORT_ID 12
#define GAP      2
#define INDENT   4 /* of a target's further lines */

/* Short columns come first, so that they share a line; the cgroup, usually the longest, is last. */
enum column { KIND, NAME, ID, PID, RUNTIME, RSS, ROLES, NETDEVS, HTTP, CGROUP, COLUMNS };

static const char *const heading[COLUMNS] = {
	"KIND", "NAME", "ID", "PID", "RUNTIME", "RESIDENT", "THREADS", "NETDEVS", "HTTP", "CGROUP",
};

struct row {
	char *cell[COLUMNS];
};

struct layout {
	size_t width[COLUMNS];  /* cells */
	bool new_line[COLUMNS]; /* the column is the first of a further line */
	bool utf8;
};

/* "a" + separator + "b"; takes over `list`, which may be NULL for an empty one. */
static char *join(char *list, const char *separator, char *item)
{
	char *ret = list && item ? str_printf("%s%s%s", list, separator, item) : NULL;

	if (!list)
		return item;
	free(list);
	free(item);
	return ret;
}

static char *or_dash(char *list, size_t n)
{
	return n ? list : strdup("-");
}

static char *roles_cell(const struct found *found)
{
	char *list = NULL;
	size_t n = 0;
	int i;

	for (i = 0; i < VTX_ROLES; i++) {
		if (!found->threads[i])
			continue;
		list = join(list, " ",
			    str_printf("%s:%llu", run_role_name[i],
				       (unsigned long long)found->threads[i]));
		n++;
	}
	return or_dash(list, n);
}

static char *rss_cell(const struct found *found)
{
	struct run_footprint resident;
	char text[32];

	footprint_resident(&sysroot_live, found, &resident);
	if (resident.rss_bytes == RUN_UNKNOWN)
		return strdup("?");
	return strdup(format_bytes(text, sizeof(text),
				   (double)run_add(resident.rss_bytes, resident.hugetlb_bytes)));
}

static char *netdevs_cell(const struct found *found)
{
	char *list = NULL;
	size_t i;

	for (i = 0; i < found->n_netdevs; i++)
		list = join(list, ",", escape_term(found->netdevs[i].name));
	if (!found->n_netdevs && found->host_netns && found->kind == VTX_KIND_CONTAINER)
		return strdup("(host's)");
	return or_dash(list, found->n_netdevs);
}

static char *http_cell(const struct found *found)
{
	char *list = NULL;
	size_t i;

	for (i = 0; i < found->n_http; i++) {
		const struct found_port *http = &found->http[i];

		list = join(list, ",",
			    http->guest_port ? str_printf("%u->%u", http->port, http->guest_port)
					     : str_printf("%u", http->port));
	}
	return or_dash(list, found->n_http);
}

/* "docker", "qemu", "firecracker"; of a VM also the accelerator, because without KVM its numbers
 * mean little. */
static char *runtime_cell(const struct found *found)
{
	char *runtime = escape_term(found->runtime ? found->runtime : "-");

	if (found->kind != VTX_KIND_VM || !runtime)
		return runtime;
	return join(runtime, "/", strdup(found->accel ? found->accel : "?"));
}

static char *id_cell(const struct found *found)
{
	char *id = escape_term(found->id ? found->id : "-");

	if (id && strlen(id) > SHORT_ID)
		id[utf8_floor(id, SHORT_ID)] = '\0';
	return id;
}

static void row_free(struct row *row)
{
	int i;

	for (i = 0; i < COLUMNS; i++)
		free(row->cell[i]);
}

static int row_fill(struct row *row, const struct found *found)
{
	int i;

	row->cell[KIND] = strdup(run_kind_name[found->kind]);
	row->cell[NAME] = escape_term(found->name);
	row->cell[ID] = id_cell(found);
	row->cell[PID] = str_printf("%d", found->pid);
	row->cell[RUNTIME] = runtime_cell(found);
	row->cell[ROLES] = roles_cell(found);
	row->cell[RSS] = rss_cell(found);
	row->cell[NETDEVS] = netdevs_cell(found);
	row->cell[HTTP] = http_cell(found);
	row->cell[CGROUP] = escape_term(found->cgroup ? found->cgroup : "/");
	for (i = 0; i < COLUMNS; i++) {
		if (!row->cell[i])
			return -ENOMEM;
	}
	return 0;
}

/* No column is wider than a line; a name leaves room for the short columns beside it. */
static size_t widest(enum column column, size_t terminal)
{
	size_t most = column == NAME ? terminal * 2 / 5 : terminal;

	return most > INDENT + 1 ? most - INDENT : 1;
}

static void lay_out(const struct row *rows, size_t n, const struct term_options *term,
		    struct layout *ret)
{
	size_t at = 0, most, i, w;
	int c;

	ret->utf8 = term->utf8;
	for (c = 0; c < COLUMNS; c++) {
		ret->width[c] = strlen(heading[c]);
		for (i = 0; i < n; i++) {
			w = utf8_width(rows[i].cell[c]);
			ret->width[c] = w > ret->width[c] ? w : ret->width[c];
		}
		most = widest(c, term->width);
		ret->width[c] = ret->width[c] < most ? ret->width[c] : most;
		ret->new_line[c] = c && at + ret->width[c] > term->width;
		at = (ret->new_line[c] ? INDENT : at) + ret->width[c] + GAP;
	}
}

/* Prints the cell, cut where it is wider than its column. Returns the cells it took. */
static size_t print_cell(const struct layout *layout, int c, const char *cell, FILE *out)
{
	const char *more = layout->utf8 ? "…" : "...";
	size_t n_more = layout->utf8 ? 1 : 3, width = layout->width[c], taken = utf8_width(cell);

	if (taken <= width) {
		fputs(cell, out);
		return taken;
	}
	n_more = n_more < width ? n_more : 0;
	fprintf(out, "%.*s%s", (int)utf8_fit(cell, width - n_more), cell, n_more ? more : "");
	return width;
}

static void print_row(const struct layout *layout, const char *const *cell, FILE *out)
{
	size_t pad = 0, taken;
	int c;

	for (c = 0; c < COLUMNS; c++) {
		if (layout->new_line[c])
			fprintf(out, "\n%*s", INDENT, "");
		else
			fprintf(out, "%*s", (int)pad, "");
		taken = print_cell(layout, c, cell[c], out);
		pad = layout->width[c] - (taken < layout->width[c] ? taken : layout->width[c]) +
		      GAP;
	}
	fputc('\n', out);
}

static void print_rows(const struct row *rows, size_t n, FILE *out)
{
	struct term_options term;
	struct layout layout;
	size_t i;

	cli_term_options(&term, fileno(out));
	lay_out(rows, n, &term, &layout);
	print_row(&layout, heading, out);
	for (i = 0; i < n; i++)
		print_row(&layout, (const char *const *)rows[i].cell, out);
}

static void print_managers(const struct inventory *inv, FILE *out)
{
	size_t i;

	for (i = 0; i < inv->n_managers; i++) {
		char *name = escape_term(inv->manager[i].name);

		fprintf(out, "%s%s (%d)", i ? ", " : "\nmanagers: ", name ? name : "?",
			inv->manager[i].pid);
		free(name);
	}
	if (inv->n_managers)
		fputc('\n', out);
}

int list_table(const struct inventory *inv, FILE *out)
{
	struct row *rows = calloc(inv->n + 1, sizeof(*rows));
	int err = rows ? 0 : -ENOMEM;
	size_t i;

	for (i = 0; !err && i < inv->n; i++)
		err = row_fill(&rows[i], &inv->found[i]);
	if (!err && inv->n)
		print_rows(rows, inv->n, out);
	else if (!err)
		fputs("no VM or container is running here\n", out);
	if (!err)
		print_managers(inv, out);
	for (i = 0; rows && i < inv->n; i++)
		row_free(&rows[i]);
	free(rows);
	return err;
}
