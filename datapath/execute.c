/* SPDX-License-Identifier: Apache-2.0 */
/* Datapath actions, one handler per type. */
#include "datapath/execute.h"

#include "datapath/arena.h"
#include "datapath/coalesce_burst.h"
#include "datapath/execute_tunnel.h"
#include "datapath/meter_table.h"
#include "datapath/output.h"
#include "datapath/reassembly.h"
#include "datapath/select_table.h"
#include "datapath/upcall.h"
#include "datapath/worker.h"
#include "lib/net/action.h"
#include "lib/net/parse.h"
#include "lib/net/rewrite.h"
#include "lib/net/segment.h"
#include "lib/net/select.h"

/* The packets that a list of actions works on. A handler may drop some, and takes all if it
 * consumes them. */
struct group {
    struct worker *w;
    unsigned int n;
    uint32_t max_len;                  /* bytes that the next output sends, UINT32_MAX for all */
    bool last; /* the action in work is the last of its list: the packets are not needed after it */
    bool sole; /* nobody else has the packets: those that go nowhere are dropped */
    bool delivered; /* some action sent the packets somewhere, or dropped them for a reason */
    struct packet *packets[BATCH_MAX]; /* a reference each */
};

static void execute_list(struct group *, const void *list, size_t size);

static void drop(struct group *g, struct packet *p, enum drop_reason reason)
{
    frame_cache_drop(g->w->frames, p, reason);
}

static void drop_all(struct group *g, enum drop_reason reason)
{
    for (unsigned int i = 0; i < g->n; i++) {
        drop(g, g->packets[i], reason);
    }
    g->n = 0;
}

/* Leaves the places of packets that there are not as they were. */
static void init_group(struct group *g, struct worker *w, struct packet *const *packets,
                       unsigned int n)
{
    g->w = w;
    g->n = n;
    g->max_len = UINT32_MAX;
    g->last = g->sole = g->delivered = false;
    memcpy(g->packets, packets, n * sizeof *packets);
}

/* Gives the group 'to' the packets of 'from', in place of 'from' or beside it. */
static void share(struct group *to, struct group *from)
{
    init_group(to, from->w, from->packets, from->n);
    to->max_len = from->max_len;
    from->delivered = true;
    if (from->last) {
        from->n = 0;
        return;
    }
    for (unsigned int i = 0; i < to->n; i++) {
        arena_packet_ref(to->packets[i]);
    }
}

static void release(struct group *g)
{
    for (unsigned int i = 0; i < g->n; i++) {
        frame_cache_put(g->w->frames, g->packets[i]);
    }
    g->n = 0;
}

/* Carries out the nested list of 'a' on the group 'nested', which it consumes. */
static void execute_nested(struct group *nested, const struct action *a)
{
    size_t size;
    const struct action *list = action_nested(a, &size);
    execute_list(nested, list, size);
    release(nested);
}

/* Calls 'function' on each packet, of which the group then has the only reference; drops those for
 * which it gives a reason. */
static void change_packets(struct group *g, const struct action *a,
                           enum drop_reason (*function)(struct group *, struct packet *,
                                                        const struct action *))
{
    unsigned int n = 0;
    for (unsigned int i = 0; i < g->n; i++) {
        struct packet *p = frame_cache_make_private(g->w->frames, g->packets[i]);
        if (!p) {
            continue;
        }
        enum drop_reason reason = function(g, p, a);
        if (likely(reason == DROP_NONE)) {
            g->packets[n++] = p;
        } else {
            drop(g, p, reason);
        }
    }
    g->n = n;
}

/* Cuts each packet to the length that a TRUNC asked for. */
static enum drop_reason truncate_packet(struct group *g, struct packet *p, const struct action *a)
{
    frame_cache_truncate(g->w->frames, p, g->max_len);
    return DROP_NONE;
}

static void execute_output(struct group *g, const struct action *a)
{
    const struct action_output *output = (const struct action_output *) a;
    if (likely(g->max_len == UINT32_MAX && g->last)) {
        output_packets(g->w, output->port, g->packets, g->n);
        g->n = 0;
        g->delivered = true;
        return;
    }
    struct group copy;
    share(&copy, g);
    g->max_len = UINT32_MAX;
    if (copy.max_len != UINT32_MAX) {
        change_packets(&copy, a, truncate_packet);
    }
    output_packets(g->w, output->port, copy.packets, copy.n);
}

