/* SPDX-License-Identifier: GPL-2.0-or-later */
/* serve.h - the command line of `virtax serve`. */
#ifndef VIRTAX_CLI_SERVE_H
#define VIRTAX_CLI_SERVE_H

#include "cli/record_args.h"
#include "serve/listen.h"

struct serve_args {
	struct record_args record; /* first: its setters take it */
	const char *listen;
	struct listen_address at;
};

/* Returns the exit status, after an error was printed. */
int serve_run(struct serve_args *args);

#endif
