// SPDX-License-Identifier: GPL-2.0-or-later
#include "top/canvas.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/escape.h"
#include "base/utf8.h"

#define BLANK " "

int top_canvas__resize(struct top_canvas *canvas, unsigned int width, unsigned int height)
{
	struct top_cell *cell = calloc((size_t)width * height + 1, sizeof(*cell));

	free(canvas->cell);
	canvas->cell = cell;
	canvas->width = cell ? width : 0;
	canvas->height = cell ? height : 0;
	top_canvas__clear(canvas);
	return cell ? 0 : -ENOMEM;
}

void top_canvas__clear(struct top_canvas *canvas)
{
	for (size_t i = 0; i < (size_t)canvas->width * canvas->height; i++)
		canvas->cell[i] = (struct top_cell){BLANK, TOP_PLAIN};
	canvas->selected = -1;
}

void top_canvas__free(struct top_canvas *canvas)
{
	free(canvas->cell);
	canvas->cell = NULL;
	canvas->width = canvas->height = 0;
}

static struct top_cell *cell_at(struct top_canvas *canvas, unsigned int x, unsigned int y)
{
	return x < canvas->width && y < canvas->height ? &canvas->cell[y * canvas->width + x]
						       : NULL;
}

static void set(struct top_canvas *canvas, unsigned int x, unsigned int y, enum top_style style,
		const char *text, size_t bytes)
{
	struct top_cell *cell = cell_at(canvas, x, y);

	if (!cell || bytes >= sizeof(cell->text))
		return;
	memcpy(cell->text, text, bytes);
	cell->text[bytes] = '\0';
	cell->style = (uint8_t)style;
}

/* ---- text ---- */

/* Adds a character without a cell of its own to the one before, as long as there is room. */
static void combine(struct top_canvas *canvas, unsigned int x, unsigned int y, const char *text,
		    size_t bytes)
{
	struct top_cell *cell = x ? cell_at(canvas, x - 1, y) : NULL;

	if (cell && !cell->text[0] && x > 1) /* the second half of a wide one */
		cell = cell_at(canvas, x - 2, y);
	if (cell && strlen(cell->text) + bytes < sizeof(cell->text))
		strncat(cell->text, text, bytes);
}

/* The text is escaped and fits. */
static unsigned int place(struct top_canvas *canvas, unsigned int x, unsigned int y,
			  enum top_style style, const char *text)
{
	size_t bytes;

	for (; *text; text += bytes) {
		uint32_t code;
		int wide = 1;

		bytes = canvas->utf8 ? utf8_decode(text, &code) : 1;
		if (!bytes)
			break;
		if (canvas->utf8)
			wide = wcwidth((wchar_t)code);
		if (!wide) {
			combine(canvas, x, y, text, bytes);
			continue;
		}
		set(canvas, x++, y, style, text, bytes);
		if (wide == 2)
			set(canvas, x++, y, style, "", 0);
	}
	return x;
}

static size_t width_of(const struct top_canvas *canvas, const char *text)
{
	return canvas->utf8 ? utf8_width(text) : strlen(text);
}

static size_t fit(const struct top_canvas *canvas, const char *text, size_t cells)
{
	return canvas->utf8 ? utf8_fit(text, cells) : strnlen(text, cells);
}

static char *escaped(const struct top_canvas *canvas, const char *text)
{
	return canvas->utf8 ? escape_term(text) : escape_ascii(text);
}

unsigned int top_canvas__text(struct top_canvas *canvas, unsigned int x, unsigned int y,
			      unsigned int cells, enum top_style style, const char *text)
{
	unsigned int room = x < canvas->width ? canvas->width - x : 0;
	char *safe = escaped(canvas, text);

	cells = cells < room ? cells : room;
	if (!safe || !cells) {
		free(safe);
		return x;
	}
	if (width_of(canvas, safe) > cells) {
		safe[fit(canvas, safe, cells - 1)] = '\0';
		x = place(canvas, x, y, style, safe);
		x = place(canvas, x, y, style, canvas->utf8 ? "…" : "~");
	} else {
		x = place(canvas, x, y, style, safe);
	}
	free(safe);
	return x;
}

