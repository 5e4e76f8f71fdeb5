/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * packet.bpf.h - finds the TCP header and the payload in a packet. The payload may be in page
 * fragments, so it is read with a helper. The headers of most packets are not, and are
 * read through pointers.
 */
#ifndef VIRTAX_PACKET_BPF_H
#define VIRTAX_PACKET_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define TC_PASS     (-1) /* on to the next program on the device */
#define ETH_BYTES   14
#define IP4_BYTES   20
#define IP6_BYTES   40
#define TCP_BYTES   20
#define PROTO_IP4   0x0008 /* as in memory */
#define PROTO_IP6   0xdd86
#define NEXT_TCP    6
#define IP6_OPTIONS 4 /* extension headers skipped at most */

/* The headers of a packet, from L3 on, and where they are. */
struct headers {
	__u8 align[2];
	__u8 eth[ETH_BYTES];
	union {
		struct {
			__u8 version_ihl, tos;
			__be16 tot_len, id, frag_off;
			__u8 ttl, protocol;
			__be16 check;
			__u32 saddr, daddr;
			__u8 tcp[TCP_BYTES];
		} ip4;
		struct {
			__u32 version_class;
			__be16 payload_len;
			__u8 nexthdr, hop_limit;
			__u32 saddr[4], daddr[4];
		} ip6;
	};
	struct tcp_header {
		__be16 source, dest;
		__be32 seq, ack;
		__u8 doff, flags;
		__be16 window, check, urgent;
	} tcp;
	__u32 l3;       /* offset of the IP header in the packet */
	__u32 l4;       /* … of TCP's */
	__u32 ip_bytes; /* from the IP header to the end of the payload */
};

/* Finds the IP header. Our kind of socket filter sees nothing before it. */
static __always_inline bool find_ip(struct __sk_buff *skb, struct headers *hd, bool socket)
{
	__u16 proto = skb->protocol;
	__u8 version = proto == PROTO_IP4 ? 4 : 6;

	if (proto != PROTO_IP4 && proto != PROTO_IP6)
		return false;
	hd->l3 = 0;
	if (!socket && !bpf_skb_load_bytes(skb, 0, hd->eth, ETH_BYTES + IP6_BYTES) &&
	    *(__u16 *)&hd->eth[12] == proto && hd->ip4.version_ihl >> 4 == version) {
		hd->l3 = ETH_BYTES;
		return true;
	}
	/* A device without link headers, such as a tun. */
	if (bpf_skb_load_bytes(skb, 0, &hd->ip4, IP4_BYTES + TCP_BYTES))
		return false;
	return hd->ip4.version_ihl >> 4 == version;
}

static __always_inline bool find_tcp4(struct __sk_buff *skb, struct headers *hd)
{
	__u32 ihl = (hd->ip4.version_ihl & 15) * 4;

	if (hd->ip4.protocol != NEXT_TCP || (hd->ip4.frag_off & bpf_htons(0x1fff)))
		return false;
	hd->l4 = hd->l3 + ihl;
	hd->ip_bytes = bpf_ntohs(hd->ip4.tot_len);
	if (ihl == IP4_BYTES) {
		__builtin_memcpy(&hd->tcp, hd->ip4.tcp, sizeof(hd->tcp));
		return true;
	}
	return !bpf_skb_load_bytes(skb, hd->l4, &hd->tcp, sizeof(hd->tcp));
}

static __always_inline bool find_tcp6(struct __sk_buff *skb, struct headers *hd)
{
	__u8 next = hd->ip6.nexthdr, option[8];
	int i;

	hd->l4 = hd->l3 + IP6_BYTES;
	hd->ip_bytes = bpf_ntohs(hd->ip6.payload_len);
	if (hd->ip_bytes)
		hd->ip_bytes += IP6_BYTES;
	for (i = 0; i < IP6_OPTIONS && next != NEXT_TCP; i++) {
		if (bpf_skb_load_bytes(skb, hd->l4, option, sizeof(option)))
			return false;
		if (next == 44) { /* fragment: only the first has the TCP header */
			if (*(__u16 *)&option[2] & bpf_htons(0xfff8))
				return false;
			hd->l4 += 8;
		} else if (next == 0 || next == 43 || next == 60) {
			hd->l4 += (option[1] + 1) * 8;
		} else {
			return false;
		}
		next = option[0];
	}
	return next == NEXT_TCP && !bpf_skb_load_bytes(skb, hd->l4, &hd->tcp, sizeof(hd->tcp));
}

