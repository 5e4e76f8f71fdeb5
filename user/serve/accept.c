// SPDX-License-Identifier: GPL-2.0-or-later
#include "serve/accept.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BLANKS " \t"

/* One element of such a list: NAME;key=value;q=0.5 */
struct element {
	const char *name;
	size_t len;
	double q;            /* 0: refused; 1 if it is not given */
	const char *version; /* NULL: not given; up to a ; , or blank */
};

/* A parameter of the element; what is not understood is passed over. */
static void read_parameter(struct element *element, const char *text, size_t len)
{
	if (len > 2 && !strncasecmp(text, "q=", 2))
		element->q = strtod(text + 2, NULL);
	if (len > 8 && !strncasecmp(text, "version=", 8))
		element->version = text + 8;
}

/* The next element from *at, which is moved behind it. False at the end. */
static bool next_element(const char **at, struct element *ret)
{
	const char *text = *at + strspn(*at, BLANKS ",");
	size_t len = strcspn(text, ",");
	const char *end = text + len;

	if (!*text)
		return false;
	*ret = (struct element){.name = text, .len = strcspn(text, ";," BLANKS), .q = 1};
	while (text < end) {
		size_t part = strcspn(text, ";,");

		if (text != ret->name)
			read_parameter(ret, text, part);
		text += part;
		if (text < end)
			text++;
		text += strspn(text, BLANKS);
	}
	*at = end;
	return true;
}

static bool is_named(const struct element *element, const char *name)
{
	return strlen(name) == element->len && !strncasecmp(element->name, name, element->len);
}

bool accept_openmetrics(const char *accept)
{
	double open = 0, text = 0;
	struct element element;

	while (accept && next_element(&accept, &element)) {
		const char *version = element.version;

		if (is_named(&element, "text/plain") && element.q > text)
			text = element.q;
		if (is_named(&element, "application/openmetrics-text") && element.q > open &&
		    (!version || !strncmp(version, "1.0.0", 5) || !strncmp(version, "\"1.0.0", 6)))
			open = element.q;
	}
	return open > 0 && open >= text;
}

bool accept_gzip(const char *encodings)
{
	bool any = false;
	struct element element;

	while (encodings && next_element(&encodings, &element)) {
		if (is_named(&element, "gzip"))
			return element.q > 0;
		if (is_named(&element, "*"))
			any = element.q > 0;
	}
	return any;
}
