// SPDX-License-Identifier: GPL-2.0-or-later
/* Images by their first bytes, root file systems by mountinfo, trees by walking: also hostile ones. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "sys/blockdev.h"
#include "sys/dirsize.h"
#include "holdings/image_header.h"
#include "holdings/image_cmdline.h"
#include "sys/rootmount.h"
#include "holdings/storage.h"

/* ---- images --------------------------------------------------------------------------------- */

static void be_put(uint8_t *p, uint64_t v, int bytes)
{
	while (bytes--) {
		p[bytes] = (uint8_t)v;
		v >>= 8;
	}
}

/* A qcow2 head with this name behind it at `at`. */
static void qcow2(uint8_t *head, uint32_t version, uint64_t at, uint32_t len, uint64_t size)
{
	memset(head, 0, IMAGE_HEAD_BYTES);
	memcpy(head, "QFI\xfb", 4);
	be_put(head + 4, version, 4);
	be_put(head + 8, at, 8);
	be_put(head + 16, len, 4);
	be_put(head + 24, size, 8);
}

/* Parses at the end of an allocation: the sanitizer sees a byte too far. */
static struct image_head parse(const uint8_t *bytes, size_t n)
{
	uint8_t *exact = malloc(n ? n : 1);
	struct image_head head;

	assert_non_null(exact);
	memcpy(exact, bytes, n);
	image_head__parse(exact, n, &head);
	free(exact);
	return head;
}

static void qcow2_with_and_without_backing(void **state)
{
	uint8_t bytes[IMAGE_HEAD_BYTES];
	struct image_head head;
	char name[IMAGE_BACKING_SIZE];

	(void)state;
	qcow2(bytes, 3, 0x200, 8, 10ull << 30);
	memcpy(bytes + 0x200, "base.img", 8);
	head = parse(bytes, sizeof(bytes));
	assert_string_equal(head.format, "qcow2");
	assert_int_equal(head.virtual_bytes, 10ull << 30);
	assert_int_equal(head.backing_at, 0x200);
	assert_int_equal(head.backing_bytes, 8);
	assert_true(image_backing_name(&head, bytes + 0x200, 8, name));
	assert_string_equal(name, "base.img");
	qcow2(bytes, 2, 0, 0, 512);
	head = parse(bytes, sizeof(bytes));
	assert_string_equal(head.format, "qcow2");
	assert_int_equal(head.backing_bytes, 0);
}

static void qcow2_that_lies(void **state)
{
	static const struct {
		uint64_t at;
		uint32_t len;
	} lies[] = {{8, 16},	     {0x200, 1024},		 {0x200, UINT32_MAX},
		    {UINT64_MAX, 4}, {UINT64_MAX - 3, 1023}, {0x200, 0},
		    {1ull << 63, 5}};
	uint8_t bytes[IMAGE_HEAD_BYTES];
	struct image_head head;

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		qcow2(bytes, 3, lies[i].at, lies[i].len, UINT64_MAX);
		head = parse(bytes, sizeof(bytes));
		assert_string_equal(head.format, "qcow2");
		assert_int_equal(head.backing_bytes, 0);
		assert_int_equal(head.virtual_bytes, UINT64_MAX);
	}
	qcow2(bytes, 4, 0x200, 8, 1); /* no such version: it is only like one */
	assert_string_equal(parse(bytes, sizeof(bytes)).format, "raw");
}

static void heads_cut_off_anywhere(void **state)
{
	uint8_t bytes[IMAGE_HEAD_BYTES];

	(void)state;
	qcow2(bytes, 3, 0x200, 8, 77);
	for (size_t n = 0; n < 64; n++) {
		struct image_head head = parse(bytes, n);

		assert_int_equal(head.backing_bytes, n < 32 ? 0 : 8);
		assert_int_equal(head.virtual_bytes, n < 32 ? UINT64_MAX : 77);
	}
	memcpy(bytes, "QED\0", 4);
	bytes[16] = 1;
	for (size_t n = 0; n < 128; n++)
		parse(bytes, n);
	memcpy(bytes, "KDMV", 4);
	for (size_t n = 0; n < 64; n++)
		parse(bytes, n);
}

