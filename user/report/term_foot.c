// SPDX-License-Identifier: GPL-2.0-or-later
/* Below the tables: the CPU time of the host, and the books. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "report/term_parts.h"
#include "report/units.h"

#define INDENT 7

static double percent_of(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

/* "word 12.3 %" */
static void print_share(struct paint *p, const char *word, uint64_t ns, uint64_t of)
{
	char text[80], number[32];

	if (ns == RUN_UNKNOWN)
		strcpy(number, "?");
	else
		format_fixed(number, sizeof(number), percent_of(ns, of), 1);
	snprintf(text, sizeof(text), "%s %s%s", word, number, ns == RUN_UNKNOWN ? "" : " %");
	paint__item(p, STYLE_PLAIN, text, INDENT);
}

static void begin(struct paint *p, const char *word)
{
	paint__text(p, STYLE_BOLD, word);
	paint__to(p, INDENT);
}

static uint64_t targets_ns(const struct run *run)
{
	uint64_t ns = 0;

	for (size_t i = 0; i < run->n_targets; i++)
		ns = run_add(ns, run->target[i].total.cpu.total_ns);
	return ns;
}

static uint64_t managers_ns(const struct run_host_cpu *host)
{
	uint64_t ns = 0;

	if (host->vm_manager_ns != RUN_UNKNOWN)
		ns = run_add(ns, host->vm_manager_ns);
	if (host->container_manager_ns != RUN_UNKNOWN)
		ns = run_add(ns, host->container_manager_ns);
	return ns;
}

/* Only what rounds to 0.1 % or more; interrupts and the tracer are in the line of books. */
static void print_host_brief(struct paint *p, const struct run *run)
{
	const struct run_host_cpu *host = &run->host_cpu;
	const struct {
		const char *word;
		uint64_t ns;
	} parts[] = {{"targets", targets_ns(run)},
		     {"idle", host->idle_ns},
		     {"other", host->other_ns},
		     {"managers", managers_ns(host)},
		     {"steal", host->steal_ns}};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (parts[i].ns == RUN_UNKNOWN ||
		    (i && percent_of(parts[i].ns, run->books.expected_ns) < 0.05))
			continue;
		print_share(p, parts[i].word, parts[i].ns, run->books.expected_ns);
	}
	paint__end(p);
}

void term_host(struct paint *p, const struct run *run)
{
	const struct run_host_cpu *host = &run->host_cpu;
	uint64_t of = run->books.expected_ns;

	paint__end(p);
	begin(p, "host");
	if (!p->options->verbose) {
		print_host_brief(p, run);
		return;
	}
	print_share(p, "targets", targets_ns(run), of);
	print_share(p, "idle", host->idle_ns, of);
	print_share(p, "other", host->other_ns, of);
	print_share(p, "managers", managers_ns(host), of);
	print_share(p, "softirq", host->softirq_ns, of);
	print_share(p, "hardirq", host->hardirq_ns, of);
	print_share(p, "steal", host->steal_ns, of);
	print_share(p, "tracer", host->tracer_ns, of);
	paint__end(p);
}

static void print_balance(struct paint *p, const struct run_books *books)
{
	const char *sign = books->accounted_ns > books->expected_ns   ? "+"
			   : books->accounted_ns < books->expected_ns ? "-"
								      : "";
	char text[120];

	snprintf(text, sizeof(text), "%.2f of %.2f CPU s, %s%" PRIu64 " ppm",
		 (double)books->accounted_ns / 1e9, (double)books->expected_ns / 1e9, sign,
		 books->error_ppm);
	paint__item(p, books->error_ppm > RUN_BALANCED_PPM ? STYLE_ALARM : STYLE_PLAIN, text,
		    INDENT);
}

void term_books(struct paint *p, const struct run *run)
{
	uint64_t lost = run_losses(&run->books), own = run->self.user_cpu_ns;
	char text[64];

	begin(p, "books");
	print_balance(p, &run->books);
	print_share(p, "unattributed", run->books.unattributed_ns, run->books.expected_ns);
	snprintf(text, sizeof(text), "lost %" PRIu64, lost);
	paint__item(p, lost ? STYLE_ALARM : STYLE_PLAIN, text, INDENT);
	if (own != RUN_UNKNOWN)
		own = run_add(own, run->host_cpu.tracer_ns);
	print_share(p, "virtax", own, run->books.expected_ns);
	paint__end(p);
}
