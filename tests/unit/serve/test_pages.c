// SPDX-License-Identifier: GPL-2.0-or-later
/* What is served: each path, compressed or not, written once for many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "sample_run.h"
#include "serve/pages.h"

struct fixture {
	struct pages pages;
	int reads, err;
	int windows; /* begun and not freed */
};

static int read_sample(void *context, struct run *ret, struct metrics_live *ret_live)
{
	struct fixture *fixture = context;
	struct metrics_life *life;

	fixture->reads++;
	if (fixture->err)
		return fixture->err;
	*ret = (struct run){};
	sample_run(ret);
	life = calloc(ret->n_targets + 1, sizeof(*life));
	assert_non_null(life);
	for (size_t i = 0; i < ret->n_targets; i++)
		life[i].created_ns = 5000000000;
	*ret_live = (struct metrics_live){.created_ns = 7000000000, .target = life};
	return 0;
}

struct sample_window {
	struct fixture *fixture;
};

static int begin_sample(void *context, void **ret)
{
	struct fixture *fixture = context;
	struct sample_window *window = calloc(1, sizeof(*window));

	assert_non_null(window);
	window->fixture = fixture;
	fixture->windows++;
	*ret = window;
	return 0;
}

static int read_window(void *context, const void *window, struct run *ret)
{
	assert_ptr_equal(((const struct sample_window *)window)->fixture, context);
	sample_run(ret);
	return ((struct fixture *)context)->err;
}

static void free_window(void *context)
{
	struct sample_window *window = context;

	window->fixture->windows--;
	free(window);
}

static void open_pages(struct fixture *fixture)
{
	pages__init(&fixture->pages,
		    &(struct pages_source){fixture, NULL, read_sample, begin_sample, read_window,
					   free_window});
}

static struct server_reply ask(struct fixture *fixture, const char *path, const char *accept,
			       const char *encodings)
{
	struct server_request request = {.path = path, .accept = accept, .encodings = encodings};
	struct server_reply reply = {};

	pages__answer(&fixture->pages, &request, &reply);
	assert_non_null(reply.body);
	return reply;
}

static void expect(struct fixture *fixture, const char *path, const char *accept,
		   unsigned int status, const char *type, const char *begins)
{
	struct server_reply reply = ask(fixture, path, accept, NULL);

	assert_int_equal(reply.status, status);
	assert_string_equal(reply.type, type);
	assert_memory_equal(reply.body->text, begins, strlen(begins));
	body__drop(reply.body);
}

static void every_path(void **state)
{
	struct fixture fixture = {};
	const char *plain = "text/plain; charset=utf-8";

	open_pages(&fixture);
	expect(&fixture, "/healthz", NULL, 200, plain, "ok");
	expect(&fixture, "/metrics", NULL, 200, "text/plain; version=0.0.4; charset=utf-8", "# ");
	expect(&fixture, "/metrics", "application/openmetrics-text", 200,
	       "application/openmetrics-text; version=1.0.0; charset=utf-8", "# ");
	expect(&fixture, "/run.json", NULL, 200, "application/json", "{");
	expect(&fixture, "/", NULL, 200, "text/html; charset=utf-8", "<!doctype html>");
	expect(&fixture, "/metrics/", NULL, 404, plain, "/metrics");
	expect(&fixture, NULL, NULL, 405, plain, "GET");
	pages__free(&fixture.pages);
}

static void written_once_for_many(void **state)
{
	struct server_reply many[100], next;
	struct fixture fixture = {};

	open_pages(&fixture);
	for (size_t i = 0; i < 100; i++)
		many[i] = ask(&fixture, "/metrics", NULL, NULL);
	assert_true(fixture.reads < 100);
	fixture.pages.body[PAGE_TEXT][0]->at_ns -= PAGES_METRICS_NS;
	fixture.pages.read_at_ns -= PAGES_METRICS_NS;
	fixture.reads = 0;
	next = ask(&fixture, "/metrics", NULL, NULL);
	assert_int_equal(fixture.reads, 1);
	assert_ptr_not_equal(next.body, many[99].body);
	for (size_t i = 0; i < 100; i++) {
		assert_int_equal(many[i].body->text[0], '#'); /* still there for slow clients */
		body__drop(many[i].body);
	}
	body__drop(next.body);
	pages__free(&fixture.pages);
}

