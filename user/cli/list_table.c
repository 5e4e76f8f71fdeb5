// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/str.h"
#include "base/utf8.h"
#include "holdings/footprint.h"
#include "model/run.h"
#include "report/units.h"

#define SHORT_ID 12

/* The cgroup comes last: it is the one that is long. */
enum column { KIND, NAME, ID, PID, HOW, ROLES, RSS, NETDEVS, HTTP, CGROUP, COLUMNS };

static const char *const heading[COLUMNS] = {
	"KIND", "NAME", "ID", "PID", "BY", "THREADS", "RESIDENT", "NETDEVS", "HTTP", "CGROUP",
};

struct row {
	char *cell[COLUMNS];
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
			    http->guest_port ? str_printf("%u>%u", http->port, http->guest_port)
					     : str_printf("%u", http->port));
	}
	return or_dash(list, found->n_http);
}

/* Who runs it: "docker"; a VM's accelerator, which says what its numbers are worth. */
static char *how_cell(const struct found *found)
{
	if (found->kind == VTX_KIND_VM)
		return str_printf("qemu/%s", found->accel ? found->accel : "?");
	return escape_term(found->runtime ? found->runtime : "-");
}

static char *id_cell(const struct found *found)
{
	char *id = escape_term(found->id ? found->id : "-");

	if (id && strlen(id) > SHORT_ID)
		id[utf8_floor(id, SHORT_ID)] = '\0';
	return id;
}

static void row_clear(struct row *row)
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
	row->cell[HOW] = how_cell(found);
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

static void print_rows(const struct row *rows, size_t n, FILE *out)
{
	size_t width[COLUMNS], i, w;
	int c;

	for (c = 0; c < COLUMNS; c++) {
		width[c] = strlen(heading[c]);
		for (i = 0; i < n; i++) {
			w = utf8_width(rows[i].cell[c]);
			width[c] = w > width[c] ? w : width[c];
		}
	}
	for (i = 0; i <= n; i++) {
		for (c = 0; c < COLUMNS; c++) {
			const char *cell = i ? rows[i - 1].cell[c] : heading[c];
			int pad = c + 1 < COLUMNS ? (int)(width[c] - utf8_width(cell)) + 2 : 0;

			fprintf(out, "%s%*s", cell, pad, "");
		}
		fputc('\n', out);
	}
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
		fputs("no VM and no container runs here\n", out);
	if (!err)
		print_managers(inv, out);
	for (i = 0; rows && i < inv->n; i++)
		row_clear(&rows[i]);
	free(rows);
	return err;
}
