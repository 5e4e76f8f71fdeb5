// SPDX-License-Identifier: GPL-2.0-or-later
/* Files that a target chooses: only regular ones are opened, and a build-id costs little to find.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "symbols/debug_file.h"

/* A pipe is not even opened: inotify(7) would say so, as it does of a file. */
static void test_only_regular_files(void **state)
{
	char dir[] = "/tmp/virtax-test-XXXXXX", path[64], link[80];
	struct inotify_event event;
	int watch, fd;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/f", dir);
	snprintf(link, sizeof(link), "%s/link", dir);
	assert_int_equal(symlink("f", link), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	watch = inotify_init1(IN_NONBLOCK);
	assert_true(inotify_add_watch(watch, path, IN_OPEN) >= 0);
	assert_int_equal(open_inside(getpid(), path, 0, 0), -1);
	assert_int_equal(open_inside(getpid(), dir, 0, 0), -1);
	assert_int_equal(open_inside(getpid(), "dev/null", 0, 0), -1);
	assert_int_equal(read(watch, &event, sizeof(event)), -1);
	assert_int_equal(errno, EAGAIN);
	unlink(path);
	close(watch);

	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, "x", 1), 1);
	close(fd);
	watch = inotify_init1(IN_NONBLOCK);
	assert_true(inotify_add_watch(watch, path, IN_OPEN) >= 0);
	assert_int_equal(open_inside(getpid(), link, O_NOFOLLOW, 0), -1);
	fd = open_inside(getpid(), link, 0, 0);
	assert_true(fd >= 0);
	assert_int_equal(read(fd, path, 1), 1);
	assert_int_equal(*path, 'x');
	assert_int_equal(read(watch, &event, sizeof(event)), sizeof(event));
	close(fd);
	close(watch);
	*path = '/';
	unlink(path);
	unlink(link);
	rmdir(dir);
}

/* What is mounted below the root: only where that is wanted. */
static void test_mounts(void **state)
{
	int fd = open_inside(getpid(), "proc/version", 0, 0);

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(open_inside(getpid(), "proc/version", 0, RESOLVE_NO_XDEV), -1);
}

struct note {
	Elf64_Nhdr head;
	char name[4];
	unsigned char id[4];
};

/* An ELF file whose last of `notes` note sections has a build-id and is `size` bytes long. */
static int elf_with(unsigned int notes, uint64_t size)
{
	static const struct note note = {{4, 4, NT_GNU_BUILD_ID}, "GNU", {1, 2, 3, 4}};
	Elf64_Ehdr head = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
				       EV_CURRENT},
			   .e_type = ET_DYN,
			   .e_version = EV_CURRENT,
			   .e_ehsize = sizeof(head),
			   .e_shoff = sizeof(head),
			   .e_shentsize = sizeof(Elf64_Shdr),
			   .e_shnum = (Elf64_Half)(notes + 1)};
	Elf64_Shdr section = {.sh_type = SHT_NOTE, .sh_addralign = 4};
	off_t at = (off_t)(sizeof(head) + (notes + 1) * sizeof(section));
	int fd = memfd_create("elf", MFD_CLOEXEC);

	assert_int_equal(ftruncate(fd, at + (off_t)size), 0);
	assert_int_equal(pwrite(fd, &head, sizeof(head), 0), sizeof(head));
	assert_int_equal(pwrite(fd, &note, sizeof(note), at), sizeof(note));
	section.sh_offset = (Elf64_Off)at;
	for (unsigned int i = 1; i <= notes; i++) {
		section.sh_size = i == notes ? size : 0;
		assert_int_equal(pwrite(fd, &section, sizeof(section),
					(off_t)(sizeof(head) + i * sizeof(section))),
				 sizeof(section));
	}
	return fd;
}

static size_t build_id_length(int fd)
{
	unsigned char id[BUILD_ID_MOST] = {};
	size_t n = build_id_read(fd, id);

	if (n)
		assert_memory_equal(id, "\1\2\3\4", 4);
	close(fd);
	return n;
}

static void test_build_id_within_limits(void **state)
{
	int fd;

	assert_int_equal(build_id_length(elf_with(1, sizeof(struct note))), 4);
	assert_int_equal(build_id_length(elf_with(64, sizeof(struct note))), 4);
	assert_int_equal(build_id_length(elf_with(65, sizeof(struct note))), 0);
	assert_int_equal(build_id_length(elf_with(1, 65536)), 4);
	assert_int_equal(build_id_length(elf_with(1, 65540)), 0);
	fd = elf_with(1, sizeof(struct note));
	assert_int_equal(ftruncate(fd, 2ll << 30), 0);
	assert_int_equal(build_id_length(dup(fd)), 4);
	assert_int_equal(ftruncate(fd, (2ll << 30) + 1), 0);
	assert_int_equal(build_id_length(fd), 0);
}

/* The number of sections is that of section 0: 33 million of them need gigabytes. */
static void test_very_many_sections(void **state)
{
	int fd = elf_with(1, sizeof(struct note));
	const Elf64_Half none = 0;
	const Elf64_Xword most = 2;

	assert_int_equal(pwrite(fd, &none, sizeof(none), offsetof(Elf64_Ehdr, e_shnum)),
			 sizeof(none));
	assert_int_equal(
		pwrite(fd, &most, sizeof(most), sizeof(Elf64_Ehdr) + offsetof(Elf64_Shdr, sh_size)),
		sizeof(most));
	assert_int_equal(build_id_length(fd), 0);
	assert_int_equal(build_id_length(open("/dev/zero", O_RDONLY | O_CLOEXEC)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_regular_files),
		cmocka_unit_test(test_mounts),
		cmocka_unit_test(test_build_id_within_limits),
		cmocka_unit_test(test_very_many_sections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
