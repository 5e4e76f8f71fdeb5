// SPDX-License-Identifier: GPL-2.0-or-later
/* Run files read back: the result is the run that was written; an error is one line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runfile/write.h"
#include "runfile/read.h"
#include "sample_run.h"

static __attribute__((noinline)) char *sample_text(void)
{
	struct run run;
	char *text;

	sample_run(&run);
	assert_int_equal(run_to_json(&run, &text), 0);
	run__free(&run);
	return text;
}

/* "WHAT: WHY (REMEDY)", one line, printable. */
static void check_message(const struct verr *err)
{
	const char *colon = strstr(err->msg, ": "), *remedy = strrchr(err->msg, '(');

	assert_non_null(colon);
	assert_true(remedy && remedy > colon);
	for (const char *s = err->msg; *s; s++)
		assert_true((unsigned char)*s >= 0x20 && *s != 0x7f);
}

static void refuse(const char *text, size_t size, int code, const char *word)
{
	struct verr err = {};
	struct run run;

	assert_int_equal(run__read_text(&run, text, size, "x.json", &err), code);
	assert_null(run.target);
	check_message(&err);
	if (!strstr(err.msg, word))
		fail_msg("'%s' is not in '%s'", word, err.msg);
}

static void test_round_trip(void **state)
{
	char *text = sample_text(), *again;
	struct verr err = {};
	struct run run;

	if (run__read_text(&run, text, strlen(text), "x.json", &err))
		fail_msg("%s", err.msg);
	assert_int_equal(run_to_json(&run, &again), 0);
	assert_string_equal(again, text);
	assert_int_equal(run.n_targets, 2);
	assert_int_equal(run.target[0].total.cpu.role[VTX_VCPU].ns[VTX_USER], 2001);
	assert_int_equal(run.target[0].total.cpu.role[VTX_EMULATOR].ns[VTX_TASK], 13000);
	assert_int_equal(run.target[0].total.cpu.role[VTX_VHOST].threads, 1);
	assert_false(run.target[0].total.cpu.role[VTX_VHOST].present);
	assert_true(run.target[0].total.net.tx_bytes == RUN_UNKNOWN);
	assert_int_equal(run.target[0].total.requests.latency.hist.n, 3);
	assert_int_equal(run.target[0].total.sched.wait_hist.n, 3);
	assert_int_equal(run.n_intervals, 2);
	assert_int_equal(run.interval[1].n_targets, 2);
	assert_int_equal(run.interval[0].target[0].cpu.total_ns, 400);
	free(text);
	free(again);
	run__free(&run);
}