void top_canvas__right(struct top_canvas *canvas, unsigned int x, unsigned int y,
		       unsigned int cells, enum top_style style, const char *text)
{
	size_t wide = width_of(canvas, text);

	if (wide < cells)
		top_canvas__text(canvas, x + cells - (unsigned int)wide, y, cells, style, text);
	else
		top_canvas__text(canvas, x, y, cells, style, text);
}

unsigned int top_canvas__print(struct top_canvas *canvas, unsigned int x, unsigned int y,
			       enum top_style style, const char *fmt, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	if (text)
		x = top_canvas__text(canvas, x, y, canvas->width, style, text);
	free(text);
	return x;
}

/* ---- bars ---- */

static const char *const eighth[9] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};
static const char *const height[9] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
static const char *const ascii_height[9] = {" ", ".", ".", ":", "-", "=", "+", "*", "#"};
/* guest, user, kernel, poll, softirq, hardirq, user + kernel */
static const char letter[] = "gukpsht";

/* The mode that has most of the stretch from `from` to `to`, of parts that follow each other. */
static unsigned int mode_of(const uint64_t ns[TOP_MODES], double from, double to)
{
	unsigned int best = 0;
	double most = 0, start = 0;

	for (unsigned int m = 0; m < TOP_MODES; m++) {
		double end = start + (double)ns[m];
		double common = fmin(end, to) - fmax(start, from);

		if (common > most) {
			most = common;
			best = m;
		}
		start = end;
	}
	return best;
}

/* A terminal has two colours a cell: a cell is of the mode that has most of it. */
void top_canvas__bar(struct top_canvas *canvas, unsigned int x, unsigned int y, unsigned int cells,
		     const uint64_t ns[TOP_MODES], double full)
{
	bool letters = !canvas->utf8 || !canvas->colour;
	unsigned int eighths;
	double sum = 0;

	for (unsigned int m = 0; m < TOP_MODES; m++)
		sum += (double)ns[m];
	if (!(sum > 0) || !(full > 0))
		return;
	eighths = (unsigned int)(fmin(sum / full, 1) * cells * 8 + 0.5);
	eighths = eighths ? eighths : 1;
	for (unsigned int c = 0; c * 8 < eighths; c++) {
		unsigned int part = eighths - c * 8 < 8 ? eighths - c * 8 : 8;
		unsigned int m = mode_of(ns, full * c / cells, fmin(full * (c + 1) / cells, sum));
		const char *text = letters ? (char[2]){letter[m], '\0'} : eighth[part];

		if (!letters || part >= 4 || !c)
			set(canvas, x + c, y, (enum top_style)(TOP_MODE + m), text, strlen(text));
	}
}

void top_canvas__spark(struct top_canvas *canvas, unsigned int x, unsigned int y, double part)
{
	int step = part > 0 ? 1 + (int)((part > 1 ? 1 : part) * 7 + 0.5) : 0;
	const char *text;

	if (isnan(part))
		return;
	text = (canvas->utf8 ? height : ascii_height)[step > 8 ? 8 : step];
	if (step)
		set(canvas, x, y, TOP_MODE + 4, text, strlen(text));
	else
		set(canvas, x, y, TOP_DIM, canvas->utf8 ? "·" : ".", canvas->utf8 ? 2 : 1);
}

/* ---- lines ---- */

void top_canvas__restyle(struct top_canvas *canvas, unsigned int y, enum top_style style)
{
	for (unsigned int x = 0; x < canvas->width; x++) {
		struct top_cell *cell = cell_at(canvas, x, y);

		if (cell && cell->style == TOP_PLAIN)
			cell->style = (uint8_t)style;
	}
}

char *top_canvas__line(const struct top_canvas *canvas, unsigned int y)
{
	char *line = malloc((size_t)canvas->width * sizeof(canvas->cell->text) + 1), *end = line;

	if (!line)
		return NULL;
	*line = '\0';
	for (unsigned int x = 0; x < canvas->width && y < canvas->height; x++)
		end = stpcpy(end, canvas->cell[y * canvas->width + x].text);
	while (end > line && end[-1] == ' ')
		*--end = '\0';
	return line;
}
