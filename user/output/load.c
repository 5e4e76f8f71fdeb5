// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "output/load_target.h"
#include "output/reader.h"

#define SCHEMA_PREFIX "virtax-run/"
#define SNIFF_BYTES   ((size_t)65536) /* white space before the first brace, at most */

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
	load_targets(r, root, run);
	load_intervals(r, root, run);
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

static int json_failed(const json_error_t *error, const char *what, struct verr *err_ret)
{
	char why[300];

	switch (json_error_code(error)) {
	case json_error_premature_end_of_input:
		return verr_set(err_ret, -EINVAL,
				"%s: cut off: it ends in line %d, before the run does (record or "
				"copy it again)", what, error->line);
	case json_error_out_of_memory:
		return verr_set(err_ret, -ENOMEM, "%s: cannot read: out of memory (free some)",
				what);
	default:
		snprintf(why, sizeof(why), "line %d: %s", error->line, error->text);
		return not_a_run(what, err_ret, why);
	}
}

/*
 * A small file can ask for a lot of memory once it is a tree: the values are counted before it
 * becomes one. Each but the first follows a comma, a colon or an opening bracket.
 */
static bool too_many_values(const char *text, size_t size)
{
	size_t n = 1;
	bool quoted = false;

	for (size_t i = 0; i < size; i++) {
		if (quoted && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			quoted = !quoted;
		else if (!quoted && strchr(",:[{", text[i]) && text[i])
			n++;
	}
	return n > LOAD_MAX_VALUES;
}

int run__load_text(struct run *ret, const char *text, size_t size, const char *what,
		   struct verr *err_ret)
{
	struct reader r = {.what = what, .err = err_ret};
	struct place place = {};
	json_error_t error;
	json_t *root;

	memset(ret, 0, sizeof(*ret));
	if (size > LOAD_MAX_BYTES || too_many_values(text, size))
		return verr_set(err_ret, -EFBIG, "%s: too large: over %zu MiB or %zu values "
						 "(record with a longer -i)",
				what, LOAD_MAX_BYTES >> 20, LOAD_MAX_VALUES);
	root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		return json_failed(&error, what, err_ret);
	r.code = check_schema(root, what, err_ret);
	place.json = root;
	if (!r.code)
		load_run(&r, &place, ret);
	json_decref(root);
	if (r.code)
		run__free(ret);
	return r.code;
}

/* ---- files ---------------------------------------------------------------------------------- */

static bool begins_like_json(const char *text, size_t size)
{
	size_t i = 0;

	size = size < SNIFF_BYTES ? size : SNIFF_BYTES;
	while (i < size && text[i] && strchr(" \t\r\n", text[i]))
		i++;
	return i == size || text[i] == '{';
}

/* Reads until the end, or until it is clear that this is no run file. */
static int slurp(int fd, char **ret_text, size_t *ret_size)
{
	size_t room = 0, size = 0;
	char *text = NULL, *grown;
	ssize_t n;

	for (;;) {
		if (size == room) {
			room = room ? 2 * room : 1 << 16;
			grown = realloc(text, room);
			if (!grown) {
				free(text);
				return -ENOMEM;
			}
			text = grown;
		}
		n = read(fd, text + size, room - size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			n = -errno;
			free(text);
			return (int)n;
		}
		size += (size_t)n;
		if (!n || size > LOAD_MAX_BYTES || !begins_like_json(text, size))
			break;
	}
	*ret_text = text;
	*ret_size = size;
	return 0;
}

static int read_failed(int err, const char *what, struct verr *err_ret)
{
	const char *remedy = err == -ENOENT   ? "give the path of a saved run"
			     : err == -EACCES ? "run as a user who may read it"
			     : err == -ENOMEM ? "free some memory"
					      : "give a file that record -o saved";

	return verr_set(err_ret, err, "%s: cannot read: %s (%s)", what, strerror(-err), remedy);
}

int run__load(struct run *ret, const char *path, struct verr *err_ret)
{
	bool from_stdin = !strcmp(path, "-");
	const char *what = from_stdin ? "standard input" : path;
	int fd = from_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	char *text = NULL;
	size_t size = 0;
	int err;

	memset(ret, 0, sizeof(*ret));
	err = fd < 0 ? -errno : slurp(fd, &text, &size);
	if (fd >= 0 && !from_stdin)
		close(fd);
	if (err)
		return read_failed(err, what, err_ret);
	if (!size)
		err = not_a_run(what, err_ret, "it is empty");
	else if (!begins_like_json(text, size))
		err = not_a_run(what, err_ret, "it does not begin with {");
	else
		err = run__load_text(ret, text, size, what, err_ret);
	free(text);
	return err;
}