static void other_formats(void **state)
{
	static const struct {
		const char *magic, *format;
		size_t at, n;
	} known[] = {{"KDMV", "vmdk", 0, 4},
		     {"\x7f\x10\xda\xbe", "vdi", 0x40, 4},
		     {"vhdxfile", "vhdx", 0, 8},
		     {"conectix", "vpc", 0, 8},
		     {"QED\0", "qed", 0, 4},
		     {"LUKS\xba\xbe", "luks", 0, 6},
		     {"\xeb\x63\x90", "raw", 0, 3}};

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		uint8_t bytes[IMAGE_HEAD_BYTES] = {};

		memcpy(bytes + known[i].at, known[i].magic, known[i].n);
		assert_string_equal(parse(bytes, sizeof(bytes)).format, known[i].format);
	}
}

static void names_end_where_they_end(void **state)
{
	struct image_head head = {.backing_bytes = 1023};
	char name[IMAGE_BACKING_SIZE];
	uint8_t bytes[2048];

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	assert_true(image_backing_name(&head, bytes, 5, name)); /* the file is shorter than it says */
	assert_string_equal(name, "xxxxx");
	assert_true(image_backing_name(&head, bytes, sizeof(bytes), name));
	assert_int_equal(strlen(name), 1023);
	bytes[3] = '\0';
	assert_true(image_backing_name(&head, bytes, sizeof(bytes), name));
	assert_string_equal(name, "xxx");
	bytes[0] = '\0';
	assert_false(image_backing_name(&head, bytes, sizeof(bytes), name));
	head.backing_bytes = UINT32_MAX;
	image_backing_name(&head, bytes + 1, sizeof(bytes) - 1, name);
}

/* ---- what QEMU was told ------------------------------------------------------------------------ */

static const char *told(const char *path, char **argv, int argc)
{
	const struct proc_argv args = {.argc = argc, .argv = argv};

	return image_format(&args, path);
}

static void formats_by_the_command_line(void **state)
{
	char *argv[] = {
		"qemu", "-drive", "file=/i/a.img,if=none,format=raw,cache=none",
		"-drive", "if=none,file=/i/b.img,driver=qcow2",
		"-blockdev", "driver=file,filename=/i/c.img,node-name=c0",
		"-blockdev", "driver=raw,file=c0,node-name=c1",
		"-blockdev", "{\"driver\":\"file\",\"filename\":\"/i/d.img\",\"node-name\":\"st-1\"}",
		"-blockdev", "{\"node-name\":\"fm-1\",\"driver\":\"qcow2\",\"file\":\"st-1\"}",
		"-hda", "/i/e.img", "-drive", "file=/i/f.img,format=,driver", "-name", "/i/g.img",
	};
	const int n = sizeof(argv) / sizeof(argv[0]);
	const struct proc_argv args = {.argc = n, .argv = argv};

	(void)state;
	assert_string_equal(told("/i/a.img", argv, n), "raw");
	assert_string_equal(told("/i/b.img", argv, n), "qcow2");
	assert_string_equal(told("/i/c.img", argv, n), "raw");
	assert_string_equal(told("/i/d.img", argv, n), "qcow2");
	assert_null(told("/i/e.img", argv, n));
	assert_null(told("/i/f.img", argv, n));
	assert_true(image_is_named(&args, "/i/e.img"));
	assert_false(image_is_named(&args, "/i/g.img"));
	assert_null(told("/i/g.img", argv, n));
}

/* ---- containers in a tree of files -------------------------------------------------------------- */

