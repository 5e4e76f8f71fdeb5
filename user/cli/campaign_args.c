// SPDX-License-Identifier: GPL-2.0-or-later
/* The options of `virtax record` that request several runs. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cli/record_args.h"

#define MOST_RUNS  10000
#define MOST_RATES 1000

error_t campaign_set_count(void *input, const struct cli_option *option, char *value)
{
	uint64_t least = *(const uint64_t *)option->arg;
	uint64_t *ret = (uint64_t *)((char *)input + option->at);

	if (str_to_u64(value, ret) && *ret >= least && *ret <= MOST_RUNS)
		return 0;
	return cli_bad("--%s: invalid number of runs '%s' (give %u to %d)", option->name, value,
		       (unsigned int)least, MOST_RUNS);
}

error_t campaign_add_variant(void *input, const struct cli_option *option, char *value)
{
	struct campaign_options *o = &((struct record_args *)input)->campaign;
	const char *equals = strchr(value, '=');
	struct campaign_variant *grown;
	size_t n = equals ? (size_t)(equals - value) : 0;

	if (!n || !equals[1])
		return cli_bad("--run: no label and command in '%s' (write LABEL=COMMAND)", value);
	for (size_t i = 0; i < o->n_variants; i++) {
		if (n == strlen(o->variant[i].label) && !strncmp(o->variant[i].label, value, n))
			return cli_bad("--run: label '%s' is used twice", o->variant[i].label);
	}
	grown = realloc(o->variant, (o->n_variants + 1) * sizeof(*grown));
	if (!grown)
		return ENOMEM;
	o->variant = grown;
	grown += o->n_variants;
	grown->label = strndup(value, n);
	grown->command = equals + 1;
	if (!grown->label)
		return ENOMEM;
	o->n_variants++;
	return 0;
}

error_t campaign_set_rates(void *input, const struct cli_option *option, char *value)
{
	struct campaign_options *o = &((struct record_args *)input)->campaign;
	const char *at = value;

	while (*at) {
		double *grown = realloc(o->rate, (o->n_rates + 1) * sizeof(*grown));
		char *end;

		if (!grown)
			return ENOMEM;
		o->rate = grown;
		grown[o->n_rates] = strtod(at, &end);
		if (end == at || (*end && *end != ',') || !isfinite(grown[o->n_rates]) ||
		    grown[o->n_rates] < 0 || o->n_rates >= MOST_RATES)
			return cli_bad("--load-steps: invalid rates '%s' (requests per second, "
				       "separated by commas: 0,100,200)",
				       value);
		o->n_rates++;
		at = *end ? end + 1 : end;
	}
	if (o->n_rates < 3)
		return cli_bad(
			"--load-steps: fewer than three rates in '%s' (such as 0,100,200,400)",
			value);
	return 0;
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

/* A fixed number of requests cannot be right for several rates. */
static error_t check_given(const struct record_options *record)
{
	for (size_t i = 0; i < record->n_given; i++) {
		uint64_t count;

		if (str_to_u64(record->given[i].what, &count))
			return cli_bad(
				"--requests: a fixed number %s cannot hold for every rate of "
				"--load-steps (give the file that the command writes)",
				record->given[i].what);
	}
	return 0;
}

error_t campaign_check(const struct campaign_options *o, const struct record_options *record)
{
	if (!campaign_wanted(o))
		return 0;
	if (o->n_variants && record->command)
		return cli_bad("--run: cannot be combined with a command after --");
	if (o->n_variants && o->n_rates)
		return cli_bad("--load-steps: cannot be combined with --run");
	if (o->n_rates && !record->command)
		return cli_bad(
			"--load-steps: needs a command that reads the rate from $VIRTAX_RATE "
			"(give it after --)");
	if (o->n_rates && check_given(record))
		return ECANCELED;
	if (rests(o) && !record->duration_ns)
		return cli_bad("--load-steps: at rate 0 no command ends the run (set its length "
			       "with -d)");
	if (o->interleave && o->n_variants < 2 && !o->n_rates && record->n_specs < 2)
		return cli_bad("--interleave: nothing to interleave (give at least two targets, or "
			       "--run at least twice)");
	if (!record->command && !o->n_variants && !record->duration_ns)
		return cli_bad("record: runs without an end cannot be repeated (give -d or a "
			       "command)");
	if (record->output && !strcmp(record->output, "-"))
		return cli_bad("-o -: several runs cannot go to standard output (give a file name, "
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
