// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/record_opts.h"

#include <argp.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cli/cli.h"

enum {
	OPT_VM = 256,
	OPT_CONTAINER,
	OPT_CGROUP,
	OPT_PROCESS,
	OPT_HTTP,
	OPT_REQUESTS,
	OPT_SPLIT,
	OPT_ONLY,
	OPT_BLOCK
};

static const struct argp_option argp_options[] = {
	{NULL, 0, NULL, 0,
	 "Targets, each as often as needed, also as LABEL=…. Without any: every "
	 "VM and container, also those that start later.",
	 1},
	{"vm", OPT_VM, "NAME|PID", 0, "a virtual machine: QEMU's whole process tree", 1},
	{"container", OPT_CONTAINER, "NAME|ID|PID", 0, "a container", 1},
	{"cgroup", OPT_CGROUP, "PATH", 0, "a cgroup and what is below it", 1},
	{"process", OPT_PROCESS, "PID", 0, "a process and its descendants", 1},
	{NULL, 0, NULL, 0, "What is measured:", 2},
	{"duration", 'd', "SECONDS", 0, "stop after this time (default: until CMD ends or Ctrl-C)",
	 2},
	{"interval", 'i', "SECONDS", 0, "length of a row of the time series (default 1)", 2},
	{"http", OPT_HTTP, "[LABEL:][DEV:]PORT", 0,
	 "count the requests served on PORT (default 80, on each target's own devices); DEV names "
	 "a device of the host's for a target without its own",
	 2},
	{"requests", OPT_REQUESTS, "[LABEL:]FILE|N", 0,
	 "take the count of requests from a load generator's output, or as given", 2},
	{"split", OPT_SPLIT, "exact|sample|off", 0,
	 "how user and kernel time are told apart: at each system call (dear), by sampling with "
	 "an error bar (default), not at all",
	 2},
	{"only", OPT_ONLY, "cpu,memory,block,http", 0, "measure only these parts", 2},
	{"block", OPT_BLOCK, "bottom|top|both", 0,
	 "count block IO at the devices that stand on no other (default), at those that the target "
	 "sees, or both, beside each other",
	 2},
	{NULL, 0, NULL, 0, "Several runs, to be compared:", 4},
	{"repeat", OPT_REPEAT, "N", 0, "so many runs, each on its own and in a file of its own", 4},
	{"interleave", OPT_INTERLEAVE, NULL, 0,
	 "take the targets one at a time, or the commands of --run, in the order A B B A", 4},
	{"run", OPT_RUN, "LABEL=COMMAND", 0,
	 "a command for the shell in place of CMD; given twice or more, they are compared", 4},
	{"load-steps", OPT_LOAD_STEPS, "RATE,...", 0,
	 "a run at each rate, which CMD finds in $VIRTAX_RATE; 0 is a run without CMD", 4},
	{"warmup", OPT_WARMUP, "N", 0, "runs that are thrown away at first (default 1)", 4},
	{"pause", OPT_PAUSE, "SECONDS", 0, "between runs (default none)", 4},
	{NULL, 0, NULL, 0, "What comes out:", 3},
	{"output", 'o', "FILE", 0, "save the run (- is standard output)", 3},
	{"label", 'l', "TEXT", 0, "the group this run belongs to", 3},
	{"quiet", 'q', NULL, 0, "no report, no progress", 3},
	{0},
};

struct parse {
	struct record_options *options;
	struct campaign_options *campaign;
	struct verr *err;
};

/* The reason is in parse->err; says it and stops. */
static error_t refuse(struct parse *parse, int code)
{
	if (code == -ENOMEM)
		return ENOMEM;
	cli_error(parse->err);
	return ECANCELED;
}

static error_t add_spec(struct parse *parse, enum vtx_kind kind, const char *arg)
{
	struct record_options *o = parse->options;
	struct target_spec *grown = realloc(o->spec, (o->n_specs + 1) * sizeof(*grown));
	int err;

	if (!grown)
		return ENOMEM;
	o->spec = grown;
	err = spec__parse(&grown[o->n_specs], kind, arg, parse->err);
	if (err)
		return refuse(parse, err);
	o->n_specs++;
	return 0;
}

