/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * image_cmdline.h - what QEMU's command line says about a disk image. More reliable than the header
 * of the image: the guest can write the first bytes of a raw one. Pure.
 */
#ifndef VIRTAX_IMAGE_CMDLINE_H
#define VIRTAX_IMAGE_CMDLINE_H

#include "sys/proc_argv.h"

/* Does a drive option, or an argument that belongs to no option, name this file? */
bool image_cmdline_names(const struct proc_argv *argv, const char *path);

/*
 * The format ("raw", "qcow2", …) that the option naming the file gives, or the -blockdev that is
 * stacked on it. A constant; NULL if none is given.
 */
const char *image_cmdline_format(const struct proc_argv *argv, const char *path);

#endif
