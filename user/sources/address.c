// SPDX-License-Identifier: GPL-2.0-or-later
#include "sources/address.h"

#include <string.h>

#include "base/str.h"

enum address_kind address_kind(const char *source)
{
	if (str_starts(source, "log:/"))
		return ADDRESS_LOG;
	if (str_starts(source, "http://") || str_starts(source, "https://"))
		return strchr(source, '#') ? ADDRESS_METRIC : ADDRESS_PAGE;
	return ADDRESS_ONCE;
}

size_t address_label(const char *text)
{
	const char *colon = strchr(text, ':');

	if (!colon || address_is_live(text))
		return 0;
	/* A path has a slash before its first colon, if it has one; a label has none. */
	return (size_t)(colon - text) == strcspn(text, ":/") ? (size_t)(colon - text) : 0;
}