static enum drop_reason rewrite_packet(struct group *g, struct packet *p, const struct action *a)
{
    return rewrite_action(p, a);
}

static void execute_rewrite(struct group *g, const struct action *a)
{
    change_packets(g, a, rewrite_packet);
}

static enum drop_reason decrement_ttl(struct group *g, struct packet *p, const struct action *a)
{
    enum drop_reason reason = rewrite_dec_ttl(p);
    if (reason == DROP_TTL_EXPIRED) {
        struct group expired;
        init_group(&expired, g->w, &p, 1);
        arena_packet_ref(p);
        execute_nested(&expired, a);
    }
    return reason;
}

static void execute_dec_ttl(struct group *g, const struct action *a)
{
    change_packets(g, a, decrement_ttl);
}

static void execute_trunc(struct group *g, const struct action *a)
{
    g->max_len = ((const struct action_trunc *) a)->max_len;
}

static void execute_clone(struct group *g, const struct action *a)
{
    struct group copy;
    share(&copy, g);
    execute_nested(&copy, a);
}

static void execute_sample(struct group *g, const struct action *a)
{
    const struct action_sample *sample = (const struct action_sample *) a;
    struct group copy;
    share(&copy, g);
    unsigned int n = 0;
    for (unsigned int i = 0; i < copy.n; i++) {
        if (sample->probability == UINT32_MAX || worker_random(g->w) < sample->probability) {
            copy.packets[n++] = copy.packets[i];
        } else {
            frame_cache_put(g->w->frames, copy.packets[i]);
        }
    }
    copy.n = n;
    execute_nested(&copy, a);
}

static enum drop_reason set_recirc_id(struct group *g, struct packet *p, const struct action *a)
{
    p->recirc_id = ((const struct action_recirc *) a)->recirc_id;
    return DROP_NONE;
}

/* Which of an action's lists is for which packet. */
struct choice {
    uint16_t of[BATCH_MAX];
    const struct action *(*list)(const struct action *, unsigned int choice, size_t *size);
};

/* Carries out the list of the first packet that is 'left' on all packets that chose the same. Returns what is left
 * then. */
static uint32_t execute_choice(struct group *g, const struct action *a, const struct choice *c,
                               uint32_t left)
{
    struct group chosen;
    uint32_t which = c->of[__builtin_ctz(left)];
    size_t size;
    init_group(&chosen, g->w, g->packets, 0);
    chosen.max_len = g->max_len;
    BATCH_FOR_EACH (i, left) {
        if (c->of[i] == which) {
            chosen.packets[chosen.n++] = g->packets[i];
            left &= ~(1u << i);
        }
    }
    const struct action *list = c->list(a, which, &size);
    chosen.sole = g->sole;
    execute_list(&chosen, list, size);
    if (chosen.sole && !chosen.delivered) {
        drop_all(&chosen, DROP_EXPLICIT);
    }
    release(&chosen);
    return left;
}

/* Carries out for each packet the list that it chose, on copies unless this is the last action. */
static void execute_choices(struct group *g, const struct action *a, const struct choice *c)
{
    struct group copy;
    bool sole = g->sole && g->last && !g->delivered;
    share(&copy, g);
    copy.sole = sole;
    uint32_t left = copy.n < 32 ? (1u << copy.n) - 1 : UINT32_MAX;
    while (left) {
        left = execute_choice(&copy, a, c, left);
    }
}

static const struct action *check_len_list(const struct action *a, unsigned int greater,
                                           size_t *size)
{
    return action_check_len_branch((const struct action_check_len *) a, greater, size);
}

static void execute_check_len(struct group *g, const struct action *a)
{
    uint32_t len = ((const struct action_check_len *) a)->len;
    struct choice c = { .list = check_len_list };
    for (unsigned int i = 0; i < g->n; i++) {
        c.of[i] = MIN(segment_max_len(g->packets[i]), g->max_len) > len;
    }
    execute_choices(g, a, &c);
}

