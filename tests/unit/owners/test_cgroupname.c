// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "owners/cgroupname.h"

#define ID  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID2 "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

struct expected {
	const char *path;
	enum container_kind kind;
	const char *id, *top;
};

static const struct expected matches[] = {
	{"/docker/" ID, CONTAINER_DOCKER, ID, "/docker/" ID},
	{"/docker/" ID "/init.scope", CONTAINER_DOCKER, ID, "/docker/" ID},
	{"/system.slice/docker-" ID ".scope", CONTAINER_DOCKER, ID,
	 "/system.slice/docker-" ID ".scope"},
	/* docker in docker, a kind node's pod, an engine in a pod: the inner container wins. */
	{"/docker/" ID "/docker/" ID2 "/x", CONTAINER_DOCKER, ID2, "/docker/" ID "/docker/" ID2},
	{"/docker/" ID "/kubelet/kubepods/besteffort/pod1/" ID2, CONTAINER_CONTAINERD, ID2,
	 "/docker/" ID "/kubelet/kubepods/besteffort/pod1/" ID2},
	{"/kubepods/pod1/" ID "/docker/" ID2, CONTAINER_DOCKER, ID2,
	 "/kubepods/pod1/" ID "/docker/" ID2},
	{"/kubepods/pod1/" ID "/any/" ID2, CONTAINER_OCI, ID2, "/kubepods/pod1/" ID "/any/" ID2},
	{"/lxc.payload.a/system.slice/docker-" ID ".scope/docker/" ID2, CONTAINER_DOCKER, ID2,
	 "/lxc.payload.a/system.slice/docker-" ID ".scope/docker/" ID2},
	/* A monitor works from outside, which may be within another container. */
	{"/lxc.payload.a/lxc.monitor.b/" ID, CONTAINER_LXC, "a", "/lxc.payload.a"},
	{"/libpod_parent/" ID "/libpod-" ID2, CONTAINER_PODMAN, ID2,
	 "/libpod_parent/" ID "/libpod-" ID2},
	{"/own/" ID, CONTAINER_OCI, ID, "/own/" ID},
	{"/libpod_parent/libpod-" ID, CONTAINER_PODMAN, ID, "/libpod_parent/libpod-" ID},
	{"/machine.slice/libpod-" ID ".scope/container/x", CONTAINER_PODMAN, ID,
	 "/machine.slice/libpod-" ID ".scope"},
	{"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope",
	 CONTAINER_PODMAN, ID,
	 "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope"},
	{"/kubepods/besteffort/pod1-2-3/" ID, CONTAINER_CONTAINERD, ID,
	 "/kubepods/besteffort/pod1-2-3/" ID},
	{"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod1.slice/"
	 "cri-containerd-" ID ".scope",
	 CONTAINER_CONTAINERD, ID,
	 "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod1.slice/"
	 "cri-containerd-" ID ".scope"},
	{"/system.slice/containerd.service/kubepods-pod1.slice:cri-containerd:" ID,
	 CONTAINER_CONTAINERD, ID,
	 "/system.slice/containerd.service/kubepods-pod1.slice:cri-containerd:" ID},
	{"/kubepods.slice/kubepods-pod1.slice/crio-" ID ".scope", CONTAINER_CRIO, ID,
	 "/kubepods.slice/kubepods-pod1.slice/crio-" ID ".scope"},
	{"/k8s.io/" ID, CONTAINER_OCI, ID, "/k8s.io/" ID},
	{"/lxc.payload.web", CONTAINER_LXC, "web", "/lxc.payload.web"},
	{"/lxc.payload.web/system.slice/x.service", CONTAINER_LXC, "web", "/lxc.payload.web"},
	{"/lxc/web", CONTAINER_LXC, "web", "/lxc/web"},
	{"/machine.slice/systemd-nspawn@web\\x2d1.service/payload", CONTAINER_NSPAWN, "web-1",
	 "/machine.slice/systemd-nspawn@web\\x2d1.service"},
	{"/machine.slice/machine-web.scope", CONTAINER_NSPAWN, "web",
	 "/machine.slice/machine-web.scope"},
	{"/machine.slice/machine-lxc\\x2d4711\\x2dweb.scope", CONTAINER_LIBVIRT_LXC, "web",
	 "/machine.slice/machine-lxc\\x2d4711\\x2dweb.scope"},
	/* An escaped slash or NUL stays escaped. */
	{"/machine.slice/machine-a\\x2fb\\x00c.scope", CONTAINER_NSPAWN, "a\\x2fb\\x00c",
	 "/machine.slice/machine-a\\x2fb\\x00c.scope"},
};

