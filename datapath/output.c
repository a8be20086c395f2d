/* SPDX-License-Identifier: Apache-2.0 */
/* Output queues, and what a packet needs before its port can take it: a checksum, or to be cut into
 * segments. */
#include "datapath/output.h"

#include "datapath/arena.h"
#include "datapath/port_qos.h"
#include "datapath/port_table.h"
#include "datapath/worker.h"
#include "lib/net/bundle.h"
#include "lib/net/fragment.h"
#include "lib/net/headers.h"
#include "lib/net/place.h"
#include "lib/net/segment.h"

/* A burst on its way into a port's tx. */
struct burst {
    struct worker *w;
    struct port_entry *entry;
    unsigned int n;
    struct packet *packets[BATCH_MAX]; /* a reference each */
};

static struct port_counters *counters(const struct burst *b)
{
    return &b->entry->counters[b->w->index];
}

static void drop(struct burst *b, struct packet *p, enum drop_reason reason)
{
    struct port_counters *c = counters(b);
    worker_count(reason == DROP_TX_ERROR ? &c->tx_errors : &c->tx_dropped, 1);
    frame_cache_drop(b->w->frames, p, reason);
}

static void count_sent(struct burst *b, struct packet *const *packets, unsigned int n)
{
    uint64_t n_bytes = 0;
    for (unsigned int i = 0; i < n; i++) {
        n_bytes += packet_len(packets[i]);
    }
    frame_cache_put_all(b->w->frames, packets, n);
    worker_count(&counters(b)->tx_packets, n);
    worker_count(&counters(b)->tx_bytes, n_bytes);
}

/* Does what stopped one packet also stop those behind it? */
static bool stops_all(enum drop_reason why)
{
    return why == DROP_TX_QUEUE_FULL || why == DROP_PORT_DOWN;
}

/* The port's tx_done is to be called. */
static void note_sent(struct burst *b)
{
    struct output_queue *queue = &b->entry->queues[b->w->index];
    if (!queue->sent) {
        queue->sent = true;
        queue->next_sent = b->w->sent;
        b->w->sent = queue;
    }
}

static void send_all(struct burst *b, struct packet *const *packets, unsigned int n)
{
    struct port *port = &b->entry->port;
    if (n && port->ops->tx_done) {
        note_sent(b);
    }
    for (unsigned int done = 0; done < n;) {
        enum drop_reason why = DROP_TX_QUEUE_FULL;
        unsigned int n_sent = port->ops->tx(port, b->w->index, packets + done, n - done, &why);
        count_sent(b, packets + done, n_sent);
        worker_count(&b->w->counters.n_sent, n_sent);
        worker_count(&b->w->counters.n_sent_batches, n_sent > 0);
        done += n_sent;
        unsigned int n_dropped = stops_all(why) ? n - done : MIN(n - done, 1);
        for (unsigned int i = 0; i < n_dropped; i++) {
            drop(b, packets[done++], why);
        }
    }
}

static void send_burst(struct burst *b)
{
    send_all(b, b->packets, b->n);
    b->n = 0;
}

static void add(struct burst *b, struct packet *p)
{
    b->packets[b->n++] = p;
    if (b->n == BATCH_MAX) {
        send_burst(b);
    }
}

/* Can a port with these features send 'p' uncut? */
static bool has_gso_features(const struct packet *p, uint32_t features)
{
    uint32_t ecn = p->gso_type & PACKET_GSO_ECN ? PORT_TX_TSO_ECN : 0;
    uint32_t needed;
    switch (p->gso_type & ~PACKET_GSO_ECN) {
    case PACKET_GSO_TCPV4:
        needed = PORT_TX_TSO4;
        break;
    case PACKET_GSO_TCPV6:
        needed = PORT_TX_TSO6;
        break;
    case PACKET_GSO_UDP_L4:
        needed = PORT_TX_USO;
        break;
    default:
        return false;
    }
    needed |= ecn | PORT_TX_CSUM;
    return (features & needed) == needed;
}

/* Can a device that segments know this packet for what it is? Not if it is in a tunnel, IP is behind an I-TAG, or the Ethernet type
 * was set to something else. */
