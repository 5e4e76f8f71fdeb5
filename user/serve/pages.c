// SPDX-License-Identifier: GPL-2.0-or-later
#include "serve/pages.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
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
	pages->failed = pages->read(pages->context, &pages->run, &pages->live);
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
		return html_write_run(&pages->run, f);
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

static int compress(struct pages *pages, enum page page)
{
	const struct body *plain = pages->body[page][0];
	char *text;
	size_t len;
	int err = gzip_text(plain->text, plain->len, &text, &len);

	if (err)
		return err;
	pages->body[page][1] = new_body(text, len);
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
		answer_page(pages, PAGE_RUN, request, ret);
	else if (!strcmp(path, "/"))
		answer_page(pages, PAGE_HTML, request, ret);
	else if (!strcmp(path, "/healthz") && pages->failed)
		say(ret, 503, "the totals cannot be read\n");
	else if (!strcmp(path, "/healthz"))
		say(ret, 200, "ok\n");
	else
		say(ret, 404, "/metrics /run.json /healthz /\n");
}

void pages__init(struct pages *pages, pages_read read, void *context)
{
	*pages = (struct pages){.read = read, .context = context};
}

void pages__free(struct pages *pages)
{
	for (enum page page = 0; page < PAGES; page++)
		for (int gzip = 0; gzip < 2; gzip++)
			body__drop(pages->body[page][gzip]);
	free_run(pages);
	memset(pages, 0, sizeof(*pages));
}
