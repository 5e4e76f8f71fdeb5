// SPDX-License-Identifier: GPL-2.0-or-later
#include "sources/curl_api.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define LIBRARY "libcurl.so.4"

int curl_api__open(struct curl_api *ret, struct verr *ret_err)
{
	bool complete = true;

	memset(ret, 0, sizeof(*ret));
	ret->library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!ret->library)
		return verr_set(ret_err, -ENOENT, "reading http://…: %s (install libcurl4)",
				dlerror());
#define LOAD(name)                                                                                 \
	ret->name = (__typeof__(ret->name))dlsym(ret->library, "curl_" #name);                     \
	complete &= ret->name != NULL;
	CURL_API(LOAD)
#undef LOAD
	if (complete && !ret->global_init(CURL_GLOBAL_DEFAULT))
		return 0;
	dlclose(ret->library);
	ret->library = NULL;
	return verr_set(ret_err, -ENOENT, "reading http://…: %s is too old (install libcurl4)",
			LIBRARY);
}

void curl_api__close(struct curl_api *api)
{
	/* It stays loaded: the libraries that it needs do not expect to be unloaded. */
	if (api->library)
		api->global_cleanup();
	api->library = NULL;
}
