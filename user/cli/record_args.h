/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record_args.h - the command line of `virtax record`. */
#ifndef VIRTAX_RECORD_ARGS_H
#define VIRTAX_RECORD_ARGS_H

#include "cli/campaign.h"
#include "cli/cli.h"
#include "record/options.h"

struct record_args {
	struct record_options record;
	struct campaign_options campaign;
	bool verbose; /* the report */
};

/*
 * Parses argv. Returns CLI_PARSED, or another enum cli_parsed after help or an error was printed.
 * In every case free with record_args__free().
 */
enum cli_parsed record_args__parse(struct record_args *ret, int argc, char **argv);
void record_args__free(struct record_args *args);

/* Setter of a uint64_t of nanoseconds from seconds; arg: double, the minimum. */
error_t record_args_set_time(void *input, const struct cli_option *option, char *value);

/* Setters of targets (arg: enum vtx_kind), --http, --only and --profile; the input begins with
 * record_args. */
error_t record_args_add_spec(void *input, const struct cli_option *option, char *value);
error_t record_args_add_pod(void *input, const struct cli_option *option, char *value);
error_t record_args_add_http(void *input, const struct cli_option *option, char *value);
error_t record_args_set_parts(void *input, const struct cli_option *option, char *value);
error_t record_args_set_profile(void *input, const struct cli_option *option, char *value);

/* The options that name targets, in group 1, for a table of options; vm: what --vm's help says. */
/* clang-format off */
#define RECORD_ARGS_TARGET(name, value, help, kind)                                                \
	{name, 0, value, help, 1, record_args_add_spec, 0, &(const enum vtx_kind){kind}}
#define RECORD_ARGS_TARGETS(vm)                                                                    \
	RECORD_ARGS_TARGET("vm", "NAME|PID", vm, VTX_KIND_VM),                                     \
	RECORD_ARGS_TARGET("container", "NAME|ID|PID", "a container", VTX_KIND_CONTAINER),         \
	RECORD_ARGS_TARGET("cgroup", "PATH", "a cgroup and the cgroups below it", VTX_KIND_CGROUP),\
	{"pod", 0, "NAME|UID", "the containers of a pod, together", 1, record_args_add_pod, 0,     \
	 &(const enum vtx_kind){VTX_KIND_CGROUP}},                                                 \
	RECORD_ARGS_TARGET("process", "PID", "a process and its descendants", VTX_KIND_PROCESS)
/* clang-format on */

/* Setters in campaign_args.c. arg of set_count: uint64_t, the minimum. */
error_t campaign_set_count(void *input, const struct cli_option *option, char *value);
error_t campaign_add_variant(void *input, const struct cli_option *option, char *value);
error_t campaign_set_rates(void *input, const struct cli_option *option, char *value);

#endif
