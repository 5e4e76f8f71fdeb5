// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/units.h"

#include <math.h>
#include <stdio.h>

/* The value is below 1000. */
static char *three_digits(char *buf, size_t size, double value, const char *unit)
{
	int decimals = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;

	snprintf(buf, size, "%.*f %s", decimals, value, unit);
	return buf;
}

/* Units are a factor of 1000 apart; 999.5 of a unit is written as 1.00 of the next. */
static char *scaled(char *buf, size_t size, double value, const char *const *unit, int n)
{
	int i = 0;

	for (; i < n - 1 && value >= 999.5; i++)
		value /= 1000;
	if (i == n - 1 && value >= 999.5) {
		snprintf(buf, size, "%.0f %s", value, unit[i]);
		return buf;
	}
	return three_digits(buf, size, value, unit[i]);
}

char *format_ns(char *buf, size_t size, uint64_t ns, bool utf8)
{
	const char *const unit[] = {"ns", utf8 ? "µs" : "us", "ms", "s"};

	if (ns < 1000) {
		snprintf(buf, size, "%u ns", (unsigned int)ns);
		return buf;
	}
	return scaled(buf, size, (double)ns, unit, 4);
}

char *format_bytes(char *buf, size_t size, double bytes)
{
	static const char *const unit[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};

	if (bytes < 999.5 && bytes == floor(bytes)) {
		snprintf(buf, size, "%.0f B", bytes);
		return buf;
	}
	return scaled(buf, size, bytes, unit, 7);
}

char *format_fixed(char *buf, size_t size, double value, int decimals)
{
	double least = pow(10, -decimals);

	if (value > 0 && value < least / 2)
		snprintf(buf, size, "<%.*f", decimals, least);
	else
		snprintf(buf, size, "%.*f", decimals, value);
	return buf;
}

int decimals_for(double largest)
{
	return largest >= 10000 ? 0 : largest >= 100 ? 1 : largest >= 10 ? 2 : 3;
}