static void put_file(const char *root, const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* A container whose mountinfo is `text`, measured; what it keeps is in ret. */
static size_t measured(const char *text, const char *own, struct run_storage *ret,
		       struct run_storage_sum *all)
{
	char root[] = "/tmp/virtax-storage-XXXXXX", path[256];
	static const char *const dirs[] = {"proc", "proc/7", "proc/self", "up", "low"};
	const struct found found = {.kind = VTX_KIND_CONTAINER, .pid = 7};
	struct sysroot sr = {.root = root};
	struct storage storage = {};
	struct storage_of of = {&storage, ret};
	size_t missing;

	memset(ret, 0, sizeof(*ret));
	memset(all, 0, sizeof(*all));
	assert_non_null(mkdtemp(root));
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", root, dirs[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	put_file(root, "proc/7/mountinfo", text);
	put_file(root, "proc/self/mountinfo", own);
	assert_int_equal(storage__look(&storage, &sr, &found), 0);
	assert_int_equal(storage__resolve(&storage, &sr, true), 0);
	missing = storage.missing;
	storage_measure(&of, 1, all);
	storage__clear(&storage);
	snprintf(path, sizeof(path), "rm -r %s", root);
	assert_int_equal(system(path), 0);
	return missing;
}

static void storage_free(struct run_storage *storage)
{
	for (size_t i = 0; i < storage->n_files; i++)
		free(storage->file[i].path);
	free(storage->file);
}

#define OWN "1 0 254:0 / / rw - ext4 /dev/vda rw\n"

/* What is not found is not 0 bytes. */
static void layers_that_are_not_found(void **state)
{
	static const char *const nothing[] = {
		"1 0 0:60 / / rw - fuse.fuse-overlayfs fuse-overlayfs rw,user_id=0\n",
		"1 0 0:61 / / rw - zfs pool/c1 rw\n", /* mounted in the container only */
		"1 0 0:50 / / ro - overlay overlay ro,lowerdir=l/A:l/B\n",
		"1 0 0:50 / / rw - overlay overlay rw,lowerdir=/gone,upperdir=/gone2\n",
		"1 0 254:0 /no/such/dir / rw - ext4 /dev/vda rw\n",
	};
	struct run_storage storage;
	struct run_storage_sum all;

	(void)state;
	for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
		assert_true(measured(nothing[i], OWN, &storage, &all) > 0);
		assert_false(storage.known);
		assert_int_equal(all.allocated_bytes, RUN_UNKNOWN);
		storage_free(&storage);
	}
	assert_int_equal(measured("1 0 0:50 / / rw - overlay overlay rw,lowerdir=/low:/gone,upperdir=/up\n",
				  OWN, &storage, &all), 1);
	assert_true(storage.known);
	assert_int_equal(storage.n_files, 2);
	assert_int_equal(storage.allocated_bytes, RUN_UNKNOWN);
	assert_int_equal(storage.own_bytes, RUN_UNKNOWN);
	assert_int_equal(all.apparent_bytes, RUN_UNKNOWN);
	storage_free(&storage);
}

/* ---- devices that hide whose their writes are --------------------------------------------------- */

static void devices_that_hide_owners(void **state)
{
	static const char *const dirs[] = {"sys", "sys/class", "sys/class/block"};
	static const struct {
		const char *dir, *sub, *file, *text;
	} devices[] = {{"dm-0", "dm", "uuid", "CRYPT-LUKS2-00ff-root\n"},
		       {"dm-1", "dm", "uuid", "LVM-00ff\n"},
		       {"md1", "md", "level", "raid6\n"},
		       {"md2", "md", "level", "raid1\n"},
		       {"vda", "queue", "iostats", "1\n"}};
	char root[] = "/tmp/virtax-sysfs-XXXXXX", path[256], names[128], small[8];

	(void)state;
	assert_non_null(mkdtemp(root));
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", root, dirs[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	assert_int_equal(blockdev_opaque(root, names, sizeof(names)), 0);
	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		snprintf(path, sizeof(path), "%s/sys/class/block/%s", root, devices[i].dir);
		assert_int_equal(mkdir(path, 0700), 0);
		snprintf(path, sizeof(path), "%s/sys/class/block/%s/%s", root, devices[i].dir,
			 devices[i].sub);
		assert_int_equal(mkdir(path, 0700), 0);
		snprintf(path, sizeof(path), "sys/class/block/%s/%s/%s", devices[i].dir,
			 devices[i].sub, devices[i].file);
		put_file(root, path, devices[i].text);
	}
	assert_int_equal(blockdev_opaque(root, names, sizeof(names)), 2);
	assert_non_null(strstr(names, "dm-0 (dm-crypt)"));
	assert_non_null(strstr(names, "md1 (raid6)"));
	assert_int_equal(blockdev_opaque(root, small, sizeof(small)), 2);
	assert_int_equal(strlen(small), sizeof(small) - 1);
	snprintf(path, sizeof(path), "rm -r %s", root);
	assert_int_equal(system(path), 0);
}