/* Seconds, with a fraction if need be, to ns. */
static int seconds_ns(const char *text, double least, double most, uint64_t *ret)
{
	char *end;
	double value;

	if (!isdigit((unsigned char)*text) && *text != '.')
		return -EINVAL;
	errno = 0;
	value = strtod(text, &end);
	if (errno || *end || !isfinite(value) || value < least || value > most)
		return -EINVAL;
	*ret = (uint64_t)(value * 1e9);
	return 0;
}

static bool is_number(const char *s)
{
	return *s && s[strspn(s, "0123456789")] == '\0';
}

/* [LABEL:][DEV:]PORT. With one name before the port, a device of that name is meant if there is
 * one. */
static error_t add_http(struct parse *parse, const char *arg)
{
	struct record_options *o = parse->options;
	struct http_rule rule = {}, *grown;
	char *text = strdup(arg), *port, *first, *second = NULL;
	uint64_t number;

	if (!text)
		return ENOMEM;
	port = strrchr(text, ':');
	first = port ? text : NULL;
	if (port)
		*port++ = '\0';
	else
		port = text;
	if (first && (second = strchr(first, ':')))
		*second++ = '\0';
	if (!is_number(port) || !str_to_u64(port, &number) || !number || number > 65535) {
		free(text);
		return refuse(parse, verr_set(parse->err, -EINVAL,
					      "--http %s: not a port (write [LABEL:][DEV:]PORT, "
					      "PORT from 1 to 65535)",
					      arg));
	}
	rule.port = (uint16_t)number;
	if (first && !second && if_nametoindex(first))
		rule.dev = strdup(first);
	else if (first && *first)
		rule.label = strdup(first);
	if (second)
		rule.dev = strdup(second);
	free(text);
	rule.ifindex = rule.dev ? if_nametoindex(rule.dev) : 0;
	if (rule.dev && !rule.ifindex) {
		int err =
			verr_set(parse->err, -EINVAL,
				 "--http %s: no network device '%s' (see ip link)", arg, rule.dev);

		free(rule.label);
		free(rule.dev);
		return refuse(parse, err);
	}
	grown = realloc(o->http, (o->n_http + 1) * sizeof(*grown));
	if (!grown)
		return ENOMEM;
	o->http = grown;
	grown[o->n_http++] = rule;
	return 0;
}

static error_t add_given(struct parse *parse, const char *arg)
{
	struct record_options *o = parse->options;
	struct given_requests *grown = realloc(o->given, (o->n_given + 1) * sizeof(*grown));
	const char *colon = strchr(arg, ':');

	if (!grown)
		return ENOMEM;
	o->given = grown;
	grown += o->n_given++;
	/* A path has a slash before its first colon, if it has one; a label has none. */
	if (colon && (size_t)(colon - arg) == strcspn(arg, ":/")) {
		grown->label = strndup(arg, (size_t)(colon - arg));
		grown->what = strdup(colon + 1);
	} else {
		grown->label = NULL;
		grown->what = strdup(arg);
	}
	return grown->what ? 0 : ENOMEM;
}

static error_t set_split(struct parse *parse, const char *arg)
{
	for (int i = 0; i < 3; i++) {
		if (!strcmp(arg, split_name[i])) {
			parse->options->split = (enum split)i;
			return 0;
		}
	}
	return refuse(parse, verr_set(parse->err, -EINVAL,
				      "--split %s: no such way (use exact, sample or off)", arg));
}

static error_t set_only(struct parse *parse, const char *arg)
{
	static const struct {
		const char *name;
		unsigned part;
	} known[] = {{"cpu", PART_CPU},
		     {"memory", PART_MEMORY},
		     {"block", PART_BLOCK},
		     {"http", PART_HTTP}};
	unsigned parts = PART_CPU;

	for (size_t n; *arg; arg += n + (arg[n] == ',')) {
		unsigned part = 0;

		n = strcspn(arg, ",");
		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			if (strlen(known[i].name) == n && !strncmp(known[i].name, arg, n))
				part = known[i].part;
		if (!part)
			return refuse(parse, verr_set(parse->err, -EINVAL,
						      "--only %s: no such part (use cpu, memory, "
						      "block, http)",
						      arg));
		parts |= part;
	}
	parse->options->parts = parts;
	return 0;
}

