// SPDX-License-Identifier: GPL-2.0-or-later
#include "runfile/read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "runfile/read_block.h"
#include "runfile/read_storage.h"
#include "runfile/read_target.h"
#include "runfile/reader.h"
#include "runfile/rows.h"

#define SCHEMA_PREFIX "virtax-run/"

/* ---- the parts of a run that are not targets ------------------------------------------------ */

static void load_tunables(struct reader *r, const struct place *host, struct run_host *ret)
{
	struct place at = reader__object(r, host, "tunables", false);
	size_t n = at.json ? json_object_size(at.json) : 0;
	const char *key;
	json_t *value;

	if (r->code || !n)
		return;
	ret->tunable = calloc(n, sizeof(*ret->tunable));
	if (!ret->tunable) {
		reader__no_memory(r);
		return;
	}
	json_object_foreach (at.json, key, value) {
		struct run_tunable *tunable = &ret->tunable[ret->n_tunables++];

		tunable->name = strdup(key);
		tunable->value = reader__string(r, &at, key, false);
		if (!tunable->name)
			reader__no_memory(r);
	}
}

static void load_host(struct reader *r, const struct place *root, struct run_host *ret)
{
	struct place at = reader__object(r, root, "host", false);

	ret->hostname = reader__string(r, &at, "hostname", false);
	ret->kernel = reader__string(r, &at, "kernel", false);
	ret->kernel_build = reader__string(r, &at, "kernel_build", false);
	ret->arch = reader__string(r, &at, "arch", false);
	ret->cpu_model = reader__string(r, &at, "cpu_model", false);
	ret->cpus = reader__u64(r, &at, "cpus", false);
	ret->memory_bytes = reader__u64(r, &at, "memory_bytes", false);
	ret->hypervisor = reader__string(r, &at, "hypervisor", false);
	ret->cgroup = reader__string(r, &at, "cgroup", false);
	load_tunables(r, &at, ret);
}

/* A cause of loss that has no name here must not go unseen. */
static void load_books(struct reader *r, const struct place *root, struct run_books *ret)
{
	struct place at = reader__object(r, root, "books", true);
	struct place lost = reader__object(r, &at, "lost", true);
	const char *key;
	json_t *value;

	reader__fields(r, &at, books_fields, ret);
	json_object_foreach (lost.json, key, value) {
		uint64_t n = reader__u64(r, &lost, key, true);
		bool known = false;

		for (int c = 0; c < VTX_LOST_CAUSES; c++) {
			if (!strcmp(key, run_loss_name[c])) {
				ret->lost[c] = n;
				known = true;
			}
		}
		if (!known && n)
			reader__bad(r, &lost, key, "is a loss that this version does not know");
	}
}

static void load_self(struct reader *r, const struct place *root, struct run_self *ret)
{
	struct place at = reader__object(r, root, "self", false);
	struct place list = reader__array(r, &at, "programs", false);

	reader__fields(r, &at, self_fields, ret);
	ret->program = reader__room(r, &list, sizeof(*ret->program));
	for (size_t i = 0; !r->code && i < reader__size(&list); i++) {
		struct place program = reader__element(r, &list, i);

		ret->n_programs++;
		ret->program[i].name = reader__string(r, &program, "name", true);
		ret->program[i].hook = reader__string(r, &program, "hook", false);
		ret->program[i].runs = reader__u64(r, &program, "runs", false);
		ret->program[i].ns = reader__u64(r, &program, "ns", false);
		ret->program[i].missed = reader__u64(r, &program, "missed", false);
	}
}

static void load_degraded(struct reader *r, const struct place *root, struct run *run)
{
	struct place list = reader__array(r, root, "degraded", false);

	run->degraded = reader__room(r, &list, sizeof(*run->degraded));
	for (size_t i = 0; !r->code && i < reader__size(&list); i++) {
		struct place at = reader__element(r, &list, i);

		run->n_degraded++;
		run->degraded[i].what = reader__string(r, &at, "what", true);
		run->degraded[i].why = reader__string(r, &at, "why", true);
		run->degraded[i].costs = reader__string(r, &at, "costs", true);
	}
}