static bool is_gso_plain(const struct packet *p)
{
    be16 type = place_l3_type(p);
    if (p->n_encaps || (p->l4_ofs != PACKET_NO_OFFSET && p->csum_start != p->l4_ofs)) {
        return false;
    }
    return !type || type == htons(ETH_TYPE_IP) || type == htons(ETH_TYPE_IPV6);
}

/* Of 'len' bytes of the packet, or of one of its segments, those that count against the MTU. */
static inline uint32_t l3_part(const struct packet *p, uint32_t len)
{
    uint32_t l2_len = MIN(p->l2_5_ofs, p->l3_ofs);
    if (l2_len == PACKET_NO_OFFSET) {
        l2_len = ETH_HEADER_LEN + 2 * VLAN_HEADER_LEN;
    }
    return len > l2_len ? len - l2_len : 0;
}

static uint32_t l3_len(const struct packet *p)
{
    return l3_part(p, segment_max_len(p));
}

/* The pieces of a super-packet that are in the burst. Their tails lie in the packet's, so a piece
 * must not be freed with its tail. */
struct pieces {
    unsigned int n;
    struct packet *packets[BATCH_MAX]; /* a second reference each */
};

static void send_pieces(struct burst *b, struct pieces *pieces)
{
    send_burst(b);
    while (pieces->n) {
        struct packet *piece = pieces->packets[--pieces->n];
        piece->tail = NULL;
        frame_cache_put(b->w->frames, piece);
    }
}

/* Bytes in front of a piece that needs 'room' bytes itself. */
static uint32_t headroom_for(uint32_t room)
{
    return MIN(PACKET_FRAME_SIZE - MIN(room, PACKET_FRAME_SIZE), PACKET_HEADROOM) & ~1u;
}

/* Cuts 'p', which owes nothing, into IP packets of at most 'mtu' bytes and sends those. */
static void send_fragments(struct burst *b, struct packet *p, uint32_t mtu)
{
    struct fragmenter fragmenter;
    struct pieces pieces = { .n = 0 };
    enum drop_reason reason = fragment_start(&fragmenter, p, mtu, worker_random(b->w));
    if (reason != DROP_NONE) {
        drop(b, p, reason);
        return;
    }
    send_burst(b);
    uint32_t headroom = headroom_for(fragment_frame_room(&fragmenter));
    while (fragmenter.done < fragmenter.payload_len) {
        struct packet *piece = frame_cache_get(b->w->frames);
        if (!piece || !fragment_next(&fragmenter, piece->frame, piece->frame_size, headroom, piece)) {
            if (piece) {
                frame_cache_put(b->w->frames, piece);
            }
            worker_count(&counters(b)->tx_dropped, 1);
            frame_cache_count_drops(b->w->frames, DROP_NO_BUFFER, 1);
            break;
        }
        arena_packet_ref(piece);
        pieces.packets[pieces.n++] = piece;
        b->packets[b->n++] = piece;
        if (pieces.n == BATCH_MAX) {
            send_pieces(b, &pieces);
        }
    }
    send_pieces(b, &pieces);
    frame_cache_put(b->w->frames, p);
}

/* Makes and sends the pieces, in fragments of at most 'mtu' bytes if that is not 0. How many could not be made for lack of frames. */
static uint32_t send_all_pieces(struct burst *b, struct segmenter *segmenter, bool needs_csum, uint32_t mtu)
{
    struct pieces pieces = { .n = 0 };
    uint32_t headroom = headroom_for(segment_frame_room(segmenter));
    uint32_t rest = segmenter->count;
    for (; rest > 0; rest--) {
        struct packet *piece = frame_cache_get(b->w->frames);
        if (!piece) {
            break;
        }
        if (!segment_next(segmenter, piece->frame, piece->frame_size, headroom, piece)) {
            frame_cache_put(b->w->frames, piece);
            break;
        }
        arena_packet_ref(piece);
        pieces.packets[pieces.n++] = piece;
        if ((needs_csum || mtu) && !packet_complete_csum(piece)) {
            drop(b, piece, DROP_BAD_OFFLOAD);
        } else if (mtu && l3_len(piece) > mtu) {
            send_fragments(b, piece, mtu);
        } else {
            b->packets[b->n++] = piece;
        }
        if (pieces.n == BATCH_MAX) {
            send_pieces(b, &pieces);
        }
    }
    send_pieces(b, &pieces);
    return rest;
}

