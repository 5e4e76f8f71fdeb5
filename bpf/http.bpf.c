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
#include "near.bpf.h"
#include "packet.bpf.h"

#define HTTP_SOURCE struct __sk_buff

static __always_inline int http_read(struct __sk_buff *skb, __u32 at, void *to, __u32 n);

#define HTTP_STEPS 32 /* lines, or bodies, read between two look-ups of the connection */
/* Look-ups per packet: at most the square of this; then it is counted as a gap. */
#define HTTP_VISITS 64

#define HTTP_STEP(l) vtx_step((l)->h.source, (l)->h.way)

#define HTTP_GLANCE(l)                                                                             \
	((l)->h.way == HTTP_REQUEST ? vtx_look_req((l)->h.source) : vtx_look_rsp((l)->h.source))

/*
 * These are not static: the verifier checks each of them once, not at each call in every state that
 * its callers may have reached. `way`: enum http_way.
 */
int vtx_step(struct __sk_buff *skb, int way);
int vtx_read(struct __sk_buff *skb, int way);
int vtx_read_many(struct __sk_buff *skb, int way);
int vtx_look_req(struct __sk_buff *skb);
int vtx_look_rsp(struct __sk_buff *skb);
int vtx_find(struct __sk_buff *skb, int socket);

#define HTTP_CLOCK(walk) ((walk)->tick = bpf_ktime_get_ns() >> HTTP_TICK_SHIFT)

#include "http_fast.h"

#define TO_DEVICE 4 /* skb->pkt_type: PACKET_OUTGOING */

/* For net.bpf.c: whether the current packet leaves by its device. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} net_out SEC(".maps");

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
	struct near_dev near[NEAR];
	struct segment segment; /* if vtx_find() found it */
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

/* `way` is a request's or an answer's, also to the verifier. */
static __always_inline enum http_way way_of(int way)
{
	return way == HTTP_REQUEST ? HTTP_REQUEST : HTTP_RESPONSE;
}

/* Reads one line of the current packet. */
__attribute__((noinline)) int vtx_step(struct __sk_buff *skb, int way)
{
	struct packet *p = packet_in_hand();
	struct http h = {.source = skb, .way = way_of(way)};

	if (!p)
		return 0;
	h.walk = &p->walk;
	h.dir = &p->walk.dir;
	http_step(&h);
	return 0;
}

/*
 * Continues reading the current packet. Returns 1 if there is more of it, else 0.
 *
 * Two CPUs may meet on one direction when the sender has just changed its CPU. The later one skips
 * its packet: that makes a hole, and holes are handled.
 */
__attribute__((noinline)) int vtx_read(struct __sk_buff *skb, int direction)
{
	enum http_way way = way_of(direction);
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
		if (l.conn->dir[way].busy)
			return 0;
		l.conn->dir[way].busy = 1;
		p->fresh = 0;
		begun = http_packet_begin(&l, is_new);
	}
	if (begun && http_read_on(&l))
		return 1;
	l.conn->dir[way].busy = 0;
	if (p->walk.lost_gap)
		lost(VTX_LOST_HTTP_GAP, p->walk.lost_gap);
	if (p->walk.lost_depth)
		lost(VTX_LOST_HTTP_DEPTH, p->walk.lost_depth);
	return 0;
}

/* Likewise, with many look-ups. (The verifier follows a loop in a loop as if it were one turn.) */
__attribute__((noinline)) int vtx_read_many(struct __sk_buff *skb, int way)
{
	int i, more = 1;

	for (i = 0; i < HTTP_VISITS && more; i++)
		more = vtx_read(skb, way);
	return more;
}

/* Reads the head that the current packet may begin with. */
static __always_inline int look(struct __sk_buff *skb, enum http_way way)
{
	struct packet *p = packet_in_hand();
	struct http h = {.source = skb, .way = way};

	if (!p)
		return 0;
	h.walk = &p->walk;
	return http_glance(&h);
}

__attribute__((noinline)) int vtx_look_req(struct __sk_buff *skb)
{
	return look(skb, HTTP_REQUEST);
}

__attribute__((noinline)) int vtx_look_rsp(struct __sk_buff *skb)
{
	return look(skb, HTTP_RESPONSE);
}

/* Finds the current packet's segment behind headers of every kind. */
__attribute__((noinline)) int vtx_find(struct __sk_buff *skb, int socket)
{
	struct packet *p = packet_in_hand();

	return p && segment_find(skb, &p->segment, socket);
}

/* ---- packets -------------------------------------------------------------------------- */

static __always_inline void count_packet(__u32 slot, __u32 bytes, bool towards)
{
	struct vtx_net_totals *totals = bpf_map_lookup_elem(&net_totals, &slot);

	if (!totals)
		return;
	slot_used_io(slot);
	if (towards) {
		totals->rx.packets++;
		totals->rx.bytes += bytes;
	} else {
		totals->tx.packets++;
		totals->tx.bytes += bytes;
	}
}

