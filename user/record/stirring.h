/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stirring.h - whether processes or cgroups came into being anywhere on the host, read cheaply. */
#ifndef VIRTAX_STIRRING_H
#define VIRTAX_STIRRING_H

#include <stdint.h>

struct stirring {
	uint64_t forks;   /* since boot; grows also when a thread is created */
	uint64_t cgroups; /* how many there are, summed over controllers */
};

/* What cannot be read is a number that no other reading gives: something may have happened. */
struct stirring stirring_read(void);

#endif