/* Cuts 'p' into segments and sends those, in fragments of at most 'mtu' bytes if that is not 0. */
static void send_segmented(struct burst *b, struct packet *p, bool needs_csum, uint32_t mtu)
{
    struct segmenter segmenter;
    enum drop_reason reason = segment_start(&segmenter, p);
    if (reason != DROP_NONE) {
        drop(b, p, reason);
        return;
    }
    send_burst(b);
    uint32_t n_lost = send_all_pieces(b, &segmenter, needs_csum, mtu);
    worker_count(&counters(b)->tx_dropped, n_lost);
    frame_cache_count_drops(b->w->frames, DROP_NO_BUFFER, n_lost);
    frame_cache_put(b->w->frames, p);
}

/* Sends 'p', which is in a tunnel, as bundles of datagrams. False, and nothing done, if it cannot be. */
static bool send_bundled(struct burst *b, struct packet *p, uint32_t features)
{
    const uint32_t needed = PORT_TX_USO | PORT_TX_CSUM | PORT_TX_GATHER;
    struct bundler bundler;
    if ((features & needed) != needed || !bundle_start(&bundler, p)) {
        return false;
    }
    for (uint32_t rest = bundle_count(&bundler); rest > 0; rest--) {
        struct packet *bundle = frame_cache_get(b->w->frames);
        uint8_t *room = bundle ? frame_cache_get_tail(b->w->frames) : NULL;
        if (!room || !bundle_next(&bundler, bundle->frame, room, bundle)) {
            frame_cache_put_tail(b->w->frames, room);
            if (bundle) {
                frame_cache_put(b->w->frames, bundle);
            }
            worker_count(&counters(b)->tx_dropped, rest);
            frame_cache_count_drops(b->w->frames, DROP_NO_BUFFER, rest);
            break;
        }
        add(b, bundle);
    }
    frame_cache_put(b->w->frames, p);
    return true;
}

/* Must a tail of somebody else's memory be copied first? What is cut must have it at one place. */
static bool must_own_tail(const struct packet *p, uint32_t features, bool is_cut)
{
    return !(features & PORT_TX_GATHER) || (p->pieces && (is_cut || !(features & PORT_TX_PIECES)));
}

/* Pays what the port cannot take over, and adds the packet to the burst. */
static void prepare(struct burst *b, struct packet *p, uint32_t features, uint32_t mtu)
{
    uint32_t cut = 0; /* to be sent in fragments of so many bytes */
    if (unlikely(p->frag_mtu)) {
        mtu = mtu ? MIN(mtu, p->frag_mtu) : p->frag_mtu;
    }
    if (mtu && unlikely(l3_len(p) > mtu)) {
        cut = p->frag_mtu ? mtu : 0;
        if (!cut) {
            drop(b, p, DROP_MTU);
            return;
        }
    }
    bool csum_by_port = features & PORT_TX_CSUM && !cut;
    bool segmented = p->gso_type != PACKET_GSO_NONE &&
                     (cut || !(has_gso_features(p, features) && is_gso_plain(p)));
    if (unlikely(must_own_tail(p, features, segmented || cut)) &&
        frame_cache_has_borrowed_tail(b->w->frames, p)) {
        p = frame_cache_make_private(b->w->frames, p);
        if (!p) {
            worker_count(&counters(b)->tx_dropped, 1);
            return;
        }
        if (!frame_cache_own_tail(b->w->frames, p)) {
            drop(b, p, DROP_NO_BUFFER);
            return;
        }
    }
    if (segmented && !cut && p->n_encaps && send_bundled(b, p, features)) {
        return;
    }
    if (segmented) {
        send_segmented(b, p, !csum_by_port, cut);
        return;
    }
    if (p->offload & PACKET_NEEDS_CSUM && !csum_by_port) {
        p = frame_cache_make_private(b->w->frames, p);
        if (!p) {
            worker_count(&counters(b)->tx_dropped, 1);
            return;
        }
        if (!packet_complete_csum(p)) {
            drop(b, p, DROP_BAD_OFFLOAD);
            return;
        }
    }
    if (unlikely(cut)) {
        send_fragments(b, p, cut);
        return;
    }
    add(b, p);
}

