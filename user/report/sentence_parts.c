// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/sentence_parts.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "report/units.h"

#define NAME_CHARACTERS  32
#define LEAST_PART       0.01 /* of a difference: smaller parts are not named */
#define ALONE            1.1  /* a layer with more than that of a difference outweighs others */
#define PLAIN_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:/@+"

bool prose__begin(struct prose *prose, bool utf8, char **ret_text, size_t *ret_size)
{
	prose->utf8 = utf8;
	*ret_text = NULL;
	prose->f = open_memstream(ret_text, ret_size);
	return prose->f != NULL;
}

int prose__end(struct prose *prose, char **text)
{
	if (prose->f && !fclose(prose->f) && *text)
		return 0;
	free(*text);
	*text = NULL;
	return -ENOMEM;
}

void prose__name(const struct prose *prose, const char *name)
{
	bool quoted = !*name || name[strspn(name, PLAIN_CHARACTERS)];
	size_t bytes = 0;
	uint32_t code;

	for (int i = 0; name[bytes] && i < NAME_CHARACTERS; i++) {
		size_t n = utf8_decode(name + bytes, &code);

		bytes += n ? n : 1;
	}
	fprintf(prose->f, "%s%.*s%s%s", quoted ? "\"" : "", (int)bytes, name,
		!name[bytes]  ? ""
		: prose->utf8 ? "…"
			      : "..",
		quoted ? "\"" : "");
}

void prose__ns(const struct prose *prose, double ns)
{
	char text[32];

	if (ns > 0 && ns < 9.995)
		snprintf(text, sizeof(text), "%.2f ns", ns);
	else
		format_ns(text, sizeof(text), (uint64_t)llround(fmin(fmax(ns, 0), 1e18)),
			  prose->utf8);
	fputs(text, prose->f);
}

void prose__factor(const struct prose *prose, double factor)
{
	double percent = 100 * fabs(factor - 1);

	if (percent < 0.5)
		fputs("the same", prose->f);
	else if (factor >= 1.995)
		fprintf(prose->f, "%.*f times as much", factor < 9.95 ? 1 : 0, factor);
	else
		fprintf(prose->f, "%.0f %% %s", percent, factor > 1 ? "more" : "less");
}

static void put_ends(const struct prose *prose, const char *before, const char *first,
		     const char *between, const char *second)
{
	fputs(before, prose->f);
	prose__name(prose, first);
	fputs(between, prose->f);
	prose__name(prose, second);
}

void prose__carrier(const struct prose *prose, const char *layer, double layer_ns, double whole_ns,
		    const char *const *ends)
{
	double part = fabs(layer_ns), whole = fabs(whole_ns);
	bool up = layer_ns > 0;

	if (part > ALONE * whole) {
		fprintf(prose->f, "; %s costs ", layer);
		prose__ns(prose, part);
		fputs(up ? " more" : " less", prose->f);
		if (ends)
			put_ends(prose, " in ", ends[1], " than in ", ends[0]);
		fputs(up ? ", other layers less" : ", other layers more", prose->f);
		return;
	}
	fprintf(prose->f, "; %s of the difference",
		2 * part >= whole ? "most" : "the largest part");
	if (ends)
		put_ends(prose, " between ", ends[0], " and ", ends[1]);
	fprintf(prose->f, " is %s, %c", layer, up ? '+' : '-');
	prose__ns(prose, part);
}

void prose__parts(const struct prose *prose, const double ns[LAYER_PARTS], double whole_ns,
		  const char *const *ends)
{
	bool first = true;

	if (ends)
		put_ends(prose, "; from ", ends[0], " to ", ends[1]);

	for (int i = 0; i < LAYER_PARTS; i++) {
		if (fabs(ns[i]) < LEAST_PART * fabs(whole_ns))
			continue;
		fprintf(prose->f, "%s%s %s", first ? ": " : ", ", layer_part_name[i],
			ns[i] < 0 ? "-" : "+");
		prose__ns(prose, fabs(ns[i]));
		first = false;
	}
}

void prose__count(const struct prose *prose, size_t n, const char *what)
{
	fprintf(prose->f, "%zu %s%s", n, what, n == 1 ? "" : "s");
}

void prose_trim(char *text)
{
	size_t n = text ? strlen(text) : 0;

	if (n && text[n - 1] == ' ')
		text[n - 1] = '\0';
}
