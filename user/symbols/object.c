// SPDX-License-Identifier: GPL-2.0-or-later
#include "symbols/object.h"

#include <elfutils/libdwfl.h>
#include <errno.h>
#include <gelf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"

#define OBJECT_NAMES 2000000 /* no file has more functions */

/* The one that was found where the process is, else debug files of this host, by build-id. */
static int find_debug_file(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base,
			   const char *file, const char *link, GElf_Word crc, char **ret_path)
{
	int *given = *userdata, fd = given ? *given : -1;

	if (fd < 0)
		return dwfl_standard_find_debuginfo(module, userdata, name, base, file, link, crc,
						    ret_path);
	*given = -1; /* elfutils closes it */
	return fd;
}

static const Dwfl_Callbacks callbacks = {
	.find_elf = dwfl_build_id_find_elf,
	.find_debuginfo = find_debug_file,
	.section_address = dwfl_offline_section_address,
};

static int add_segments(struct object *ret, Elf *elf)
{
	size_t n = 0;
	GElf_Phdr head;

	if (elf_getphdrnum(elf, &n))
		return 0;
	for (size_t i = 0; i < n; i++) {
		if (!gelf_getphdr(elf, (int)i, &head) || head.p_type != PT_LOAD)
			continue;
		if (!array_grow(&ret->segment, ret->n_segments, &ret->segments_room))
			return -ENOMEM;
		ret->segment[ret->n_segments++] =
			(struct object_segment){head.p_offset, head.p_vaddr, head.p_filesz};
	}
	return 0;
}

/* A global name says more than a local one, and that more than an alias with underscores. */
static int preference(const GElf_Sym *symbol, const char *name)
{
	return (GELF_ST_BIND(symbol->st_info) == STB_GLOBAL ? 2 : 0) + (*name != '_');
}

static int add_names(struct object *ret, Dwfl_Module *module, GElf_Addr bias)
{
	int n = dwfl_module_getsymtab(module);

	for (int i = 0; i < n && ret->n < OBJECT_NAMES; i++) {
		GElf_Sym symbol;
		GElf_Addr address;
		const char *name =
			dwfl_module_getsym_info(module, i, &symbol, &address, NULL, NULL, NULL);
		int type = name ? GELF_ST_TYPE(symbol.st_info) : STT_NOTYPE;

		if ((type != STT_FUNC && type != STT_GNU_IFUNC) || !symbol.st_size || !*name ||
		    symbol.st_shndx == SHN_UNDEF)
			continue;
		if (!array_grow(&ret->name, ret->n, &ret->room))
			return -ENOMEM;
		ret->name[ret->n] = (struct object_name){.start = address - bias,
							 .end = address - bias + symbol.st_size,
							 .name = strdup(name),
							 .preferred = preference(&symbol, name)};
		if (!ret->name[ret->n].name)
			return -ENOMEM;
		ret->n++;
	}
	return 0;
}

static int by_start(const void *a, const void *b)
{
	const struct object_name *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if (x->preferred != y->preferred)
		return x->preferred < y->preferred ? -1 : 1;
	return strcmp(y->name, x->name);
}

/* Which build of the file it is: whoever has its debug file can find the names later. */
static void read_build_id(struct object *ret, Dwfl_Module *module)
{
	const unsigned char *bits;
	GElf_Addr at;
	int n = dwfl_module_build_id(module, &bits, &at);

	for (int i = 0; i < n && i < (int)(sizeof(ret->build_id) - 1) / 2; i++)
		snprintf(ret->build_id + 2 * i, 3, "%02x", bits[i]);
}

static int read_module(struct object *ret, Dwfl_Module *module)
{
	GElf_Addr bias = 0;
	Elf *elf = dwfl_module_getelf(module, &bias);
	int err = elf ? add_segments(ret, elf) : 0;

	if (!err && elf)
		err = add_names(ret, module, bias);
	read_build_id(ret, module);
	if (ret->n)
		qsort(ret->name, ret->n, sizeof(*ret->name), by_start);
	return err;
}

static void give(Dwfl_Module *module, int *debug_fd)
{
	void **userdata;

	dwfl_module_info(module, &userdata, NULL, NULL, NULL, NULL, NULL, NULL);
	*userdata = debug_fd;
}

int object__read(struct object *ret, int fd, int debug_fd)
{
	Dwfl *dwfl = dwfl_begin(&callbacks);
	Dwfl_Module *module;
	int err = 0;

	memset(ret, 0, sizeof(*ret));
	if (!dwfl) {
		close(fd);
		if (debug_fd >= 0)
			close(debug_fd);
		return -ENOMEM;
	}
	dwfl_report_begin(dwfl);
	module = dwfl_report_elf(dwfl, "object", "", fd, 0, false);
	dwfl_report_end(dwfl, NULL, NULL);
	if (module) {
		give(module, &debug_fd);
		err = read_module(ret, module);
	} else {
		close(fd); /* not ELF */
	}
	dwfl_end(dwfl);
	if (debug_fd >= 0)
		close(debug_fd);
	return err;
}

void object__free(struct object *object)
{
	for (size_t i = 0; i < object->n; i++)
		free(object->name[i].name);
	free(object->name);
	free(object->segment);
	memset(object, 0, sizeof(*object));
}

/* Functions overlap at most by their aliases: a few names before the last candidate suffice. */
#define LOOK_BACK 8

const char *object__at(const struct object *object, uint64_t offset)
{
	uint64_t address = UINT64_MAX;
	size_t low = 0, high = object->n;

	for (size_t i = 0; i < object->n_segments; i++)
		if (offset - object->segment[i].offset < object->segment[i].size)
			address = offset - object->segment[i].offset + object->segment[i].address;
	if (address == UINT64_MAX)
		return NULL;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (object->name[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	for (size_t i = low; i > 0 && low - i < LOOK_BACK; i--)
		if (address < object->name[i - 1].end)
			return object->name[i - 1].name;
	return NULL;
}
