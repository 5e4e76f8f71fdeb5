// SPDX-License-Identifier: GPL-2.0-or-later
/* Queries of a fleet, and answers of servers: what is taken from them, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "fleet/hosts.h"
#include "fleet/queries.h"
#include "fleet/values.h"

static void assert_query(char *query, const char *want)
{
	assert_non_null(query);
	assert_string_equal(query, want);
	free(query);
}

static void queries(void **state)
{
	struct query_scope scope = {"7d", NULL, false, "increase"};

	assert_query(query_last(&scope, "a"), "last_over_time(a[7d])");
	assert_query(query_host(&scope, "a", NULL), "sum by (job, instance) (increase(a[7d]))");
	assert_query(query_host(&scope, "a", "cause"),
		     "sum by (job, instance, cause) (increase(a[7d]))");
	assert_query(query_targets(&scope, "a", "role, mode"),
		     "sum by (job, instance, kind, role, mode) (increase(a[7d]) and on (job, "
		     "instance, target, kind) (increase(virtax_requests_total[7d]) > 0))");
	scope.target = "a\"b\\c\nd";
	scope.by_target = true;
	assert_query(
		query_targets(&scope, "a", NULL),
		"sum by (job, instance, kind, target) "
		"(increase(a{target=\"a\\\"b\\\\c\\nd\"}[7d]) and on (job, instance, target, "
		"kind) (increase(virtax_requests_total{target=\"a\\\"b\\\\c\\nd\"}[7d]) > 0))");
}

static void lengths_of_time(void **state)
{
	static const char *const good[] = {"1s", "30m", "12h", "7d", "2w", "1y", "007d"};
	static const uint64_t want[] = {1, 1800, 43200, 604800, 1209600, 31536000, 604800};
	static const char *const bad[] = {"",    "7",    "d",     "0d",         "00h",
					  "7D",  "7dd",  "1h30m", "-1d",        " 7d",
					  "7d ", "1.5h", "7d]",   "1234567890d"};

	uint64_t seconds;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_true(query_time(good[i], &seconds));
		assert_int_equal(seconds, want[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(query_time(bad[i], &seconds));
}

struct seen {
	size_t n;
	double sum;
	char last[64];
};

static int see(void *context, const json_t *labels, double value)
{
	struct seen *seen = context;

	seen->n++;
	seen->sum += value;
	snprintf(seen->last, sizeof(seen->last), "%s", label_of(labels, "a"));
	return value < 0 ? -ENOMEM : 0;
}

static int read_values(const char *text, struct seen *ret, struct verr *ret_err)
{
	*ret = (struct seen){};
	*ret_err = (struct verr){};
	return values_each(&(struct values_text){"here", text, strlen(text), 200}, see, ret,
			   ret_err);
}

#define VECTOR(series)                                                                             \
	"{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[" series "]}}"

static void values(void **state)
{
	struct verr err;
	struct seen seen;

	assert_int_equal(read_values(VECTOR("{\"metric\":{\"a\":\"b\"},\"value\":[1,\"2.5\"]},"
					    "{\"metric\":{\"a\":\"c\"},\"value\":[1,\"1e3\"]}"),
				     &seen, &err),
			 0);
	assert_int_equal(seen.n, 2);
	assert_true(seen.sum == 1002.5);
	assert_string_equal(seen.last, "c");
	/* what is no number, or no series, is left out */
	assert_int_equal(
		read_values(VECTOR("{\"metric\":{},\"value\":[1,\"NaN\"]},{\"metric\":{},\"value\":"
				   "[1,\"+Inf\"]},{\"metric\":{},\"value\":[1,\"1x\"]},{\"metric\":"
				   "{},\"value\":[1,\"\"]},{\"metric\":[],\"value\":[1,\"1\"]},"
				   "{\"metric\":{},\"value\":[1,5]},{\"metric\":{}},7,null"),
			    &seen, &err),
		0);
	assert_int_equal(seen.n, 0);
	/* the caller's error ends it */
	assert_int_equal(read_values(VECTOR("{\"metric\":{},\"value\":[1,\"-1\"]},"
					    "{\"metric\":{},\"value\":[1,\"1\"]}"),
				     &seen, &err),
			 -ENOMEM);
	assert_int_equal(seen.n, 1);
}