/* ---- mountinfo ------------------------------------------------------------------------------- */

#define OVERLAY(options) "100 90 0:50 / / rw,relatime shared:1 - overlay overlay rw," options "\n"

static void layers_of_docker(void **state)
{
	struct rootmount mount;

	(void)state;
	assert_int_equal(rootmount__parse(OVERLAY("lowerdir=/d/l/AB:/d/l/CD:/d/l/EF,"
						  "upperdir=/d/9f/diff,workdir=/d/9f/work")
					  "101 100 0:51 / /proc rw - proc proc rw\n",
					  &mount),
			 0);
	assert_true(mount.overlay);
	assert_string_equal(mount.upper, "/d/9f/diff");
	assert_int_equal(mount.n_lower, 3);
	assert_string_equal(mount.lower[0], "/d/l/AB");
	assert_string_equal(mount.lower[2], "/d/l/EF");
	rootmount__clear(&mount);
}

static void layers_written_otherwise(void **state)
{
	struct rootmount mount;

	(void)state;
	/* podman: relative to its store */
	assert_int_equal(rootmount__parse(OVERLAY("lowerdir=l/AB:l/CD,upperdir=/s/overlay/9f/diff"),
					  &mount), 0);
	assert_int_equal(mount.n_lower, 2);
	assert_string_equal(mount.lower[1], "/s/overlay/l/CD");
	rootmount__clear(&mount);
	/* the new mount API: one option each; a read-only one; data-only layers */
	assert_int_equal(rootmount__parse(OVERLAY("lowerdir+=/a,lowerdir+=/b:c,datadir+=/d"), &mount),
			 0);
	assert_null(mount.upper);
	assert_int_equal(mount.n_lower, 3);
	assert_string_equal(mount.lower[1], "/b:c");
	rootmount__clear(&mount);
	assert_int_equal(rootmount__parse(OVERLAY("lowerdir=/a::/b"), &mount), 0);
	assert_int_equal(mount.n_lower, 2);
	rootmount__clear(&mount);
	/* colons, backslashes, blanks and commas of a path's own */
	assert_int_equal(rootmount__parse(OVERLAY("lowerdir=/a\\134:b\\040c:/d\\054e\\134\\134f"),
					  &mount), 0);
	assert_int_equal(mount.n_lower, 2);
	assert_string_equal(mount.lower[0], "/a:b c");
	assert_string_equal(mount.lower[1], "/d,e\\f");
	rootmount__clear(&mount);
	/* nowhere to complete it from */
	assert_int_equal(rootmount__parse(OVERLAY("lowerdir=l/AB:/x"), &mount), 0);
	assert_int_equal(mount.n_lower, 1);
	rootmount__clear(&mount);
}

static void the_last_root_counts(void **state)
{
	struct rootmount mount;

	(void)state;
	assert_int_equal(rootmount__parse("20 1 254:0 / / rw - ext4 /dev/vda rw\n"
					  OVERLAY("lowerdir=/a,upperdir=/u/x/diff")
					  "200 100 254:0 /srv/root / rw - ext4 /dev/vda rw\n",
					  &mount), 0);
	assert_false(mount.overlay);
	assert_string_equal(mount.fstype, "ext4");
	assert_string_equal(mount.root, "/srv/root");
	assert_null(mount.upper);
	assert_int_equal(mount.n_lower, 0);
	rootmount__clear(&mount);
}