/* A TCP segment. Addresses: IPv4's is the last word, the others as in ::ffff:0:0. */
struct segment {
	__u32 source[4], dest[4];
	__be16 source_port, dest_port; /* as on the wire */
	__u32 seq, ack;
	__u32 base, len; /* the payload: its offset in the packet, and its size */
	__u8 flags;
};

static __always_inline void segment_ip4(struct segment *s, __u32 source, __u32 dest)
{
	s->source[0] = s->source[1] = s->dest[0] = s->dest[1] = 0;
	s->source[2] = s->dest[2] = bpf_htonl(0xffff);
	s->source[3] = source;
	s->dest[3] = dest;
}

/* l3, ip_bytes: offset of the IP header; from there to the payload's end, 0 if it does not say. */
static __always_inline bool segment_tcp(struct __sk_buff *skb, struct segment *s,
					const struct tcp_header *tcp, __u32 l3, __u32 l4,
					__u32 ip_bytes)
{
	__u32 doff = (tcp->doff >> 4) * 4, end = skb->len;

	/* Super-segments over 64 KB do not report their length; short frames are padded. */
	if (ip_bytes && l3 + ip_bytes < end)
		end = l3 + ip_bytes;
	s->base = l4 + doff;
	if (doff < TCP_BYTES || s->base > end)
		return false;
	s->len = end - s->base;
	s->source_port = tcp->source;
	s->dest_port = tcp->dest;
	s->seq = bpf_ntohl(tcp->seq);
	s->ack = bpf_ntohl(tcp->ack);
	s->flags = tcp->flags;
	return true;
}

/* Headers of every kind, which may be anywhere in the packet. */
static __always_inline bool segment_find(struct __sk_buff *skb, struct segment *s, bool socket)
{
	struct headers hd = {};
	int i;

	if (!find_ip(skb, &hd, socket))
		return false;
	if (hd.ip4.version_ihl >> 4 == 4) {
		if (!find_tcp4(skb, &hd))
			return false;
		segment_ip4(s, hd.ip4.saddr, hd.ip4.daddr);
	} else {
		if (!find_tcp6(skb, &hd))
			return false;
		for (i = 0; i < 4; i++) {
			s->source[i] = hd.ip6.saddr[i];
			s->dest[i] = hd.ip6.daddr[i];
		}
	}
	return segment_tcp(skb, s, &hd.tcp, hd.l3, hd.l4, hd.ip_bytes);
}

/* The headers of most packets: Ethernet, IPv4 without options, TCP. */
struct plain_headers {
	__u8 to[6], from[6];
	__u16 proto;
	__u8 version_ihl, tos;
	__be16 tot_len, id, frag_off;
	__u8 ttl, protocol;
	__be16 check;
	__u32 saddr, daddr;
	struct tcp_header tcp;
} __attribute__((packed));

/* Is the packet of that kind, and its headers in the packet's linear part? Else NULL. */
static __always_inline const struct plain_headers *plain_headers(struct __sk_buff *skb)
{
	const struct plain_headers *hd = (const void *)(long)skb->data;

	if ((const void *)(hd + 1) > (const void *)(long)skb->data_end)
		return 0;
	if (skb->protocol != PROTO_IP4 || hd->proto != PROTO_IP4 || hd->version_ihl != 0x45 ||
	    hd->protocol != NEXT_TCP || (hd->frag_off & bpf_htons(0x1fff)))
		return 0;
	return hd;
}

static __always_inline bool segment_plain(struct __sk_buff *skb, struct segment *s,
					  const struct plain_headers *hd)
{
	struct tcp_header tcp = hd->tcp;

	segment_ip4(s, hd->saddr, hd->daddr);
	return segment_tcp(skb, s, &tcp, ETH_BYTES, ETH_BYTES + IP4_BYTES, bpf_ntohs(hd->tot_len));
}

#endif