static void load_stages(struct reader *r, const struct place *root, struct run *run)
{
	struct place list = reader__array(r, root, "stages", false);

	run->stage = reader__room(r, &list, sizeof(*run->stage));
	for (size_t i = 0; !r->code && i < reader__size(&list); i++) {
		struct place at = reader__element(r, &list, i);

		run->n_stages++;
		load_stage(r, &at, run, &run->stage[i]);
	}
}

static void load_run(struct reader *r, const struct place *root, struct run *run)
{
	struct place virtax = reader__object(r, root, "virtax", false);
	struct place window = reader__object(r, root, "window", true);
	struct place host_cpu = reader__object(r, root, "host_cpu", true);

	run->version = reader__string(r, &virtax, "version", false);
	run->commit = reader__string(r, &virtax, "commit", false);
	run->label = reader__string(r, root, "label", false);
	run->split = reader__string(r, root, "split", false);
	run->start = reader__string(r, &window, "start", false);
	run->wall_ns = reader__u64(r, &window, "wall_ns", true);
	run->cpus = reader__u64(r, &window, "cpus", true);
	load_host(r, root, &run->host);
	load_books(r, root, &run->books);
	load_self(r, root, &run->self);
	load_degraded(r, root, run);
	reader__fields(r, &host_cpu, host_cpu_fields, &run->host_cpu);
	load_host_memory(r, root, &run->host_memory, &run->host_memory_start);
	load_host_block(r, root, "host_block", &run->host_block);
	load_host_block(r, root, "host_block_top", &run->host_block_top);
	load_storage_sum(r, root, run);
	load_targets(r, root, run);
	load_stages(r, root, run);
}

/* ---- is it a run file at all? ---------------------------------------------------------------- */

static int not_a_run(const char *what, struct verr *err_ret, const char *why)
{
	return verr_set(err_ret, -EINVAL,
			"%s: not a virtax run file: %s (give a file that record -o saved)", what,
			why);
}

static int check_schema(const json_t *root, const char *what, struct verr *err_ret)
{
	const char *schema = json_string_value(json_object_get(root, "schema"));
	uint64_t version;

	if (!json_is_object(root) || !schema || !str_starts(schema, SCHEMA_PREFIX))
		return not_a_run(what, err_ret, "it has no \"schema\": \"" RUN_SCHEMA "\"");
	if (!strcmp(schema, RUN_SCHEMA))
		return 0;
	if (str_to_u64(schema + strlen(SCHEMA_PREFIX), &version) && version > 1)
		return verr_set(err_ret, -EPROTO,
				"%s: made by a newer virtax: its schema is %.40s, this one reads "
				RUN_SCHEMA " (upgrade virtax)", what, schema);
	return not_a_run(what, err_ret, "there is no schema of that version");
}

static int cut_off(const char *what, int line, struct verr *err_ret)
{
	return verr_set(err_ret, -EINVAL,
			"%s: cut off: it ends in line %d, before the run does (record or copy it "
			"again)", what, line);
}

static int json_failed(const json_error_t *error, const char *what, struct verr *err_ret)
{
	char why[300];

	switch (json_error_code(error)) {
	case json_error_premature_end_of_input:
		return cut_off(what, error->line, err_ret);
	case json_error_out_of_memory:
		return verr_set(err_ret, -ENOMEM, "%s: cannot read: out of memory (free some)",
				what);
	default:
		if (!*error->text) /* it does not say so otherwise */
			return verr_set(err_ret, -ENOMEM,
					"%s: cannot read: out of memory (free some)", what);
		snprintf(why, sizeof(why), "line %d: %s", error->line, error->text);
		return not_a_run(what, err_ret, why);
	}
}

