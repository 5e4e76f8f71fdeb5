// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/term.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "report/term_parts.h"

/* Frees the text. */
static void print_fact(struct paint *p, enum style style, char *text)
{
	if (text)
		paint__item(p, style, text, 0);
	free(text);
}

/* "2026-11-22T18:29:44.123456789Z" as "2026-11-22 18:29:44 UTC". */
static void print_start(struct paint *p, const char *start)
{
	if (strlen(start) < 19 || start[10] != 'T')
		print_fact(p, STYLE_PLAIN, str_printf("%s", start));
	else
		print_fact(p, STYLE_PLAIN, str_printf("%.10s %.8s UTC", start, start + 11));
}

static void print_title(struct paint *p, const struct run *run)
{
	const struct run_host *host = &run->host;

	paint__text(p, STYLE_BOLD, "virtax");
	if (run->label)
		print_fact(p, STYLE_BOLD, str_printf("%s", run->label));
	if (run->start)
		print_start(p, run->start);
	print_fact(p, STYLE_PLAIN, str_printf("%.2f s", (double)run->wall_ns / 1e9));
	print_fact(p, STYLE_PLAIN, str_printf("%" PRIu64 " CPUs", run->cpus));
	if (run->split)
		print_fact(p, STYLE_PLAIN, str_printf("split %s", run->split));
	paint__end(p);
	if (host->hostname)
		print_fact(p, STYLE_DIM, str_printf("%s", host->hostname));
	if (host->kernel)
		print_fact(p, STYLE_DIM,
			   str_printf("Linux %s%s%s", host->kernel, host->arch ? " " : "",
				      host->arch ? host->arch : ""));
	if (host->cpu_model)
		print_fact(p, STYLE_DIM, str_printf("%s", host->cpu_model));
	if (host->hypervisor)
		print_fact(p, STYLE_DIM, str_printf("running under %s", host->hypervisor));
	if (p->at)
		paint__end(p);
}

void term_sentence(struct paint *p, const struct sentence *sentence)
{
	paint__wrap(p, STYLE_BOLD, sentence->cost);
	if (sentence->level == SENTENCE_TRUSTED)
		paint__wrap(p, STYLE_PLAIN, sentence->trust);
	else
		paint__warning(p, sentence->level == SENTENCE_NOT ? STYLE_ALARM : STYLE_WARN,
			       sentence->trust);
	paint__end(p);
}

/* What the reader must know before any number. */
static void print_sentence(struct paint *p, const struct run *run)
{
	struct sentence sentence;

	if (sentence__of_run(&sentence, run, p->options->utf8)) {
		paint__warning(p, STYLE_ALARM, "out of memory");
		return;
	}
	term_sentence(p, &sentence);
	sentence__free(&sentence);
}

/* "vm debian", or only "vm" if the name is the label. */
static void print_identity(const struct table *table, size_t i, const struct run_target *target)
{
	bool named = strcmp(target->name, target->label) != 0;
	char *text = str_printf("%s%s%s", run_kind_name[target->kind], named ? " " : "",
				named ? target->name : "");

	paint__to(table->p, table__column(table, i));
	if (text)
		paint__fit(table->p, STYLE_PLAIN, text, table->cells - 2);
	free(text);
}

static void print_details(const struct table *table, size_t i, const struct run_target *target)
{
	char pid[32] = "", *text;

	if (target->pid)
		snprintf(pid, sizeof(pid), "pid %" PRIu64, target->pid);
	text = str_printf("%s%s%s%s%s%s", target->runtime ? target->runtime : "",
			  target->runtime && target->accel ? " " : "",
			  target->accel ? target->accel : "",
			  (target->runtime || target->accel) && *pid ? ", " : "", pid,
			  target->running           ? ""
			  : *pid || target->runtime ? ", ended"
						    : "ended");
	paint__to(table->p, table__column(table, i));
	if (text)
		paint__fit(table->p, STYLE_DIM, text, table->cells - 2);
	free(text);
}

/* What the label does not say: "debian, qemu kvm", "ended process apache2". */
static void print_brief_identity(const struct table *table, size_t i,
				 const struct run_target *target)
{
	const char *name = strcmp(target->name, target->label) ? target->name : "";
	bool by = target->runtime || target->accel;
	char *text = str_printf(
		"%s%s%s%s%s%s%s%s", target->running ? "" : "ended ",
		by && *name ? "" : run_kind_name[target->kind], *name && !by ? " " : "", name,
		by ? ", " : "", target->runtime ? target->runtime : "",
		target->runtime && target->accel ? " " : "", target->accel ? target->accel : "");

	paint__to(table->p, table__column(table, i));
	if (text)
		paint__fit(table->p, STYLE_DIM, text, table->cells - 2);
	free(text);
}

static void print_columns(const struct table *table)
{
	const struct run_target *target = &table->run->target[table->first];

	paint__end(table->p);
	for (size_t i = 0; i < table->n; i++) {
		paint__to(table->p, table__column(table, i));
		paint__fit(table->p, STYLE_BOLD, target[i].label, table->cells - 2);
	}
	paint__end(table->p);
	for (size_t i = 0; i < table->n && !table->p->options->verbose; i++)
		print_brief_identity(table, i, &target[i]);
	if (!table->p->options->verbose) {
		paint__end(table->p);
		return;
	}
	for (size_t i = 0; i < table->n; i++)
		print_identity(table, i, &target[i]);
	paint__end(table->p);
	for (size_t i = 0; i < table->n; i++)
		print_details(table, i, &target[i]);
	paint__end(table->p);
}

void run_write_term(const struct run *run, const struct term_options *options, FILE *f)
{
	struct table table = {.run = run};
	struct paint p;
	size_t fit;

	paint__init(&p, options, f);
	table.p = &p;
	fit = table_columns(options->width, run->n_targets, &table.cells);
	print_sentence(&p, run);
	print_title(&p, run);
	term_waterfall(&p, run);
	for (; table.first < run->n_targets; table.first += table.n) {
		table.n = run->n_targets - table.first < fit ? run->n_targets - table.first : fit;
		print_columns(&table);
		term_requests(&table);
		term_cost(&table);
		term_kvm(&table);
		term_totals(&table);
		term_memory(&table);
		term_block(&table);
		if (options->verbose)
			term_storage(&table);
		term_stages(&table);
		term_profile(&table);
	}
	term_inside(&p, run);
	term_host(&p, run);
	if (options->verbose) {
		term_host_memory(&p, run);
		term_host_block(&p, run);
	}
	term_notes(&p, run);
	term_books(&p, run);
}