static void compressed(void **state)
{
	struct fixture fixture = {};
	struct server_reply plain, packed;
	char *text;
	z_stream z = {};

	open_pages(&fixture);
	plain = ask(&fixture, "/metrics", NULL, "gzip;q=0");
	packed = ask(&fixture, "/metrics", NULL, "gzip");
	assert_false(plain.gzip);
	assert_true(packed.gzip && packed.body->len < plain.body->len / 3);
	text = malloc(plain.body->len + 1);
	assert_non_null(text);
	z.next_in = (Bytef *)packed.body->text;
	z.avail_in = (uInt)packed.body->len;
	z.next_out = (Bytef *)text;
	z.avail_out = (uInt)plain.body->len + 1;
	assert_int_equal(inflateInit2(&z, 31), Z_OK);
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	inflateEnd(&z);
	assert_int_equal(z.total_out, plain.body->len);
	assert_memory_equal(text, plain.body->text, plain.body->len);
	free(text);
	body__drop(plain.body);
	body__drop(packed.body);
	pages__free(&fixture.pages);
}

/* It is tried again with the next request. */
static void a_failure_is_said(void **state)
{
	struct fixture fixture = {.err = -EIO};

	open_pages(&fixture);
	expect(&fixture, "/metrics", NULL, 503, "text/plain; charset=utf-8", "the totals");
	expect(&fixture, "/healthz", NULL, 503, "text/plain; charset=utf-8", "the totals");
	fixture.err = 0;
	expect(&fixture, "/metrics", NULL, 200, "text/plain; version=0.0.4; charset=utf-8", "# ");
	expect(&fixture, "/healthz", NULL, 200, "text/plain; charset=utf-8", "ok");
	pages__free(&fixture.pages);
}

static struct server_reply ask_seconds(struct fixture *fixture, const char *seconds, void *waited)
{
	struct server_request request = {.path = "/run.json", .seconds = seconds, .waited = waited};
	struct server_reply reply = {};

	pages__answer(&fixture->pages, &request, &reply);
	assert_true(!reply.body == !!reply.wait_for);
	return reply;
}

static void expect_seconds(struct fixture *fixture, const char *seconds, void *waited,
			   unsigned int status)
{
	struct server_reply reply = ask_seconds(fixture, seconds, waited);

	assert_int_equal(reply.status, status);
	body__drop(reply.body);
}

static void a_run_of_some_seconds(void **state)
{
	static const char *const bad[] = {
		"", "0", "-1", "3601", "1.5", "x", "99999999999999999999"};
	struct server_reply wait[PAGES_WINDOWS];
	struct fixture fixture = {};

	open_pages(&fixture);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		expect_seconds(&fixture, bad[i], NULL, 400);
	for (size_t i = 0; i < PAGES_WINDOWS; i++) {
		wait[i] = ask_seconds(&fixture, "3600", NULL);
		assert_int_equal(wait[i].wait_ns, 3600000000000);
	}
	expect_seconds(&fixture, "1", NULL, 503); /* too many */
	expect_seconds(&fixture, "3600", wait[0].wait_for, 200);
	wait[0] = ask_seconds(&fixture, "1", NULL); /* its place is free */
	fixture.err = -EIO;
	expect_seconds(&fixture, "3600", wait[1].wait_for, 503);
	pages__gone(&fixture.pages, wait[0].wait_for);
	for (size_t i = 2; i < PAGES_WINDOWS; i++)
		pages__gone(&fixture.pages, wait[i].wait_for);
	assert_int_equal(fixture.windows, 0);
	assert_int_equal(fixture.pages.n_windows, 0);
	pages__free(&fixture.pages);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_path),
		cmocka_unit_test(written_once_for_many),
		cmocka_unit_test(compressed),
		cmocka_unit_test(a_failure_is_said),
		cmocka_unit_test(a_run_of_some_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
