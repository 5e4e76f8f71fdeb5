// SPDX-License-Identifier: GPL-2.0-or-later
/* Feeds any bytes to the parsers of disk image headers and of mountinfo. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "holdings/image_header.h"
#include "sys/rootmount.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void image(const uint8_t *data, size_t size)
{
	char name[IMAGE_BACKING_SIZE];
	struct image_header head;

	image_header__parse(data, size, &head);
	if (!head.format || head.backing_bytes >= IMAGE_BACKING_SIZE)
		abort();
	image_header__backing_name(&head, data, size, name);
	if (strlen(name) >= IMAGE_BACKING_SIZE)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *path;
	struct rootmount mount;

	image(data, size);
	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (!rootmount__parse(text, &mount)) {
		for (size_t i = 0; i < mount.n_lower; i++)
			if (*mount.lower[i] != '/')
				abort();
		if (mount.n_lower > ROOTMOUNT_MAX_LAYERS)
			abort();
		if (!rootmount_on_host(text, &mount, &path))
			free(path);
	}
	rootmount__free(&mount);
	free(text);
	return 0;
}
