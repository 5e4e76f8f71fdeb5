// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/paint.h"

#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/utf8.h"

#define HEADING_LEAST 40 /* cells that a title may take however narrow the terminal */

static const struct glyphs unicode = {
	.rule = "─",
	.more = "…",
	.dot = "·",
	.none = "–",
	.sigma = "Σ",
	.plus_minus = "±",
	.micro = "µ",
	.arrow = "→",
	.ellipsis = "…",
	.times = "×",
	.bar = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"},
	.spark = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"},
};

static const struct glyphs ascii = {
	.rule = "-",
	.more = "~",
	.dot = "|",
	.none = "-",
	.sigma = "sum",
	.plus_minus = "+-",
	.micro = "u",
	.arrow = "->",
	.ellipsis = "..",
	.times = "x",
	.bar = {"", ".", ".", ".", ":", ":", ":", ":", "#"},
	.spark = {" ", ".", ".", ":", "-", "=", "+", "*", "#"},
};

static const char *const codes[STYLES] = {
	[STYLE_PLAIN] = "",     [STYLE_BOLD] = "1",     [STYLE_DIM] = "2",
	[STYLE_WARN] = "1;33",  [STYLE_ALARM] = "1;31", [STYLE_GUEST] = "34",
	[STYLE_USER] = "32",    [STYLE_KERNEL] = "33",  [STYLE_POLL] = "35",
	[STYLE_SOFTIRQ] = "36", [STYLE_HARDIRQ] = "31", [STYLE_TASK] = "32",
};

void paint__init(struct paint *p, const struct term_options *options, FILE *f)
{
	*p = (struct paint){.f = f, .options = options};
	p->glyph = options->utf8 ? &unicode : &ascii;
}

void paint__to(struct paint *p, unsigned int cell)
{
	p->want = cell;
}

void paint__end(struct paint *p)
{
	fputc('\n', p->f);
	p->at = p->want = 0;
}

static void move(struct paint *p)
{
	if (p->want > p->at) {
		fprintf(p->f, "%*s", (int)(p->want - p->at), "");
		p->at = p->want;
	}
}

static void style_on(const struct paint *p, enum style style)
{
	if (p->options->colour && *codes[style])
		fprintf(p->f, "\033[%sm", codes[style]);
}

static void style_off(const struct paint *p, enum style style)
{
	if (p->options->colour && *codes[style])
		fputs("\033[0m", p->f);
}

/* The text must be escaped already. */
static void put(struct paint *p, enum style style, const char *text, size_t bytes,
		unsigned int cells)
{
	if (!bytes)
		return;
	move(p);
	style_on(p, style);
	fwrite(text, 1, bytes, p->f);
	style_off(p, style);
	p->at += cells;
	p->want = p->at;
}

static unsigned int width_of(const struct paint *p, const char *text)
{
	return (unsigned int)(p->options->utf8 ? utf8_width(text) : strlen(text));
}

static size_t fit(const struct paint *p, const char *text, size_t cells)
{
	return p->options->utf8 ? utf8_fit(text, cells) : strnlen(text, cells);
}

static char *escaped(const struct paint *p, const char *text)
{
	return p->options->utf8 ? escape_term(text) : escape_ascii(text);
}

void paint__text(struct paint *p, enum style style, const char *text)
{
	paint__fit(p, style, text, ~0u);
}

void paint__fit(struct paint *p, enum style style, const char *text, unsigned int cells)
{
	char *safe = escaped(p, text), *cut;
	size_t bytes;

	if (!safe) {
		put(p, style, "?", 1, 1);
		return;
	}
	if (width_of(p, safe) > cells) {
		bytes = cells ? fit(p, safe, cells - 1) : 0;
		cut = realloc(safe, bytes + 8);
		if (cut) {
			safe = cut;
			strcpy(safe + bytes, cells ? p->glyph->more : "");
		}
	}
	put(p, style, safe, strlen(safe), width_of(p, safe));
	free(safe);
}

void paint__right(struct paint *p, enum style style, const char *text, unsigned int cells)
{
	unsigned int start = p->want > p->at ? p->want : p->at, wide = width_of(p, text);

	paint__to(p, wide < cells ? start + cells - wide : start);
	paint__text(p, style, text);
}

