// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/given_requests.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/file.h"
#include "base/str.h"
#include "sources/address.h"
#include "sys/sysroot.h"

#define MAX_FILE (16u << 20)

static int number_at(const char *at, uint64_t *ret)
{
	char *end;

	while (isspace((unsigned char)*at))
		at++;
	if (!isdigit((unsigned char)*at))
		return -ENODATA;
	errno = 0;
	*ret = strtoull(at, &end, 10);
	/* 1.5 or 100ms is not a count. */
	if (errno || *end == '.' || isalpha((unsigned char)*end))
		return -ENODATA;
	return 0;
}

/* ab: "Complete requests:      6000" */
static int of_ab(const char *text, uint64_t *ret)
{
	const char *at = strstr(text, "Complete requests:");

	return at ? number_at(at + strlen("Complete requests:"), ret) : -ENODATA;
}

/* wrk: "  6000 requests in 5.00s, …" */
static int of_wrk(const char *text, uint64_t *ret)
{
	const char *at = strstr(text, " requests in ");

	if (!at)
		return -ENODATA;
	while (at > text && isdigit((unsigned char)at[-1]))
		at--;
	return number_at(at, ret);
}

/* h2load: "requests: 6000 total, 6000 started, 6000 done, …" */
static int of_h2load(const char *text, uint64_t *ret)
{
	const char *at = strstr(text, " started, ");

	return at ? number_at(at + strlen(" started, "), ret) : -ENODATA;
}

static int of_json(const char *text, uint64_t *ret)
{
	json_t *root = json_loads(text, JSON_DISABLE_EOF_CHECK, NULL), *count;
	int err = -ENODATA;

	count = json_object_get(root, "requests");
	if (json_is_integer(count) && json_integer_value(count) >= 0) {
		*ret = (uint64_t)json_integer_value(count);
		err = 0;
	}
	json_decref(root);
	return err;
}

/*
 * The number of requests in the text of ab, wrk, h2load, virtax-load, any JSON object with a whole
 * number "requests", or a file that begins with a number. -ENODATA: none there.
 */
static int count_in_text(const char *text, uint64_t *ret)
{
	int (*const known[])(const char *, uint64_t *) = {of_json, of_ab, of_wrk, of_h2load,
							  number_at};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (!known[i](text, ret))
			return 0;
	return -ENODATA;
}

static int read_count(const struct given_requests *given, uint64_t *ret, bool *ret_file,
		      struct verr *ret_err)
{
	char *text;
	int err;

	*ret_file = !str_to_u64(given->what, ret);
	if (!*ret_file)
		return 0;
	err = file_read(-100 /* AT_FDCWD */, given->what, MAX_FILE, &text, NULL);
	if (err)
		return verr_set(ret_err, err, "--requests %s: %s (give a count or a file)",
				given->what, strerror(-err));
	err = count_in_text(text, ret);
	free(text);
	return err ? verr_set(ret_err, err,
			      "--requests %s: no count of requests in it (give the output of ab, "
			      "wrk, h2load or virtax-load, or a number)",
			      given->what)
		   : 0;
}

/* The index of the named target, or of the only one; n_targets: there is none, or several. */
static size_t target_of(const struct evidence *evidence, const struct given_requests *given)
{
	size_t i = 0;

	if (!given->label)
		return evidence->n_targets == 1 ? 0 : evidence->n_targets;
	while (i < evidence->n_targets && strcmp(evidence->target[i].label, given->label) != 0)
		i++;
	return i;
}

int given_requests_check(const struct record_options *options, struct verr *ret_err)
{
	uint64_t count;

	for (size_t i = 0; i < options->n_given; i++) {
		const char *what = options->given[i].what;

		/* A command may still create the file. */
		if (address_is_live(what) || str_to_u64(what, &count) || options->command ||
		    !access(what, R_OK))
			continue;
		return verr_set(ret_err, -EINVAL, "--requests %s: %s (give a count or a file)",
				what, strerror(errno));
	}
	return 0;
}

int given_requests_read(struct evidence *ret, const struct record_options *options,
			struct verr *ret_err)
{
	ret->given = calloc(options->n_given + 1, sizeof(*ret->given));
	if (!ret->given)
		return -ENOMEM;
	for (size_t i = 0; i < options->n_given; i++) {
		const struct given_requests *given = &options->given[i];
		struct evidence_given *to = &ret->given[ret->n_given];
		bool file;
		int err;

		if (address_is_live(given->what))
			continue; /* see live_requests.h */

		to->target = target_of(ret, given);
		if (to->target == ret->n_targets)
			return verr_set(ret_err, -EINVAL, "--requests %s: %s (write LABEL:%s)",
					given->what,
					given->label ? "no target has this label"
						     : "ambiguous with several targets",
					given->what);
		err = read_count(given, &to->count, &file, ret_err);
		if (err)
			return err;
		to->source = file ? RUN_REQUESTS_FILE : RUN_REQUESTS_GIVEN;
		ret->n_given++;
	}
	return 0;
}
