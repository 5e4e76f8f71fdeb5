// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * http.bpf.c - the host's end of a target's network device: counts packets, votes for the owner of
 * a softirq, and counts HTTP/1.x requests by reading TCP streams in both directions. Only totals
 * leave the kernel.
 *
 * The reading itself is in a function of its own that the verifier checks once, however often it is
 * called for one packet: a super-segment may hold thousands of pipelined requests.
 */
#include "ledger.bpf.h"
#include "abi_net.h"
#include "packet.bpf.h"

#define HTTP_SOURCE struct __sk_buff

static __always_inline int http_read(struct __sk_buff *skb, __u32 at, void *to, __u32 n);

#define HTTP_STEPS  32   /* lines, or bodies, read between two look-ups of the connection */
#define HTTP_VISITS 4096 /* per packet; then it is counted as a gap */

#define HTTP_STEP(l)                                                                               \
	((l)->h.way == HTTP_REQUEST ? vtx_step_req((l)->h.source) : vtx_step_rsp((l)->h.source))

/*
 * These are not static: the verifier checks each of them once, not at each call in every state that
 * its callers may have reached.
 */
int vtx_step_req(struct __sk_buff *skb);
int vtx_step_rsp(struct __sk_buff *skb);
int vtx_read_req(struct __sk_buff *skb);
int vtx_read_rsp(struct __sk_buff *skb);

#include "http_conn.h"

#define TC_PASS   (-1) /* on to the next program on the device */
#define TO_DEVICE 4    /* skb->pkt_type: PACKET_OUTGOING */

/* The owners of devices: ifindex -> owner. Those with VTX_DEV_OWN must be here. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, struct vtx_net_owner);
} net_devs SEC(".maps");

/* The owners of the ports that serve HTTP, by device. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct vtx_port_key);
	__type(value, struct vtx_net_owner);
} net_ports SEC(".maps");

struct conn_key {
	__u32 client[4]; /* IPv4: the last word, the others as in ::ffff:0:0 */
	__u32 server[4];
	__u16 client_port, server_port; /* as on the wire */
	__u32 ifindex;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 32768);
	__type(key, struct conn_key);
	__type(value, struct http_conn);
} net_conns SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1); /* user space sets it: slots */
	__type(key, __u32);
	__type(value, struct vtx_net_totals);
} net_totals SEC(".maps");

/* The current packet, from the header to the reading function. */
struct packet {
	struct conn_key key;
	__u32 slot;
	__u8 fresh; /* not begun yet */
	__u8 pad[3];
	struct http_walk walk;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct packet);
} net_packet SEC(".maps");

static const struct http_conn no_conn;

static __always_inline int http_read(struct __sk_buff *skb, __u32 at, void *to, __u32 n)
{
	if (!n || n > HTTP_WINDOW)
		return -1;
	/* Older verifiers do not conclude from the comparison with 0 that it is at least 1. */
	n--;
	barrier_var(n);
	n &= HTTP_WINDOW - 1;
	return bpf_skb_load_bytes(skb, at, to, n + 1);
}

static __always_inline void lost(enum vtx_loss cause, __u32 n)
{
	cpu_any()->lost[cause] += n;
}

static __always_inline struct packet *packet_in_hand(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&net_packet, &zero);
}

/* ---- reading --------------------------------------------------------------------------- */

/* The packet's connection. A packet that neither opens one nor has payload creates no entry. */
static __always_inline struct http_conn *conn_of(struct packet *p, bool *is_new)
{
	struct http_conn *conn = bpf_map_lookup_elem(&net_conns, &p->key);

	*is_new = false;
	if (conn || !p->fresh || !(p->walk.end || (p->walk.tcp & HTTP_SYN)))
		return conn;
	*is_new = true;
	bpf_map_update_elem(&net_conns, &p->key, &no_conn, BPF_NOEXIST);
	conn = bpf_map_lookup_elem(&net_conns, &p->key);
	if (!conn)
		lost(VTX_LOST_HTTP_CONN, 1);
	return conn;
}

