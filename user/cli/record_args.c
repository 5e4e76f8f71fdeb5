// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/record_args.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/str.h"
#include "sources/address.h"

/* ---- setters ------------------------------------------------------------------------------- */

/* arg: enum vtx_kind. */
error_t record_args_add_spec(void *input, const struct cli_option *option, char *value)
{
	struct record_options *o = &((struct record_args *)input)->record;
	struct target_spec *grown = realloc(o->spec, (o->n_specs + 1) * sizeof(*grown));
	struct verr verr = {};
	int err;

	if (!grown)
		return ENOMEM;
	o->spec = grown;
	err = spec__parse(&grown[o->n_specs], *(const enum vtx_kind *)option->arg, value, &verr);
	if (err == -ENOMEM)
		return ENOMEM;
	if (err) {
		cli_error(&verr);
		return ECANCELED;
	}
	o->n_specs++;
	return 0;
}

error_t record_args_add_pod(void *input, const struct cli_option *option, char *value)
{
	struct record_options *o = &((struct record_args *)input)->record;
	error_t err = record_args_add_spec(input, option, value);

	if (!err)
		o->spec[o->n_specs - 1].pod = true;
	return err;
}

/* Seconds, possibly with a fraction, to ns. */
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

error_t record_args_set_time(void *input, const struct cli_option *option, char *value)
{
	double least = *(const double *)option->arg;

	if (!seconds_ns(value, least, 1e9, (uint64_t *)((char *)input + option->at)))
		return 0;
	return cli_bad("--%s: invalid time '%s' (give seconds, at least %g)", option->name, value,
		       least);
}

static bool is_number(const char *s)
{
	return *s && s[strspn(s, "0123456789")] == '\0';
}

static void http_rule__free(struct http_rule *rule)
{
	free(rule->label);
	free(rule->dev);
}

/*
 * The part of [LABEL:][DEV:] before the port. A single name is a device if there is one of that
 * name, else a label. Cuts `text`. Returns 0 or -ENOMEM.
 */
static int set_names(struct http_rule *rule, char *text)
{
	char *second = strchr(text, ':');
	const char *label = text, *dev = second ? second + 1 : NULL;

	if (second)
		*second = '\0';
	else if (if_nametoindex(text)) {
		label = "";
		dev = text;
	}
	rule->label = *label ? strdup(label) : NULL;
	rule->dev = dev ? strdup(dev) : NULL;
	return (*label && !rule->label) || (dev && !rule->dev) ? -ENOMEM : 0;
}

static error_t check_rule(struct http_rule *rule, const char *port, const char *value)
{
	uint64_t number;

	if (!is_number(port) || !str_to_u64(port, &number) || !number || number > 65535)
		return cli_bad("--http: no port in '%s' (write [LABEL:][DEV:]PORT, PORT from 1 to "
			       "65535)",
			       value);
	rule->port = (uint16_t)number;
	rule->ifindex = rule->dev ? if_nametoindex(rule->dev) : 0;
	if (rule->dev && !rule->ifindex)
		return cli_bad("--http: no network device '%s' (see ip link)", rule->dev);
	return 0;
}

error_t record_args_add_http(void *input, const struct cli_option *option, char *value)
{
	struct record_options *o = &((struct record_args *)input)->record;
	struct http_rule rule = {}, *grown = realloc(o->http, (o->n_http + 1) * sizeof(*grown));
	char *text = strdup(value), *colon = text ? strrchr(text, ':') : NULL;
	error_t err = 0;

	if (grown)
		o->http = grown;
	if (colon)
		*colon = '\0';
	if (!text || !grown || (colon && set_names(&rule, text)))
		err = ENOMEM;
	if (!err)
		err = check_rule(&rule, colon ? colon + 1 : text, value);
	if (err)
		http_rule__free(&rule);
	else
		o->http[o->n_http++] = rule;
	free(text);
	return err;
}

static error_t add_given(void *input, const struct cli_option *option, char *value)
{
	struct record_options *o = &((struct record_args *)input)->record;
	struct given_requests *grown = realloc(o->given, (o->n_given + 1) * sizeof(*grown));
	size_t label = address_label(value);

	if (!grown)
		return ENOMEM;
	o->given = grown;
	grown += o->n_given++;
	grown->label = label ? strndup(value, label) : NULL;
	grown->what = strdup(label ? value + label + 1 : value);
	if (label && !grown->label)
		return ENOMEM;
	return grown->what ? 0 : ENOMEM;
}