static void mountinfo_that_is_broken(void **state)
{
	static const char *const broken[] = {
		"", "\n\n", "100", "100 90 0:50 / / rw", "100 90 0:50 / / rw -", " - overlay",
		"100 90 0:50 / / rw - ", "100 90 x / / rw - overlay overlay rw\n",
		"100 90 0:50 / /x rw - overlay overlay rw,lowerdir=/a\n",
	};
	static const char *const odd[] = {
		OVERLAY("lowerdir="), OVERLAY("lowerdir=:::"), OVERLAY("lowerdir=\\134"),
		OVERLAY("lowerdir=/a\\134"), OVERLAY("lowerdir"), OVERLAY("=,,=,lowerdir+="),
		OVERLAY("upperdir=,lowerdir=l/A"), OVERLAY("upperdir=x,lowerdir=l/A"),
		OVERLAY("upperdir=/,lowerdir=l/A"), "1 1 0:1 / / rw - overlay\n",
		"1 1 0:1 / / rw - overlay overlay\n", OVERLAY("upperdir=/a,upperdir=/b"),
	};
	struct rootmount mount;

	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		assert_int_equal(rootmount__parse(broken[i], &mount), -ENOENT);
		rootmount__clear(&mount);
	}
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		assert_int_equal(rootmount__parse(odd[i], &mount), 0);
		for (size_t l = 0; l < mount.n_lower; l++)
			assert_int_equal(mount.lower[l][0], '/');
		rootmount__clear(&mount);
	}
}

static void no_more_layers_than_there_can_be(void **state)
{
	size_t size = 3 * 2 * ROOTMOUNT_MAX_LAYERS + 256, n;
	char *text = calloc(1, size);
	struct rootmount mount;

	(void)state;
	assert_non_null(text);
	n = (size_t)sprintf(text, "1 1 0:1 / / rw - overlay overlay rw,lowerdir=/a");
	for (int i = 0; i < 2 * ROOTMOUNT_MAX_LAYERS; i++)
		n += (size_t)sprintf(text + n, ":/a");
	assert_int_equal(rootmount__parse(text, &mount), 0);
	assert_int_equal(mount.n_lower, ROOTMOUNT_MAX_LAYERS);
	rootmount__clear(&mount);
	free(text);
}

static void where_the_host_has_it(void **state)
{
	const char *own = "1 0 254:0 /sub / rw - ext4 /dev/vda rw\n"
			  "2 1 254:1 / /srv rw - ext4 /dev/vdb rw\n"
			  "3 1 254:0 /sub/other /mnt rw - ext4 /dev/vda rw\n";
	static const struct {
		unsigned int minor;
		const char *root, *path;
	} cases[] = {{0, "/sub/c/rootfs", "/c/rootfs"}, {0, "/sub", "/"},
		     {0, "/subterfuge", NULL},		{1, "/c", "/srv/c"},
		     {1, "/", "/srv"},			{2, "/c", NULL}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rootmount mount = {.major = 254, .minor = cases[i].minor,
					  .root = (char *)cases[i].root};
		char *path = NULL;

		assert_int_equal(rootmount_on_host(own, &mount, &path),
				 cases[i].path ? 0 : -ENOENT);
		if (cases[i].path)
			assert_string_equal(path, cases[i].path);
		free(path);
	}
}

static void what_a_path_lies_on(void **state)
{
	const char *own = "1 0 254:0 / / rw - ext4 /dev/vda rw\n"
			  "2 1 0:30 / /run rw shared:2 - tmpfs tmpfs rw\n"
			  "3 2 0:31 / /run/nfs rw - nfs4 server:/x rw\n"
			  "4 1 0:32 / /srv rw - ext4 /dev/vdb rw\n"
			  "5 4 0:33 / /srv rw - ramfs none rw\n";
	static const char *const cases[][2] = {{"/var/x", "ext4"},    {"/run/x", "tmpfs"},
					       {"/run/nfs/x", "nfs4"}, {"/runner", "ext4"},
					       {"/srv/x", "ramfs"},   {"/", "ext4"}};
	char type[8];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(rootmount_fstype(own, cases[i][0], type, sizeof(type)));
		assert_string_equal(type, cases[i][1]);
	}
	assert_false(rootmount_fstype("", "/x", type, sizeof(type)));
	assert_false(rootmount_fstype("1 0 - x", "/x", type, sizeof(type)));
}

/* ---- trees ----------------------------------------------------------------------------------- */

