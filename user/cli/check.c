// SPDX-License-Identifier: GPL-2.0-or-later
/* virtax check: what this kernel offers, hook by hook, and what the absence of one costs. */
#include <argp.h>
#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "sys/cgroup_layout.h"
#include "probes/ledger.h"
#include "probes/plan.h"

static const struct argp_option argp_options[] = {
	{"json", 'j', NULL, 0, "as one JSON object", 0},
	{0},
};

static error_t parse_opt(int key, char *arg, struct argp_state *state)
{
	if (key == 'j') {
		*(bool *)state->input = true;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
	.options = argp_options,
	.parser = parse_opt,
	.doc = "Show what this kernel lets virtax measure: each hook, on or off, why, and what its "
	       "absence costs. Loads the programs to find out, counts nothing, leaves nothing.",
};

/*
 * Exact splitting asks for the most hooks; those of sampling are tried besides. The verifier is
 * asked for its numbers, unless its reasons are wanted.
 */
static int probe(struct plan *plan, const struct cgroup_layout *layout, struct verr *ret_err)
{
	struct ledger_config config;
	struct ledger *ledger = NULL;
	int err;

	err = plan__make(plan, SPLIT_EXACT, PART_ALL, 1 << VTX_BLOCK_BOTTOM | 1 << VTX_BLOCK_TOP,
			 ret_err);
	if (err)
		return err;
	plan->hook[HOOK_SAMPLE].on = true;
	plan->n_slots = VTX_SLOT_FIRST + 1;
	err = ledger_config__make(&config, plan, layout);
	if (err)
		return err;
	config.verify_log = !getenv("VIRTAX_DEBUG");
	err = ledger__open(&ledger, plan, &config, ret_err);
	ledger__free(ledger);
	return err;
}

static const char *state_of(const struct plan_hook *hook)
{
	if (hook->on)
		return "on";
	return hook->not_wanted || hook->hook->optional ? "unneeded" : "off";
}

static void print_text(const struct plan *plan, const char *cgroup)
{
	printf("%-28s %-9s %s\n", "HOOK", "STATE", "WHY · WHAT ITS ABSENCE COSTS");
	for (size_t i = 0; i < HOOKS; i++) {
		const struct plan_hook *hook = &plan->hook[i];
		const char *state = state_of(hook);

		if (!strcmp(state, "on"))
			printf("%-28s %-9s\n", hook->hook->event, state);
		else
			printf("%-28s %-9s %s · %s\n", hook->hook->event, state, hook->why_off,
			       hook->hook->costs);
	}
	printf("\n%-28s %s\n", "task storage",
	       plan->task_storage ? "on" : "off: a hash is used, each switch costs more");
	printf("%-28s %s\n", "steal time",
	       plan->steal ? "on: taken off every bill"
	       : plan->hypervisor[0]
		       ? "off: time the hypervisor takes is on the running task's bill"
		       : "not needed: this host is no guest");
	printf("%-28s %s\n", "hypervisor", plan->hypervisor[0] ? plan->hypervisor : "none");
	printf("%-28s %s\n", "cgroups", cgroup);
}

static int print_json(const struct plan *plan, const char *cgroup)
{
	json_t *root = json_object(), *list = json_array();

	for (size_t i = 0; i < HOOKS; i++) {
		const struct plan_hook *hook = &plan->hook[i];
		json_t *verified = hook->verified ? json_integer(hook->verified) : json_null();

		json_array_append_new(
			list, json_pack("{s:s,s:s,s:s,s:s?,s:s,s:o}", "hook", hook->hook->event,
					"program", hook->hook->program, "state", state_of(hook),
					"why", hook->on ? NULL : hook->why_off, "costs",
					hook->hook->costs, "verified_insns", verified));
	}
	json_object_set_new(root, "schema", json_string("virtax-check/1"));
	json_object_set_new(root, "hooks", list);
	json_object_set_new(root, "task_storage", json_boolean(plan->task_storage));
	json_object_set_new(root, "steal", json_boolean(plan->steal));
	json_object_set_new(root, "hypervisor",
			    plan->hypervisor[0] ? json_string(plan->hypervisor) : json_null());
	json_object_set_new(root, "cgroup", json_string(cgroup));
	json_dumpf(root, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(root);
	return fflush(stdout) ? -errno : 0;
}

int cmd_check(int argc, char **argv)
{
	struct cgroup_layout *layout = NULL;
	struct verr verr = {};
	struct plan plan;
	bool json = false;
	int err, status;

	status = cli_parse(&argp, argc, argv, 0, &json);
	if (status)
		return status == CLI_PARSED_HELP ? CLI_OK : CLI_USAGE;
	err = cgroup_layout__read(&sysroot_live, &layout);
	if (!err)
		err = probe(&plan, layout, &verr);
	if (err) {
		cgroup_layout__free(layout);
		if (!verr.msg[0])
			verr_set(&verr, err, "check: %s", strerror(-err));
		cli_error(&verr);
		return CLI_FAILED;
	}
	if (json)
		print_json(&plan, cgroup_mode_name[layout->mode]);
	else
		print_text(&plan, cgroup_mode_name[layout->mode]);
	cgroup_layout__free(layout);
	return 0;
}
