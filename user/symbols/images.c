// SPDX-License-Identifier: GPL-2.0-or-later
#include "symbols/images.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/array.h"
#include "base/str.h"
#include "symbols/debug_file.h"
#include "sys/proc.h"

/* Files that are held open at most: the rest stays without names. */
#define FILES_MOST 400

struct line {
	struct image_mapping mapping;
	uint64_t dev, ino;
	const char *path;
	char range[40]; /* as its link in map_files is called */
};

/* "START-END r-xp OFFSET MAJOR:MINOR INODE   PATH": false unless it is code. */
static bool take_line(char *text, struct line *ret)
{
	unsigned long long start, end, offset, ino;
	unsigned int major, minor;
	char perms[8];
	int at = 0;

	text[strcspn(text, "\n")] = '\0';
	if (sscanf(text, "%llx-%llx %7s %llx %x:%x %llu %n", &start, &end, perms, &offset, &major,
		   &minor, &ino, &at) < 7 ||
	    !at || perms[2] != 'x')
		return false;
	*ret = (struct line){.mapping = {start, end, offset, SIZE_MAX},
			     .dev = makedev(major, minor),
			     .ino = ino,
			     .path = text + at};
	snprintf(ret->range, sizeof(ret->range), "%llx-%llx", start, end);
	return true;
}

/* Our own vdso is every process's: copied to a file, because that is what elfutils reads. */
static int open_vdso(size_t size)
{
	const void *vdso = (const void *)getauxval(AT_SYSINFO_EHDR);
	int fd = vdso ? memfd_create("vdso", MFD_CLOEXEC) : -1;

	if (fd >= 0 && write(fd, vdso, size) != (ssize_t)size) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static int open_file(const struct images *images, pid_t pid, const struct line *line)
{
	char path[96];

	if (images->n_open >= FILES_MOST)
		return -1;
	if (!line->ino)
		return open_vdso(line->mapping.end - line->mapping.start);
	snprintf(path, sizeof(path), "/proc/%d/map_files/%s", (int)pid, line->range);
	return open_regular(open(path, O_PATH | O_CLOEXEC));
}

static void close_file(const struct image_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	if (file->debug_fd >= 0)
		close(file->debug_fd);
}

static char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	size_t n = strlen(base), tail = strlen(" (deleted)");

	if (n > tail && !strcmp(base + n - tail, " (deleted)"))
		n -= tail;
	return strndup(*base ? base : "?", n ? n : 1);
}

static size_t n_open(const struct image_file *file)
{
	return (size_t)(file->fd >= 0) + (file->debug_fd >= 0);
}

/* The file of a mapping; SIZE_MAX: it has none, or there is no memory. */
static size_t file_of(struct images *images, pid_t pid, const struct line *line)
{
	bool vdso = !line->ino && !strcmp(line->path, "[vdso]");
	struct image_file *file;

	if (!line->ino && !vdso)
		return SIZE_MAX;
	for (size_t i = 0; i < images->n_files; i++)
		if (images->file[i].dev == line->dev && images->file[i].ino == line->ino)
			return i;
	if (!array_grow(&images->file, images->n_files, &images->files_room))
		return SIZE_MAX;
	file = &images->file[images->n_files];
	*file = (struct image_file){.dev = line->dev,
				    .ino = line->ino,
				    .name = name_of(line->path),
				    .fd = open_file(images, pid, line),
				    .debug_fd = -1};
	if (file->fd >= 0 && line->ino && images->n_open + 1 < FILES_MOST)
		file->debug_fd = debug_file_open(pid, file->fd);
	if (!file->name) {
		close_file(file);
		return SIZE_MAX;
	}
	images->n_open += n_open(file);
	return images->n_files++;
}

static const struct image_mapping *mapping_at(const struct image *image, uint64_t ip)
{
	/* The last ones are the newest. */
	for (size_t i = image->n; i > 0; i--)
		if (ip >= image->mapping[i - 1].start && ip < image->mapping[i - 1].end)
			return &image->mapping[i - 1];
	return NULL;
}

static bool is_known(const struct image *image, const struct image_mapping *mapping)
{
	const struct image_mapping *there = mapping_at(image, mapping->start);

	return there && there->start == mapping->start && there->end == mapping->end &&
	       there->file == mapping->file && there->offset == mapping->offset;
}

static void read_maps(struct images *images, struct image *image)
{
	char path[64], *text = NULL;
	size_t size = 0;
	struct line line;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)image->pid);
	f = fopen(path, "re");
	while (f && getline(&text, &size, f) > 0) {
		if (!take_line(text, &line))
			continue;
		line.mapping.file = file_of(images, image->pid, &line);
		if (is_known(image, &line.mapping))
			continue;
		if (!array_grow(&image->mapping, image->n, &image->room))
			break;
		image->mapping[image->n++] = line.mapping;
	}
	if (f)
		fclose(f);
	free(text);
}

