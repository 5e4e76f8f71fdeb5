/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * imageformat.h - what QEMU's command line says of a disk image. Better than the image's own first
 * bytes, which of a raw one the guest writes. Pure.
 */
#ifndef VIRTAX_IMAGEFORMAT_H
#define VIRTAX_IMAGEFORMAT_H

#include "sys/procfs.h"

/* Does a drive option, or an argument that is no option's, name this file? */
bool image_is_named(const struct proc_argv *argv, const char *path);

/*
 * "raw", "qcow2", … as the option that names the file says, or the -blockdev that stands on that
 * one; NULL if nothing says so. A constant.
 */
const char *image_format(const struct proc_argv *argv, const char *path);

#endif