/* Reads one line of the current packet. */
static __always_inline int step(struct __sk_buff *skb, enum http_way way)
{
	struct packet *p = packet_in_hand();
	struct http h = {.source = skb, .way = way};

	if (!p)
		return 0;
	h.walk = &p->walk;
	h.dir = &p->walk.dir;
	http_step(&h);
	return 0;
}

__attribute__((noinline)) int vtx_step_req(struct __sk_buff *skb)
{
	return step(skb, HTTP_REQUEST);
}

__attribute__((noinline)) int vtx_step_rsp(struct __sk_buff *skb)
{
	return step(skb, HTTP_RESPONSE);
}

/*
 * Continues reading the current packet. Returns 1 if there is more of it, else 0.
 *
 * Two CPUs may meet on one direction when the sender has just changed its CPU. The later one skips
 * its packet: that makes a hole, and holes are handled.
 */
static __always_inline int read_on(struct __sk_buff *skb, enum http_way way)
{
	struct packet *p = packet_in_hand();
	struct http_link l = {.h.source = skb, .h.way = way};
	bool is_new, begun = true;

	if (!p)
		return 0;
	l.h.walk = &p->walk;
	l.h.dir = &p->walk.dir;
	l.totals = bpf_map_lookup_elem(&net_totals, &p->slot);
	l.conn = conn_of(p, &is_new);
	if (!l.totals || !l.conn)
		return 0;
	if (p->fresh) {
		if (l.conn->busy[way])
			return 0;
		l.conn->busy[way] = 1;
		p->fresh = 0;
		begun = http_packet_begin(&l, is_new);
	}
	if (begun && http_read_on(&l))
		return 1;
	l.conn->busy[way] = 0;
	if (p->walk.lost_gap)
		lost(VTX_LOST_HTTP_GAP, p->walk.lost_gap);
	if (p->walk.lost_depth)
		lost(VTX_LOST_HTTP_DEPTH, p->walk.lost_depth);
	return 0;
}

__attribute__((noinline)) int vtx_read_req(struct __sk_buff *skb)
{
	return read_on(skb, HTTP_REQUEST);
}

__attribute__((noinline)) int vtx_read_rsp(struct __sk_buff *skb)
{
	return read_on(skb, HTTP_RESPONSE);
}

/* ---- owners ---------------------------------------------------------------------------- */

static __always_inline void key_set(struct conn_key *key, const struct headers *hd,
				    enum http_way way)
{
	__u32 *source = way == HTTP_REQUEST ? key->client : key->server;
	__u32 *dest = way == HTTP_REQUEST ? key->server : key->client;
	int i;

	if (hd->ip4.version_ihl >> 4 == 4) {
		source[0] = source[1] = dest[0] = dest[1] = 0;
		source[2] = dest[2] = bpf_htonl(0xffff);
		source[3] = hd->ip4.saddr;
		dest[3] = hd->ip4.daddr;
	} else {
		for (i = 0; i < 4; i++) {
			source[i] = hd->ip6.saddr[i];
			dest[i] = hd->ip6.daddr[i];
		}
	}
	key->client_port = way == HTTP_REQUEST ? hd->tcp.source : hd->tcp.dest;
	key->server_port = way == HTTP_REQUEST ? hd->tcp.dest : hd->tcp.source;
}

static __always_inline const struct vtx_net_owner *port_owner(__u32 ifindex, __be16 port)
{
	struct vtx_port_key key = {.ifindex = ifindex, .port = bpf_ntohs(port)};

	return bpf_map_lookup_elem(&net_ports, &key);
}

/*
 * Requests to the target's port go towards it, responses from there come from it. Everything else
 * is not counted, above all a target's own traffic as a client.
 */
static __always_inline const struct vtx_net_owner *find_owner(__u32 ifindex,
							      const struct headers *hd, bool own,
							      bool out, bool towards,
							      enum http_way *ret_way)
{
	const struct vtx_net_owner *owner;

