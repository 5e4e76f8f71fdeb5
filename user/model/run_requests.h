/* SPDX-License-Identifier: GPL-2.0-or-later */
/* run_requests.h - requests and latencies, as a part of run.h. */
#ifndef VIRTAX_RUN_REQUESTS_H
#define VIRTAX_RUN_REQUESTS_H

#include <stddef.h>
#include <stdint.h>

#include "abi_net.h"

/* A histogram as in the run file: buckets in ascending order, without empty ones. */
struct run_hist {
	size_t n;
	struct run_bucket {
		uint64_t upper_ns; /* inclusive upper bound */
		uint64_t count;
	} * bucket;
};

struct run_latency {
	uint64_t count;
	/* ns; the upper bound of the rank's bucket, at most max. RUN_UNKNOWN if count is 0. */
	uint64_t p50, p90, p99, max;
	struct run_hist hist;
};

enum run_requests_source {
	RUN_REQUESTS_NONE = 0, /* not known: per_request is null */
	RUN_REQUESTS_HTTP,
	RUN_REQUESTS_FILE,
	RUN_REQUESTS_GIVEN,
	/* read while the recording ran; a count that may be wrong is RUN_UNKNOWN */
	RUN_REQUESTS_LOG,
	RUN_REQUESTS_SERVER_STATUS, /* Apache's */
	RUN_REQUESTS_STUB_STATUS,   /* nginx's */
	RUN_REQUESTS_COUNTER,       /* a Prometheus counter */
	RUN_REQUESTS_SOURCES,
};

struct run_requests {
	enum run_requests_source source;
	uint64_t count;
	uint64_t status[VTX_STATUSES]; /* RUN_UNKNOWN unless source is HTTP */
	struct run_latency latency;    /* first byte of the request to last byte of the response */
	struct run_latency first_byte; /* … to first byte of the response */
	uint64_t connections, midstream, garbage, tls, http2, tunnels, gaps, unanswered, unasked,
		retransmits;
	uint64_t http_port; /* 0 unless source is HTTP */
	/* unless source is HTTP: how many were counted on the wire, or RUN_UNKNOWN */
	uint64_t wire_count;
	/* Of the requests that ended in a row of the time series; 0: none, or this is no row. */
	uint64_t row_p50_ns, row_p99_ns;
	uint64_t own_reads; /* our visits to a server that counts them as well; not in count */
};

#endif