static const struct action *select_list(const struct action *a, unsigned int bucket, size_t *size)
{
    return action_select_bucket((const struct action_select *) a, bucket, size);
}

/* A flow that names a table keeps it. */
static void execute_select(struct group *g, const struct action *a)
{
    const struct action_select *select = (const struct action_select *) a;
    struct select_table *table = select_tables_find(g->w->selects, select->table_id);
    struct choice c = { .list = select_list };
    for (unsigned int i = 0; i < g->n; i++) {
        const struct packet *p = g->packets[i];
        c.of[i] = select_table_bucket(table, select_hash(select, &g->w->keys[p->key_index]));
        select_table_count(table, g->w->index, c.of[i], packet_len(p));
    }
    execute_choices(g, a, &c);
}

/* Does what the meter said to the packet at 'i'; false if it is gone. */
static bool apply_verdict(struct group *g, unsigned int i, const struct meter_verdict *verdict)
{
    if (likely(verdict->type == METER_PASS)) {
        return true;
    }
    if (verdict->type == METER_DROP) {
        drop(g, g->packets[i], DROP_METER);
        return false;
    }
    struct packet *p = frame_cache_make_private(g->w->frames, g->packets[i]);
    if (!p) {
        return false;
    }
    rewrite_remark_dscp(p, verdict->prec_level);
    g->packets[i] = p;
    return true;
}

static void execute_meter(struct group *g, const struct action *a)
{
    struct meter *meter = meter_table_find(g->w->meters, ((const struct action_meter *) a)->meter_id);
    struct meter_verdict verdicts[BATCH_MAX];
    if (!meter) {
        return;
    }
    meter_run(meter, g->w->now_ns, g->packets, g->n, verdicts);
    unsigned int n = 0;
    for (unsigned int i = 0; i < g->n; i++) {
        if (apply_verdict(g, i, &verdicts[i])) {
            g->packets[n++] = g->packets[i];
        }
    }
    g->n = n;
}

/* Hands all packets over to their next lookup. */
static void look_up_again(struct group *g)
{
    struct recirc_queue *queue = g->w->recircs;
    for (unsigned int i = 0; i < g->n; i++) {
        if (likely(queue->n < WORKER_RECIRC_QUEUE_SIZE)) {
            queue->packets[queue->n++] = g->packets[i];
        } else {
            drop(g, g->packets[i], DROP_RECIRC_LIMIT);
        }
    }
    g->n = 0;
    g->delivered = true;
}

static void execute_recirc(struct group *g, const struct action *a)
{
    change_packets(g, a, set_recirc_id);
    look_up_again(g);
}

static void execute_tnl_push(struct group *g, const struct action *a)
{
    unsigned int n = 0;
    for (unsigned int i = 0; i < g->n; i++) {
        struct packet *p = frame_cache_make_private(g->w->frames, g->packets[i]);
        if (likely(p != NULL)) {
            g->packets[n++] = p;
        }
    }
    g->n = execute_tunnel_push(g->w, g->packets, n, (const struct action_tnl_push *) a);
}


static void execute_tnl_pop(struct group *g, const struct action *a)
{
    struct recirc_queue *queue = g->w->recircs;
    struct packet **popped = &queue->packets[queue->n];
    unsigned int n = 0, room = WORKER_RECIRC_QUEUE_SIZE - queue->n;
    for (unsigned int i = 0; i < g->n; i++) {
        struct packet *p = frame_cache_make_private(g->w->frames, g->packets[i]);
        if (likely(p != NULL)) {
            n += execute_tunnel_pop(g->w, p, (const struct action_tnl_pop *) a, popped + n, room - n);
        }
    }
    queue->n += coalesce_burst(g->w->frames, popped, n);
    g->n = 0;
    g->delivered = true;
}

static void execute_reassemble(struct group *g, const struct action *a)
{
    unsigned int n = 0;
    for (unsigned int i = 0; i < g->n; i++) {
        struct packet *whole = reassembly_add(g->w->fragments, g->w->frames, g->packets[i], g->w->now_ms);
        if (whole) {
            g->packets[n++] = whole;
        }
    }
    g->n = n;
    look_up_again(g);
}

