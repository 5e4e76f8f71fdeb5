// SPDX-License-Identifier: GPL-2.0-or-later
#include "serve/pages.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "html/html.h"
#include "runfile/write.h"
#include "serve/accept.h"
#include "serve/gzip.h"

#define PLAIN "text/plain; charset=utf-8"

static const char *const type[PAGES] = {
	[PAGE_OPENMETRICS] = "application/openmetrics-text; version=1.0.0; charset=utf-8",
	[PAGE_TEXT] = "text/plain; version=0.0.4; charset=utf-8",
	[PAGE_RUN] = "application/json",
	[PAGE_HTML] = "text/html; charset=utf-8",
};

/* Takes `text`, also on failure. */
static struct body *new_body(char *text, size_t len)
{
	struct body *body = text ? calloc(1, sizeof(*body)) : NULL;

	if (!body) {
		free(text);
		return NULL;
	}
	*body = (struct body){text, len, 1, clock_ns(CLOCK_MONOTONIC)};
	return body;
}

/* ---- the recording so far ---- */

static void free_run(struct pages *pages)
{
	run__free(&pages->run);
	free((void *)pages->live.target);
	memset(&pages->run, 0, sizeof(pages->run));
	memset(&pages->live, 0, sizeof(pages->live));
}

static int read_again(struct pages *pages)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);

	if (pages->read_at_ns && !pages->failed && now - pages->read_at_ns < PAGES_METRICS_NS)
		return 0;
	free_run(pages);
	pages->failed = pages->source.read(pages->source.context, &pages->run, &pages->live);
	pages->read_at_ns = now;
	return pages->failed;
}

/* ---- bodies ---- */

static int write_page(struct pages *pages, enum page page, FILE *f)
{
	switch (page) {
	case PAGE_OPENMETRICS:
		return metrics_write_run(&pages->run, METRICS_OPENMETRICS, &pages->live, f);
	case PAGE_TEXT:
		return metrics_write_run(&pages->run, METRICS_TEXT, &pages->live, f);
	case PAGE_RUN:
		return run_write_json(&pages->run, f);
	case PAGE_HTML:
		return html_write_run(&pages->run, pages->source.history, f);
	case PAGES:
		break;
	}
	return -EINVAL;
}

static int write_body(struct pages *pages, enum page page)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f;
	int err = read_again(pages);

	if (err)
		return err;
	f = open_memstream(&text, &len);
	if (!f)
		return -ENOMEM;
	err = write_page(pages, page, f);
	if (fclose(f) && !err)
		err = -ENOMEM;
	if (err) {
		free(text);
		return err;
	}
	pages->body[page][0] = new_body(text, len);
	return pages->body[page][0] ? 0 : -ENOMEM;
}

static struct body *compressed(const struct body *plain)
{
	char *text;
	size_t len;

	return gzip_text(plain->text, plain->len, &text, &len) ? NULL : new_body(text, len);
}

static int compress(struct pages *pages, enum page page)
{
	pages->body[page][1] = compressed(pages->body[page][0]);
	return pages->body[page][1] ? 0 : -ENOMEM;
}

static void drop_old(struct pages *pages, enum page page)
{
	uint64_t most = page <= PAGE_TEXT ? PAGES_METRICS_NS : PAGES_LARGE_NS;
	const struct body *plain = pages->body[page][0];

	if (!plain || clock_ns(CLOCK_MONOTONIC) - plain->at_ns < most)
		return;
	for (int gzip = 0; gzip < 2; gzip++) {
		body__drop(pages->body[page][gzip]);
		pages->body[page][gzip] = NULL;
	}
}

static int get(struct pages *pages, enum page page, bool gzip, struct body **ret)
{
	int err = 0;

	drop_old(pages, page);
	if (!pages->body[page][0])
		err = write_body(pages, page);
	if (!err && gzip && !pages->body[page][1])
		err = compress(pages, page);
	if (!err)
		*ret = body__use(pages->body[page][gzip]);
	return err;
}

/* ---- requests ---- */

