// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The HTTP programs, run by the kernel on constructed packets (test_run), as root: headers of every
 * kind, directions, and the random conversations of the unit tests.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "abi_cpu.h"
#include "abi_kvm.h"
#include "abi_net.h"
#include "abi_profile.h"
#include "packets.h"
#include "randomtalk.h"
#include "virtax.skel.h"

static struct virtax *skel;
static struct vtx_net_totals before;
static uint64_t lost_before;

/* Runs a program on one packet. */
static void packet(struct bpf_program *prog, const struct shape *s, bool to_server, uint32_t seq,
		   uint32_t ack, uint8_t flags, const void *payload, size_t n)
{
	const struct place place = {to_server, seq, ack, flags};
	uint8_t bytes[4096] = {};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = bytes, .repeat = 1);

	opts.data_size_in = (__u32)put_packet(bytes, s, &place, payload, n);
	assert_true(opts.data_size_in < sizeof(bytes));
	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(prog), &opts), 0);
	/* It passes every packet on to other programs, and keeps none itself. */
	assert_int_equal((int)opts.retval, prog == skel->progs.vtx_net_read ? 0 : -1);
}

/* ---- what was counted ------------------------------------------------------------------ */

static struct vtx_net_totals read_totals(void)
{
	int cpus = libbpf_num_possible_cpus();
	struct vtx_net_totals *each = calloc((size_t)cpus, sizeof(*each)), sum = {};
	__u32 slot = 0;

	assert_non_null(each);
	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(skel->maps.net_totals), &slot, each), 0);
	for (int cpu = 0; cpu < cpus; cpu++)
		for (size_t i = 0; i < sizeof(sum) / sizeof(__u64); i++)
			((__u64 *)&sum)[i] += ((const __u64 *)&each[cpu])[i];
	free(each);
	return sum;
}

static uint64_t read_lost(void)
{
	uint64_t n = 0;

	for (int cpu = 0; cpu < VTX_MAX_CPUS; cpu++)
		n += skel->bss->vtx_cpus[cpu].lost[VTX_LOST_HTTP_CONN] +
		     skel->bss->vtx_cpus[cpu].lost[VTX_LOST_HTTP_GAP];
	return n;
}

/* What was counted since the last call. */
static struct vtx_net_totals counted(void)
{
	struct vtx_net_totals now = read_totals(), d = now;

	for (size_t i = 0; i < sizeof(d) / sizeof(__u64); i++)
		((__u64 *)&d)[i] -= ((const __u64 *)&before)[i];
	before = now;
	return d;
}

static void own_device(uint32_t flags)
{
	struct vtx_net_owner owner = {.slot = 0, .account = VTX_ACC_FIRST, .flags = flags};
	struct vtx_port_key port = {.ifindex = LO, .port = PORT};
	__u32 ifindex = LO;

	bpf_map_delete_elem(bpf_map__fd(skel->maps.net_devs), &ifindex);
	if (flags & VTX_DEV_OWN)
		assert_int_equal(bpf_map_update_elem(bpf_map__fd(skel->maps.net_devs), &ifindex,
						     &owner, BPF_ANY),
				 0);
	assert_int_equal(
		bpf_map_update_elem(bpf_map__fd(skel->maps.net_ports), &port, &owner, BPF_ANY), 0);
	skel->bss->vtx_gen++; /* owners have changed */
	counted();
	lost_before = read_lost();
}

/* The program that sees packets to the server, or from it, on a device of this kind. */
static struct bpf_program *seen_by(uint32_t flags, bool to_server)
{
	bool out = flags & VTX_DEV_OWN ? to_server : !to_server;

	if (flags & VTX_DEV_LOOP)
		out = false;
	return out ? skel->progs.vtx_net_out : skel->progs.vtx_net_in;
}

/* ---- tests ----------------------------------------------------------------------------- */

