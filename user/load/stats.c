// SPDX-License-Identifier: GPL-2.0-or-later
#include "load/stats.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/array.h"

struct summary {
	uint64_t mean, p50, p90, p99, p999, max;
};

static int samples__add(struct samples *s, uint64_t ns)
{
	if (!array_grow(&s->ns, s->n, &s->room))
		return -ENOMEM;
	s->ns[s->n++] = ns;
	return 0;
}

static int cmp_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Nearest rank: the smallest sample such that at least a fraction q of all do not exceed it. */
static uint64_t rank(const struct samples *s, double q)
{
	size_t r = (size_t)ceil(q * (double)s->n);

	return s->ns[r ? r - 1 : 0];
}

static struct summary summarize(struct samples *s)
{
	struct summary m = {0};
	double sum = 0;

	if (!s->n)
		return m;
	qsort(s->ns, s->n, sizeof(*s->ns), cmp_u64);
	for (size_t i = 0; i < s->n; i++)
		sum += (double)s->ns[i];
	m.mean = (uint64_t)(sum / (double)s->n);
	m.p50 = rank(s, 0.5);
	m.p90 = rank(s, 0.9);
	m.p99 = rank(s, 0.99);
	m.p999 = rank(s, 0.999);
	m.max = s->ns[s->n - 1];
	return m;
}

int stats__response(struct stats *s, int status, uint64_t due_ns, uint64_t sent_ns, uint64_t end_ns)
{
	s->requests++;
	s->status[status >= 100 && status < 600 ? status / 100 : 0]++;
	if (samples__add(&s->latency, end_ns - due_ns) ||
	    samples__add(&s->service, end_ns - sent_ns) ||
	    samples__add(&s->delay, sent_ns - due_ns))
		return -ENOMEM;
	return 0;
}

uint64_t stats__errors(const struct stats *s)
{
	return s->timeouts + s->truncated + s->protocol_errors + s->gave_up;
}

static double achieved(const struct stats *s)
{
	return s->wall_ns ? (double)s->requests * 1e9 / (double)s->wall_ns : 0;
}

static void json_string(const char *s, FILE *f)
{
	fputc('"', f);
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\')
			fprintf(f, "\\u%04x", c);
		else
			fputc(c, f);
	}
	fputc('"', f);
}

static void json_samples(const char *name, struct samples *s, FILE *f)
{
	struct summary m = summarize(s);

	if (!s->n) {
		fprintf(f, ",\n  \"%s\": null", name);
		return;
	}
	fprintf(f,
		",\n  \"%s\": {\"mean\": %" PRIu64 ", \"p50\": %" PRIu64 ", \"p90\": %" PRIu64
		", \"p99\": %" PRIu64 ", \"p999\": %" PRIu64 ", \"max\": %" PRIu64 "}",
		name, m.mean, m.p50, m.p90, m.p99, m.p999, m.max);
}

static void json_u64(const char *name, uint64_t v, FILE *f)
{
	fprintf(f, ",\n  \"%s\": %" PRIu64, name, v);
}

void stats__print_json(struct stats *s, const struct stats_params *p, FILE *f)
{
	fputs("{\n  \"url\": ", f);
	json_string(p->url, f);
	json_u64("connections", p->connections, f);
	json_u64("scheduled", s->scheduled, f);
	json_u64("requests", s->requests, f);
	json_u64("ok", s->status[2] + s->status[3], f);
	json_u64("errors", stats__errors(s), f);
	json_u64("timeouts", s->timeouts, f);
	json_u64("truncated", s->truncated, f);
	json_u64("protocol_errors", s->protocol_errors, f);
	json_u64("gave_up", s->gave_up, f);
	json_u64("retries", s->retries, f);
	json_u64("reconnects", s->reconnects, f);
	json_u64("connect_errors", s->connect_errors, f);
	fputs(",\n  \"status\": {", f);
	for (int i = 1; i < 6; i++)
		fprintf(f, "\"%dxx\": %" PRIu64 ", ", i, s->status[i]);
	fprintf(f, "\"other\": %" PRIu64 "}", s->status[0]);
	json_u64("bytes_received", s->bytes_received, f);
	json_u64("wall_ns", s->wall_ns, f);
	fprintf(f, ",\n  \"target_rate\": %.3f,\n  \"rate\": %.3f", p->target_rate, achieved(s));
	json_samples("latency_ns", &s->latency, f);
	json_samples("service_ns", &s->service, f);
	json_samples("send_delay_ns", &s->delay, f);
	fputs("\n}\n", f);
}

static void text_samples(const char *name, struct samples *s, FILE *f)
{
	struct summary m = summarize(s);

	fprintf(f, "%-26s p50 %.3f  p90 %.3f  p99 %.3f  max %.3f ms\n", name, (double)m.p50 / 1e6,
		(double)m.p90 / 1e6, (double)m.p99 / 1e6, (double)m.max / 1e6);
}

void stats__print_text(struct stats *s, const struct stats_params *p, FILE *f)
{
	fprintf(f,
		"%" PRIu64 " of %" PRIu64 " requests answered, %.1f per second, %u connections\n",
		s->requests, s->scheduled, achieved(s), p->connections);
	fprintf(f,
		"status 2xx %" PRIu64 "  3xx %" PRIu64 "  4xx %" PRIu64 "  5xx %" PRIu64
		"  other %" PRIu64 "\n",
		s->status[2], s->status[3], s->status[4], s->status[5],
		s->status[0] + s->status[1]);
	fprintf(f,
		"no answer: timeout %" PRIu64 "  truncated %" PRIu64 "  not HTTP %" PRIu64
		"  gave up %" PRIu64 "; retried %" PRIu64 "\n",
		s->timeouts, s->truncated, s->protocol_errors, s->gave_up, s->retries);
	if (!s->requests)
		return;
	text_samples("latency from schedule", &s->latency, f);
	text_samples("latency from sending", &s->service, f);
}

void stats__free(struct stats *s)
{
	free(s->latency.ns);
	free(s->service.ns);
	free(s->delay.ns);
}
