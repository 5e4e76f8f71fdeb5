// SPDX-License-Identifier: GPL-2.0-or-later
#include "symbols/debug_file.h"

#include <fcntl.h>
#include <gelf.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What a target has written is read only within these. */
#define FILE_MOST          (2ll << 30)
#define NOTE_MOST          65536
#define NOTE_SECTIONS_MOST 64

/* ---- build-ids ---- */

static size_t find_build_id(Elf_Data *notes, unsigned char *ret)
{
	size_t at = 0, name, desc;
	GElf_Nhdr note;

	while (notes && (at = gelf_getnote(notes, at, &note, &name, &desc)) > 0) {
		const char *bytes = notes->d_buf;

		if (note.n_type != NT_GNU_BUILD_ID || note.n_namesz != sizeof("GNU") ||
		    memcmp(bytes + name, "GNU", sizeof("GNU")) != 0 || !note.n_descsz ||
		    note.n_descsz > BUILD_ID_MOST)
			continue;
		memcpy(ret, bytes + desc, note.n_descsz);
		return note.n_descsz;
	}
	return 0;
}

/* Debug files have no contents in their segments, but they keep the section. */
static size_t of_sections(Elf *elf, unsigned char *ret)
{
	Elf_Scn *section = NULL;
	GElf_Shdr head;
	size_t n = 0, notes = 0;

	while (!n && notes < NOTE_SECTIONS_MOST && (section = elf_nextscn(elf, section))) {
		if (!gelf_getshdr(section, &head) || head.sh_type != SHT_NOTE)
			continue;
		notes++;
		if (head.sh_size <= NOTE_MOST)
			n = find_build_id(elf_getdata(section, NULL), ret);
	}
	return n;
}

/* libelf has a structure for each section: files with more than 65279, which say so elsewhere, are
 * not read. */
static bool is_small(int fd)
{
	union {
		unsigned char ident[EI_NIDENT];
		Elf32_Ehdr of32;
		Elf64_Ehdr of64;
	} head;
	struct stat st;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size > FILE_MOST ||
	    pread(fd, &head, sizeof(head), 0) != (ssize_t)sizeof(head))
		return false;
	return head.ident[EI_CLASS] == ELFCLASS64 ? head.of64.e_shnum : head.of32.e_shnum;
}

size_t build_id_read(int fd, unsigned char *ret)
{
	Elf *elf;
	size_t n = 0;

	if (!is_small(fd))
		return 0;
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (elf && elf_kind(elf) == ELF_K_ELF)
		n = of_sections(elf, ret);
	elf_end(elf);
	return n;
}

/* ---- the file system of a process ---- */

int open_regular(int fd)
{
	struct stat st;
	char link[64];
	int ret = -1;

	if (fd < 0)
		return -1;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (!fstat(fd, &st) && S_ISREG(st.st_mode))
		ret = open(link, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	close(fd);
	return ret;
}

int open_inside(pid_t pid, const char *path, int flags, unsigned int resolve)
{
	struct open_how how = {.flags = (unsigned int)(O_PATH | O_CLOEXEC | flags),
			       .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | resolve};
	char link[64];
	int root, fd;

	snprintf(link, sizeof(link), "/proc/%d/root", (int)pid);
	root = open(link, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return -1;
	fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
	close(root);
	return open_regular(fd);
}

static bool is_same(const char *ours, const char *format, pid_t pid)
{
	struct stat a, b;
	char theirs[64];

	snprintf(theirs, sizeof(theirs), format, (int)pid);
	return !stat(ours, &a) && !stat(theirs, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

int debug_file_open(pid_t pid, int elf)
{
	char path[64 + 2 * BUILD_ID_MOST] = "usr/lib/debug/.build-id/", *to = strchr(path, '\0');
	unsigned char id[BUILD_ID_MOST], other[BUILD_ID_MOST];
	size_t n;
	int fd;

	/* Files of ours are looked for when the names are. */
	if (is_same("/", "/proc/%d/root", pid) &&
	    is_same("/proc/self/ns/mnt", "/proc/%d/ns/mnt", pid))
		return -1;
	n = build_id_read(elf, id);
	if (!n)
		return -1;
	for (size_t i = 0; i < n; i++)
		to += sprintf(to, i == 1 ? "/%02x" : "%02x", id[i]);
	strcpy(to, ".debug");
	/* Nothing is mounted there that the process could have hang. */
	fd = open_inside(pid, path, 0, RESOLVE_NO_XDEV);
	if (fd >= 0 && (build_id_read(fd, other) != n || memcmp(id, other, n) != 0)) {
		close(fd);
		fd = -1;
	}
	return fd;
}