	*ret_way = towards ? HTTP_REQUEST : HTTP_RESPONSE;
	owner = port_owner(ifindex, towards ? hd->tcp.dest : hd->tcp.source);
	if (own)
		return owner;
	if (!out && !owner) {
		/* On lo both directions arrive at ingress. */
		*ret_way = HTTP_RESPONSE;
		owner = port_owner(ifindex, hd->tcp.source);
		return owner && (owner->flags & VTX_DEV_LOOP) ? owner : NULL;
	}
	return owner && (!out || !(owner->flags & VTX_DEV_LOOP)) ? owner : NULL;
}

static __always_inline void count_packet(const struct vtx_net_owner *dev, __u32 bytes, bool towards)
{
	struct vtx_net_totals *totals = bpf_map_lookup_elem(&net_totals, &dev->slot);

	if (!totals)
		return;
	if (towards) {
		totals->rx.packets++;
		totals->rx.bytes += bytes;
	} else {
		totals->tx.packets++;
		totals->tx.bytes += bytes;
	}
}

/* Calls the reading functions as often as it takes. */
static __always_inline void read_packet(struct __sk_buff *skb, struct packet *p, enum http_way way)
{
	int i, more = 1;

	p->fresh = 1;
	for (i = 0; i < HTTP_VISITS && more; i++)
		more = way == HTTP_REQUEST ? vtx_read_req(skb) : vtx_read_rsp(skb);
	if (more)
		lost(VTX_LOST_HTTP_GAP, 1);
}

static __always_inline void packet_seen(struct __sk_buff *skb, bool out, bool socket)
{
	const struct vtx_net_owner *dev, *owner;
	__u32 ifindex = skb->ifindex, base, len;
	struct headers hd = {};
	enum http_way way;
	struct packet *p;
	bool own, towards, empty;

	if (!vtx_on)
		return;
	dev = bpf_map_lookup_elem(&net_devs, &ifindex);
	own = dev && (dev->flags & VTX_DEV_OWN);
	/* A packet for the target goes out at its tap or veth, but comes in at its macvtap. */
	towards = own ? out != !!(dev->flags & VTX_DEV_INWARD) : !out;
	if (own) {
		count_packet(dev, socket ? skb->len + ETH_BYTES : skb->len, towards);
		if (towards) /* net.bpf.c saw it at another device; packets from the target, at this
				one */
			vtx_vote_after_all(dev->account);
	}
	if (!find_tcp(skb, &hd, socket, &base, &len))
		return;
	empty = !len && !(hd.tcp.flags & (HTTP_SYN | HTTP_FIN | HTTP_RST));
	if (own && empty)
		return;
	owner = find_owner(ifindex, &hd, own, out, towards, &way);
	if (!owner)
		return;
	if (!own)
		vtx_vote_after_all(owner->account);
	p = packet_in_hand();
	if (empty || !p)
		return;
	key_set(&p->key, &hd, way);
	p->key.ifindex = ifindex;
	p->slot = owner->slot;
	p->walk.base = base;
	p->walk.end = len;
	p->walk.seq = bpf_ntohl(hd.tcp.seq);
	p->walk.ack = bpf_ntohl(hd.tcp.ack);
	p->walk.tcp = hd.tcp.flags;
	p->walk.tick = bpf_ktime_get_ns() >> HTTP_TICK_SHIFT;
	read_packet(skb, p, way);
}

SEC("?tc")
int vtx_net_in(struct __sk_buff *skb)
{
	packet_seen(skb, false, false);
	return TC_PASS;
}

SEC("?tc")
int vtx_net_out(struct __sk_buff *skb)
{
	packet_seen(skb, true, false);
	return TC_PASS;
}

/* The packets that a packet socket sees; none is kept. */
SEC("?socket")
int vtx_net_read(struct __sk_buff *skb)
{
	packet_seen(skb, skb->pkt_type == TO_DEVICE, true);
	return 0;
}

/* Its one element is vtx_net_read, if that is loaded. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} net_reader SEC(".maps");

/*
 * Attaches to the packet sockets. A socket's filter counts against net.core.optmem_max, which was
 * 20 KB until 4944566706b2 (6.8) raised it. The reading program alone exceeds that, so this one is
 * small and jumps to it.
 */
SEC("?socket")
int vtx_net_sock(struct __sk_buff *skb)
{
	bpf_tail_call(skb, &net_reader, 0);
	return 0;
}