static error_t set_block(struct parse *parse, const char *arg)
{
	static const struct {
		const char *name;
		unsigned layers;
	} known[] = {{"bottom", 1 << VTX_BLOCK_BOTTOM},
		     {"top", 1 << VTX_BLOCK_TOP},
		     {"both", 1 << VTX_BLOCK_BOTTOM | 1 << VTX_BLOCK_TOP}};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(arg, known[i].name))
			continue;
		parse->options->block_layers = known[i].layers;
		return 0;
	}
	return refuse(parse, verr_set(parse->err, -EINVAL,
				      "--block %s: no such layer (use bottom, top or both)", arg));
}

static error_t set_time(struct parse *parse, const char *name, const char *arg, double least,
			uint64_t *ret)
{
	if (!seconds_ns(arg, least, 1e9, ret))
		return 0;
	return refuse(parse, verr_set(parse->err, -EINVAL,
				      "--%s %s: not a time (give seconds, at least %g)", name, arg,
				      least));
}

static error_t parse_opt(int key, char *arg, struct argp_state *state)
{
	struct parse *parse = state->input;
	struct record_options *o = parse->options;

	switch (key) {
	case OPT_VM:
		return add_spec(parse, VTX_KIND_VM, arg);
	case OPT_CONTAINER:
		return add_spec(parse, VTX_KIND_CONTAINER, arg);
	case OPT_CGROUP:
		return add_spec(parse, VTX_KIND_CGROUP, arg);
	case OPT_PROCESS:
		return add_spec(parse, VTX_KIND_PROCESS, arg);
	case 'd':
		return set_time(parse, "duration", arg, 0.01, &o->duration_ns);
	case 'i':
		return set_time(parse, "interval", arg, 0.05, &o->interval_ns);
	case OPT_HTTP:
		return add_http(parse, arg);
	case OPT_REQUESTS:
		return add_given(parse, arg);
	case OPT_SPLIT:
		return set_split(parse, arg);
	case OPT_ONLY:
		return set_only(parse, arg);
	case OPT_BLOCK:
		return set_block(parse, arg);
	case 'o':
		o->output = arg;
		return 0;
	case 'l':
		o->label = arg;
		return 0;
	case 'q':
		o->quiet = true;
		return 0;
	case ARGP_KEY_ARG:
		/* Only what follows -- is a command: a forgotten option's value is not to be run.
		 */
		return refuse(parse, verr_set(parse->err, -EINVAL,
					      "record %s: what is this (write -- before CMD; see "
					      "virtax record --help)",
					      arg));
	default:
		return campaign_opt(parse->campaign, key, arg);
	}
}

static const struct argp argp = {
	.options = argp_options,
	.parser = parse_opt,
	.args_doc = "[-- CMD…]",
	.doc = "Measure what targets cost until CMD ends, SECONDS elapse or Ctrl-C; print the "
	       "report.",
};

int record_options__parse(struct record_options *ret, struct campaign_options *ret_campaign,
			  int argc, char **argv)
{
	struct verr verr = {};
	struct parse parse = {.options = ret, .campaign = ret_campaign, .err = &verr};
	int n = argc;

	memset(ret, 0, sizeof(*ret));
	*ret_campaign = (struct campaign_options){.warmup = UINT64_MAX};
	ret->interval_ns = 1000000000ull;
	ret->split = SPLIT_SAMPLE;
	ret->parts = PART_ALL;
	ret->block_layers = 1 << VTX_BLOCK_BOTTOM;
	for (int i = 1; i < argc && n == argc; i++)
		if (!strcmp(argv[i], "--"))
			n = i;
	if (n < argc) {
		if (n + 1 == argc) {
			cli_bad("record --: no command (give one after --)");
			return CLI_USAGE;
		}
		ret->command = argv + n + 1;
	}
	switch (cli_parse(&argp, n, argv, ARGP_IN_ORDER, &parse)) {
	case CLI_PARSED_HELP:
		return CLI_OK;
	case CLI_PARSED_BAD:
		return CLI_USAGE;
	}
	if (campaign_check(ret_campaign, ret))
		return CLI_USAGE;
	return RECORD_GO_ON;
}

void record_options__free(struct record_options *options)
{
	for (size_t i = 0; i < options->n_specs; i++)
		spec__release(&options->spec[i]);
	for (size_t i = 0; i < options->n_http; i++) {
		free(options->http[i].label);
		free(options->http[i].dev);
	}
	for (size_t i = 0; i < options->n_given; i++) {
		free(options->given[i].label);
		free(options->given[i].what);
	}
	free(options->spec);
	free(options->http);
	free(options->given);
	memset(options, 0, sizeof(*options));
}
