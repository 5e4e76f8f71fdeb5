// SPDX-License-Identifier: GPL-2.0-or-later
/* A profile in a run file: lists in columns, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/build_id.h"
#include "profile/profile.h"
#include "runfile/read.h"
#include "runfile/write.h"
#include "sample_run.h"
#include "sample_stacks.h"

/* A run file up to its last brace, so that a profile can be appended. */
static char *open_sample(void)
{
	struct run run;
	char *text;

	sample_run(&run);
	assert_int_equal(run_to_json(&run, &text), 0);
	run__free(&run);
	*strrchr(text, '}') = '\0';
	return text;
}

/* A file is not trusted: whoever walks a stack relies on these. */
static void test_refused(void **state)
{
	static const struct {
		const char *strings, *frames, *stack, *word;
	} files[] = {
		{"[\"f\"]", "[{\"name\": 0, \"up\": null}]", "\"target\": 0, \"frame\": 0", NULL},
		{"[]", "[{\"name\": 0, \"up\": null}]", "\"target\": 0, \"frame\": 0", "a name"},
		{"[\"f\"]", "[{\"name\": 0, \"up\": 0}]", "\"target\": 0, \"frame\": 0",
		 "its caller"},
		{"[\"f\"]", "[{\"name\": 0, \"up\": null}]", "\"target\": 0, \"frame\": 1",
		 "a frame or"},
		{"[\"f\"]", "[{\"name\": 0, \"up\": null}]", "\"target\": 9, \"frame\": 0",
		 "a target"},
	};
	struct run back;
	char *text, *other;
	struct verr err;
	int got;

	text = open_sample();
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		assert_true(asprintf(&other,
				     "%s, \"profile\": {\"hz\": 99, \"samples\": 1, \"lost\": 0, "
				     "\"truncated\": 0, \"early\": 0, \"strings\": %s, "
				     "\"frames\": %s, \"stacks\": [{%s, \"role\": \"workload\", "
				     "\"mode\": \"user\", \"ns\": 1, \"samples\": 1}]}}",
				     text, files[i].strings, files[i].frames, files[i].stack) > 0);
		got = run__read_text(&back, other, strlen(other), "file", &err);
		assert_int_equal(got, files[i].word ? -EINVAL : 0);
		if (files[i].word)
			assert_non_null(strstr(err.msg, files[i].word));
		else
			run__free(&back);
		free(other);
	}
	free(text);
}

/* As the file has them: groups, and the distance to a caller. */
static void test_columns(void **state)
{
	struct run_stack stack = {.role = VTX_RUNTIME, .mode = VTX_KERNEL, .samples = 7};
	struct profile_build build;
	struct run run, back;
	struct verr err = {};
	char *text;

	sample_run(&run);
	run.profile.present = true;
	profile_build__begin(&build, &run.profile);
	add_stack(&build, VTX_USER, "main", "f", 2);
	add_stack(&build, VTX_USER, "main", NULL, 3);
	stack.frame = profile_build__frame(&build, RUN_UNKNOWN, "other");
	stack.frame = profile_build__frame(&build, 0, "g");
	profile_build__add(&build, &stack);
	profile_build__end(&build);
	assert_int_equal(run_to_json(&run, &text), 0);
	assert_non_null(strstr(text, "{\"name\":[0,1,2,3],\"up\":[0,1,0,3]}"));
	assert_non_null(strstr(text, "{\"target\":0,\"role\":\"workload\",\"mode\":\"user\","
				     "\"frame\":[1,0],\"ns\":[0,0],\"samples\":[2,3]}"));
	assert_int_equal(run__read_text(&back, text, strlen(text), "file", &err), 0);
	assert_int_equal(back.profile.n_frames, 4);
	for (size_t i = 0; i < 4; i++)
		assert_true(back.profile.frame[i].name == run.profile.frame[i].name &&
			    back.profile.frame[i].up == run.profile.frame[i].up);
	assert_int_equal(back.profile.n_stacks, 3);
	assert_int_equal(back.profile.stack[1].samples, 3);
	assert_int_equal(back.profile.stack[2].role, VTX_RUNTIME);
	assert_int_equal(back.profile.stack[2].mode, VTX_KERNEL);
	assert_int_equal(back.profile.stack[2].frame, 3);
	free(text);
	run__free(&back);
	run__free(&run);
}

/* Addresses in one file share its build-id. */
static void test_names(void **state)
{
	static const char *const name[] = {"f",
					   "a+0x1 [0123456789ab]",
					   "b+0x2 [0123456789ab]",
					   "c+0x3 [0123456789ac]",
					   "[0123456789ab]",
					   "x [y]",
					   "d [0123456789aB]",
					   ""};
	struct run run, back;
	struct verr err = {};
	char *text;

	sample_run(&run);
	run.profile.present = true;
	run.profile.string = calloc(ARRAY_SIZE(name), sizeof(char *));
	for (size_t i = 0; i < ARRAY_SIZE(name); i++)
		run.profile.string[run.profile.n_strings++] = strdup(name[i]);
	assert_int_equal(run_to_json(&run, &text), 0);
	assert_non_null(strstr(text, "[\"f\",{\"build_id\":\"0123456789ab\",\"of\":[\"a+0x1\",\"b+"
				     "0x2\"]},\"c+0x3 [0123456789ac]\","));
	assert_int_equal(run__read_text(&back, text, strlen(text), "file", &err), 0);
	assert_int_equal(back.profile.n_strings, ARRAY_SIZE(name));
	for (size_t i = 0; i < ARRAY_SIZE(name); i++)
		assert_string_equal(back.profile.string[i], name[i]);
	free(text);
	run__free(&back);
	run__free(&run);
}