void paint__rule(struct paint *p, enum style style)
{
	if (p->want >= p->options->width || p->at >= p->options->width)
		return;
	move(p);
	style_on(p, style);
	for (; p->at < p->options->width; p->at++)
		fputs(p->glyph->rule, p->f);
	style_off(p, style);
	p->want = p->at;
}

void paint__heading(struct paint *p, const char *title, const char *remark)
{
	unsigned int room = p->options->width * 2 / 3;

	paint__end(p);
	paint__fit(p, STYLE_BOLD, title, room < HEADING_LEAST ? HEADING_LEAST : room);
	paint__to(p, p->at + 1);
	if (remark && *remark && p->at + 5 < p->options->width) {
		paint__text(p, STYLE_DIM, p->glyph->dot);
		paint__to(p, p->at + 1);
		paint__fit(p, STYLE_DIM, remark, p->options->width - p->at - 1);
		paint__to(p, p->at + 1);
	}
	paint__rule(p, STYLE_DIM);
	paint__end(p);
}

void paint__bar(struct paint *p, enum style style, double part, unsigned int cells)
{
	unsigned int eighths = (unsigned int)((part > 1 ? 1 : part) * cells * 8 + 0.5);
	char text[512];
	size_t n = 0;

	if (!(part > 0))
		return;
	eighths = eighths ? eighths : 1;
	cells = 0;
	for (; eighths && n + 8 < sizeof(text); cells++) {
		unsigned int step = eighths < 8 ? eighths : 8;

		n = (size_t)(stpcpy(text + n, p->glyph->bar[step]) - text);
		eighths -= step;
	}
	put(p, style, text, n, cells);
}

void paint__spark(struct paint *p, enum style style, double part)
{
	int step = part > 0 ? 1 + (int)((part > 1 ? 1 : part) * 7 + 0.5) : 0;
	const char *glyph = p->glyph->spark[step > 8 ? 8 : step];

	put(p, style, glyph, strlen(glyph), 1);
}

/* Writes a word that is escaped already; breaks one that is wider than the line. */
static void put_word(struct paint *p, enum style style, char *word, unsigned int indent)
{
	unsigned int wide = width_of(p, word);

	if (p->at > indent && p->at + 1 + wide > p->options->width) {
		paint__end(p);
		paint__to(p, indent);
	} else if (p->at > indent) {
		paint__to(p, p->at + 1);
	}
	while (*word) {
		unsigned int start = p->want > p->at ? p->want : p->at;
		unsigned int room = p->options->width > start + 1 ? p->options->width - start : 2;
		size_t part = fit(p, word, room);
		char next = word[part];

		word[part] = '\0';
		put(p, style, word, part, width_of(p, word));
		word[part] = next;
		word += part;
		if (*word) {
			paint__end(p);
			paint__to(p, indent);
		}
	}
}

void paint__item(struct paint *p, enum style style, const char *text, unsigned int indent)
{
	char *safe = escaped(p, text);

	if (safe && p->at > indent) {
		if (p->at + 3 + width_of(p, safe) <= p->options->width) {
			paint__to(p, p->at + 1);
			paint__text(p, STYLE_DIM, p->glyph->dot);
		} else {
			paint__end(p);
			paint__to(p, indent);
		}
	}
	if (safe)
		put_word(p, style, safe, indent);
	free(safe);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

void paint__wrap(struct paint *p, enum style style, const char *text)
{
	unsigned int indent = p->want > p->at ? p->want : p->at;
	char *safe = escaped(p, text), *rest = safe, *word;

	while (rest && (word = strsep(&rest, " "))) {
		/* A number stays with what it counts: "10 runs", "146 µs". */
		while (rest && *word && is_digit(rest[-2])) {
			rest[-1] = ' ';
			strsep(&rest, " ");
		}
		if (*word)
			put_word(p, style, word, indent);
	}
	free(safe);
	paint__end(p);
}

void paint__warning(struct paint *p, enum style style, const char *text)
{
	paint__text(p, style, " !! ");
	paint__to(p, 4);
	paint__wrap(p, style, text);
}