static const char ask[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
static const char answer[] = "HTTP/1.1 404 No\r\nContent-Length: 3\r\n\r\nabc";
static const struct shape plain = {};
static uint32_t isn = 1000; /* no two conversations share sequence numbers */

static void one_exchange(struct bpf_program *to, struct bpf_program *from, const struct shape *s)
{
	uint32_t c = isn, a = isn * 7;

	isn += 100000;
	packet(to, s, true, c, 0, SYN, NULL, 0);
	packet(from, s, false, a, c + 1, SYN | ACK, NULL, 0);
	packet(to, s, true, c + 1, a + 1, ACK, NULL, 0);
	packet(to, s, true, c + 1, a + 1, ACK, ask, sizeof(ask) - 1);
	packet(from, s, false, a + 1, c + sizeof(ask), ACK, answer, sizeof(answer) - 1);
	packet(to, s, true, c + sizeof(ask), a + sizeof(answer), ACK, NULL, 0);
	packet(from, s, false, a + sizeof(answer), c + sizeof(ask), FIN | ACK, NULL, 0);
	packet(to, s, true, c + sizeof(ask), a + sizeof(answer) + 1, FIN | ACK, NULL, 0);
}

static void expect_exchange(unsigned times)
{
	struct vtx_net_totals got = counted();

	assert_int_equal(got.requests, times);
	assert_int_equal(got.responses, times);
	assert_int_equal(got.status[VTX_STATUS_4XX], times);
	assert_int_equal(got.first.count, times);
	assert_int_equal(got.last.count, times);
	assert_int_equal(got.connections, times);
	assert_int_equal(got.midstream + got.garbage + got.gaps + got.unanswered + got.retransmits,
			 0);
	assert_int_equal(read_lost(), lost_before);
}

static void test_headers(void **state)
{
	static const struct shape shapes[] = {
		{.tcp_options = 12},
		{.ip_options = 4},
		{.ip_options = 40, .tcp_options = 40},
		{.padding = 6},
		{.no_length = true, .tcp_options = 12},
		{.fragment = 0x4000}, /* do not fragment */
		{.ip6 = true},
		{.ip6 = true, .tcp_options = 12},
		{.ip6 = true, .ip_options = 8, .no_length = true, .tcp_options = 12},
		{.ip6 = true, .ip_options = 32, .padding = 2},
	};

	own_device(VTX_DEV_OWN);
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		one_exchange(skel->progs.vtx_net_out, skel->progs.vtx_net_in, &shapes[i]);
		expect_exchange(1);
	}
}

static void test_not_ours(void **state)
{
	static const struct shape later_fragment = {.fragment = 0x0010};
	struct vtx_port_key port = {.ifindex = LO, .port = PORT};

	own_device(VTX_DEV_OWN);
	/* The target as a client: the same packets, in the other direction. */
	one_exchange(skel->progs.vtx_net_in, skel->progs.vtx_net_out, &plain);
	expect_exchange(0);
	/* A fragment after the first: payload where the ports would be. */
	packet(skel->progs.vtx_net_out, &later_fragment, true, 1, 1, ACK, ask, sizeof(ask) - 1);
	expect_exchange(0);
	/* No service at that port. */
	bpf_map_delete_elem(bpf_map__fd(skel->maps.net_ports), &port);
	skel->bss->vtx_gen++;
	one_exchange(skel->progs.vtx_net_out, skel->progs.vtx_net_in, &plain);
	expect_exchange(0);
	/* Nothing is being recorded. */
	own_device(VTX_DEV_OWN);
	skel->bss->vtx_on = 0;
	one_exchange(skel->progs.vtx_net_out, skel->progs.vtx_net_in, &plain);
	skel->bss->vtx_on = 1;
	assert_int_equal(counted().rx.packets, 0);
}

static void test_directions(void **state)
{
	static const uint32_t kinds[] = {VTX_DEV_OWN, VTX_DEV_SHARED, VTX_DEV_LOOP};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		own_device(kinds[i]);
		one_exchange(seen_by(kinds[i], true), seen_by(kinds[i], false), &plain);
		expect_exchange(1);
	}
	/* On lo, a packet that goes out comes in again: it is counted then. */
	own_device(VTX_DEV_LOOP);
	one_exchange(skel->progs.vtx_net_out, skel->progs.vtx_net_out, &plain);
	expect_exchange(0);
	own_device(VTX_DEV_SHARED);
	one_exchange(skel->progs.vtx_net_out, skel->progs.vtx_net_in, &plain);
	expect_exchange(0);
}

/* A packet socket's filter sees packets from their IP header on. */
static void test_socket(void **state)
{
	static const struct shape ip6 = {.ip6 = true, .ip_options = 8, .tcp_options = 12};

	own_device(VTX_DEV_LOOP);
	one_exchange(skel->progs.vtx_net_read, skel->progs.vtx_net_read, &plain);
	one_exchange(skel->progs.vtx_net_read, skel->progs.vtx_net_read, &ip6);
	expect_exchange(2);
}

static void test_device_counts(void **state)
{
	struct vtx_net_totals got;

	own_device(VTX_DEV_OWN);
	one_exchange(skel->progs.vtx_net_out, skel->progs.vtx_net_in, &plain);
	got = counted();
	assert_int_equal(got.rx.packets, 5);
	assert_int_equal(got.tx.packets, 3);
	assert_int_equal(got.rx.bytes, 5 * (ETH + 20 + 20) + sizeof(ask) - 1);
	assert_int_equal(got.tx.bytes, 3 * (ETH + 20 + 20) + sizeof(answer) - 1);
}