static __always_inline void packet_set(struct packet *p, const struct segment *s, __u32 ifindex,
				       __u32 slot, enum http_way way)
{
	const __u32 *client = way == HTTP_REQUEST ? s->source : s->dest;
	const __u32 *server = way == HTTP_REQUEST ? s->dest : s->source;
	int i;

	slot_used_io(slot);
	for (i = 0; i < 4; i++) {
		p->key.client[i] = client[i];
		p->key.server[i] = server[i];
	}
	p->key.client_port = way == HTTP_REQUEST ? s->source_port : s->dest_port;
	p->key.server_port = way == HTTP_REQUEST ? s->dest_port : s->source_port;
	p->key.ifindex = ifindex;
	p->slot = slot;
	p->walk.base = s->base;
	p->walk.end = s->len;
	p->walk.seq = s->seq;
	p->walk.ack = s->ack;
	p->walk.tcp = s->flags;
}

/* Most packets need no more than this. */
static __always_inline bool read_fast(struct __sk_buff *skb, struct packet *p, enum http_way way)
{
	struct http_link l = {.h.source = skb, .h.way = way, .h.walk = &p->walk};
	bool done;

	l.conn = bpf_map_lookup_elem(&net_conns, &p->key);
	l.totals = bpf_map_lookup_elem(&net_totals, &p->slot);
	if (!l.conn || !l.totals || l.conn->dir[way].busy)
		return false;
	l.h.dir = &l.conn->dir[way];
	l.conn->dir[way].busy = 1;
	done = http_fast(&l);
	l.conn->dir[way].busy = 0;
	return done;
}

/* Calls the reading functions as often as it takes. */
static __always_inline void read_packet(struct __sk_buff *skb, struct packet *p, enum http_way way)
{
	int i, more = 1;

	HTTP_CLOCK(&p->walk);
	p->fresh = 1;
	for (i = 0; i < HTTP_VISITS && more; i++)
		more = vtx_read_many(skb, way);
	if (more)
		lost(VTX_LOST_HTTP_GAP, 1);
}

static __always_inline void segment_seen(struct __sk_buff *skb, struct packet *p,
					 struct near_dev *near, const struct segment *s, bool out,
					 bool towards)
{
	bool own = near->owner.flags & VTX_DEV_OWN;
	bool empty = !s->len && !(s->flags & (HTTP_SYN | HTTP_FIN | HTTP_RST));
	const struct vtx_net_owner *owner;
	enum http_way way;
	bool request;

	if (own && empty)
		return;
	owner = find_owner(near, s, own, out, towards, &request);
	if (!owner)
		return;
	way = request ? HTTP_REQUEST : HTTP_RESPONSE;
	if (!own)
		vtx_vote_after_all(owner->account);
	if (empty)
		return;
	packet_set(p, s, near->ifindex, owner->slot, way);
	if (read_fast(skb, p, way))
		return;
	read_packet(skb, p, way);
}

static __always_inline void packet_seen(struct __sk_buff *skb, bool out, bool socket)
{
	const struct plain_headers *plain = 0;
	struct near_dev *near;
	struct segment s;
	struct packet *p;
	bool own, towards;

	if (!vtx_on)
		return;
	p = packet_in_hand();
	if (!p)
		return;
	near = near_dev(p->near, skb->ifindex);
	own = near->owner.flags & VTX_DEV_OWN;
	/* A packet for the target goes out at its tap or veth, but comes in at its macvtap. */
	towards = own ? out != !!(near->owner.flags & VTX_DEV_INWARD) : !out;
	if (own) {
		count_packet(near->owner.slot, socket ? skb->len + ETH_BYTES : skb->len, towards);
		if (towards) /* net.bpf.c saw it at another device; packets from the target, at this
				one */
			vtx_vote_after_all(near->owner.account);
	}
	if (!socket)
		plain = plain_headers(skb);
	if (plain ? !segment_plain(skb, &s, plain) : !vtx_find(skb, socket))
		return;
	if (!plain)
		s = p->segment;
	segment_seen(skb, p, near, &s, out, towards);
}

static __always_inline void packet_comes(struct __sk_buff *skb, bool out, bool socket)
{
	struct vtx_cpu *cpu = cpu_any();
	__u64 start = own_begins(cpu, VTX_OWN_NET);

	packet_seen(skb, out, socket);
	own_ran(cpu, VTX_OWN_NET, start);
}

/* The packets of both directions, of a device. vtx_net_in and vtx_net_out jump here. */
SEC("?tc")
int vtx_net_tc(struct __sk_buff *skb)
{
	__u32 zero = 0, *out = bpf_map_lookup_elem(&net_out, &zero);

	if (out)
		packet_comes(skb, *out, false);
	return TC_PASS;
}

/* The packets that a packet socket sees; none is kept. */
SEC("?socket")
int vtx_net_read(struct __sk_buff *skb)
{
	packet_comes(skb, skb->pkt_type == TO_DEVICE, true);
	return 0;
}
