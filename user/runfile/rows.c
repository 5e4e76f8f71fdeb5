// SPDX-License-Identifier: GPL-2.0-or-later
#include "runfile/rows.h"

#include <string.h>

static bool is_one_of(char c, const char *set)
{
	return c && strchr(set, c);
}

static size_t skip_blanks(const char *text, size_t end, size_t i)
{
	while (i < end && is_one_of(text[i], " \t\r\n"))
		i++;
	return i;
}

/* text[i] is a quote: returns the position after the closing quote, or `end`. */
static size_t skip_string(const char *text, size_t end, size_t i)
{
	for (i++; i < end; i++) {
		if (text[i] == '\\')
			i++;
		else if (text[i] == '"')
			return i + 1;
	}
	return end;
}

/* text[i] is an opening bracket: returns the position of the closing one, or `end`. */
static size_t find_close(const char *text, size_t end, size_t i)
{
	size_t depth = 0;

	while (i < end) {
		if (text[i] == '"') {
			i = skip_string(text, end, i);
			continue;
		}
		if (is_one_of(text[i], "[{"))
			depth++;
		else if (is_one_of(text[i], "]}") && !--depth)
			return i;
		i++;
	}
	return end;
}

/*
 * If the string that ends at `i` is a member "intervals": [, returns the position of the bracket,
 * else 0.
 */
static size_t series_at(const char *text, size_t end, size_t string, size_t i)
{
	static const char name[] = "\"intervals\"";

	if (i - string != sizeof(name) - 1 || memcmp(text + string, name, sizeof(name) - 1))
		return 0;
	i = skip_blanks(text, end, i);
	if (i == end || text[i] != ':')
		return 0;
	i = skip_blanks(text, end, i + 1);
	return i < end && text[i] == '[' ? i : 0;
}

struct rows rows_find(const char *text, size_t size)
{
	struct rows rows = {.text = text, .other_values = 1};
	size_t depth = 0, i = 0, string, open, close;

	while (i < size) {
		if (text[i] != '"') {
			/* Each value but the first follows one of these. */
			rows.other_values += is_one_of(text[i], ",:[{");
			depth += is_one_of(text[i], "[{");
			depth -= depth && is_one_of(text[i], "]}");
			i++;
			continue;
		}
		string = i;
		i = skip_string(text, size, i);
		open = depth == 1 && !rows.begin ? series_at(text, size, string, i) : 0;
		close = open ? find_close(text, size, open) : size;
		rows.cut |= open && close == size;
		if (close < size) {
			rows.begin = open + 1;
			rows.end = i = close;
			depth++; /* its closing bracket has not been seen yet */
		}
	}
	return rows;
}

int rows_count_lines(const char *text, size_t from, size_t to)
{
	int n = 0;

	for (; from < to; from++)
		n += text[from] == '\n';
	return n;
}

int rows_next(const struct rows *rows, size_t *pos, size_t *ret_size)
{
	bool first = *pos == rows->begin && !*ret_size;
	size_t i = skip_blanks(rows->text, rows->end, *pos + *ret_size);

	if (i == rows->end)
		return 0;
	if (!first) {
		if (rows->text[i] != ',')
			return -1;
		i = skip_blanks(rows->text, rows->end, i + 1);
	}
	if (i == rows->end || rows->text[i] != '{')
		return -1;
	*pos = i;
	i = find_close(rows->text, rows->end, i);
	*ret_size = i - *pos + 1;
	return i < rows->end ? 1 : -1;
}
