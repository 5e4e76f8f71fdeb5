// SPDX-License-Identifier: GPL-2.0-or-later
/* The state files of runtimes, and the names in OCI configurations. */
#include "fakescan.h"

#include <errno.h>

#include "owners/oci_names.h"
#include "owners/runtime.h"

static void test_runc_state(void **state)
{
	struct cgroup_layout *layout;
	struct runtime_state got;

	(void)state;
	assert_int_equal(cgroup_layout__parse(TREE_V2_MOUNTINFO, &layout), 0);
	assert_int_equal(
		runtime_parse_runc("{\"id\":\"web\",\"init_process_pid\":7,"
				   "\"init_process_start\":99,\"cgroup_paths\":{"
				   "\"cpu\":\"/elsewhere/x\",\"\":\"/sys/fs/cgroup/wl/web\"}}",
				   layout, &got),
		0);
	assert_int_equal(got.pid, 7);
	assert_int_equal(got.start_ticks, 99);
	assert_string_equal(got.cgroup, "/wl/web");
	runtime_state__release(&got);
	assert_int_equal(runtime_parse_runc("{\"init_process_pid\":7}", layout, &got), 0);
	assert_null(got.cgroup);
	runtime_state__release(&got);
	assert_int_equal(runtime_parse_runc("{}", layout, &got), -EINVAL);
	assert_int_equal(runtime_parse_runc("[1]", layout, &got), -EINVAL);
	assert_int_equal(runtime_parse_runc("{\"init_process_pid\":", layout, &got), -EINVAL);
	assert_int_equal(runtime_parse_runc("", layout, &got), -EINVAL);
	cgroup_layout__free(layout);
}

static void test_crun_status(void **state)
{
	struct runtime_state got;

	(void)state;
	assert_int_equal(runtime_parse_crun("{\"pid\":8,\"process-start-time\":5,"
					    "\"cgroup-path\":\"wl//c\"}",
					    &got),
			 0);
	assert_int_equal(got.pid, 8);
	assert_string_equal(got.cgroup, "/wl/c");
	runtime_state__release(&got);
	assert_int_equal(runtime_parse_crun("{\"pid\":8,\"cgroup-path\":\"/\"}", &got), 0);
	assert_null(got.cgroup); /* no container owns the root */
	runtime_state__release(&got);
	assert_int_equal(runtime_parse_crun("{\"pid\":8,\"cgroup-path\":\"/a/../b\"}", &got), 0);
	assert_null(got.cgroup);
	runtime_state__release(&got);
	assert_int_equal(runtime_parse_crun("{\"pid\":\"8\"}", &got), -EINVAL);
}

static void expect_oci_name(const char *text, const char *name)
{
	char *got = oci_names_of_config(text);

	if (name)
		assert_string_equal(got, name);
	else
		assert_null(got);
	free(got);
}

static void test_oci_names(void **state)
{
	(void)state;
	expect_oci_name("{\"annotations\":{\"io.kubernetes.cri.container-name\":\"web\","
			"\"io.kubernetes.cri.sandbox-name\":\"pod-1\"}}",
			"pod-1/web");
	expect_oci_name("{\"annotations\":{\"io.kubernetes.cri.container-type\":\"sandbox\","
			"\"io.kubernetes.cri.sandbox-name\":\"pod-1\"}}",
			"pod-1/POD");
	expect_oci_name("{\"annotations\":{\"nerdctl/name\":\"n\"}}", "n");
	expect_oci_name("{\"annotations\":{\"nerdctl/name\":\"\"}}", NULL);
	expect_oci_name("{\"annotations\":7}", NULL);
	expect_oci_name("nonsense", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runc_state),
		cmocka_unit_test(test_crun_status),
		cmocka_unit_test(test_oci_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
