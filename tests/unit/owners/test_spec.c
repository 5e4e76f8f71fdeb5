// SPDX-License-Identifier: GPL-2.0-or-later
/* Specs of targets: their labels, and the targets they resolve to. */
#include "fakescan.h"

#include <errno.h>

#include "owners/spec.h"

#define ID  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID2 "0123fedcba9876543210fedcba9876543210fedcba9876543210fedcba987654"

static void expect_spec(const char *arg, const char *label, const char *what)
{
	struct target_spec spec;
	struct verr err;

	assert_int_equal(spec__parse(&spec, VTX_KIND_CGROUP, arg, &err), 0);
	if (label)
		assert_string_equal(spec.label, label);
	else
		assert_null(spec.label);
	assert_string_equal(spec.what, what);
	spec__release(&spec);
}

static void test_labels(void **state)
{
	struct target_spec spec;
	struct verr err;

	(void)state;
	expect_spec("web", NULL, "web");
	expect_spec("a=web", "a", "web");
	expect_spec("A_b.1-2=web=3", "A_b.1-2", "web=3");
	expect_spec("/wl/a=b", NULL, "/wl/a=b");
	expect_spec("./a=b", NULL, "./a=b");
	expect_spec("=x", NULL, "=x");
	expect_spec("a b=x", NULL, "a b=x");
	assert_int_equal(spec__parse(&spec, VTX_KIND_VM, "", &err), -EINVAL);
	assert_int_equal(spec__parse(&spec, VTX_KIND_VM, "label=", &err), -EINVAL);
	assert_non_null(strstr(err.msg, "--vm 'label='"));
}

static void test_answering_to_a_label(void **state)
{
	struct target_spec labelled = {.kind = VTX_KIND_VM, .label = "a", .what = "web"};
	struct target_spec plain = {.kind = VTX_KIND_VM, .what = "web"};
	struct target_spec number = {.kind = VTX_KIND_VM, .what = "17"};

	(void)state;
	assert_true(spec__answers_to(&labelled, "a"));
	assert_false(spec__answers_to(&labelled, "web"));
	assert_true(spec__answers_to(&plain, "web"));
	assert_false(spec__answers_to(&plain, "other"));
	assert_true(spec__answers_to(&number, "whatever it is called"));
}

static int resolve(enum vtx_kind kind, const char *what, struct found **ret, struct verr *err)
{
	struct target_spec spec = {.kind = kind, .what = (char *)what};
	struct inventory *inv = scan();
	int code = spec__resolve(&tree, &spec, inv, ret, err);

	inventory__free(inv);
	return code;
}

static void expect_pid(enum vtx_kind kind, const char *what, pid_t pid)
{
	struct found *found;
	struct verr err;

	assert_int_equal(resolve(kind, what, &found, &err), 0);
	assert_int_equal(found->kind, kind);
	assert_int_equal(found->pid, pid);
	found__free(found);
}

static void expect_error(enum vtx_kind kind, const char *what, int code, const char *word)
{
	struct found *found;
	struct verr err;

	assert_int_equal(resolve(kind, what, &found, &err), code);
	assert_non_null(strstr(err.msg, word));
	assert_non_null(strstr(err.msg, ": "));
	assert_non_null(strchr(err.msg, '('));
	assert_null(strchr(err.msg, '\n'));
}

static void test_which_vm(void **state)
{
	(void)state;
	setup_vm();
	add(200, 1, "kvm", NULL, ARGV("kvm", "-name", "twin"));
	add(201, 1, "kvm", NULL, ARGV("kvm", "-name", "twin"));
	tree_file("/proc/103/status", "Name:\tIO\nTgid:\t100\n");
	expect_pid(VTX_KIND_VM, "web", 100);
	expect_pid(VTX_KIND_VM, "100", 100);
	expect_pid(VTX_KIND_VM, "11-22", 100);
	expect_pid(VTX_KIND_VM, "201", 201);
	expect_error(VTX_KIND_VM, "twin", -ENOTUNIQ, "200, 201");
	expect_error(VTX_KIND_VM, "none", -ENOENT, "'none'");
	expect_error(VTX_KIND_VM, "1", -EINVAL, "systemd");
	expect_error(VTX_KIND_VM, "103", -EINVAL, "thread of process 100");
	expect_error(VTX_KIND_VM, "9999", -ESRCH, "9999");
	expect_error(VTX_KIND_VM, "99999999999999999999", -ENOENT, "9999");
	expect_error(VTX_KIND_VM, "evil\n\x1b[31m", -ENOENT, "\\x1b");
	expect_error(VTX_KIND_CONTAINER, "web", -ENOENT, "container 'web'");
}