static enum drop_reason hash_packet(struct group *g, struct packet *p, const struct action *a)
{
    const struct action_hash *hash = (const struct action_hash *) a;
    struct flow *key = &g->w->scratch;
    (void) parse_packet(p, key);
    p->dp_hash = hash->alg == ACTION_HASH_SYM_L4 ? flow_hash_symmetric_l4(key, hash->basis)
                                                 : flow_hash_5tuple(key, hash->basis);
    return DROP_NONE;
}

static void execute_hash(struct group *g, const struct action *a)
{
    change_packets(g, a, hash_packet);
}

/* Parsing writes the offsets of the packet, which others may hold: it is done on a second
 * description of the same bytes. */
static void execute_upcall(struct group *g, const struct action *a)
{
    const struct action_upcall *upcall = (const struct action_upcall *) a;
    for (unsigned int i = 0; i < g->n; i++) {
        struct packet view = *g->packets[i];
        (void) parse_packet(&view, &g->w->scratch);
        upcall_send(g->w, &(struct upcall_request) {
            .kind = DP_UPCALL_ACTION,
            .key = &g->w->scratch,
            .packet = &view,
            .max_len = MIN(upcall->max_len, g->max_len),
            .userdata = upcall->userdata,
            .userdata_len = upcall->userdata_len,
        });
    }
    g->max_len = UINT32_MAX;
    g->delivered = true;
}

static void execute_drop(struct group *g, const struct action *a)
{
    drop_all(g, ((const struct action_drop *) a)->reason);
    g->delivered = true;
}

typedef void execute_function(struct group *, const struct action *);

static execute_function *const functions[ACTION_N_TYPES] = {
    [ACTION_OUTPUT] = execute_output,
    [ACTION_PUSH_VLAN] = execute_rewrite,
    [ACTION_POP_VLAN] = execute_rewrite,
    [ACTION_PUSH_MPLS] = execute_rewrite,
    [ACTION_POP_MPLS] = execute_rewrite,
    [ACTION_SET] = execute_rewrite,
    [ACTION_DEC_TTL] = execute_dec_ttl,
    [ACTION_TRUNC] = execute_trunc,
    [ACTION_CLONE] = execute_clone,
    [ACTION_SAMPLE] = execute_sample,
    [ACTION_RECIRC] = execute_recirc,
    [ACTION_HASH] = execute_hash,
    [ACTION_UPCALL] = execute_upcall,
    [ACTION_DROP] = execute_drop,
    [ACTION_SELECT] = execute_select,
    [ACTION_CHECK_LEN] = execute_check_len,
    [ACTION_METER] = execute_meter,
    [ACTION_PUSH_PBB] = execute_rewrite,
    [ACTION_POP_PBB] = execute_rewrite,
    [ACTION_COPY_TTL] = execute_rewrite,
    [ACTION_TNL_PUSH] = execute_tnl_push,
    [ACTION_TNL_POP] = execute_tnl_pop,
    [ACTION_REASSEMBLE] = execute_reassemble,
};

static void execute_list(struct group *g, const void *list, size_t size)
{
    const uint8_t *end = (const uint8_t *) list + size;
    const struct action *a;
    action_for_each (a, list, size) {
        if (!g->n) {
            return;
        }
        g->last = (const uint8_t *) action_next(a) >= end;
        functions[a->type](g, a);
    }
}

/* Most flows have a single output. */
static const struct action_output *single_output(const void *list, size_t size)
{
    const struct action_output *output = list;
    return size == sizeof *output && output->a.type == ACTION_OUTPUT ? output : NULL;
}

void execute_actions(struct worker *w, struct packet *const *packets, unsigned int n,
                     const void *list, size_t size)
{
    const struct action_output *output = single_output(list, size);
    if (output) {
        output_packets(w, output->port, packets, n);
        return;
    }
    struct group g;
    init_group(&g, w, packets, n);
    g.sole = true;
    execute_list(&g, list, size);
    if (!g.delivered) {
        drop_all(&g, DROP_EXPLICIT);
    }
    release(&g);
}