static void test_known_paths(void **state)
{
	struct container_match match;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(matches); i++) {
		const struct expected *e = &matches[i];

		assert_true(cgroupname_match(e->path, strlen(e->path), &match));
		assert_int_equal(match.kind, e->kind);
		assert_string_equal(match.id, e->id);
		assert_int_equal(match.n_top, strlen(e->top));
		assert_memory_equal(e->path, e->top, match.n_top);
	}
}

static void test_depth(void **state)
{
	static const struct {
		const char *path;
		unsigned int depth;
	} cases[] = {
		{"/docker", 0},
		{"/docker/" ID "/x", 1},
		{"/docker/" ID "/docker/" ID2 "/x", 2},
		{"/lxc.payload.a/docker/" ID "/docker/" ID2, 3},
		{"/lxc.payload.a/lxc.monitor.b/" ID, 1},
	};
	struct container_match match;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cgroupname_match(cases[i].path, strlen(cases[i].path), &match);
		assert_int_equal(match.depth, cases[i].depth);
	}
}

static void test_no_containers(void **state)
{
	static const char *const paths[] = {
		"",
		"/",
		"//",
		"/docker",
		"/docker/",
		"/docker/abc",
		"/docker/" ID "0",
		"/system.slice/docker.service",
		"/machine.slice/libpod-conmon-" ID ".scope",
		"/kubepods.slice/crio-conmon-" ID ".scope",
		"/lxc.monitor.web",
		"/lxc.monitor.web/" ID,
		"/lxc",
		"/lxc.payload.",
		"/machine.slice/machine-qemu\\x2d1\\x2dweb.scope",
		"/machine.slice/machine-qemu\\x2d1\\x2dweb.scope/libvirt/vcpu0",
		"/user.slice/user-0.slice/session-1.scope",
		"/machine.slice/machine-.scope",
		"/machine.slice/systemd-nspawn@.service",
		"/process/6604df87d20d3343ab5377db6df5f1da",
		"/docker/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdeg",
	};
	struct container_match match;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(paths); i++)
		assert_false(cgroupname_match(paths[i], strlen(paths[i]), &match));
}

static void test_names_of_any_length_fit(void **state)
{
	struct container_match match;
	char path[1024] = "/lxc.payload.";

	(void)state;
	memset(path + strlen(path), 'n', 900);
	assert_true(cgroupname_match(path, strlen(path), &match));
	assert_int_equal(strlen(match.id), CONTAINER_ID - 1);
}

/* The path is part of a longer text, whose rest must not matter. */
static void test_only_n_bytes_are_read(void **state)
{
	const char *text = "/docker/" ID "0";
	struct container_match match;

	(void)state;
	assert_true(cgroupname_match(text, strlen(text) - 1, &match));
	assert_false(cgroupname_match(text, strlen(text) - 2, &match));
}

static void test_vm_scopes(void **state)
{
	const char *libvirt = "/machine.slice/machine-qemu\\x2d1\\x2dweb.scope/libvirt/emulator";
	const char *proxmox = "/qemu.slice/100.scope";

	(void)state;
	assert_int_equal(cgroupname_vm_top(libvirt, strlen(libvirt)),
			 strlen("/machine.slice/machine-qemu\\x2d1\\x2dweb.scope"));
	assert_int_equal(cgroupname_vm_top(proxmox, strlen(proxmox)), strlen(proxmox));
	assert_int_equal(cgroupname_vm_top("/qemu.slice", 11), 0);
	assert_int_equal(cgroupname_vm_top("/machine.slice/machine-web.scope", 32), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_paths),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_no_containers),
		cmocka_unit_test(test_names_of_any_length_fit),
		cmocka_unit_test(test_only_n_bytes_are_read),
		cmocka_unit_test(test_vm_scopes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
