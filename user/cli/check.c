// SPDX-License-Identifier: GPL-2.0-or-later
/* virtax check: which hooks this kernel offers, and what is lost without each. */
#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "cgroups/layout.h"
#include "cli/cli.h"
#include "probes/ledger.h"
#include "probes/plan.h"
#include "probes/plan_make.h"

#define CHECK_PROFILE_HZ 99

struct check_options {
	bool json;
};

static const struct cli_option options[] = {
	{"json", 'j', NULL, "print one JSON object", 0, cli_set_true,
	 offsetof(struct check_options, json), NULL},
};

static const struct cli_command command = {
	.doc = "Show what virtax can measure on this kernel: each hook, on or off, why, and what "
	       "is "
	       "lost without it. Loads the BPF programs to find out, counts nothing, leaves "
	       "nothing behind.",
	.options = options,
	.n_options = ARRAY_SIZE(options),
};

/*
 * The exact split needs the most hooks; those of sampling are tried as well. The verifier reports
 * its statistics, or with VIRTAX_DEBUG its reasons.
 */
static int probe(struct plan *plan, const struct cgroup_layout *layout, struct verr *ret_err)
{
	struct ledger_config config;
	struct ledger *ledger = NULL;
	int err;

	err = plan_make(plan, SPLIT_EXACT, PART_ALL, 1 << VTX_BLOCK_BOTTOM | 1 << VTX_BLOCK_TOP,
			CHECK_PROFILE_HZ, true, ret_err);
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
	printf("%-28s %-9s %s\n", "HOOK", "STATE", "WHY OFF · WHAT IS LOST");
	for (size_t i = 0; i < HOOKS; i++) {
		const struct plan_hook *hook = &plan->hook[i];
		const char *state = state_of(hook);

		if (hook->on)
			printf("%-28s %s\n", hook->hook->event, state);
		else if (!strcmp(state, "unneeded"))
			printf("%-28s %-9s %s\n", hook->hook->event, state, hook->why_off);
		else
			printf("%-28s %-9s %s · %s\n", hook->hook->event, state, hook->why_off,
			       hook->hook->costs);
	}
	printf("\n%-28s %s\n", "task storage",
	       plan->task_storage ? "on"
				  : "off: a hash map is used, each context switch costs more");
	printf("%-28s %s\n", "steal time",
	       plan->steal           ? "on: charged to no target"
	       : plan->hypervisor[0] ? "off: stolen time is charged to the running task"
				     : "not needed: this host is not a guest");
	printf("%-28s %s\n", "hypervisor", plan->hypervisor[0] ? plan->hypervisor : "none");
	printf("%-28s %s\n", "cgroups", cgroup);
}

static void print_json(const struct plan *plan, const char *cgroup)
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
}

int cmd_check(int argc, char **argv)
{
	struct check_options o = {};
	struct cgroup_layout *layout = NULL;
	struct verr verr = {};
	struct plan plan;
	int err;

	switch (cli_parse(&command, argc, argv, &o)) {
	case CLI_PARSED_HELP:
		return CLI_OK;
	case CLI_PARSED_BAD:
		return CLI_USAGE;
	case CLI_PARSED:
		break;
	}
	err = cgroup_layout__read(&sysroot_live, &layout);
	if (!err)
		err = probe(&plan, layout, &verr);
	if (err) {
		if (!verr.msg[0])
			verr_set(&verr, err, "check: %s", strerror(-err));
		cli_error(&verr);
	} else if (o.json) {
		print_json(&plan, cgroup_mode_name[layout->mode]);
	} else {
		print_text(&plan, cgroup_mode_name[layout->mode]);
	}
	cgroup_layout__free(layout);
	return err ? CLI_FAILED : CLI_OK;
}
