// SPDX-License-Identifier: GPL-2.0-or-later
/* The pages on which servers count, and what a count says: own visits, restarts, lost answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <errno.h>

#include "model/run.h"
#include "sources/counter.h"
#include "sources/prom_text.h"
#include "sources/status_text.h"

static void expect_page(const char *text, int err, uint64_t count, uint64_t uptime_s)
{
	struct status_text page = {};

	assert_int_equal(status_text_parse(text, &page), err);
	if (err)
		return;
	assert_true(page.count == count);
	assert_true(page.uptime_s == uptime_s);
}

static void test_apache(void **state)
{
	const char *text = "localhost\nServerVersion: Apache/2.4.62\nServerUptimeSeconds: 65\n"
			   "Load1: 0.1\nTotal Accesses: 1234\nTotal kBytes: 1\nCPULoad: .1\n"
			   "Uptime: 66\nReqPerSec: 2\nBusyWorkers: 1\nScoreboard: _W...\n";

	expect_page(text, 0, 1234, 65);
	expect_page("Total Accesses: 7\r\nUptime: 3\r\nBusyWorkers: 1\r\n", 0, 7, 3);
	expect_page("Total Accesses: 7\nScoreboard: .", 0, 7, RUN_UNKNOWN);
	/* Without ExtendedStatus; a page for people; numbers that are none. */
	expect_page("BusyWorkers: 1\nIdleWorkers: 74\nScoreboard: _W\n", -ENODATA, 0, 0);
	expect_page("<html><dt>Total accesses: 5 - Total Traffic</dt></html>", -ENOMSG, 0, 0);
	expect_page("Total Accesses: 7.5\nBusyWorkers: 1\n", -ENODATA, 0, 0);
	expect_page("Total Accesses: -7\nBusyWorkers: 1\n", -ENODATA, 0, 0);
	expect_page("Total Accesses: 99999999999999999999\nBusyWorkers: 1\n", -ENODATA, 0, 0);
	expect_page("Total Accesses:\nBusyWorkers: 1\n", -ENODATA, 0, 0);
}

static void test_nginx(void **state)
{
	expect_page("Active connections: 1 \nserver accepts handled requests\n 16 15 31 \n"
		    "Reading: 0 Writing: 1 Waiting: 0 \n",
		    0, 31, RUN_UNKNOWN);
	expect_page("server accepts handled requests request_time\n 1 2 3 44\n", 0, 3, RUN_UNKNOWN);
	expect_page("server accepts handled requests\n 16 15\n", -ENOMSG, 0, 0);
	expect_page("server accepts handled requests\n 16 x 31\n", -ENOMSG, 0, 0);
	expect_page("server accepts handled requests", -ENOMSG, 0, 0);
	expect_page("", -ENOMSG, 0, 0);
	expect_page("<html>404</html>", -ENOMSG, 0, 0);
}

static const char metrics[] =
	"# HELP http_requests_total How many {requests=\"x\"} 99\n"
	"# TYPE http_requests_total counter\n"
	"http_requests_total{method=\"get\",code=\"200\"} 1027 1395066363000\n"
	"http_requests_total{ code = \"400\" , method=\"get\", } 3\n"
	"http_requests_total{code=\"200\",method=\"post\"} 2.5e+01 # {trace=\"a\"} 1\n"
	"http_requests_total_other 5\n"
	"quoted{path=\"C:\\\\a \\\"b\\\"\\nc},\"} 7\n"
	"# TYPE temperature gauge\n"
	"temperature 17\n"
	"half 0.5\nminus -1\nno NaN\nmuch +Inf\nmore 1e17\n"
	"broken{a=\"b 3\nbroken2 x\nbroken3{a} 1\n"
	"plain 12\n"
	"process_start_time_seconds 1.73e9\n"
	"last 9";

static void expect_sum(const char *name, int err, uint64_t sum)
{
	struct prom_selector selector;
	uint64_t got;

	assert_int_equal(prom_selector__parse(&selector, name), 0);
	assert_int_equal(prom_text_sum(metrics, &selector, &got), err);
	assert_int_equal(got, sum);
	prom_selector__free(&selector);
}

static void test_metrics(void **state)
{
	expect_sum("http_requests_total", 0, 1055);
	expect_sum("http_requests_total{}", 0, 1055);
	expect_sum("http_requests_total{code=\"200\"}", 0, 1052);
	expect_sum("http_requests_total{method=\"get\", code=\"400\"}", 0, 3);
	expect_sum("http_requests_total{code=\"20\"}", -ENODATA, 0);
	expect_sum("http_requests", -ENODATA, 0);
	expect_sum("quoted{path=\"C:\\\\a \\\"b\\\"\\nc},\"}", 0, 7);
	expect_sum("plain", 0, 12);
	expect_sum("plain{a=\"\"}", -ENODATA, 0);
	expect_sum("last", 0, 9);
	expect_sum("temperature", -EMEDIUMTYPE, 0);
	expect_sum("half", -ERANGE, 0);
	expect_sum("minus", -ERANGE, 0);
	expect_sum("no", -ERANGE, 0);
	expect_sum("much", -ERANGE, 0);
	expect_sum("more", -ERANGE, 0);
	expect_sum("broken", -EBADMSG, 0);
	expect_sum("broken2", -EBADMSG, 0);
	expect_sum("broken3", -EBADMSG, 0);
	assert_int_equal(prom_text_started(metrics), 1730000000);
	assert_true(prom_text_started("x 1\n") == RUN_UNKNOWN);
}