/* Names move together, and frames keep theirs. */
static void test_sorted_names(void **state)
{
	static const char *const name[] = {"b+0x2 [01234567]", "z+0x1 [not one]",
					   "c+0x3 [01234568]", "a+0x1 [01234567]", "y+0x1 [01]"};
	struct run_profile profile = {};
	struct profile_build build;

	profile_build__begin(&build, &profile);
	for (size_t i = 0; i < ARRAY_SIZE(name); i++)
		profile_build__frame(&build, RUN_UNKNOWN, name[i]);
	profile_build__end(&build);
	assert_int_equal(profile_sort_strings(&profile), 0);
	assert_string_equal(profile.string[0], "y+0x1 [01]");
	assert_string_equal(profile.string[1], "z+0x1 [not one]");
	assert_string_equal(profile.string[2], "a+0x1 [01234567]");
	assert_string_equal(profile.string[3], "b+0x2 [01234567]");
	for (size_t i = 0; i < ARRAY_SIZE(name); i++) {
		assert_string_equal(profile.string[profile.frame[i].name], name[i]);
		free(profile.string[profile.frame[i].name]);
	}
	free(profile.string);
	free(profile.frame);
}

#define DIGITS_64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* A build-id is copied for each name of its file: no more digits than a build-id has. */
static void test_long_build_id(void **state)
{
	static const struct {
		const char *id;
		int err;
	} files[] = {{DIGITS_64 DIGITS_64, 0}, {DIGITS_64 DIGITS_64 "0", -EINVAL}};
	char name[256], *text, *before, *other;
	struct verr err = {};
	struct run run;

	sample_run(&run);
	run.profile.present = true;
	run.profile.string = calloc(2, sizeof(char *));
	run.profile.string[run.profile.n_strings++] = strdup("a+0x1 [01234567]");
	run.profile.string[run.profile.n_strings++] = strdup("b+0x1 [01234567]");
	assert_int_equal(run_to_json(&run, &text), 0);
	run__free(&run);
	before = strstr(text, "\"01234567\"");
	assert_non_null(before);
	*before = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		assert_true(asprintf(&other, "%s\"%s\"%s", text, files[i].id, before + 10) > 0);
		assert_int_equal(run__read_text(&run, other, strlen(other), "file", &err),
				 files[i].err);
		free(other);
		if (!files[i].err)
			run__free(&run);
	}
	assert_non_null(strstr(err.msg, "build_id"));
	assert_non_null(strstr(err.msg, "128 digits"));
	free(text);
	snprintf(name, sizeof(name), "a [%s]", files[0].id);
	assert_ptr_equal(build_id_in(name), name + 1);
	snprintf(name, sizeof(name), "a [%s]", files[1].id);
	assert_null(build_id_in(name));
}

static void test_columns_refused(void **state)
{
	static const struct {
		const char *frames, *stacks, *word;
	} files[] = {
		{"{\"name\": [0, 0], \"up\": [0]}", "\"frame\": [0], \"ns\": [1]", "1 values"},
		{"{\"name\": [0], \"up\": [1]}", "\"frame\": [0], \"ns\": [1]", "before"},
		{"{\"name\": [0], \"up\": [-1]}", "\"frame\": [0], \"ns\": [1]", "negative"},
		{"{\"name\": [0], \"up\": 0}", "\"frame\": [0], \"ns\": [1]", "an array"},
		{"{\"name\": [0]}", "\"frame\": [0], \"ns\": [1]", "missing"},
		{"{\"name\": [0], \"up\": [0]}", "\"frame\": [0], \"ns\": [null]", "null"},
		{"{\"name\": [0], \"up\": [0]}", "\"frame\": 0, \"ns\": [1]", "whole number"},
		{"7", "\"frame\": [0], \"ns\": [1]", "an object"},
	};
	struct run run;
	char *text, *other;
	struct verr err;

	text = open_sample();
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		assert_true(asprintf(&other,
				     "%s, \"profile\": {\"hz\": 99, \"samples\": 1, \"lost\": 0, "
				     "\"truncated\": 0, \"early\": 0, \"strings\": [\"f\"], "
				     "\"frames\": [%s], \"stacks\": [{\"target\": 0, \"role\": "
				     "\"workload\", \"mode\": \"user\", %s, \"samples\": [1]}]}}",
				     text, files[i].frames, files[i].stacks) > 0);
		assert_int_equal(run__read_text(&run, other, strlen(other), "file", &err), -EINVAL);
		if (!strstr(err.msg, files[i].word))
			fail_msg("'%s' is not in '%s'", files[i].word, err.msg);
		free(other);
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),         cmocka_unit_test(test_columns),
		cmocka_unit_test(test_columns_refused), cmocka_unit_test(test_names),
		cmocka_unit_test(test_sorted_names),    cmocka_unit_test(test_long_build_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