static json_t *parse(const char *text, size_t size, int lines_before, const char *what,
		     struct verr *err_ret, int *ret_err)
{
	json_error_t error;
	json_t *json = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);

	*ret_err = 0;
	if (!json) {
		error.line += lines_before;
		*ret_err = json_failed(&error, what, err_ret);
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

static int load_all_but_rows(struct reader *r, const struct rows *rows, size_t size,
			     struct run *run)
{
	struct place root = {}, list;
	char *rest;

	rest = without_rows(rows, size, &size);
	if (!rest) {
		reader__no_memory(r);
		return r->code;
	}
	root.json = parse(rest, size, 0, r->what, r->err, &r->code);
	if (!r->code)
		r->code = check_schema(root.json, r->what, r->err);
	if (!r->code)
		load_run(r, &root, run);
	list = reader__array(r, &root, "intervals", false);
	if (!r->code && reader__size(&list))
		reader__bad(r, &root, "intervals", "is spelled with escapes");
	json_decref(root.json);
	free(rest);
	return r->code;
}

/* ---- the time series, one row after the other ----------------------------------------------- */

static int count_lines(const char *text, size_t from, size_t to)
{
	int n = 0;

	for (; from < to; from++)
		n += text[from] == '\n';
	return n;
}

static size_t count_rows(const struct rows *rows)
{
	size_t pos = rows->begin, size = 0, n = 0;

	while (rows_next(rows, &pos, &size) > 0)
		n++;
	return n;
}

static int too_large(const char *what, struct verr *err_ret)
{
	return verr_set(err_ret, -EFBIG,
			"%s: too large: over %zu MiB, or %zu rows of targets, or %zu other values "
			"(record with a longer -i)", what, LOAD_MAX_BYTES >> 20, LOAD_MAX_ROWS,
			LOAD_MAX_VALUES);
}

static void load_row(struct reader *r, const struct place *list, const struct rows *rows,
		     size_t pos, size_t size, int line, struct run *run)
{
	struct place at = {.up = list, .index = run->n_intervals};

	at.json = parse(rows->text + pos, size, line, r->what, r->err, &r->code);
	if (!r->code)
		load_interval(r, &at, run, &run->interval[run->n_intervals++]);
	json_decref(at.json);
}

static int load_rows(struct reader *r, const struct rows *rows, struct run *run)
{
	struct place root = {}, list = {.up = &root, .key = "intervals"};
	size_t pos = rows->begin, size = 0, n = count_rows(rows), before = 0;
	int line = 0, more;

	if (n > LOAD_MAX_ROWS / (run->n_targets ? run->n_targets : 1))
		return too_large(r->what, r->err);
	run->interval = calloc(n ? n : 1, sizeof(*run->interval));
	if (!run->interval) {
		reader__no_memory(r);
		return r->code;
	}
	while (!r->code && (more = rows_next(rows, &pos, &size))) {
		if (more < 0) {
			reader__bad(r, &list, NULL, "is not a list of objects");
			break;
		}
		line += count_lines(rows->text, before, pos);
		before = pos;
		load_row(r, &list, rows, pos, size, line, run);
	}
	return r->code;
}

static int load_text(struct run *ret, const char *text, size_t size, const char *what,
		     bool with_rows, struct verr *err_ret)
{
	struct reader r = {.what = what, .err = err_ret};
	struct rows rows = rows_find(text, size);
	int err;

	memset(ret, 0, sizeof(*ret));
	if (!size)
		return not_a_run(what, err_ret, "it is empty");
	if (rows.cut)
		return cut_off(what, 1 + count_lines(text, 0, size), err_ret);
	if (size > LOAD_MAX_BYTES || rows.other_values > LOAD_MAX_VALUES)
		return too_large(what, err_ret);
	err = load_all_but_rows(&r, &rows, size, ret);
	if (!err && rows.begin && with_rows)
		err = load_rows(&r, &rows, ret);
	if (err)
		run__free(ret);
	return err;
}

int run__load_text(struct run *ret, const char *text, size_t size, const char *what,
		   struct verr *err_ret)
{
	return load_text(ret, text, size, what, true, err_ret);
}

int run__load_head_text(struct run *ret, const char *text, size_t size, const char *what,
			struct verr *err_ret)
{
	return load_text(ret, text, size, what, false, err_ret);
}
