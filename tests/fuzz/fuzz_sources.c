// SPDX-License-Identifier: GPL-2.0-or-later
/* What servers say about their requests: any page, and any selector of a counter. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sources/prom_text.h"
#include "sources/status_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size), *page;
	struct prom_selector selector;
	struct status_text status;
	uint64_t count;

	if (!text)
		return 0;
	status_text_parse(text, &status);
	/* The first line is the selector, the others are the page. */
	page = strchr(text, '\n');
	if (page)
		*page++ = '\0';
	if (!prom_selector__parse(&selector, text) && page)
		prom_text_sum(page, &selector, &count);
	if (page)
		prom_text_started(page);
	prom_selector__free(&selector);
	free(text);
	return 0;
}
