// SPDX-License-Identifier: GPL-2.0-or-later
/* What a client would like to have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "serve/accept.h"

#define PROMETHEUS                                                                                 \
	"application/openmetrics-text;version=1.0.0,application/"                                  \
	"openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"

static void openmetrics_only_if_asked_for(void **state)
{
	assert_true(accept_openmetrics(PROMETHEUS));
	assert_true(accept_openmetrics("application/openmetrics-text"));
	assert_true(accept_openmetrics("text/html , Application/OpenMetrics-Text ; q=0.9"));
	assert_true(accept_openmetrics("application/openmetrics-text; version=\"1.0.0\""));
	assert_false(accept_openmetrics(NULL));
	assert_false(accept_openmetrics(""));
	assert_false(accept_openmetrics("*/*"));
	assert_false(accept_openmetrics("text/plain;version=0.0.4"));
	assert_false(accept_openmetrics("application/openmetrics-text;q=0"));
	assert_false(accept_openmetrics("application/openmetrics-text;q=0.2,text/plain"));
	assert_false(accept_openmetrics("application/openmetrics-text;version=2.0.0"));
	assert_false(accept_openmetrics("application/openmetrics-textile"));
}

static void gzip_only_if_allowed(void **state)
{
	assert_true(accept_gzip("gzip"));
	assert_true(accept_gzip("deflate, GZIP;q=0.5"));
	assert_true(accept_gzip("*"));
	assert_false(accept_gzip(NULL));
	assert_false(accept_gzip("identity"));
	assert_false(accept_gzip("gzip;q=0, *"));
	assert_false(accept_gzip("gzipped"));
}

static void garbage_is_read_to_its_end(void **state)
{
	char text[4000];

	memset(text, ';', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_false(accept_gzip(text));
	memset(text, ',', sizeof(text) - 1);
	assert_false(accept_openmetrics(text));
	assert_false(accept_openmetrics(";q=,;version=,q"));
	assert_true(accept_gzip(" ;=;,\t, gzip;q"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(openmetrics_only_if_asked_for),
		cmocka_unit_test(gzip_only_if_allowed),
		cmocka_unit_test(garbage_is_read_to_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
