/* SPDX-License-Identifier: GPL-2.0-or-later */
/* run_storage.h - what a target of a run keeps on the host's disks; part of run.h. */
#ifndef VIRTAX_RUN_STORAGE_H
#define VIRTAX_RUN_STORAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a file of a target's storage is. */
enum run_storage_kind {
	RUN_STORAGE_IMAGE = 0,    /* a disk image that a VM has open */
	RUN_STORAGE_DEVICE = 1,   /* a block device that a VM has open */
	RUN_STORAGE_BACKING = 2,  /* the backing file of another image */
	RUN_STORAGE_WRITABLE = 3, /* a container's writable layer */
	RUN_STORAGE_ROOT = 4,     /* a container's root without layers: a plain directory */
	RUN_STORAGE_LAYER = 5,    /* a layer of a container's image */
	RUN_STORAGE_KINDS = 6,
};

struct run_storage_file {
	char *path; /* on the host */
	enum run_storage_kind kind;
	char *format;  /* images: "qcow2", "raw", …; NULL for others */
	char *backing; /* images: the backing file that the header names; may be NULL */
	uint64_t apparent_bytes, allocated_bytes;
	uint64_t virtual_bytes; /* images: the size the guest sees; RUN_UNKNOWN: the file's */
	bool shared;            /* another target of this run also has it */
};

/* At the end of the window. */
struct run_storage {
	bool known;
	uint64_t apparent_bytes, allocated_bytes; /* of all its files */
	uint64_t own_bytes;                       /* allocated to files that no other target has */
	struct run_storage_file *file;
	size_t n_files;
};

struct run_storage_sum {
	bool known;
	uint64_t apparent_bytes, allocated_bytes;
};

#endif