/* Does the packet owe nothing, and fit the port as it is? If so prepare() would do nothing. */
static inline bool is_plain(const struct packet *p, uint32_t features, uint32_t mtu)
{
    uint32_t len = packet_len(p);
    unsigned int owes = (p->offload & PACKET_NEEDS_CSUM) | p->gso_type | p->frag_mtu;
    return likely(!owes && (len <= mtu || l3_part(p, len) <= mtu)) && (!p->tail || !must_own_tail(p, features, false));
}

static bool are_plain(const struct output_queue *queue, uint32_t features, uint32_t mtu)
{
    unsigned int i = 0;
    mtu = mtu ? mtu : UINT32_MAX;
    while (i < queue->n && is_plain(queue->packets[i], features, mtu)) {
        i++;
    }
    return i == queue->n;
}

/* Drops what exceeds the port's limits. */
static void limit(struct burst *b, struct port_qos *qos, struct output_queue *queue)
{
    uint32_t exceeding = port_qos_send(qos, b->w->now_ns, queue->packets, queue->n);
    unsigned int n = 0;
    for (unsigned int i = 0; exceeding && i < queue->n; i++) {
        if (exceeding & 1u << i) {
            drop(b, queue->packets[i], DROP_QOS);
        } else {
            queue->packets[n++] = queue->packets[i];
        }
    }
    queue->n = exceeding ? n : queue->n;
}

static void flush_queue(struct worker *w, struct output_queue *queue)
{
    const struct port *port = &queue->entry->port;
    struct burst b;
    b.w = w;
    b.entry = queue->entry;
    b.n = 0;
    bool up = __atomic_load_n(&port->admin_up, __ATOMIC_RELAXED);
    uint32_t features = __atomic_load_n(&port->tx_features, __ATOMIC_RELAXED);
    uint32_t mtu = __atomic_load_n(&port->mtu, __ATOMIC_RELAXED);
    struct port_qos *qos = rcu_load(queue->entry->qos);
    if (unlikely(qos) && up) {
        limit(&b, qos, queue);
    }
    if (likely(up && are_plain(queue, features, mtu))) {
        send_all(&b, queue->packets, queue->n);
        queue->n = 0;
        return;
    }
    for (unsigned int i = 0; i < queue->n; i++) {
        if (up) {
            prepare(&b, queue->packets[i], features, mtu);
        } else {
            drop(&b, queue->packets[i], DROP_PORT_DOWN);
        }
    }
    queue->n = 0;
    send_burst(&b);
}

void output_packets(struct worker *w, uint32_t no, struct packet *const *packets, unsigned int n)
{
    struct port_entry *entry = port_table_get(w->ports, no);
    if (!entry) {
        for (unsigned int i = 0; i < n; i++) {
            frame_cache_drop(w->frames, packets[i], DROP_NO_PORT);
        }
        return;
    }
    struct output_queue *queue = &entry->queues[w->index];
    if (!queue->n && n) {
        queue->next = w->pending;
        w->pending = queue;
    }
    while (n) {
        if (queue->n == BATCH_MAX) {
            flush_queue(w, queue); /* it stays among the pending ones */
        }
        unsigned int part = MIN(n, BATCH_MAX - queue->n);
        memcpy(&queue->packets[queue->n], packets, part * sizeof *packets);
        queue->n += part;
        packets += part;
        n -= part;
    }
}

void output_flush(struct worker *w)
{
    while (w->pending) {
        struct output_queue *queue = w->pending;
        w->pending = queue->next;
        flush_queue(w, queue);
    }
}

void output_settle(struct worker *w)
{
    while (w->sent) {
        struct output_queue *queue = w->sent;
        struct port *port = &queue->entry->port;
        w->sent = queue->next_sent;
        queue->sent = false;
        port->ops->tx_done(port, w->index);
    }
}