/* One place of a good file changed at a time. */
static const struct {
	const char *from, *to;
	int code;
	const char *word;
} changes[] = {
	{"virtax-run/1", "virtax-run/2", -EPROTO, "newer virtax"},
	{"virtax-run/1", "virtax-run/17", -EPROTO, "newer virtax"},
	{"virtax-run/1", "virtax-run/0", -EINVAL, "schema"},
	{"virtax-run/1", "virtax-run/one", -EINVAL, "schema"},
	{"virtax-run/1", "perf-data/1", -EINVAL, "schema"},
	{"\"schema\"", "\"scheme\"", -EINVAL, "schema"},
	{"\"wall_ns\": 1000", "\"wall_ns\": -1", -EINVAL, "window.wall_ns is negative"},
	{"\"wall_ns\": 1000", "\"wall_ns\": 1000.5", -EINVAL, "window.wall_ns is a number with"},
	{"\"wall_ns\": 1000", "\"wall_ns\": \"1000\"", -EINVAL, "window.wall_ns is a string"},
	{"\"wall_ns\": 1000", "\"wall_ns\": null", -EINVAL, "window.wall_ns is null"},
	{"\"wall_ns\": 1000", "\"wall_ns\": NaN", -EINVAL, "line "},
	{"\"wall_ns\": 1000", "\"wall_ns\": 99999999999999999999", -EINVAL, "line "},
	{"\"wall_ns\": 1000", "\"wall_ns\": 1000, \"wall_ns\": 1000", -EINVAL, "duplicate"},
	{"\"wall_ns\": 1000", "\"wall\": 1000", -EINVAL, "window.wall_ns is missing"},
	{"\"targets\": [", "\"targets\": 7, \"old\": [", -EINVAL, "targets is a whole number"},
	{"\"kind\": \"vm\"", "\"kind\": \"jail\"", -EINVAL, "targets[0].kind is 'jail'"},
	{"\"kind\": \"container\"", "\"kind\": {}", -EINVAL, "targets[1].kind is an object"},
	{"\"name\": \"a name\"", "\"name\": null", -EINVAL, "targets[0].name is null"},
	{"\"name\": \"a name\"", "\"name\": \"a\\u0000b\"", -EINVAL, "line "},
	{"\"name\": \"a name\"", "\"name\": \"a\033\"", -EINVAL, "line "},
	{"\"name\": \"a name\"", "\"name\": \"a\377\"", -EINVAL, "line "},
	{"\"guest_ns\": 1000", "\"guest_ns\": 1001", -EINVAL, "do not add up"},
	{"\"guest_ns\": 1000", "\"guest_ns\": 9223372036854775807", -EINVAL, "do not add up"},
	{"\"guest_ns\": 1000", "\"moon_ns\": 1000", -EINVAL, "moon_ns is a mode"},
	{"\"emulator\": {\"guest", "\"shredder\": {\"guest", -EINVAL, "shredder is a role"},
	{"\"source\": \"http\"", "\"source\": \"ether\"", -EINVAL, "source is 'ether'"},
	{"\"netdevs\": [\"tap0\"", "\"netdevs\": [0", -EINVAL, "targets[0].netdevs[0] is a whole"},
	{"\"count\": 100", "\"count\": 101", -EINVAL, "does not add up to count"},
	{"\"count\": 100", "\"number\": 100", -EINVAL, "latency_ns.count is missing"},
	{"\"wait_hist\": [[511, 3]", "\"wait_hist\": [[511]", -EINVAL, "[0] is not a pair"},
	{"\"wait_hist\": [[511, 3]", "\"wait_hist\": [[511, -3]", -EINVAL, "[0][1] is negative"},
	{"\"wait_hist\": [[511, 3]", "\"wait_hist\": [[600000, 3]", -EINVAL,
	 "is not above the bucket"},
	{"\"event\": 0", "\"gremlins\": 1", -EINVAL, "gremlins is a loss"},
	{"\"event\": 0", "\"event\": null", -EINVAL, "lost.event is null"},
	{"\"hook\": \"tp_btf/a\"", "\"hook\": []", -EINVAL, "self.programs[0].hook is an array"},
	{"\"running\": true", "\"running\": 1", -EINVAL, "running is a whole number, not true"},
	{"\"what\": \"what\"", "\"what\": 1", -EINVAL, "degraded[0].what"},
	{"\"intervals\": [", "\"intervals\": [7, ", -EINVAL, "intervals is not a list of objects"},
	{"\"intervals\": [", "\"intervals\": [,", -EINVAL, "intervals is not a list of objects"},
	{"\"at_ns\": 500", "\"at_ns\": 5, \"targets\": []} {\"at_ns\": 5", -EINVAL, "not a list"},
	{"\"at_ns\": 500", "\"at\": 500", -EINVAL, "intervals[0].at_ns is missing"},
	{"\"intervals\": [", "\"intervals\": 7, \"old\": [", -EINVAL, "intervals is a whole"},
	{"\"intervals\": [", "\"intervals\": [], \"intervals\": [", -EINVAL, "duplicate"},
	{"\"intervals\": [", "\"\\u0069ntervals\": [", -EINVAL, "intervals is spelled"},
	{"\"at_ns\": 500", "\"at_ns\": [5", -EINVAL, "line "},
	{"\"at_ns\": 500", "\"at_ns\": 5, \"at_ns\": 5", -EINVAL, "duplicate"},
	{"\"at_ns\": 500", "\"at_ns\": -5", -EINVAL, "intervals[0].at_ns is negative"},
	{"\"at_ns\": 1000", "\"at_ns\": nil", -EINVAL, "line "},
	{"\"total_ns\": 400", "\"total_ns\": 401", -EINVAL, "intervals[0].targets[0].cpu.roles"},
	{"\"name\": \"serving\"", "\"title\": \"serving\"", -EINVAL, "stages[1].name is missing"},
	{"\"total_ns\": 4830", "\"total_ns\": 4831", -EINVAL, "stages[0].targets[0].cpu.roles"},
	{"\"stages\": [", "\"stages\": 7, \"old\": [", -EINVAL, "stages is a whole"},
	{"\"hz\": \"250\"", "\"hz\": 250", -EINVAL, "host.tunables.hz"},
};

static char *changed(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);
	char *copy;

	assert_non_null(at);
	assert_true(asprintf(&copy, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)) > 0);
	return copy;
}

static void test_one_change_is_told(void **state)
{
	char *text = sample_text(), *other;

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		other = changed(text, changes[i].from, changes[i].to);
		refuse(other, strlen(other), changes[i].code, changes[i].word);
		free(other);
	}
	free(text);
}

/* New fields, and missing ones that are optional, are not an error. */
static void test_tolerance(void **state)
{
	static const char *const allowed[][2] = {
		{"\"stages\": [", "\"stages\": [{\"name\": \"boot\", \"at_ns\": 5}, "},
		{"\"memory\": null", "\"memory\": {\"rss_bytes\": 5}"},
		{"\"split\": ", "\"new\": [1.5, {\"x\": null}], \"split\": "},
		{"\"label\": \"group\"", "\"label\": null"},
		{"\"waits\": 8", "\"waits\": null"},
		{"\"event\": 0", "\"gremlins\": 0"},
		{"\"pid\": 4242", "\"pid\": null"},
		{"\"intervals\": [", "\"intervals\": [], \"]}\\\"[{\": ["},
		{"\"intervals\": [", "\"intervals\" :\n [ "},
		{"\"intervals\": [", "\"intervals\": null, \"x\": [{\"intervals\": 7}], \"y\": ["},
		{"\"hz\": \"250\"", "\"intervals\": \"250\""},
	};
	char *text = sample_text(), *other;
	struct verr err = {};
	struct run run;

	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
		other = changed(text, allowed[i][0], allowed[i][1]);
		if (run__read_text(&run, other, strlen(other), "x.json", &err))
			fail_msg("%s: %s", allowed[i][1], err.msg);
		run__free(&run);
		free(other);
	}
	free(text);
}

