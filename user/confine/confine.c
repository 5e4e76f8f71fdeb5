// SPDX-License-Identifier: GPL-2.0-or-later
#include "confine/confine.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>

#include "confine/parts.h"

int confine(struct verr *ret_err)
{
	int err;

	err = confine_capabilities();
	if (err)
		return verr_set(ret_err, err, "capabilities: cannot be given up: %s",
				strerror(-err));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return verr_set(ret_err, -errno, "no_new_privs: cannot be set: %s",
				strerror(errno));
	err = confine_syscalls();
	if (err)
		return verr_set(ret_err, err,
				"seccomp: cannot be set up: %s (needs CONFIG_SECCOMP_FILTER)",
				strerror(-err));
	return 0;
}
