/* SPDX-License-Identifier: Apache-2.0 */
/* What encapsulation and decapsulation need of the thread and of the tunnel's port. */
#include "datapath/execute_tunnel.h"

#include "datapath/arena.h"
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

enum drop_reason execute_tunnel_pop(struct worker *w, struct packet *p, const struct action_tnl_pop *pop)
{
    const struct tunnel_kind_config *config;
    struct port *port = find(w, pop->port, &config);
    if (unlikely(!port)) {
        return DROP_TUNNEL_PORT;
    }
    struct port_counters *counters = &port->counters[w->index];
    /* What comes to light may be further behind than what was looked at so far. */
    enum drop_reason reason = frame_cache_own_tail(w->frames, p) ? tunnel_pop(p, config, frame_cache_tunnel(w->frames, p))
                                                                 : DROP_NO_BUFFER;
    if (unlikely(reason != DROP_NONE)) {
        port_count(&counters->rx_errors, 1);
        return reason;
    }
    port_count(&counters->rx_packets, 1);
    port_count(&counters->rx_bytes, packet_len(p));
    p->frag_mtu = 0;
    p->in_port = pop->port;
    p->recirc_id = p->dp_hash = 0;
    return DROP_NONE;
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
    return n_left;
}
