// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * udp - one side of a flood of datagrams.
 *
 *   udp send ADDRESS PORT WALL_MS [CPU]     as fast as it goes; prints `sent`
 *   udp sink PORT [CPU]                     receives until SIGTERM; prints `pid`, then `received`
 */
#include "load.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>

#define PAYLOAD_BYTES 64

static volatile sig_atomic_t stop;

static void on_term(int sig)
{
	(void)sig;
	stop = 1;
}

static int udp_socket(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		load_die("socket");
	return fd;
}

static int udp_send(const char *address, const char *port, uint64_t wall_ns)
{
	uint64_t end = load_now_ns(CLOCK_MONOTONIC) + wall_ns, sent = 0;
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(port))};
	char payload[PAYLOAD_BYTES] = "flood";
	int fd = udp_socket();

	if (inet_pton(AF_INET, address, &to.sin_addr) != 1 ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to)))
		load_die(address);
	while (load_now_ns(CLOCK_MONOTONIC) < end)
		if (send(fd, payload, sizeof(payload), 0) == sizeof(payload))
			sent++;
	load_print("sent", sent);
	return 0;
}

static int udp_sink(const char *port)
{
	struct sigaction action = {.sa_handler = on_term}; /* no restart: recv must return */
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(atoi(port))};
	uint64_t received = 0;
	char payload[PAYLOAD_BYTES];
	int fd = udp_socket();

	sigaction(SIGTERM, &action, NULL);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)))
		load_die("bind");
	load_print("pid", getpid());
	while (!stop)
		if (recv(fd, payload, sizeof(payload), 0) > 0)
			received++;
	load_print("received", received);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc >= 5 && !strcmp(argv[1], "send")) {
		if (argc > 5)
			load_pin(atoi(argv[5]));
		return udp_send(argv[2], argv[3], strtoull(argv[4], NULL, 10) * LOAD_MS);
	}
	if (argc >= 3 && !strcmp(argv[1], "sink")) {
		if (argc > 3)
			load_pin(atoi(argv[3]));
		return udp_sink(argv[2]);
	}
	return 2;
}
