/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mhd_api.h - libmicrohttpd, loaded by `virtax serve`: no other command pays for it and the
 * libraries it needs.
 */
#ifndef VIRTAX_SERVE_MHD_API_H
#define VIRTAX_SERVE_MHD_API_H

#include <microhttpd.h>

#include "base/err.h"

#define MHD_API(use)                                                                               \
	use(start_daemon) use(stop_daemon) use(run) use(get_timeout) use(get_daemon_info)          \
		use(get_connection_info) use(lookup_connection_value)                              \
			use(create_response_from_buffer_with_free_callback_cls)                    \
				use(add_response_header) use(queue_response) use(destroy_response) \
					use(suspend_connection) use(resume_connection)

struct mhd_api {
#define MHD_API_MEMBER(name) __typeof__(&MHD_##name) name;
	MHD_API(MHD_API_MEMBER)
#undef MHD_API_MEMBER
};

/* -ENOENT with the reason in ret_err: it is not installed. It stays loaded. */
int mhd_api__open(struct mhd_api *ret, struct verr *ret_err);

#endif
