/* SPDX-License-Identifier: GPL-2.0-or-later */
/* parts.h - the two parts of confine(). */
#ifndef VIRTAX_CONFINE_PARTS_H
#define VIRTAX_CONFINE_PARTS_H

/* Both return -errno. */
int confine_capabilities(void);
int confine_syscalls(void);

#endif
