/* SPDX-License-Identifier: Apache-2.0 */
/* What encapsulation and decapsulation need of the thread and of the tunnel's port. */
#include "datapath/execute_tunnel.h"

#include "datapath/arena.h"
#include "datapath/coalesce_burst.h"
#include "datapath/port_table.h"
#include "datapath/port_tunnel.h"
#include "datapath/wire_match.h"
#include "datapath/worker.h"
#include "lib/net/segment.h"

/* The tunnel port with a number, or null. */
static struct port *find(struct worker *w, uint32_t no, const struct tunnel_kind_config **config)
{
    struct port_entry *entry = port_table_get(w->ports, no);
    *config = entry ? port_tunnel_config(&entry->port) : NULL;
    return *config ? &entry->port : NULL;
}

static bool has_sequence(const struct action_tnl_push *push)
{
    const struct eth_header *eth = (const struct eth_header *) (const void *) push->header;
    uint32_t ip_len = eth->type == htons(ETH_TYPE_IPV6) ? IPV6_HEADER_LEN : IP_HEADER_LEN;
    const struct gre_header *gre = (const void *) (push->header + TUNNEL_L3_OFS + ip_len);
    return push->kind == TUNNEL_GRE && gre->flags & htons(GRE_FLAG_SEQ);
}

/* Room for the header, and the header. */
static inline enum drop_reason push_one(struct worker *w, struct packet *p, const struct action_tnl_push *push,
                                        struct port *port, bool sequence)
{
    if (unlikely(packet_headroom(p) < push->header_len) && !frame_cache_make_headroom(w->frames, p, push->header_len)) {
        return DROP_NO_BUFFER;
    }
    uint32_t n = likely(p->gso_type == PACKET_GSO_NONE) ? 1 : segment_count(p); /* each segment has numbers of its own */
    const struct tunnel_push with = {
        .hash = p->key_index == PACKET_NO_KEY ? tunnel_hash_plain(p) : tunnel_hash(&w->keys[p->key_index]),
        .sequence = sequence ? port_tunnel_sequence(port, n) : 0,
        .ip_id = w->ip_id,
    };
    w->ip_id += n;
    return tunnel_push(p, push, &with);
}

unsigned int execute_tunnel_push(struct worker *w, struct packet **packets, unsigned int n,
                                 const struct action_tnl_push *push)
{
    const struct tunnel_kind_config *config;
    struct port *port = find(w, push->port, &config);
    bool suits = port && config->kind == push->kind, sequence = has_sequence(push);
    unsigned int n_left = 0;
    uint64_t n_bytes = 0;
    for (unsigned int i = 0; i < n; i++) {
        struct packet *p = packets[i];
        uint32_t len = packet_len(p);
        enum drop_reason reason = likely(suits) ? push_one(w, p, push, port, sequence) : DROP_TUNNEL_PORT;
        if (unlikely(reason != DROP_NONE)) {
            frame_cache_drop(w->frames, p, reason);
            continue;
        }
        p->frag_mtu = (uint16_t) push->mtu;
        p->in_port = push->out_port;
        p->recirc_id = p->dp_hash = 0;
        p->tunnel = NULL;
        n_bytes += len;
        packets[n_left++] = p;
    }
    if (likely(suits)) {
        struct port_counters *counters = &port->counters[w->index];
        port_count(&counters->tx_dropped, n - n_left);
        port_count(&counters->tx_packets, n_left);
        port_count(&counters->tx_bytes, n_bytes);
    }
    return n_left;
}

bool execute_tunnel_is_bundle(const struct packet *p)
{
    return p->gso_type == PACKET_GSO_UDP_L4 && p->csum_start == p->l4_ofs;
}

/* What decapsulation needs to know of the port. */
struct popper {
    struct worker *w;
    struct port_counters *counters;
    const struct tunnel_kind_config *config;
    uint32_t port_no;
};

/* Decapsulates a packet that is no bundle; false if it was dropped. */
static bool pop_one(const struct popper *popper, struct packet *p)
{
    struct frame_cache *frames = popper->w->frames;
    enum drop_reason reason = tunnel_pop(p, popper->config, frame_cache_tunnel(frames, p));
    if (unlikely(reason != DROP_NONE)) {
        port_count(&popper->counters->rx_errors, 1);
        frame_cache_drop(frames, p, reason);
        return false;
    }
    port_count(&popper->counters->rx_packets, 1);
    port_count(&popper->counters->rx_bytes, packet_len(p));
    p->frag_mtu = 0;
    p->in_port = popper->port_no;
    p->recirc_id = p->dp_hash = 0;
    return true;
}