static void test_which_container(void **state)
{
	(void)state;
	tree_basics(TREE_V2_MOUNTINFO);
	add(1, 0, "systemd", NULL, NULL);
	add(30, 1, "init", "0::/docker/" ID "\n", NULL);
	add(31, 30, "httpd", "0::/docker/" ID "/x\n", NULL);
	add(40, 1, "httpd", "0::/docker/" ID2 "\n", NULL);
	add(50, 1, "sh", "0::/lxc.payload.31\n", NULL); /* its name is another container's pid */
	tree_file("/var/lib/docker/containers/" ID "/config.v2.json", "{\"Name\":\"/web\"}");
	tree_file("/var/lib/docker/containers/" ID2 "/config.v2.json", "{\"Name\":\"/012\"}");
	expect_pid(VTX_KIND_CONTAINER, "web", 30);
	expect_pid(VTX_KIND_CONTAINER, ID, 30);
	expect_pid(VTX_KIND_CONTAINER, "30", 30);
	expect_pid(VTX_KIND_CONTAINER, "31", 50);
	expect_pid(VTX_KIND_CONTAINER, "012345", 30);
	expect_pid(VTX_KIND_CONTAINER, "0123f", 40);
	expect_pid(VTX_KIND_CONTAINER, "012", 40); /* a name wins over the beginning of an id */
	expect_error(VTX_KIND_CONTAINER, "0123", -ENOTUNIQ, "30, 40");
	expect_error(VTX_KIND_CONTAINER, "01", -ENOENT, "'01'");
	expect_error(VTX_KIND_CONTAINER, "1", -EINVAL, "systemd");
}

static void test_which_process(void **state)
{
	struct found *found;
	struct verr err;

	(void)state;
	tree_basics(TREE_V2_MOUNTINFO);
	add(1, 0, "systemd", NULL, NULL);
	add(2, 0, "x", NULL, NULL);
	add_kthread(3, "kworker/0:0");
	add(30, 1, "sh", NULL, NULL);
	add(31, 30, "httpd", NULL, NULL);
	assert_int_equal(resolve(VTX_KIND_PROCESS, "30", &found, &err), 0);
	assert_string_equal(found->name, "sh");
	assert_int_equal(found->start_ticks, 1030);
	assert_int_equal(found->n_procs, 2);
	assert_int_equal(found->threads[VTX_WORKLOAD], 2);
	assert_true(found->host_netns);
	found__free(found);
	expect_error(VTX_KIND_PROCESS, "sh", -EINVAL, "'sh'");
	expect_error(VTX_KIND_PROCESS, "-1", -EINVAL, "'-1'");
	expect_error(VTX_KIND_PROCESS, "0", -EINVAL, "'0'");
	expect_error(VTX_KIND_PROCESS, "77", -ESRCH, "77");
	expect_error(VTX_KIND_PROCESS, "3", -EINVAL, "kernel");
}

static void test_which_cgroup(void **state)
{
	struct found *found;
	struct verr err;

	(void)state;
	tree_basics(TREE_V2_MOUNTINFO);
	tree_dir("/sys/fs/cgroup/wl/x");
	add(1, 0, "systemd", NULL, NULL);
	add(30, 1, "sh", "0::/wl/x/deep\n", NULL);
	add(31, 1, "sh", "0::/wl/xy\n", NULL);
	assert_int_equal(resolve(VTX_KIND_CGROUP, "/sys/fs/cgroup/wl/x/", &found, &err), 0);
	assert_string_equal(found->cgroup, "/wl/x");
	assert_string_equal(found->name, "wl/x");
	assert_int_equal(found->pid, 0);
	assert_int_equal(found->cgroups.n, 1);
	assert_int_equal(found->n_procs, 1);
	assert_int_equal(found->procs[0].tgid, 30);
	found__free(found);
	expect_error(VTX_KIND_CGROUP, "wl/none", -ENOENT, "wl/none");
	expect_error(VTX_KIND_CGROUP, "/", -EINVAL, "root cgroup");
	expect_error(VTX_KIND_CGROUP, "wl/../../etc", -EINVAL, "'..'");
}

#define ID3   "aaaa456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID4   "bbbb456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define UID   "0a1b2c3d-0000-4111-8222-333344445555"
#define UID_  "0a1b2c3d_0000_4111_8222_333344445555"
#define UID2  "ffffffff-0000-4111-8222-333344445555"
#define UID3  "ffffffffffffffffffffffffffffffff"
#define SLICE "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_ ".slice"

static void expect_pod(const char *what, const char *cgroup, size_t n_procs)
{
	struct target_spec spec = {.kind = VTX_KIND_CGROUP, .what = (char *)what, .pod = true};
	struct inventory *inv = scan();
	struct found *found = NULL;
	struct verr err = {};

	assert_int_equal(spec__resolve(&tree, &spec, inv, &found, &err), 0);
	assert_string_equal(found->cgroup, cgroup);
	assert_string_equal(found->name, what);
	assert_int_equal(found->n_procs, n_procs);
	found__free(found);
	inventory__free(inv);
}