static void refusals(void **state)
{
	static const char *const bad[] = {
		"",
		"hello",
		"[]",
		"{}",
		"{\"data\":7}",
		"{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1,\"1\"]}"
		"}",
		"{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":{}}}",
		"{\"status\":\"error\",\"error\":\"no way\\nline two\"}",
	};
	struct verr err;
	struct seen seen;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(read_values(bad[i], &seen, &err), -EBADMSG);
		assert_int_equal(strncmp(err.msg, "here: ", 6), 0);
		assert_null(strchr(err.msg, '\n'));
	}
	assert_string_equal(err.msg, "here: no way");
	assert_int_equal(
		read_values("{\"status\":\"error\",\"error\":\"parse error: unknown function with "
			    "name \\\"f\\\"\"}",
			    &seen, &err),
		-ENOTSUP);
}

static void hosts(void **state)
{
	struct fleet fleet = {.index = json_object()};
	json_t *web =
		json_pack("{ssssssss}", "job", "v", "instance", "a", "kind", "vm", "target", "web");
	json_t *other = json_pack("{ssssss}", "job", "w", "instance", "a", "kind", "vm");
	json_t *odd = json_pack("{ssssss}", "job", "w", "instance", "a", "kind", "moon");
	struct run_target *target;
	int err;

	target = hosts_target(&fleet, web, &err);
	assert_non_null(target);
	assert_string_equal(target->label, "web");
	assert_true(target->total.sched.wait_ns == RUN_UNKNOWN);
	assert_true(target == hosts_target(&fleet, web, &err));
	target = hosts_target(&fleet, other, &err);
	assert_string_equal(target->label, "vm");
	assert_int_equal(target->kind, VTX_KIND_VM);
	assert_int_equal(fleet.n, 2);
	assert_null(hosts_target(&fleet, odd, &err));
	assert_int_equal(err, 0);
	assert_int_equal(fleet__usable(&fleet), 0);
	fleet.host[0].run.target[0].total.requests.source = RUN_REQUESTS_HTTP;
	assert_int_equal(fleet__usable(&fleet), 1);
	fleet.host[0].changed = true;
	assert_int_equal(fleet__usable(&fleet), 0);
	assert_int_equal(fleet__changed(&fleet), 1);
	json_decref(web);
	json_decref(other);
	json_decref(odd);
	fleet__free(&fleet);
}

static struct run_target *target_number(struct fleet *fleet, int n, int *ret_err)
{
	char name[16];
	json_t *labels;
	struct run_target *target;

	snprintf(name, sizeof(name), "%d", n);
	labels = json_pack("{ssssssss}", "job", "v", "instance", "a", "kind", "vm", "target", name);
	target = hosts_target(fleet, labels, ret_err);
	json_decref(labels);
	return target;
}

/* More hosts or targets than the limit are an error. */
static void limits(void **state)
{
	struct fleet fleet = {.index = json_object()};
	json_t *host = json_pack("{ssss}", "job", "v", "instance", "b");
	int err;

	for (int n = 0; n < FLEET_HOST_TARGETS; n++)
		assert_non_null(target_number(&fleet, n, &err));
	assert_null(target_number(&fleet, FLEET_HOST_TARGETS, &err));
	assert_int_equal(err, -E2BIG);
	assert_non_null(target_number(&fleet, 0, &err));
	assert_int_equal(fleet.host[0].run.n_targets, FLEET_HOST_TARGETS);

	for (int n = 1; n < FLEET_HOSTS; n++) {
		char name[16];

		snprintf(name, sizeof(name), "%d", n);
		json_object_set_new(host, "instance", json_string(name));
		assert_non_null(hosts_find_or_add(&fleet, host, &err));
	}
	json_object_set_new(host, "instance", json_string("one more"));
	assert_null(hosts_find_or_add(&fleet, host, &err));
	assert_int_equal(err, -EMFILE);
	json_object_set_new(host, "instance", json_string("a"));
	assert_non_null(hosts_find_or_add(&fleet, host, &err));
	json_decref(host);
	fleet__free(&fleet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(queries), cmocka_unit_test(lengths_of_time),
		cmocka_unit_test(values),  cmocka_unit_test(refusals),
		cmocka_unit_test(hosts),   cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