static void write_file(const char *path, size_t bytes)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	for (size_t i = 0; i < bytes; i++)
		fputc('x', f);
	fclose(f);
}

static void a_tree_with_links(void **state)
{
	char top[] = "/tmp/virtax-dirsize-XXXXXX", path[128], other[128];
	struct dirsize size;
	uint64_t budget = 100;

	(void)state;
	assert_non_null(mkdtemp(top));
	snprintf(path, sizeof(path), "%s/d", top);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/d/a", top);
	write_file(path, 10000);
	snprintf(other, sizeof(other), "%s/b", top);
	assert_int_equal(link(path, other), 0); /* counts once */
	snprintf(other, sizeof(other), "%s/s", top);
	assert_int_equal(symlink("/", other), 0); /* is not followed */
	assert_int_equal(dirsize(top, &budget, &size), 0);
	assert_int_equal(budget, 95);
	assert_int_equal(size.apparent_bytes, 10000 + 1);
	assert_int_equal(size.entries, 5);
	assert_true(size.allocated_bytes >= 10000 && size.allocated_bytes % 512 == 0);
	budget = 4;
	assert_int_equal(dirsize(top, &budget, &size), -E2BIG);
	assert_int_equal(budget, 0); /* what it looked at is paid for, though it came to nothing */
	assert_int_equal(dirsize(top, &budget, &size), -E2BIG);
	budget = 4;
	assert_int_equal(dirsize("/tmp/virtax-there-is-none", &budget, &size), -ENOENT);
	snprintf(other, sizeof(other), "%s/s", top); /* a link to a directory, as a layer's may be */
	budget = 0;
	assert_int_equal(dirsize(other, &budget, &size), -E2BIG);
	for (const char *const *p = (const char *const[]){"d/a", "b", "s", "d", "", NULL}; *p; p++) {
		snprintf(path, sizeof(path), "%s/%s", top, *p);
		remove(path);
	}
}

/* Deeper than there are descriptors: an error, and all that was opened is closed again. */
static void a_tree_without_end(void **state)
{
	char top[] = "/tmp/virtax-dirsize-XXXXXX";
	struct dirsize size;
	uint64_t budget = 10000;
	int fd, next;

	(void)state;
	assert_non_null(mkdtemp(top));
	fd = open(top, O_RDONLY | O_DIRECTORY);
	for (int i = 0; i < 300; i++) {
		assert_int_equal(mkdirat(fd, "d", 0700), 0);
		next = openat(fd, "d", O_RDONLY | O_DIRECTORY);
		assert_true(next >= 0);
		close(fd);
		fd = next;
	}
	next = dup(fd);
	close(next);
	assert_int_equal(dirsize(top, &budget, &size), -E2BIG);
	assert_int_equal(dup(fd), next);
	close(next);
	for (int i = 0; i < 300; i++) {
		next = openat(fd, "..", O_RDONLY | O_DIRECTORY);
		close(fd);
		fd = next;
		assert_int_equal(unlinkat(fd, "d", AT_REMOVEDIR), 0);
	}
	close(fd);
	assert_int_equal(rmdir(top), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(qcow2_with_and_without_backing),
		cmocka_unit_test(qcow2_that_lies),
		cmocka_unit_test(heads_cut_off_anywhere),
		cmocka_unit_test(other_formats),
		cmocka_unit_test(names_end_where_they_end),
		cmocka_unit_test(formats_by_the_command_line),
		cmocka_unit_test(layers_that_are_not_found),
		cmocka_unit_test(devices_that_hide_owners),
		cmocka_unit_test(layers_of_docker),
		cmocka_unit_test(layers_written_otherwise),
		cmocka_unit_test(the_last_root_counts),
		cmocka_unit_test(mountinfo_that_is_broken),
		cmocka_unit_test(no_more_layers_than_there_can_be),
		cmocka_unit_test(where_the_host_has_it),
		cmocka_unit_test(what_a_path_lies_on),
		cmocka_unit_test(a_tree_with_links),
		cmocka_unit_test(a_tree_without_end),
	};

	return cmocka_run_group_tests_name("storage", tests, NULL, NULL);
}