static void test_truncated(void **state)
{
	char *text = sample_text();
	size_t size = strlen(text);

	/* Each reading parses all of it: some hundred places, spread over tokens of any kind. */
	for (size_t n = 1; n < size - 2; n += 1 + n % 127) {
		struct verr err = {};
		struct run run;

		assert_true(run__read_text(&run, text, n, "x.json", &err) < 0);
		check_message(&err);
	}
	refuse(text, size / 2, -EINVAL, "truncated");
	free(text);
}

/* The line in the message is the line in the file, within the time series as well. */
static void test_line_numbers(void **state)
{
	static const char at[] = "\"at_ns\": 1000";
	char *text = sample_text(), *other = changed(text, at, "\"at_ns\": nil"), word[32];
	int line = 1;

	for (const char *s = text; s < strstr(text, at); s++)
		line += *s == '\n';
	snprintf(word, sizeof(word), " line %d:", line);
	refuse(other, strlen(other), -EINVAL, word);
	free(other);
	free(text);
}

static void test_many_rows(void **state)
{
	char *text = sample_text(), *row = strstr(text, "\"intervals\": ["), *many;
	struct verr err = {};
	size_t size, n = READ_MAX_ROWS / 2 + 1; /* of two targets each */
	struct run run;
	FILE *f;

	f = open_memstream(&many, &size);
	fprintf(f, "%.*s\"intervals\": [{}", (int)(row - text), text);
	for (size_t i = 1; i < n; i++)
		fputs(",{}", f);
	fputs("]}", f);
	fclose(f);
	refuse(many, size, -EFBIG, "too large");
	free(many);
	/* A file with exactly the maximum is read. */
	f = open_memstream(&many, &size);
	fprintf(f, "%.*s\"intervals\": [", (int)(row - text), text);
	for (size_t i = 0; i < 10000; i++)
		fprintf(f, "%s{\"at_ns\": %zu, \"targets\": []}", i ? ", " : "", i);
	fputs("]}", f);
	fclose(f);
	if (run__read_text(&run, many, size, "x.json", &err))
		fail_msg("%s", err.msg);
	assert_int_equal(run.n_intervals, 10000);
	assert_int_equal(run.interval[9999].at_ns, 9999);
	run__free(&run);
	free(many);
	free(text);
}

static void test_foreign(void **state)
{
	static const char *const texts[] = {"[]",
					    "{}",
					    "null",
					    "7",
					    "\"x\"",
					    "{\"a\":1}",
					    "{\"schema\":1}",
					    "\177ELF",
					    "{} {}",
					    "{\"schema\":null}"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		refuse(texts[i], strlen(texts[i]), -EINVAL, "not a virtax run file");
}

static void test_deep_and_wide(void **state)
{
	size_t n = READ_MAX_VALUES + 10;
	char *text = malloc(n);

	memset(text, '[', n);
	refuse(text, 1 << 19, -EINVAL, "not a virtax run file");
	refuse(text, n, -EFBIG, "too large");
	memset(text, ',', n);
	text[0] = '[';
	refuse(text, n, -EFBIG, "too large");
	free(text);
}

static void test_files(void **state)
{
	char dir[] = "/tmp/virtax-load-XXXXXX", path[64], *text = sample_text();
	struct verr err = {};
	struct run run;
	FILE *f;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/run.json", dir);
	assert_int_equal(run__read(&run, path, &err), -ENOENT);
	check_message(&err);
	assert_int_equal(run__read(&run, dir, &err), -EISDIR);
	check_message(&err);
	f = fopen(path, "w");
	fclose(f);
	assert_int_equal(run__read(&run, path, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "empty"));
	assert_int_equal(run__read(&run, "/dev/zero", &err), -EINVAL); /* endless */
	check_message(&err);
	f = fopen(path, "w");
	fputs(text, f);
	fclose(f);
	assert_int_equal(run__read(&run, path, &err), 0);
	assert_int_equal(run.n_targets, 2);
	run__free(&run);
	unlink(path);
	rmdir(dir);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),   cmocka_unit_test(test_one_change_is_told),
		cmocka_unit_test(test_tolerance),    cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_line_numbers), cmocka_unit_test(test_many_rows),
		cmocka_unit_test(test_foreign),      cmocka_unit_test(test_deep_and_wide),
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
