// SPDX-License-Identifier: GPL-2.0-or-later
/* Written run files, checked with another JSON reader. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runfile/write.h"
#include "runfile/jsonw.h"
#include "sample_run.h"

static json_t *written(const struct run *run)
{
	json_error_t error;
	char *text;
	json_t *json;

	assert_int_equal(run_to_json(run, &text), 0);
	json = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	assert_non_null(json);
	free(text);
	return json;
}

/* "a.b.c" and "a.0.c" */
static json_t *at(json_t *json, const char *path)
{
	char *copy = strdup(path), *rest = copy, *key;

	while (json && (key = strsep(&rest, ".")))
		json = json_is_array(json) ? json_array_get(json, (size_t)atoi(key))
					   : json_object_get(json, key);
	free(copy);
	return json;
}

static void test_numbers_and_nulls(void **state)
{
	struct run run;
	json_t *json;

	sample_run(&run);
	json = written(&run);
	assert_string_equal(json_string_value(at(json, "schema")), "virtax-run/1");
	assert_int_equal(json_integer_value(at(json, "window.wall_ns")), 1000);
	assert_int_equal(json_integer_value(at(json, "targets.0.net.tx_packets")), 27);
	assert_true(json_is_null(at(json, "targets.0.net.tx_bytes")));
	assert_true(json_is_null(at(json, "targets.0.roles.emulator.threads")));
	assert_int_equal(json_integer_value(at(json, "targets.0.roles.vhost.threads")), 1);
	assert_null(at(json, "targets.0.cpu.roles.vhost")); /* it used no CPU time */
	assert_int_equal(json_integer_value(at(json, "targets.0.cpu.roles.vcpu.user_ns")), 2001);
	/* Undivided: not 0. */
	assert_true(json_is_null(at(json, "targets.0.cpu.roles.emulator.user_ns")));
	assert_int_equal(json_integer_value(at(json, "targets.0.cpu.roles.emulator.task_ns")),
			 13000);
	assert_null(at(json, "targets.0.cpu.roles.vcpu.task_ns"));
	assert_int_equal(json_integer_value(at(json, "targets.0.requests.status.4xx")), 3);
	assert_int_equal(json_integer_value(at(json, "targets.0.requests.latency_ns.count")), 100);
	assert_int_equal(json_array_size(at(json, "stages")), 2);
	assert_string_equal(json_string_value(at(json, "stages.1.name")), "serving");
	assert_int_equal(json_integer_value(at(json, "stages.1.at_ns")), 600);
	assert_int_equal(json_array_size(at(json, "stages.0.targets")), 1);
	assert_int_equal(json_integer_value(at(json, "stages.1.targets.1.cpu.roles.vcpu.guest_ns")),
			 301);
	assert_int_equal(json_integer_value(at(json, "targets.0.memory.faults.guest")), 35);
	assert_true(json_is_null(at(json, "targets.0.memory.faults.cow")));
	assert_int_equal(json_integer_value(at(json, "targets.0.memory.fault_wait_ns")), 41);
	assert_int_equal(json_integer_value(at(json, "targets.0.memory.rss_bytes")), 52);
	assert_int_equal(json_integer_value(at(json, "targets.0.memory.start.rss_bytes")), 102);
	assert_int_equal(json_integer_value(at(json, "targets.0.memory.memcg.current_bytes")), 77);
	assert_int_equal(json_integer_value(at(json, "targets.0.block.write.bytes")), 409601);
	assert_int_equal(json_integer_value(at(json, "targets.0.storage.allocated_bytes")), 42);
	assert_int_equal(json_integer_value(at(json, "host_memory.total_bytes")), 300);
	assert_int_equal(json_integer_value(at(json, "host_memory.start.total_bytes")), 400);
	assert_true(json_is_null(at(json, "intervals.0.targets.0.memory")));
	assert_int_equal(json_integer_value(at(json, "intervals.1.targets.0.memory.rss_bytes")), 9);
	assert_true(json_is_null(at(json, "intervals.1.targets.0.memory.pss_bytes")));
	assert_int_equal(json_integer_value(at(json, "intervals.1.targets.0.requests.count")), 3);
	assert_int_equal(json_array_size(at(json, "intervals.0.targets")), 1);
	assert_true(json_is_null(at(json, "self.programs.0.ns")));
	assert_true(json_is_null(at(json, "host.hypervisor")));
	json_decref(json);
	run__free(&run);
}

