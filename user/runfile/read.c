// SPDX-License-Identifier: GPL-2.0-or-later
#include "runfile/read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "runfile/read_rows.h"
#include "runfile/read_tree.h"
#include "runfile/reader.h"
#include "runfile/rows.h"

#define SCHEMA_PREFIX "virtax-run/"

/* ---- is it a run file at all? ---- */

static int not_a_run(const char *what, struct verr *ret_err, const char *why)
{
	return verr_set(ret_err, -EINVAL,
			"%s: not a virtax run file: %s (give a file that record -o saved)", what,
			why);
}

static int check_schema(const json_t *root, const char *what, struct verr *ret_err)
{
	const char *schema = json_string_value(json_object_get(root, "schema"));
	uint64_t version;

	if (!json_is_object(root) || !schema || !str_starts(schema, SCHEMA_PREFIX))
		return not_a_run(what, ret_err, "it has no \"schema\": \"" RUN_SCHEMA "\"");
	if (!strcmp(schema, RUN_SCHEMA))
		return 0;
	if (str_to_u64(schema + strlen(SCHEMA_PREFIX), &version) && version > 1)
		return verr_set(ret_err, -EPROTO,
				"%s: written by a newer virtax: its schema is %.40s, this one "
				"reads " RUN_SCHEMA " (upgrade virtax)",
				what, schema);
	return not_a_run(what, ret_err, "there is no schema of that version");
}

static int cut_off(const char *what, int line, struct verr *ret_err)
{
	return verr_set(ret_err, -EINVAL,
			"%s: truncated: it ends in line %d, before the run does (record or copy it "
			"again)",
			what, line);
}

static int json_failed(const json_error_t *error, const char *what, struct verr *ret_err)
{
	char why[300];

	switch (json_error_code(error)) {
	case json_error_premature_end_of_input:
		return cut_off(what, error->line, ret_err);
	case json_error_out_of_memory:
		return verr_set(ret_err, -ENOMEM, "%s: cannot read: out of memory", what);
	default:
		if (!*error->text) /* jansson has no message for it */
			return verr_set(ret_err, -ENOMEM, "%s: cannot read: out of memory", what);
		snprintf(why, sizeof(why), "line %d: %s", error->line, error->text);
		return not_a_run(what, ret_err, why);
	}
}

json_t *read_json(const char *text, size_t size, int lines_before, const char *what,
		  struct verr *ret_err, int *ret_code)
{
	json_error_t error;
	json_t *json = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);

	*ret_code = 0;
	if (!json) {
		error.line += lines_before;
		*ret_code = json_failed(&error, what, ret_err);
	}
	return json;
}

/* The text without the rows of the time series: `"intervals": []`. malloc'd. */
static char *without_rows(const struct rows *rows, size_t size, size_t *ret_size)
{
	char *rest;

	*ret_size = size - (rows->end - rows->begin);
	rest = malloc(*ret_size);
	if (rest)
		memcpy(mempcpy(rest, rows->text, rows->begin), rows->text + rows->end,
		       size - rows->end);
	return rest;
}

/* Deeper stacks are none: the kernel's have a limit. Walking all of them must not take forever. */
#define STACK_DEPTH_MOST 1024

static const char *frames_fault(const struct run_profile *profile, uint16_t *depth)
{
	for (size_t i = 0; i < profile->n_frames; i++) {
		const struct run_frame *frame = &profile->frame[i];

		if (frame->name >= profile->n_strings)
			return "has a frame without a name";
		if (frame->up != RUN_UNKNOWN && frame->up >= i)
			return "has a frame before its caller";
		depth[i] = frame->up == RUN_UNKNOWN ? 1 : depth[frame->up] + 1;
		if (depth[i] > STACK_DEPTH_MOST)
			return "has a stack of over 1024 frames";
	}
	return NULL;
}

static const char *profile_fault(const struct run *run)
{
	const struct run_profile *profile = &run->profile;
	uint16_t *depth = calloc(profile->n_frames + 1, sizeof(*depth));
	const char *fault = depth ? frames_fault(profile, depth) : "is too large for this memory";

	free(depth);
	for (size_t i = 0; i < profile->n_stacks && !fault; i++)
		if (profile->stack[i].frame >= profile->n_frames ||
		    profile->stack[i].target >= run->n_targets)
			fault = "has a stack without a frame or a target";
	for (size_t i = 0; i < profile->n_waits && !fault; i++)
		if (profile->wait[i].frame >= profile->n_frames ||
		    profile->wait[i].target >= run->n_targets)
			fault = "has a wait without a frame or a target";
	return fault;
}

/* Whoever walks a stack relies on these: callers come before what they call. */
static void check_profile(struct reader *r, const struct place *root, const struct run *run)
{
	const char *fault = profile_fault(run);

	if (fault)
		reader__bad(r, root, "profile", "%s", fault);
}

static int read_all_but_rows(struct reader *r, const struct rows *rows, size_t size,
			     struct run *run)
{
	struct place root = {}, list;
	char *rest;

	rest = without_rows(rows, size, &size);
	if (!rest) {
		reader__no_memory(r);
		return r->code;
	}
	root.json = read_json(rest, size, 0, r->what, r->err, &r->code);
	if (!r->code)
		r->code = check_schema(root.json, r->what, r->err);
	if (!r->code)
		read_nodes(r, &root, tree_run, run, run);
	if (!r->code)
		check_profile(r, &root, run);
	list = reader__array(r, &root, "intervals", false);
	if (!r->code && reader__size(&list))
		reader__bad(r, &root, "intervals", "is spelled with escapes");
	json_decref(root.json);
	free(rest);
	return r->code;
}

int read_too_large(const char *what, struct verr *ret_err)
{
	return verr_set(ret_err, -EFBIG,
			"%s: too large: over %zu MiB, or %zu rows of targets, or %zu other values "
			"(record with a longer -i)",
			what, READ_MAX_BYTES >> 20, READ_MAX_ROWS, READ_MAX_VALUES);
}

static int read_text(struct run *ret, const char *text, size_t size, const char *what,
		     bool with_rows, struct verr *ret_err)
{
	struct reader r = {.what = what, .err = ret_err};
	struct rows rows = rows_find(text, size);
	int err;

	memset(ret, 0, sizeof(*ret));
	if (!size)
		return not_a_run(what, ret_err, "it is empty");
	if (rows.cut)
		return cut_off(what, 1 + rows_count_lines(text, 0, size), ret_err);
	if (size > READ_MAX_BYTES || rows.other_values > READ_MAX_VALUES)
		return read_too_large(what, ret_err);
	err = read_all_but_rows(&r, &rows, size, ret);
	if (!err && rows.begin && with_rows)
		err = read_rows(&r, &rows, ret);
	if (err)
		run__free(ret);
	return err;
}

int run__read_text(struct run *ret, const char *text, size_t size, const char *what,
		   struct verr *ret_err)
{
	return read_text(ret, text, size, what, true, ret_err);
}

int run__read_head_text(struct run *ret, const char *text, size_t size, const char *what,
			struct verr *ret_err)
{
	return read_text(ret, text, size, what, false, ret_err);
}
