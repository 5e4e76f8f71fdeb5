// SPDX-License-Identifier: GPL-2.0-or-later
/* The layers of containers, found and measured in a tree of files. */
#include "faketree.h"

#include "base/array.h"
#include "holdings/storage_measure.h"
#include "holdings/storage_resolve.h"

/*
 * A container whose mountinfo is `text`, resolved and measured into ret. Returns how many of its
 * files are missing.
 */
static size_t measured(const char *text, const char *own, struct run_storage *ret,
		       struct run_storage_sum *all)
{
	const struct found found = {.kind = VTX_KIND_CONTAINER, .pid = 7};
	struct storage storage = {};
	struct storage_of of = {&storage, ret};
	size_t missing;

	memset(ret, 0, sizeof(*ret));
	memset(all, 0, sizeof(*all));
	assert_int_equal(tree_setup(NULL), 0);
	tree_dir("/up");
	tree_dir("/low");
	tree_file("/proc/7/mountinfo", text);
	tree_file("/proc/self/mountinfo", own);
	assert_int_equal(storage__look(&storage, &tree, &found), 0);
	assert_int_equal(storage_resolve(&storage, &tree, true), 0);
	missing = storage.missing;
	storage_measure(&of, 1, all);
	storage__free(&storage);
	assert_int_equal(tree_remove(NULL), 0);
	return missing;
}

static void storage_free(struct run_storage *storage)
{
	for (size_t i = 0; i < storage->n_files; i++)
		free(storage->file[i].path);
	free(storage->file);
}

#define OWN "1 0 254:0 / / rw - ext4 /dev/vda rw\n"

/* Layers that are not found are unknown, not 0 bytes. */
static void test_layers_that_are_not_found(void **state)
{
	static const char *const nothing[] = {
		"1 0 0:60 / / rw - fuse.fuse-overlayfs fuse-overlayfs rw,user_id=0\n",
		"1 0 0:61 / / rw - zfs pool/c1 rw\n", /* mounted only in the container */
		"1 0 0:50 / / ro - overlay overlay ro,lowerdir=l/A:l/B\n",
		"1 0 0:50 / / rw - overlay overlay rw,lowerdir=/gone,upperdir=/gone2\n",
		"1 0 254:0 /no/such/dir / rw - ext4 /dev/vda rw\n",
	};
	struct run_storage storage;
	struct run_storage_sum all;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(nothing); i++) {
		assert_true(measured(nothing[i], OWN, &storage, &all) > 0);
		assert_false(storage.known);
		assert_int_equal(all.allocated_bytes, RUN_UNKNOWN);
		storage_free(&storage);
	}
	assert_int_equal(
		measured("1 0 0:50 / / rw - overlay overlay rw,lowerdir=/low:/gone,upperdir=/up\n",
			 OWN, &storage, &all),
		1);
	assert_true(storage.known);
	assert_int_equal(storage.n_files, 2);
	assert_int_equal(storage.allocated_bytes, RUN_UNKNOWN);
	assert_int_equal(storage.own_bytes, RUN_UNKNOWN);
	assert_int_equal(all.apparent_bytes, RUN_UNKNOWN);
	storage_free(&storage);
}

static void add_file(int fd, const char *path, const char *flags)
{
	char name[64], text[64];

	snprintf(name, sizeof(name), "/proc/9/fd/%d", fd);
	tree_link(name, path);
	snprintf(name, sizeof(name), "/proc/9/fdinfo/%d", fd);
	snprintf(text, sizeof(text), "pos:\t0\nflags:\t%s\nmnt_id:\t1\n", flags);
	tree_file(name, text);
}

/* Its disks need not be on its command line, nor locked: what it writes to, but not at the end. */
static void test_images_of_any_vmm(void **state)
{
	struct found found = {.kind = VTX_KIND_VM, .pid = 9, .runtime = (char *)"firecracker"};
	struct storage storage = {};

	(void)state;
	tree_argv(9, (const char *const[]){"firecracker", "--disk", "path=/ro.img", NULL});
	add_file(3, "/vm/root.img", "02100002");
	add_file(4, "/var/log/vm.log", "02102002");
	add_file(5, "/vm/kernel", "02100000");
	add_file(6, "/dev/net/tun", "02100002");
	add_file(7, "/memfd:ram (deleted)", "02100002");
	add_file(8, "/dev/nvme0n1p3", "02100000");
	add_file(9, "/vm/root.img", "02100002");
	assert_int_equal(storage__look(&storage, &tree, &found), 0);
	assert_int_equal(storage.n, 2);
	for (size_t i = 0; i < storage.n; i++)
		assert_true(!strcmp(storage.item[i].file.path, "/vm/root.img") ||
			    !strcmp(storage.item[i].file.path, "/dev/nvme0n1p3"));
	found.runtime = (char *)"qemu"; /* its images are locked, or on its command line */
	storage__free(&storage);
	assert_int_equal(storage__look(&storage, &tree, &found), 0);
	assert_int_equal(storage.n, 0);
	storage__free(&storage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layers_that_are_not_found),
		cmocka_unit_test_setup_teardown(test_images_of_any_vmm, tree_setup, tree_remove),
	};

	return cmocka_run_group_tests_name("storage", tests, NULL, NULL);
}
