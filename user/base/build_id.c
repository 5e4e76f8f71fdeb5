// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/build_id.h"

#include <stddef.h>
#include <string.h>

const char *build_id_in(const char *name)
{
	const char *open = strrchr(name, '[');
	size_t digits = open ? strspn(open + 1, "0123456789abcdef") : 0;

	return digits >= BUILD_ID_DIGITS_LEAST && digits <= BUILD_ID_DIGITS_MOST && open > name &&
			       open[-1] == ' ' && !strcmp(open + 1 + digits, "]")
		       ? open - 1
		       : NULL;
}