static void test_layers_of_a_request_add_up(void **state)
{
	struct run run;
	const char *role, *mode;
	json_t *json, *modes, *value;
	double sum = 0, total;

	sample_run(&run);
	json = written(&run);
	total = json_number_value(at(json, "targets.0.per_request.cpu_ns"));
	assert_true(total == (double)run.target[0].total.cpu.total_ns / 7);
	json_object_foreach (at(json, "targets.0.per_request.cpu"), role, modes) {
		json_object_foreach (modes, mode, value)
			sum += json_number_value(value);
	}
	assert_true(fabs(sum - total) <= total * 1e-14 * 56);
	assert_true(json_number_value(at(json, "targets.0.per_request.rx_bytes")) == 26.0 / 7);
	assert_true(json_is_null(at(json, "targets.0.per_request.tx_bytes")));
	assert_true(json_number_value(at(json, "targets.0.per_request.faults")) == 63.0 / 7);
	assert_true(json_number_value(at(json, "targets.0.per_request.block_read_bytes")) ==
		    409600.0 / 7);
	json_decref(json);
	run__free(&run);
}

static void test_without_requests(void **state)
{
	struct run run;
	json_t *json;

	sample_run(&run);
	run.target[0].total.requests.source = RUN_REQUESTS_NONE;
	run.target[1].total.requests.count = 0;
	json = written(&run);
	assert_true(json_is_null(at(json, "targets.0.per_request")));
	assert_true(json_is_null(at(json, "targets.0.requests.count")));
	assert_true(json_is_null(at(json, "targets.0.requests.source")));
	assert_true(json_is_null(at(json, "targets.1.per_request")));
	assert_int_equal(json_integer_value(at(json, "targets.1.requests.count")), 0);
	json_decref(json);
	run__free(&run);
}

static void test_huge_counters_stay_positive(void **state)
{
	struct run run;
	json_t *json;

	sample_run(&run);
	run.wall_ns = UINT64_MAX - 1;
	run.books.expected_ns = (uint64_t)INT64_MAX + 1;
	run.books.accounted_ns = INT64_MAX;
	json = written(&run);
	assert_true(json_integer_value(at(json, "window.wall_ns")) == INT64_MAX);
	assert_true(json_integer_value(at(json, "books.expected_ns")) == INT64_MAX);
	assert_true(json_integer_value(at(json, "books.accounted_ns")) == INT64_MAX);
	json_decref(json);
	run__free(&run);
}

static void test_hostile_strings(void **state)
{
	static const char hostile[] = "\033]0;x\a\n\t\"\\/ \177 \302\233 \342\200\256 "
				      "\360\237\230\200 \363\240\200\201 \377";
	struct run run;
	json_t *json;
	char *text;

	sample_run(&run);
	free(run.target[0].name);
	run.target[0].name = strdup(hostile);
	assert_int_equal(run_to_json(&run, &text), 0);
	for (const char *s = text; *s; s++)
		assert_true(*s == '\n' || ((unsigned char)*s >= 0x20 && *s != 0x7f));
	assert_null(strstr(text, "\302\233"));     /* C1 */
	assert_null(strstr(text, "\342\200\256")); /* bidirectional override */
	free(text);
	json = written(&run);
	assert_string_equal(json_string_value(at(json, "targets.0.name")),
			    "\033]0;x\a\n\t\"\\/ \177 \302\233 \342\200\256 \360\237\230\200 "
			    "\363\240\200\201 \357\277\275");
	json_decref(json);
	run__free(&run);
}

static void test_writer(void **state)
{
	struct jsonw w = {};
	char *text;
	size_t size;

	w.f = open_memstream(&text, &size);
	jsonw__object(&w, NULL);
	jsonw__array(&w, "empty");
	jsonw__end_array(&w);
	jsonw__array_flat(&w, "flat");
	jsonw__object(&w, NULL); /* flat because its parent is */
	jsonw__bool(&w, "a", true);
	jsonw__double(&w, "b", (double)NAN);
	jsonw__end_object(&w);
	jsonw__double(&w, NULL, 0.5);
	jsonw__end_array(&w);
	jsonw__null(&w, "n");
	jsonw__end_object(&w);
	fclose(w.f);
	assert_string_equal(text, "{\n  \"empty\": [],\n"
				  "  \"flat\": [{\"a\": true, \"b\": null}, 0.5],\n"
				  "  \"n\": null\n}\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers_and_nulls),
		cmocka_unit_test(test_layers_of_a_request_add_up),
		cmocka_unit_test(test_without_requests),
		cmocka_unit_test(test_huge_counters_stay_positive),
		cmocka_unit_test(test_hostile_strings),
		cmocka_unit_test(test_writer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
