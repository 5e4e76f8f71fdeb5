// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cli/campaign.h"
#include "cli/cli.h"

#define MOST_RUNS 10000

static error_t set_count(const char *name, const char *arg, uint64_t least, uint64_t *ret)
{
	if (!str_to_u64(arg, ret) || *ret < least || *ret > MOST_RUNS)
		return cli_bad("--%s %s: not a number of runs (give %u to %d)", name, arg,
			       (unsigned int)least, MOST_RUNS);
	return 0;
}

static error_t add_variant(struct campaign_options *o, const char *arg)
{
	const char *equals = strchr(arg, '=');
	struct campaign_variant *grown;

	if (!equals || equals == arg || !equals[1])
		return cli_bad("--run %s: no label and command (write LABEL=COMMAND)", arg);
	for (size_t i = 0; i < o->n_variants; i++) {
		size_t n = strlen(o->variant[i].label);

		if (n == (size_t)(equals - arg) && !strncmp(o->variant[i].label, arg, n))
			return cli_bad("--run %s: there is one of this label (labels tell the "
				       "runs apart)",
				       arg);
	}
	grown = realloc(o->variant, (o->n_variants + 1) * sizeof(*grown));
	if (!grown)
		return ENOMEM;
	o->variant = grown;
	grown += o->n_variants;
	grown->label = strndup(arg, (size_t)(equals - arg));
	grown->command = equals + 1;
	if (!grown->label)
		return ENOMEM;
	o->n_variants++;
	return 0;
}

static error_t set_rates(struct campaign_options *o, const char *arg)
{
	const char *at = arg;

	while (*at) {
		double *grown = realloc(o->rate, (o->n_rates + 1) * sizeof(*grown));
		char *end;

		if (!grown)
			return ENOMEM;
		o->rate = grown;
		grown[o->n_rates] = strtod(at, &end);
		if (end == at || (*end && *end != ',') || !isfinite(grown[o->n_rates]) ||
		    grown[o->n_rates] < 0 || o->n_rates >= 1000)
			return cli_bad("--load-steps %s: not rates (write requests per second, "
				       "parted by commas: 0,100,200)",
				       arg);
		o->n_rates++;
		at = *end ? end + 1 : end;
	}
	if (o->n_rates < 3)
		return cli_bad("--load-steps %s: a line takes three rates or more (such as "
			       "0,100,200,400)",
			       arg);
	return 0;
}

error_t campaign_opt(struct campaign_options *o, int key, const char *arg)
{
	switch (key) {
	case OPT_REPEAT:
		return set_count("repeat", arg, 1, &o->repeat);
	case OPT_WARMUP:
		return set_count("warmup", arg, 0, &o->warmup);
	case OPT_PAUSE:
		if (!str_to_ns(arg, &o->pause_ns))
			return cli_bad("--pause %s: not a time (give seconds)", arg);
		return 0;
	case OPT_INTERLEAVE:
		o->interleave = true;
		return 0;
	case OPT_RUN:
		return add_variant(o, arg);
	case OPT_LOAD_STEPS:
		return set_rates(o, arg);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

bool campaign_wanted(const struct campaign_options *o)
{
	return o->repeat || o->interleave || o->n_variants || o->n_rates;
}

static bool rests(const struct campaign_options *o)
{
	for (size_t i = 0; i < o->n_rates; i++) {
		if (!(o->rate[i] > 0))
			return true;
	}
	return false;
}

error_t campaign_check(const struct campaign_options *o, const struct record_options *record)
{
	if (!campaign_wanted(o))
		return 0;
	if (o->n_variants && record->command)
		return cli_bad(
			"--run: the commands are those of --run (leave out what follows --)");
	if (o->n_variants && o->n_rates)
		return cli_bad("--load-steps: not with --run (make a campaign of each)");
	if (o->n_rates && !record->command)
		return cli_bad("--load-steps: it takes a command, which finds the rate in "
			       "$VIRTAX_RATE (give one after --)");
	for (size_t i = 0; i < record->n_given && o->n_rates; i++) {
		uint64_t count;

		if (str_to_u64(record->given[i].what, &count))
			return cli_bad(
				"--requests %s: not with --load-steps, where each rate has its "
				"own count (give the file that the command writes)",
				record->given[i].what);
	}
	if (rests(o) && !record->duration_ns)
		return cli_bad("--load-steps: at rate 0 no command runs (say how long with -d)");
	if (o->interleave && o->n_variants < 2 && !o->n_rates && record->n_specs < 2)
		return cli_bad("--interleave: nothing to interleave (give two targets or more, or "
			       "--run twice or more)");
	if (!record->command && !o->n_variants && !record->duration_ns)
		return cli_bad("record: runs without an end cannot be repeated (give -d or a "
			       "command)");
	if (record->output && !strcmp(record->output, "-"))
		return cli_bad("-o -: several runs do not go to standard output (give a file name, "
			       "with %%n for the number)");
	return 0;
}

void campaign_options__free(struct campaign_options *o)
{
	for (size_t i = 0; i < o->n_variants; i++)
		free(o->variant[i].label);
	free(o->variant);
	free(o->rate);
	memset(o, 0, sizeof(*o));
}
