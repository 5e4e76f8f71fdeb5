/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * curl_api.h - libcurl, loaded when the first page is to be read: no other command pays for it and
 * the thirty libraries it needs.
 */
#ifndef VIRTAX_CURL_API_H
#define VIRTAX_CURL_API_H

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#include "base/err.h"

#define CURL_API(use)                                                                              \
	use(global_init) use(global_cleanup) use(easy_init) use(easy_setopt) use(easy_getinfo)     \
		use(easy_perform) use(easy_cleanup) use(easy_strerror) use(multi_init)             \
			use(multi_setopt) use(multi_add_handle) use(multi_remove_handle)           \
				use(multi_socket_action) use(multi_info_read) use(multi_cleanup)

struct curl_api {
	void *library;
#define CURL_API_MEMBER(name) __typeof__(&curl_##name) name;
	CURL_API(CURL_API_MEMBER)
#undef CURL_API_MEMBER
};

/* -ENOENT with the reason in ret_err: it is not installed. End with curl_api__close(). */
int curl_api__open(struct curl_api *ret, struct verr *ret_err);
void curl_api__close(struct curl_api *api);

#endif