static void say(struct server_reply *ret, unsigned int status, const char *text)
{
	char *copy = strdup(text);

	ret->status = status;
	ret->type = PLAIN;
	ret->body = new_body(copy, strlen(text));
}

static void answer_page(struct pages *pages, enum page page, const struct server_request *request,
			struct server_reply *ret)
{
	ret->status = 200;
	ret->type = type[page];
	ret->gzip = accept_gzip(request->encodings);
	if (!get(pages, page, ret->gzip, &ret->body))
		return;
	ret->gzip = false;
	say(ret, 503, "the totals cannot be read\n");
}

/* ---- a run of the next seconds ---- */

void pages__gone(void *context, void *window)
{
	struct pages *pages = context;

	pages->source.free_window(window);
	pages->n_windows--;
}

static void begin_window(struct pages *pages, const char *seconds, struct server_reply *ret)
{
	uint64_t s;

	if (!str_to_u64(seconds, &s) || !s || s > PAGES_SECONDS) {
		say(ret, 400, "seconds: 1 to 3600\n");
	} else if (pages->n_windows == PAGES_WINDOWS) {
		say(ret, 503, "too many wait for a run of some seconds: try again\n");
	} else if (pages->source.begin_window(pages->source.context, &ret->wait_for)) {
		ret->wait_for = NULL;
		say(ret, 503, "the totals cannot be read\n");
	} else {
		pages->n_windows++;
		ret->wait_ns = s * 1000000000;
	}
}

static struct body *write_window(struct pages *pages, const void *window)
{
	struct run run = {};
	char *text = NULL;
	size_t len = 0;
	int err = pages->source.read_window(pages->source.context, window, &run);
	FILE *f = err ? NULL : open_memstream(&text, &len);

	if (f) {
		err = run_write_json(&run, f);
		if (fclose(f))
			err = -ENOMEM;
	}
	run__free(&run);
	if (f && !err)
		return new_body(text, len);
	free(text);
	return NULL;
}

static void end_window(struct pages *pages, const struct server_request *request,
		       struct server_reply *ret)
{
	struct body *plain = write_window(pages, request->waited), *packed = NULL;

	pages__gone(pages, request->waited);
	if (!plain) {
		say(ret, 503, "the totals cannot be read\n");
		return;
	}
	ret->status = 200;
	ret->type = type[PAGE_RUN];
	if (accept_gzip(request->encodings))
		packed = compressed(plain);
	ret->gzip = packed != NULL;
	ret->body = packed ? packed : plain;
	if (packed)
		body__drop(plain);
}

/* ---- all of them ---- */

static void answer_run(struct pages *pages, const struct server_request *request,
		       struct server_reply *ret)
{
	if (request->waited)
		end_window(pages, request, ret);
	else if (request->seconds)
		begin_window(pages, request->seconds, ret);
	else
		answer_page(pages, PAGE_RUN, request, ret);
}

void pages__answer(void *context, const struct server_request *request, struct server_reply *ret)
{
	struct pages *pages = context;
	const char *path = request->path;

	if (!path)
		say(ret, 405, "GET and HEAD only\n");
	else if (!strcmp(path, "/metrics"))
		answer_page(pages,
			    accept_openmetrics(request->accept) ? PAGE_OPENMETRICS : PAGE_TEXT,
			    request, ret);
	else if (!strcmp(path, "/run.json"))
		answer_run(pages, request, ret);
	else if (!strcmp(path, "/"))
		answer_page(pages, PAGE_HTML, request, ret);
	else if (!strcmp(path, "/healthz") && pages->failed)
		say(ret, 503, "the totals cannot be read\n");
	else if (!strcmp(path, "/healthz"))
		say(ret, 200, "ok\n");
	else
		say(ret, 404, "/metrics /run.json /healthz /\n");
}

void pages__init(struct pages *pages, const struct pages_source *source)
{
	*pages = (struct pages){.source = *source};
}

void pages__free(struct pages *pages)
{
	for (enum page page = 0; page < PAGES; page++)
		for (int gzip = 0; gzip < 2; gzip++)
			body__drop(pages->body[page][gzip]);
	free_run(pages);
	memset(pages, 0, sizeof(*pages));
}