/* CPU time is always measured. */
error_t record_args_set_parts(void *input, const struct cli_option *option, char *value)
{
	static const struct {
		const char *name;
		unsigned part;
	} known[] = {{"cpu", PART_CPU},
		     {"memory", PART_MEMORY},
		     {"block", PART_BLOCK},
		     {"http", PART_HTTP}};
	unsigned parts = PART_CPU;

	for (size_t n; *value; value += n + (value[n] == ',')) {
		unsigned part = 0;

		n = strcspn(value, ",");
		for (size_t i = 0; i < ARRAY_SIZE(known); i++)
			if (strlen(known[i].name) == n && !strncmp(known[i].name, value, n))
				part = known[i].part;
		if (!part)
			return cli_bad("--only: unknown part '%.*s' (cpu, memory, block or http)",
				       (int)n, value);
		parts |= part;
	}
	((struct record_args *)input)->record.parts = parts;
	return 0;
}

/* An odd rate does not stay in step with ticks and timers. */
#define PROFILE_HZ      99
#define PROFILE_HZ_MOST 999

error_t record_args_set_profile(void *input, const struct cli_option *option, char *value)
{
	uint64_t hz = PROFILE_HZ;

	if (value && (!str_to_u64(value, &hz) || !hz || hz > PROFILE_HZ_MOST))
		return cli_bad("--profile: invalid rate '%s' (give samples per second, 1 to %d)",
			       value, PROFILE_HZ_MOST);
	((struct record_args *)input)->record.profile_hz = (unsigned)hz;
	return 0;
}

static error_t set_off_cpu(void *input, const struct cli_option *option, char *value)
{
	struct record_args *args = input;

	args->record.off_cpu = true;
	if (!args->record.profile_hz)
		args->record.profile_hz = PROFILE_HZ;
	return 0;
}

static error_t set_block(void *input, const struct cli_option *option, char *value)
{
	static const unsigned layers[] = {1 << VTX_BLOCK_BOTTOM, 1 << VTX_BLOCK_TOP,
					  1 << VTX_BLOCK_BOTTOM | 1 << VTX_BLOCK_TOP};
	unsigned *choice = &((struct record_args *)input)->record.block_layers;
	error_t err = cli_set_choice(input, option, value);

	if (!err)
		*choice = layers[*choice];
	return err;
}

/* Only what follows -- is a command: the value of a forgotten option must not be run. */
static error_t refuse_word(void *input, char *word)
{
	return cli_bad("record: unexpected argument '%s' (put -- before CMD; see virtax record "
		       "--help)",
		       word);
}

/* ---- options ------------------------------------------------------------------------------- */

static const char *const block_name[] = {"bottom", "top", "both"};

/* clang-format off */
#define RECORD(member)      offsetof(struct record_args, record.member)
#define CAMPAIGN(member)    offsetof(struct record_args, campaign.member)
#define LEAST_S(seconds)    &(const double){seconds}
#define LEAST(count)        &(const uint64_t){count}
#define CHOICE(noun, names) &(const struct cli_choice){noun, names, ARRAY_SIZE(names)}