/* The kernel uses the address of an ended process's mm again: it is the process's together with its
 * pid. */
static struct image *find(const struct images *images, pid_t pid, uint64_t mm)
{
	for (size_t i = images->n; i > 0; i--)
		if (images->image[i - 1].mm == mm && images->image[i - 1].pid == pid)
			return &images->image[i - 1];
	return NULL;
}

/* The kernel's half of the address space: [vsyscall], which every process has. */
static bool is_kernel(const struct image_mapping *mapping)
{
	return mapping->start >> 63;
}

static bool has_code_of_no_file(const struct image *image)
{
	for (size_t i = 0; i < image->n; i++)
		if (image->mapping[i].file == SIZE_MAX && !is_kernel(&image->mapping[i]))
			return true;
	return false;
}

/* A process that has exited keeps what it said last. */
static void read_jit_map(struct image *image)
{
	struct jit_map map;

	jit_map__read(&map, image->pid);
	if (!map.n) {
		jit_map__free(&map);
		return;
	}
	jit_map__free(&image->jit);
	image->jit = map;
}

bool images__has(const struct images *images, pid_t pid, uint64_t mm)
{
	return find(images, pid, mm) != NULL;
}

void images__see(struct images *images, pid_t pid, uint64_t mm)
{
	struct image *image = find(images, pid, mm);
	struct proc_stat stat;

	if (proc_stat_read(&sysroot_live, pid, &stat))
		return;
	if (!image) {
		if (!array_grow(&images->image, images->n, &images->room))
			return;
		image = &images->image[images->n++];
		*image = (struct image){.mm = mm, .pid = pid, .start_ticks = stat.start_ticks};
	}
	if (image->start_ticks != stat.start_ticks)
		return;
	read_maps(images, image);
	if (has_code_of_no_file(image))
		read_jit_map(image);
}

/* Of the images of a process only the last one can be the one it has now. */
static bool is_last(const struct images *images, size_t index)
{
	for (size_t i = index + 1; i < images->n; i++)
		if (images->image[i].pid == images->image[index].pid)
			return false;
	return true;
}

void images__refresh(struct images *images)
{
	struct proc_stat stat;

	for (size_t i = 0; i < images->n; i++) {
		struct image *image = &images->image[i];

		if (!is_last(images, i) || proc_stat_read(&sysroot_live, image->pid, &stat) ||
		    stat.start_ticks != image->start_ticks)
			continue;
		read_maps(images, image);
		read_jit_map(image);
	}
}

static const char *file_name(struct images *images, struct image_file *file, uint64_t offset)
{
	if (!file->read && file->fd >= 0) {
		images->n_open -= n_open(file);
		object__read(&file->object, file->fd, file->debug_fd);
		file->fd = file->debug_fd = -1;
	}
	file->read = true;
	return object__at(&file->object, offset);
}

const char *images__name(struct images *images, pid_t pid, uint64_t mm, uint64_t ip, char *buf,
			 size_t size)
{
	const struct image *image = find(images, pid, mm);
	const struct image_mapping *mapping = image ? mapping_at(image, ip) : NULL;
	struct image_file *file;
	const char *name;
	uint64_t offset;

	if (!mapping)
		return image ? jit_map__at(&image->jit, ip) : NULL;
	name = jit_map__at(&image->jit, ip);
	if (name)
		return name;
	if (mapping->file == SIZE_MAX) {
		snprintf(buf, size, "[anon]+0x%llx", (unsigned long long)(ip - mapping->start));
		return buf;
	}
	file = &images->file[mapping->file];
	offset = ip - mapping->start + mapping->offset;
	name = file_name(images, file, offset);
	if (!name) {
		snprintf(buf, size, "%s+0x%llx%s%s%s", file->name, (unsigned long long)offset,
			 *file->object.build_id ? " [" : "", file->object.build_id,
			 *file->object.build_id ? "]" : "");
		return buf;
	}
	return name;
}

void images__free(struct images *images)
{
	for (size_t i = 0; i < images->n; i++) {
		free(images->image[i].mapping);
		jit_map__free(&images->image[i].jit);
	}
	for (size_t i = 0; i < images->n_files; i++) {
		close_file(&images->file[i]);
		free(images->file[i].name);
		object__free(&images->file[i].object);
	}
	free(images->image);
	free(images->file);
	memset(images, 0, sizeof(*images));
}
