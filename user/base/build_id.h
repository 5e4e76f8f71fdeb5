/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build_id.h - the name of an address in a file of which no symbol is known, "WHAT [BUILD-ID]". */
#ifndef VIRTAX_BUILD_ID_H
#define VIRTAX_BUILD_ID_H

#define BUILD_ID_DIGITS_LEAST 8
#define BUILD_ID_DIGITS_MOST  128

/* Where the " [BUILD-ID]" of such a name begins; NULL: it is another name. */
const char *build_id_in(const char *name);

#endif