/* Packets full of the smallest possible requests: more than can be tracked. */
static void test_full_packet(void **state)
{
	static const char small[] = "GET / HTTP/1.0\r\n\r\n";
	char many[18 * 190];
	struct vtx_net_totals got;
	uint32_t c = isn;

	own_device(VTX_DEV_OWN);
	isn += 100000;
	for (size_t i = 0; i < sizeof(many); i += 18)
		memcpy(many + i, small, 18);
	packet(skel->progs.vtx_net_out, &plain, true, c, 0, SYN, NULL, 0);
	for (int i = 0; i < 5; i++)
		packet(skel->progs.vtx_net_out, &plain, true, c + 1 + (uint32_t)(i * sizeof(many)),
		       1, ACK, many, sizeof(many));
	packet(skel->progs.vtx_net_in, &plain, false, 5, c + 1 + 5 * sizeof(many), RST | ACK, NULL,
	       0);
	got = counted();
	assert_int_equal(got.requests, 5 * 190);
	assert_int_equal(got.unanswered, 5 * 190);
	assert_int_equal(got.garbage + got.gaps, 0);
	assert_int_equal(read_lost(), lost_before);
}

/* The unit tests' conversations, cut at random into packets, some of them sent twice. */
static void play(const struct random_talk *r, unsigned *seed)
{
	struct bpf_program *prog[2] = {skel->progs.vtx_net_out, skel->progs.vtx_net_in};
	uint32_t seq[2] = {(uint32_t)rand_r(seed) * 2, (uint32_t)rand_r(seed) * 2};
	size_t most = rand_r(seed) % 3 ? 1400 : 30;

	packet(prog[0], &plain, true, seq[0]++, 0, SYN, NULL, 0);
	packet(prog[1], &plain, false, seq[1]++, seq[0], SYN | ACK, NULL, 0);
	for (int way = 0; way < 2; way++)
		for (size_t at = 0; at < r->text[way].n;) {
			size_t n = 1 + (size_t)rand_r(seed) % most;

			if (n > r->text[way].n - at)
				n = r->text[way].n - at;
			for (int copies = rand_r(seed) % 8 ? 1 : 2; copies; copies--)
				packet(prog[way], &plain, !way, seq[way], seq[!way], ACK,
				       r->text[way].bytes + at, n);
			seq[way] += (uint32_t)n;
			at += n;
		}
	packet(prog[1], &plain, false, seq[1], seq[0], RST | ACK, NULL, 0);
}

static void test_random_conversations(void **state)
{
	unsigned seed = 5;

	own_device(VTX_DEV_OWN);
	for (int round = 0; round < 150; round++) {
		struct vtx_net_totals got;
		struct random_talk r;

		random_talk__make(&r, &seed);
		play(&r, &seed);
		got = counted();
		assert_int_equal(got.requests, r.n);
		assert_int_equal(got.responses, r.n);
		assert_int_equal(got.last.count, r.n);
		for (int i = 1; i < VTX_STATUSES; i++)
			assert_int_equal(got.status[i], r.status[i]);
		assert_int_equal(got.gaps + got.garbage + got.unanswered, 0);
		random_talk__free(&r);
	}
	assert_int_equal(read_lost(), lost_before);
}

static int load(void **state)
{
	__u32 zero = 0;
	int reader;

	skel = virtax__open();
	if (!skel)
		return -1;
	bpf_map__set_autocreate(skel->maps.vtx_tasks, false);
	bpf_program__set_autoload(skel->progs.vtx_net_in, true);
	bpf_program__set_autoload(skel->progs.vtx_net_out, true);
	bpf_program__set_autoload(skel->progs.vtx_net_tc, true);
	bpf_program__set_autoload(skel->progs.vtx_net_read, true);
	if (virtax__load(skel))
		return -1;
	reader = bpf_program__fd(skel->progs.vtx_net_tc);
	if (bpf_map_update_elem(bpf_map__fd(skel->maps.net_tc), &zero, &reader, BPF_ANY))
		return -1;
	skel->bss->vtx_on = 1;
	return 0;
}

static int unload(void **state)
{
	virtax__destroy(skel);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_not_ours),
		cmocka_unit_test(test_directions),
		cmocka_unit_test(test_socket),
		cmocka_unit_test(test_device_counts),
		cmocka_unit_test(test_full_packet),
		cmocka_unit_test(test_random_conversations),
	};

	return cmocka_run_group_tests_name("http", tests, load, unload);
}
