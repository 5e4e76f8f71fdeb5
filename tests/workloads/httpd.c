// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * httpd - answers HTTP requests on 127.0.0.1, one connection at a time, and burns a fixed amount of
 * CPU in user mode for each: a server of known cost. With FILE it writes 4 KiB of it for each
 * request, and with -f syncs them before it answers. Prints its pid and the rounds it burns per
 * request, and at the end of a connection how many requests it carried and what it burned for them:
 * by its own CPU clock, and without disturbances.
 *
 *   httpd PORT BUSY_US [FILE [-f]]
 *   httpd PORT rROUNDS [BYTES]   exactly so many rounds, so that two servers differ by just that,
 *                                and an answer of BYTES
 *
 * *PORT: on all addresses.
 */
#include "load.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

static char *answer;
static size_t answer_size;

static void make_answer(size_t body)
{
	char head[64];
	int n = snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n",
			 body);

	answer_size = (size_t)n + body;
	answer = malloc(answer_size + 1);
	if (!answer)
		load_die("malloc");
	memcpy(answer, head, (size_t)n);
	memset(answer + n, 'x', body);
	if (body)
		answer[answer_size - 1] = '\n';
}

/* All of it: a large answer takes several writes. */
static int send_answer(int fd)
{
	for (size_t at = 0; at < answer_size;) {
		ssize_t sent = write(fd, answer + at, answer_size - at);

		if (sent <= 0)
			return 0;
		at += (size_t)sent;
	}
	return 1;
}

/* Reads up to the end of one request's head; 0 when the client has closed. */
static int read_request(int fd)
{
	char text[4096];
	size_t n = 0;

	while (n < sizeof(text) - 1) {
		ssize_t got = read(fd, text + n, sizeof(text) - 1 - n);

		if (got <= 0)
			return 0;
		n += (size_t)got;
		text[n] = '\0';
		if (strstr(text, "\r\n\r\n"))
			return 1;
	}
	return 0;
}

struct cost {
	uint64_t rounds; /* of load_turn() per request: the same instructions each time */
	int file;        /* -1: none */
	bool sync;
};

/* How many rounds take that long on an undisturbed CPU. */
static uint64_t rounds_of(uint64_t ns)
{
	const uint64_t rounds = 200000;
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < 10; i++) {
		uint64_t start = load_now_ns(CLOCK_THREAD_CPUTIME_ID), took;

		load_turn(rounds);
		took = load_now_ns(CLOCK_THREAD_CPUTIME_ID) - start;
		least = took < least ? took : least;
	}
	return ns * rounds / least;
}

#define PARTS 16

/* Time that was burned, by two clocks, in ns. User time is between them. */
struct burned {
	uint64_t cpu_ns;         /* the thread's CPU time, with the interrupts */
	uint64_t undisturbed_ns; /* without interrupts, and without what a hypervisor took */
};

/*
 * Burns the rounds in equal parts. Of a part that took far longer than the fastest, only as much as
 * the mean of the others counts as undisturbed. These times are read without a system call.
 */
static void burn(uint64_t rounds, struct burned *sum)
{
	uint64_t start = load_now_ns(CLOCK_THREAD_CPUTIME_ID);
	uint64_t took[PARTS], least = UINT64_MAX, ns = 0, n = 0;
	uint64_t last = load_now_ns(CLOCK_MONOTONIC), now;

	for (int i = 0; i < PARTS; i++) {
		load_turn(rounds / PARTS);
		now = load_now_ns(CLOCK_MONOTONIC);
		took[i] = now - last;
		last = now;
		least = took[i] < least ? took[i] : least;
	}
	sum->cpu_ns += load_now_ns(CLOCK_THREAD_CPUTIME_ID) - start;
	for (int i = 0; i < PARTS; i++) {
		if (took[i] > least + least / 2 + 1000)
			continue;
		ns += took[i];
		n++;
	}
	sum->undisturbed_ns += ns * PARTS / n;
}

static void spend(const struct cost *cost, struct burned *sum)
{
	static const char block[4096];

	burn(cost->rounds, sum);
	if (cost->file >= 0 && pwrite(cost->file, block, sizeof(block), 0) != sizeof(block))
		load_die("pwrite");
	if (cost->sync && fdatasync(cost->file))
		load_die("fdatasync");
}

static void serve(int fd, const struct cost *cost)
{
	struct burned burned = {0};
	uint64_t requests = 0;
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	while (read_request(fd)) {
		requests++;
		spend(cost, &burned);
		if (!send_answer(fd))
			break;
	}
	close(fd);
	load_print("requests", requests);
	load_print("burned_ns", burned.cpu_ns);
	load_print("undisturbed_ns", burned.undisturbed_ns);
}

static void parse(int argc, char **argv, struct cost *ret)
{
	bool rounds = argv[2][0] == 'r';

	*ret = (struct cost){.file = -1, .sync = argc == 5};
	if (rounds)
		ret->rounds = strtoull(argv[2] + 1, NULL, 10);
	else
		ret->rounds = rounds_of(strtoull(argv[2], NULL, 10) * 1000);
	make_answer(rounds && argc > 3 ? strtoull(argv[3], NULL, 10) : 3);
	if (rounds || argc < 4)
		return;
	ret->file = open(argv[3], O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (ret->file < 0)
		load_die("open");
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1, fd;
	struct cost cost;
	bool all;

	if (argc < 3 || argc > 5)
		return 2;
	parse(argc, argv, &cost);
	signal(SIGPIPE, SIG_IGN);
	all = argv[1][0] == '*';
	address.sin_addr.s_addr = htonl(all ? INADDR_ANY : INADDR_LOOPBACK);
	address.sin_port = htons((uint16_t)atoi(argv[1] + all));
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) || listen(listener, 16))
		load_die("bind");
	load_print("pid", (uint64_t)getpid());
	load_print("rounds", cost.rounds);
	while ((fd = accept(listener, NULL, NULL)) >= 0)
		serve(fd, &cost);
	return 1;
}
