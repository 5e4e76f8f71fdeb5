/* SPDX-License-Identifier: GPL-2.0-or-later */
/* units.h - formats numbers for people. Each function fills buf (of size) and returns it. */
#ifndef VIRTAX_UNITS_H
#define VIRTAX_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "412 ns", "12.3 µs", "1.24 ms", "2.31 s": three digits. utf8 false: "us". */
char *format_ns(char *buf, size_t size, uint64_t ns, bool utf8);

/* "412 B", "3.21 kB", "17.2 MB": three digits, powers of 1000. A mean may have a fraction. */
char *format_bytes(char *buf, size_t size, double bytes);

/* With `decimals` decimals; a value that would round to 0 is "<0.1" or the like. */
char *format_fixed(char *buf, size_t size, double value, int decimals);

/* How many decimals (0 … 3) show at least four digits of the largest value of a table. */
int decimals_for(double largest);

#endif
