/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * packet.bpf.h - finds the TCP header and the payload in a packet. The payload may be in page
 * fragments, so everything is read with a helper, nothing through pointers.
 */
#ifndef VIRTAX_PACKET_BPF_H
#define VIRTAX_PACKET_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

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

/* Fills hd for a TCP packet; *ret_len is the size of its payload, which begins at *ret_base. */
static __always_inline bool find_tcp(struct __sk_buff *skb, struct headers *hd, bool socket,
				     __u32 *ret_base, __u32 *ret_len)
{
	__u32 doff, end;

	if (!find_ip(skb, hd, socket))
		return false;
	if (hd->ip4.version_ihl >> 4 == 4 ? !find_tcp4(skb, hd) : !find_tcp6(skb, hd))
		return false;
	/* Super-segments over 64 KB do not report their length; short frames are padded. */
	end = skb->len;
	if (hd->ip_bytes && hd->l3 + hd->ip_bytes < end)
		end = hd->l3 + hd->ip_bytes;
	doff = (hd->tcp.doff >> 4) * 4;
	*ret_base = hd->l4 + doff;
	if (doff < TCP_BYTES || *ret_base > end)
		return false;
	*ret_len = end - *ret_base;
	return true;
}

#endif
