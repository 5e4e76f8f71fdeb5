// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * virtax-load - sends HTTP GET requests at a fixed rate, over keep-alive connections, from one
 * thread. For the demo and the tests: the tracer must count as many requests as this program.
 */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load/client.h"

struct url {
	char host[256], port[8];
	const char *path;
};

struct options {
	const char *url;
	unsigned int connections;
	double rate, seconds, timeout_s;
	uint64_t count;
	bool json;
};

static const char usage[] =
	"Usage: virtax-load URL [-r RATE] [-d SECONDS | -n COUNT] [-c CONNECTIONS] [-t SECONDS]\n"
	"                   [--json]\n"
	"Send HTTP GET requests to URL and print statistics.\n"
	"\n"
	"  -r, --rate=RATE        requests per second, due by the clock even if earlier ones are\n"
	"                         not answered; default: as fast as each connection can\n"
	"  -d, --duration=SECONDS how long to send requests (default 10)\n"
	"  -n, --count=COUNT      send this many requests instead\n"
	"  -c, --connections=N    number of keep-alive connections (default 8)\n"
	"  -t, --timeout=SECONDS  to connect, and to wait for a response (default 10)\n"
	"      --json             print one JSON object; times in ns\n"
	"\n"
	"latency_ns starts when a request is due, service_ns when it is sent.\n"
	"Exit status: 0 if every request got a response, 1 if not, 2 for a usage error.\n";

static int fail(const char *what, const char *why, int status)
{
	fprintf(stderr, "virtax-load: %s: %s\n", what, why);
	return status;
}

static bool number(const char *s, double min, double max, double *ret)
{
	char *end;

	*ret = strtod(s, &end);
	return end != s && !*end && isfinite(*ret) && *ret >= min && *ret <= max;
}

/* Parses http://HOST[:PORT][/PATH], where HOST may be [IPv6]. ret->path points into s. */
static bool split_url(const char *s, struct url *ret)
{
	size_t host, port = 0;

	if (strncmp(s, "http://", 7))
		return false;
	s += 7;
	if (*s == '[') {
		host = strcspn(++s, "]");
		if (s[host] != ']')
			return false;
	} else {
		host = strcspn(s, ":/");
	}
	if (!host || host >= sizeof(ret->host))
		return false;
	snprintf(ret->host, sizeof(ret->host), "%.*s", (int)host, s);
	s += host + (s[host] == ']');
	strcpy(ret->port, "80");
	if (*s == ':') {
		port = strspn(++s, "0123456789");
		if (!port || port >= sizeof(ret->port))
			return false;
		snprintf(ret->port, sizeof(ret->port), "%.*s", (int)port, s);
	}
	ret->path = s[port] ? s + port : "/";
	return *ret->path == '/';
}

static char *make_request(const struct url *u)
{
	bool v6 = strchr(u->host, ':');
	char *text;

	if (asprintf(&text,
		     "GET %s HTTP/1.1\r\nHost: %s%s%s:%s\r\nUser-Agent: virtax-load\r\nAccept: "
		     "*/*\r\n\r\n",
		     u->path, v6 ? "[" : "", u->host, v6 ? "]" : "", u->port) < 0)
		return NULL;
	return text;
}

static const char *resolve(const struct url *u, struct client_opts *o)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *ai;
	int r = getaddrinfo(u->host, u->port, &hints, &ai);

	if (r)
		return gai_strerror(r);
	memcpy(&o->addr, ai->ai_addr, ai->ai_addrlen);
	o->addr_len = ai->ai_addrlen;
	freeaddrinfo(ai);
	return NULL;
}

static int parse_option(int opt, struct options *o)
{
	double v;

	switch (opt) {
	case 'r':
		return number(optarg, 0.001, 1e6, &o->rate) ? 0 : fail(optarg, "not a rate", 2);
	case 'd':
		return number(optarg, 0.001, 1e6, &o->seconds) ? 0
							       : fail(optarg, "not a duration", 2);
	case 't':
		return number(optarg, 0.001, 1e6, &o->timeout_s)
			       ? 0
			       : fail(optarg, "not a time limit", 2);
	case 'n':
		if (!number(optarg, 1, 1e9, &v) || v != floor(v))
			return fail(optarg, "not a count", 2);
		o->count = (uint64_t)v;
		return 0;
	case 'c':
		if (!number(optarg, 1, 10000, &v) || v != floor(v))
			return fail(optarg, "not a number of connections", 2);
		o->connections = (unsigned int)v;
		return 0;
	case 'j':
		o->json = true;
		return 0;
	default:
		fputs("Try 'virtax-load --help'.\n", stderr);
		return 2;
	}
}

/* 0: success; -1: --help; else the exit status. */
static int parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{"rate", required_argument, NULL, 'r'},
		{"duration", required_argument, NULL, 'd'},
		{"count", required_argument, NULL, 'n'},
		{"connections", required_argument, NULL, 'c'},
		{"timeout", required_argument, NULL, 't'},
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int opt, status;

	while ((opt = getopt_long(argc, argv, "r:d:n:c:t:h", longs, NULL)) != -1) {
		if (opt == 'h')
			return -1;
		status = parse_option(opt, o);
		if (status)
			return status;
	}
	if (optind + 1 != argc)
		return fail("URL", "exactly one is required (try --help)", 2);
	o->url = argv[optind];
	return 0;
}

static int run(const struct options *o, const struct client_opts *client)
{
	struct stats_params params = {
		.url = o->url, .connections = o->connections, .target_rate = o->rate};
	struct stats stats = {0};
	int err, status;

	err = client_run(client, &stats);
	if (err) {
		status = fail(o->url, strerror(-err), 1);
	} else {
		if (o->json)
			stats__print_json(&stats, &params, stdout);
		else
			stats__print_text(&stats, &params, stdout);
		status = stats.requests && stats.requests == stats.scheduled ? 0 : 1;
		if (fflush(stdout))
			status = fail("stdout", strerror(errno), 1);
	}
	stats__free(&stats);
	return status;
}

int main(int argc, char **argv)
{
	struct options o = {.connections = 8, .seconds = 10, .timeout_s = 10};
	struct client_opts client = {0};
	struct url url;
	const char *why;
	char *request;
	int status;

	status = parse(argc, argv, &o);
	if (status)
		return status < 0 ? (fputs(usage, stdout), 0) : status;
	if (!split_url(o.url, &url))
		return fail(o.url, "not a URL like http://HOST:PORT/PATH", 2);
	why = resolve(&url, &client);
	if (why)
		return fail(o.url, why, 1);
	request = make_request(&url);
	if (!request)
		return fail(o.url, "out of memory", 1);
	client.request = request;
	client.connections = o.connections;
	client.rate = o.rate;
	client.count = o.count;
	client.duration_ns = (uint64_t)(o.seconds * 1e9);
	client.timeout_ns = (uint64_t)(o.timeout_s * 1e9);
	status = run(&o, &client);
	free(request);
	return status;
}