static void expect_no_pod(const char *what, int error, const char *word)
{
	struct target_spec spec = {.kind = VTX_KIND_CGROUP, .what = (char *)what, .pod = true};
	struct inventory *inv = scan();
	struct found *found = NULL;
	struct verr err = {};

	assert_int_equal(spec__resolve(&tree, &spec, inv, &found, &err), error);
	assert_non_null(strstr(err.msg, word));
	inventory__free(inv);
}

/* Names from the annotations of containerd and CRI-O, and from the kubelet's directories. */
static void test_which_pod(void **state)
{
	(void)state;
	tree_basics(TREE_V2_MOUNTINFO);
	add(1, 0, "systemd", NULL, NULL);
	add(30, 1, "pause", "0::" SLICE "/cri-containerd-" ID ".scope\n", NULL);
	add(31, 1, "httpd", "0::" SLICE "/cri-containerd-" ID2 ".scope\n", NULL);
	tree_dir("/sys/fs/cgroup" SLICE);
	tree_file("/run/containerd/io.containerd.runtime.v2.task/k8s.io/" ID2 "/config.json",
		  "{\"annotations\":{\"io.kubernetes.cri.container-name\":\"httpd\","
		  "\"io.kubernetes.cri.sandbox-name\":\"shop\"}}");
	expect_pod("shop", SLICE, 2);
	expect_pod(UID, SLICE, 2);
	expect_pod("0a1b2c", SLICE, 2);
	expect_no_pod("prod/shop", -ENOENT, "prod/shop");
	tree_dir("/var/log/pods/prod_shop_" UID);
	expect_pod("prod/shop", SLICE, 2);
	expect_no_pod("test/shop", -ENOENT, "test/shop");
	/* The same name in another namespace, known from the kubelet alone; the cgroupfs driver. */
	add(40, 1, "httpd", "0::/kubepods/besteffort/pod" UID2 "/" ID3 "\n", NULL);
	tree_dir("/sys/fs/cgroup/kubepods/besteffort/pod" UID2);
	tree_dir("/var/log/pods/test_shop_" UID2);
	expect_pod("test/shop", "/kubepods/besteffort/pod" UID2, 1);
	expect_pod("prod/shop", SLICE, 2);
	expect_no_pod("shop", -ENOTUNIQ, "NAMESPACE/NAME");
	/* One of the kubelet's own, run by CRI-O. */
	add(50, 1, "etcd", "0::/kubepods.slice/kubepods-pod" UID3 ".slice/crio-" ID4 ".scope\n",
	    NULL);
	tree_dir("/sys/fs/cgroup/kubepods.slice/kubepods-pod" UID3 ".slice");
	tree_file("/run/containers/storage/overlay-containers/" ID4 "/userdata/config.json",
		  "{\"annotations\":{\"io.kubernetes.container.name\":\"etcd\","
		  "\"io.kubernetes.pod.name\":\"etcd-node1\"}}");
	expect_pod("etcd-node1", "/kubepods.slice/kubepods-pod" UID3 ".slice", 1);
}

static void test_which_pod_of_podman(void **state)
{
	(void)state;
	tree_basics(TREE_V2_MOUNTINFO);
	add(1, 0, "systemd", NULL, NULL);
	add(30, 1, "catatonit", "0::/libpod_parent/" ID "/libpod-" ID2 "\n", NULL);
	add(31, 1, "httpd", "0::/libpod_parent/" ID "/libpod-" ID3 "\n", NULL);
	add(32, 1, "httpd", "0::/libpod_parent/libpod-" ID4 "\n", NULL); /* in no pod */
	tree_dir("/sys/fs/cgroup/libpod_parent/" ID);
	tree_file("/var/lib/containers/storage/overlay-containers/containers.json",
		  "[{\"id\":\"" ID2 "\",\"names\":[\"0123456789ab-infra\"]}]");
	tree_file("/var/lib/containers/storage/overlay-containers/" ID2 "/userdata/config.json",
		  "{\"hostname\":\"shop\"}");
	expect_pod("shop", "/libpod_parent/" ID, 2);
	expect_pod("0123456789ab", "/libpod_parent/" ID, 2);
	expect_no_pod("none", -ENOENT, "no running pod");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_labels), cmocka_unit_test(test_answering_to_a_label),
		ON_TREE(test_which_vm),        ON_TREE(test_which_container),
		ON_TREE(test_which_process),   ON_TREE(test_which_cgroup),
		ON_TREE(test_which_pod),       ON_TREE(test_which_pod_of_podman),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
