// SPDX-License-Identifier: GPL-2.0-or-later
#include "serve/mhd_api.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define LIBRARY "libmicrohttpd.so.12"

int mhd_api__open(struct mhd_api *ret, struct verr *ret_err)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	bool complete = true;

	memset(ret, 0, sizeof(*ret));
	if (!library)
		return verr_set(ret_err, -ENOENT, "serve: %s (install libmicrohttpd12)", dlerror());
#define LOAD(name)                                                                                 \
	ret->name = (__typeof__(ret->name))dlsym(library, "MHD_" #name);                           \
	complete &= ret->name != NULL;
	MHD_API(LOAD)
#undef LOAD
	if (complete)
		return 0;
	dlclose(library);
	return verr_set(ret_err, -ENOENT, "serve: %s is too old (install libmicrohttpd12 0.9.73)",
			LIBRARY);
}