/* The next datagram of a bundle, whose tail it shares. Its inner headers are in its head. Null without a buffer. */
static struct packet *next_datagram(struct frame_cache *frames, struct segmenter *segmenter)
{
    struct packet *p = frame_cache_get(frames);
    if (p && !segment_next(segmenter, p->frame, p->frame_size, PACKET_HEADROOM, p)) {
        frame_cache_put(frames, p);
        return NULL;
    }
    if (p && p->tail) {
        frame_cache_ref_tail(frames, p->tail);
    }
    return p;
}

static unsigned int pop_bundle(const struct popper *popper, struct packet *bundle, struct packet **to, unsigned int max)
{
    enum { LEAD = 512 /* as far as decapsulation and the parser may have to look */ };
    struct frame_cache *frames = popper->w->frames;
    struct segmenter segmenter;
    enum drop_reason reason = segment_start(&segmenter, bundle);
    if (unlikely(reason != DROP_NONE)) {
        port_count(&popper->counters->rx_errors, 1);
        frame_cache_drop(frames, bundle, reason);
        return 0;
    }
    segmenter.lead = LEAD;
    unsigned int n = 0, n_done = 0;
    for (; n_done < segmenter.count && n < max; n_done++) {
        struct packet *p = next_datagram(frames, &segmenter);
        if (!p) {
            break;
        }
        if (pop_one(popper, p)) {
            to[n++] = p;
        }
    }
    frame_cache_count_drops(frames, n < max ? DROP_NO_BUFFER : DROP_RECIRC_LIMIT, segmenter.count - n_done);
    frame_cache_put(frames, bundle);
    return n;
}

unsigned int execute_tunnel_pop(struct worker *w, struct packet *p, const struct action_tnl_pop *pop, struct packet **to,
                                unsigned int max)
{
    struct popper popper = {.w = w, .port_no = pop->port};
    struct port *port = find(w, pop->port, &popper.config);
    enum drop_reason reason = !port                                  ? DROP_TUNNEL_PORT
                              : !max                                 ? DROP_RECIRC_LIMIT
                              : !frame_cache_own_tail(w->frames, p) ? DROP_NO_BUFFER
                                                                     : DROP_NONE;
    if (unlikely(reason != DROP_NONE)) {
        frame_cache_drop(w->frames, p, reason);
        return 0;
    }
    popper.counters = &port->counters[w->index];
    if (unlikely(execute_tunnel_is_bundle(p))) {
        return pop_bundle(&popper, p, to, max);
    }
    to[0] = p;
    return pop_one(&popper, p);
}

unsigned int execute_tunnel_pop_plain(struct worker *w, const struct wire_place *at, struct packet *const *packets, unsigned int n,
                                      const struct action_tnl_pop *pop, struct packet **to)
{
    const struct tunnel_kind_config *config;
    struct port *port = find(w, pop->port, &config);
    unsigned int n_left = 0;
    uint64_t n_bytes = 0;
    for (unsigned int i = 0; i < n; i++) {
        struct packet *p = packets[i];
        enum drop_reason reason = unlikely(!port) ? DROP_TUNNEL_PORT
                                  : unlikely(p->tail && !frame_cache_own_tail(w->frames, p))
                                      ? DROP_NO_BUFFER
                                      : tunnel_pop_plain(p, config, &at->headers, wire_match_end(at, p), frame_cache_tunnel(w->frames, p));
        if (unlikely(reason != DROP_NONE)) {
            frame_cache_drop(w->frames, p, reason);
            continue;
        }
        p->in_port = pop->port;
        n_bytes += packet_len(p);
        to[n_left++] = p;
    }
    if (likely(port)) {
        struct port_counters *counters = &port->counters[w->index];
        port_count(&counters->rx_errors, n - n_left);
        port_count(&counters->rx_packets, n_left);
        port_count(&counters->rx_bytes, n_bytes);
    }
    return coalesce_burst(w->frames, to, n_left);
}