static void test_selectors(void **state)
{
	const char *const wrong[] = {
		"",         "{}",        "1a",          "a{",  "a{b}",      "a{b=c}",
		"a{b=\"c}", "a{b=\"c\"", "a{b=\"c\"}x", "a b", "a{=\"c\"}", "a{b=\"c\" d=\"e\"}"};
	struct prom_selector selector;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		assert_int_equal(prom_selector__parse(&selector, wrong[i]), -EINVAL);
		prom_selector__free(&selector);
	}
}

/* ---- counters ---- */

static uint64_t since(const struct reading *from, struct reading to)
{
	return reading_since(from, &to);
}

static void test_own_visits_do_not_count(void **state)
{
	struct counter counter = {.counts_own = true};
	struct reading start = counter__value(&counter, 100, RUN_UNKNOWN);

	assert_int_equal(since(&start, counter__value(&counter, 101, RUN_UNKNOWN)), 0);
	assert_int_equal(since(&start, counter__value(&counter, 112, RUN_UNKNOWN)), 10);
	counter__failed(&counter, true, true); /* status 503: it was served all the same */
	assert_int_equal(since(&start, counter__value(&counter, 114, RUN_UNKNOWN)), 10);
	assert_int_equal(counter.own, 5);
	assert_null(counter.why);
	/* Our own last visit may be added late. */
	assert_int_equal(since(&start, counter__value(&counter, 114, RUN_UNKNOWN)), 9);
}

static void test_a_counter_without_our_visits(void **state)
{
	struct counter counter = {};
	struct reading start = counter__value(&counter, 0, RUN_UNKNOWN);

	assert_int_equal(since(&start, counter__value(&counter, 7, RUN_UNKNOWN)), 7);
	assert_int_equal(counter.least, 7);
	assert_int_equal(counter.own, 0);
}

static void test_a_restart(void **state)
{
	struct counter counter = {.counts_own = true};
	struct reading start = counter__value(&counter, 100, 5000), again;

	counter__value(&counter, 151, 5001); /* within the error of uptimes */
	assert_int_equal(counter.least, 50);
	again = counter__value(&counter, 20, 5009);
	assert_true(since(&start, again) == RUN_UNKNOWN);
	assert_non_null(counter.why);
	assert_int_equal(counter.least, 69);
	/* From there on it counts again. */
	assert_int_equal(since(&again, counter__value(&counter, 31, 5009)), 10);
}

/* After a restart a busy server may have served more than before. */
/* nginx does not say when it was started; a counter may have outgrown what it was before. */
static void test_a_connection_that_was_cut_off(void **state)
{
	struct counter counter = {.counts_own = true};
	struct reading start = counter__value(&counter, 100, RUN_UNKNOWN), again;

	counter__cut_off(&counter);
	again = counter__value(&counter, 151, RUN_UNKNOWN);
	assert_true(since(&start, again) == RUN_UNKNOWN);
	assert_non_null(counter.why);
	assert_int_equal(counter.least, 50);
	assert_int_equal(since(&again, counter__value(&counter, 162, RUN_UNKNOWN)), 10);
	/* Apache says that it is the same one. */
	counter = (struct counter){.counts_own = true};
	start = counter__value(&counter, 100, 5000);
	counter__cut_off(&counter);
	assert_int_equal(since(&start, counter__value(&counter, 151, 5000)), 50);
}

static void test_a_restart_that_only_the_uptime_shows(void **state)
{
	struct counter counter = {.counts_own = true};
	struct reading start = counter__value(&counter, 100, 5000);

	assert_true(since(&start, counter__value(&counter, 400, 5003)) == RUN_UNKNOWN);
}

static void test_answers_that_are_missing(void **state)
{
	struct counter counter = {.counts_own = true};
	struct reading start = counter__value(&counter, 100, 5000);

	/* Nothing was sent, and the server says that it is the same one. */
	counter__failed(&counter, false, false);
	assert_int_equal(since(&start, counter__value(&counter, 151, 5000)), 50);
	counter__failed(&counter, true, false);
	assert_true(since(&start, counter__value(&counter, 160, 5000)) == RUN_UNKNOWN);
	/* A server that does not say when it was started. */
	counter = (struct counter){.counts_own = true};
	start = counter__value(&counter, 100, RUN_UNKNOWN);
	counter__failed(&counter, false, false);
	assert_true(since(&start, counter__value(&counter, 151, RUN_UNKNOWN)) == RUN_UNKNOWN);
	assert_non_null(counter.why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_apache),
		cmocka_unit_test(test_nginx),
		cmocka_unit_test(test_metrics),
		cmocka_unit_test(test_selectors),
		cmocka_unit_test(test_own_visits_do_not_count),
		cmocka_unit_test(test_a_counter_without_our_visits),
		cmocka_unit_test(test_a_restart),
		cmocka_unit_test(test_a_restart_that_only_the_uptime_shows),
		cmocka_unit_test(test_a_connection_that_was_cut_off),
		cmocka_unit_test(test_answers_that_are_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
