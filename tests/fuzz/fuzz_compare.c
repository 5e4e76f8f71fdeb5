// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Compares untrusted run files. The first byte is the grouping, NULs separate the files. There must
 * be no crash and no leak, errors must have a message, waterfalls must add up, and no output may
 * contain a control character. Corpus: tests/golden/compare.
 */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harmless.h"
#include "report/compare_out.h"
#include "runfile/read.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	return setlocale(LC_CTYPE, "C.UTF-8") ? 0 : -1;
}

static void show(const struct comparison *c, unsigned int width)
{
	const struct term_options options = {.width = width, .utf8 = width & 1};
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	compare_write_term(c, &options, f);
	must(compare_write_csv(c, f) == 0, "no CSV");
	compare_write_json(c, f);
	fclose(f);
	check_harmless(text, size);
	free(text);
}

static void check(const struct comparison *c)
{
	for (size_t i = 0; i < c->n_falls; i++) {
		int64_t sum = c->fall[i].base_ns;

		for (size_t l = 0; l < c->fall[i].n_layers; l++)
			sum += c->fall[i].layer[l].ns;
		must(sum == c->fall[i].group_ns, "the waterfall does not add up");
	}
	for (size_t i = 0; i < c->n_rows; i++)
		must(!(c->row[i].p < c->row[i].p_raw), "a correction made p smaller");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data + 1, *end = (const char *)data + size;
	const struct comparison *comparison;
	struct compare *compare;
	struct verr err = {};

	if (!size)
		return 0;
	compare = compare__new((enum compare_by)(data[0] % (COMPARE_BYS + 1)), NULL);
	/* Added twice, a file without a start time makes a group of two runs. */
	while (text < end) {
		size_t n = strnlen(text, (size_t)(end - text));
		struct run run;

		if (!run__read_head_text(&run, text, n, "fuzz", &err)) {
			for (int i = 0; i < 2; i++)
				must(!compare__add(compare, &run, "fuzz", &err), err.msg);
			run__free(&run);
		}
		text += n + 1;
	}
	memset(&err, 0, sizeof(err));
	if (compare__finish(compare, NULL, &comparison, &err)) {
		must(*err.msg, "an error without a message");
		check_harmless(err.msg, strlen(err.msg));
	} else {
		check(comparison);
		show(comparison, 80 + data[0] % 40);
	}
	compare__free(compare);
	return 0;
}
