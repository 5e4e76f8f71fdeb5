/* SPDX-License-Identifier: GPL-2.0-or-later */
/* units.h - numbers as people read them. Each fills buf (of size) and returns it. */
#ifndef VIRTAX_UNITS_H
#define VIRTAX_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "412 ns", "12.3 µs", "1.24 ms", "2.31 s": three digits. utf8 false: "us". */
char *format_ns(char *buf, size_t size, uint64_t ns, bool utf8);

/* "412 B", "3.21 kB", "17.2 MB": three digits, powers of 1000. Takes a mean as well. */
char *format_bytes(char *buf, size_t size, double bytes);

/* With so many decimals; what is not 0 and would look like it is "<0.1" or the like. */
char *format_fixed(char *buf, size_t size, double value, int decimals);

/* Decimals that show at least four digits of the largest of a table's values: 0 … 3. */
int decimals_for(double largest);

#endif
