// SPDX-License-Identifier: GPL-2.0-or-later
#include "symbols/plain_name.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/array.h"

/* Is this a suffix, up to the next dot? */
static bool is_suffix(const char *word, size_t n)
{
	static const char *const suffix[] = {"isra",     "constprop", "part",       "cold", "llvm",
					     "lto_priv", "clone",     "localalias", "warm", "cfi"};

	if (n && strspn(word, "0123456789") >= n)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(suffix); i++)
		if (strlen(suffix[i]) == n && !strncmp(word, suffix[i], n))
			return true;
	return false;
}

/* From the end: as long as the last word is a suffix. */
void plain_name(char *name)
{
	char *dot, *version = strchr(name, '@');

	if (version && version > name)
		*version = '\0';
	while ((dot = strrchr(name, '.')) && dot > name && is_suffix(dot + 1, strlen(dot + 1)))
		*dot = '\0';
}
