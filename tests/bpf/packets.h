/* SPDX-License-Identifier: GPL-2.0-or-later */
/* packets.h - TCP packets with headers of every shape. */
#ifndef VIRTAX_TESTS_PACKETS_H
#define VIRTAX_TESTS_PACKETS_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };
enum { ETH = 14, LO = 1, PORT = 80, CLIENT_PORT = 40000 };

/* The shape of a packet around its payload. */
struct shape {
	bool ip6;
	unsigned ip_options;  /* bytes; IPv6: of extension headers */
	unsigned tcp_options; /* bytes */
	bool no_length;       /* as in super-segments over 64 KB */
	unsigned padding;     /* after the payload */
	uint16_t fragment;    /* IPv4's fragment field */
};

/* A packet's place in its connection. */
struct place {
	bool to_server;
	uint32_t seq, ack;
	uint8_t flags;
};

static void put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value & 0xffff);
}

static size_t put_ip4(uint8_t *ip, const struct shape *s, bool to_server, size_t behind)
{
	size_t header = 20 + s->ip_options;

	ip[0] = (uint8_t)(0x40 | header / 4);
	put16(ip + 2, s->no_length ? 0 : (unsigned)(header + behind));
	put16(ip + 6, s->fragment);
	ip[8] = 64;
	ip[9] = IPPROTO_TCP;
	put32(ip + 12, to_server ? 0x0a000001 : 0x0a000002);
	put32(ip + 16, to_server ? 0x0a000002 : 0x0a000001);
	memset(ip + 20, 1, s->ip_options); /* no operation */
	return header;
}

static size_t put_ip6(uint8_t *ip, const struct shape *s, bool to_server, size_t behind)
{
	uint8_t *option = ip + 40;

	ip[0] = 0x60;
	put16(ip + 4, s->no_length ? 0 : (unsigned)(s->ip_options + behind));
	ip[6] = s->ip_options ? 0 : IPPROTO_TCP; /* hop by hop */
	ip[7] = 64;
	ip[8] = ip[24] = 0xfd;
	ip[23] = to_server ? 1 : 2;
	ip[39] = to_server ? 2 : 1;
	for (size_t n = 0; n < s->ip_options; n += 8, option += 8) {
		option[0] = n + 8 < s->ip_options ? 60 : IPPROTO_TCP; /* destination options */
		option[1] = 0;
		option[2] = 1; /* four bytes of padding */
		option[3] = 4;
	}
	return 40 + s->ip_options;
}

/* Writes a packet into zeroed memory. Returns its size. */
static size_t put_packet(uint8_t *bytes, const struct shape *s, const struct place *p,
			 const void *payload, size_t n)
{
	uint8_t *ip = bytes + ETH, *tcp;
	size_t tcp_header = 20 + s->tcp_options;

	put16(bytes + 12, s->ip6 ? 0x86dd : 0x0800);
	tcp = ip + (s->ip6 ? put_ip6 : put_ip4)(ip, s, p->to_server, tcp_header + n);
	put16(tcp, p->to_server ? CLIENT_PORT : PORT);
	put16(tcp + 2, p->to_server ? PORT : CLIENT_PORT);
	put32(tcp + 4, p->seq);
	put32(tcp + 8, p->ack);
	tcp[12] = (uint8_t)(tcp_header / 4 << 4);
	tcp[13] = p->flags;
	memset(tcp + 20, 1, s->tcp_options);
	if (n)
		memcpy(tcp + tcp_header, payload, n);
	memset(tcp + tcp_header + n, 'P', s->padding);
	return (size_t)(tcp + tcp_header + n + s->padding - bytes);
}

#endif