static const struct cli_option options[] = {
	{.doc = "Targets; each option may be repeated, and its value may be LABEL=VALUE. Without "
		"any: every VM and container, also those that start later.", .group = 1},
	RECORD_ARGS_TARGETS("a virtual machine: the process tree of QEMU, or of another VMM on KVM"),

	{.doc = "What to measure:", .group = 2},
	{"duration", 'd', "SECONDS", "stop after this time (default: when CMD ends or on Ctrl-C)",
	 2, record_args_set_time, RECORD(duration_ns), LEAST_S(0.01)},
	{"interval", 'i', "SECONDS", "length of an interval of the time series (default 1)",
	 2, record_args_set_time, RECORD(interval_ns), LEAST_S(0.05)},
	{"http", 0, "[LABEL:][DEV:]PORT",
	 "count the requests served on PORT (default 80, on each target's own network devices); DEV "
	 "names a device of the host, for a target without its own",
	 2, record_args_add_http, 0, NULL},
	{"requests", 0, "[LABEL:]SOURCE",
	 "take the number of requests from SOURCE: N; FILE, a load generator's output; log:PATH, the "
	 "lines that an access log gains, at the target's own path; http://…/server-status?auto "
	 "(Apache); http://…/stub_status (nginx); http://…#NAME{label=\"value\"} (a Prometheus "
	 "counter)",
	 2, add_given, 0, NULL},
	{"split", 0, "exact|sample|off",
	 "how to split user from kernel time: exact, at each system call and page fault "
	 "(expensive); sample, with an error bound (default); off",
	 2, cli_set_choice, RECORD(split), CHOICE("mode", split_name)},
	{"only", 0, "cpu,memory,block,http",
	 "measure only these parts; block includes storage, CPU time is always measured",
	 2, record_args_set_parts, 0, NULL},
	{"block", 0, "bottom|top|both",
	 "where to count block IO: bottom, at devices that are stacked on no other (default); top, at "
	 "the devices as the target sees them; both, separately",
	 2, set_block, RECORD(block_layers), CHOICE("layer", block_name)},

	{"profile", 0, "?HZ",
	 "count the stacks of what targets run, at HZ samples per second and CPU (default 99); see "
	 "virtax report --format folded",
	 2, record_args_set_profile, 0, NULL},
	{"off-cpu", 0, NULL, "count the stacks of what targets wait for, too", 2, set_off_cpu, 0,
	 NULL},

	{.doc = "Output:", .group = 3},
	{"output", 'o', "FILE", "save the run (- is standard output)",
	 3, cli_set_string, RECORD(output), NULL},
	{"label", 'l', "TEXT", "the group of this run, for compare",
	 3, cli_set_string, RECORD(label), NULL},
	{"quiet", 'q', NULL, "print no report and no progress", 3, cli_set_true, RECORD(quiet), NULL},
	{"verbose", 'v', NULL, "print every number in the report, also the details",
	 3, cli_set_true, offsetof(struct record_args, verbose), NULL},

	{.doc = "Several runs, to be compared:", .group = 4},
	{"repeat", 0, "N", "record N runs, each in a file of its own",
	 4, campaign_set_count, CAMPAIGN(repeat), LEAST(1)},
	{"interleave", 0, NULL,
	 "alternate between the targets, or the commands of --run, in the order A B B A",
	 4, cli_set_true, CAMPAIGN(interleave), NULL},
	{"run", 0, "LABEL=COMMAND",
	 "a shell command in place of CMD; if given more than once, the commands are compared",
	 4, campaign_add_variant, 0, NULL},
	{"load-steps", 0, "RATE,...",
	 "record a run at each request rate (three or more), which CMD reads from $VIRTAX_RATE; at 0 "
	 "CMD is not run",
	 4, campaign_set_rates, 0, NULL},
	{"warmup", 0, "N", "discard the first N runs of each condition (default 1 if runs are repeated)",
	 4, campaign_set_count, CAMPAIGN(warmup), LEAST(0)},
	{"pause", 0, "SECONDS", "wait between runs (default 0)",
	 4, record_args_set_time, CAMPAIGN(pause_ns), LEAST_S(0)},
};
/* clang-format on */

static const struct cli_command command = {
	.args = "[-- CMD…]",
	.doc = "Measure what targets cost until CMD ends, SECONDS have passed or Ctrl-C; print the "
	       "report.",
	.options = options,
	.n_options = ARRAY_SIZE(options),
	.argument = refuse_word,
};

enum cli_parsed record_args__parse(struct record_args *ret, int argc, char **argv)
{
	enum cli_parsed parsed;
	int n = 1;

	*ret = (struct record_args){
		.record = {.interval_ns = 1000000000ull,
			   .split = SPLIT_SAMPLE,
			   .parts = PART_ALL,
			   .block_layers = 1 << VTX_BLOCK_BOTTOM},
		.campaign = {.warmup = UINT64_MAX},
	};
	while (n < argc && strcmp(argv[n], "--"))
		n++;
	if (n + 1 == argc) {
		cli_bad("record: no command after --");
		return CLI_PARSED_BAD;
	}
	if (n < argc)
		ret->record.command = argv + n + 1;
	parsed = cli_parse(&command, n, argv, ret);
	if (parsed == CLI_PARSED && campaign_check(&ret->campaign, &ret->record))
		return CLI_PARSED_BAD;
	return parsed;
}

void record_args__free(struct record_args *args)
{
	struct record_options *o = &args->record;

	for (size_t i = 0; i < o->n_specs; i++)
		spec__release(&o->spec[i]);
	for (size_t i = 0; i < o->n_http; i++)
		http_rule__free(&o->http[i]);
	for (size_t i = 0; i < o->n_given; i++) {
		free(o->given[i].label);
		free(o->given[i].what);
	}
	free(o->spec);
	free(o->http);
	free(o->given);
	campaign_options__free(&args->campaign);
	memset(args, 0, sizeof(*args));
}
