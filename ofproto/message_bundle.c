/* SPDX-License-Identifier: Apache-2.0 */
/* The bundles of a connection: their states, the messages that they keep, and their commit. */
#include "ofproto/message_bundle.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/coverage.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/rcu.h"
#include "lib/base/smap.h"
#include "lib/ofp/action.h"
#include "lib/ofp/field_map.h"
#include "ofproto/connmgr_private.h"
#include "ofproto/group_change.h"
#include "ofproto/handle.h"
#include "ofproto/minimatch.h"
#include "ofproto/ofconn.h"
#include "ofproto/packed_flow_mod.h"
#include "ofproto/private.h"
#include "ofproto/transaction.h"

COVERAGE_DEFINE(bundle_commit);
COVERAGE_DEFINE(bundle_failed);
COVERAGE_DEFINE(bundle_timeout);
COVERAGE_DEFINE(bundle_refused); /* for a limit */

/* Messages lie one behind the other in chunks that do not move. */
enum { CHUNK_BYTES = 1 << 20 };

struct record {
    struct flow_mod_source source; /* the message's bytes, and how they are decoded */
    size_t size;                   /* of all, with what follows */
    const struct packed_flow_mod *packed; /* in front of the message; null: it is to be decoded at the commit */
    uint64_t bytes[];
};

struct chunk {
    struct chunk *next;
    size_t size, allocated; /* of 'bytes' */
    uint64_t bytes[];
};

struct message_bundle {
    struct cds_list_head node;
    uint32_t id;
    uint16_t flags;
    bool closed;
    int64_t used_ms;
    struct chunk *first, *last;
    size_t n_messages, n_bytes;
    uint64_t options;        /* indexes of tunnel options that messages name */
    uint8_t *opening;        /* the message that made it, for the error when it has waited for too long */
    size_t opening_size;
};

struct message_bundles {
    struct ofconn *conn;
    struct cds_list_head list;
    size_t n, n_messages, n_bytes;
    struct loop_timer *timer;
};

static int64_t idle_ms = MESSAGE_BUNDLE_IDLE_MS;

void message_bundles_set_options(const struct smap *options)
{
    long long seconds = smap_get_int(options, "bundle-idle-timeout", 0);
    idle_ms = seconds >= 1 && seconds <= INT32_MAX ? seconds * 1000 : MESSAGE_BUNDLE_IDLE_MS;
}

/* Making and ending. */

static void destroy(struct message_bundles *all, struct message_bundle *bundle)
{
    all->n--;
    all->n_messages -= bundle->n_messages;
    all->n_bytes -= bundle->n_bytes;
    cds_list_del(&bundle->node);
    for (struct chunk *chunk = bundle->first, *next; chunk; chunk = next) {
        next = chunk->next;
        free(chunk);
    }
    free(bundle->opening);
    free(bundle);
}

static void expire(void *aux)
{
    struct message_bundles *all = aux;
    struct message_bundle *bundle, *next;
    int64_t now = clock_ms(), first = INT64_MAX;
    cds_list_for_each_entry_safe (bundle, next, &all->list, node) {
        if (now - bundle->used_ms >= idle_ms) {
            COVERAGE_INC(bundle_timeout);
            ofconn_send_error(all->conn, OFPBFC_TIMEOUT, bundle->opening, bundle->opening_size);
            destroy(all, bundle);
        } else {
            first = MIN(first, bundle->used_ms + idle_ms);
        }
    }
    if (first != INT64_MAX) {
        loop_timer_set(all->timer, first);
    }
}

static struct message_bundles *bundles_of(struct ofconn *conn)
{
    if (!conn->bundles) {
        struct message_bundles *all = xzalloc(sizeof *all);
        all->conn = conn;
        CDS_INIT_LIST_HEAD(&all->list);
        all->timer = loop_timer_create(connmgr_loop(conn->connmgr), expire, all);
        conn->bundles = all;
    }
    return conn->bundles;
}

void message_bundles_destroy(struct message_bundles *all)
{
    if (all) {
        struct message_bundle *bundle, *next;
        cds_list_for_each_entry_safe (bundle, next, &all->list, node) {
            destroy(all, bundle);
        }
        loop_timer_destroy(all->timer);
        free(all);
    }
}

uint64_t message_bundles_options(const struct message_bundles *all)
{
    const struct message_bundle *bundle;
    uint64_t options = 0;
    if (all) {
        cds_list_for_each_entry (bundle, &all->list, node) {
            options |= bundle->options;
        }
    }
    return options;
}

static struct message_bundle *find(struct message_bundles *all, uint32_t id)
{
    struct message_bundle *bundle;
    cds_list_for_each_entry (bundle, &all->list, node) {
        if (bundle->id == id) {
            return bundle;
        }
    }
    return NULL;
}

static void touch(struct message_bundles *all, struct message_bundle *bundle)
{
    bundle->used_ms = clock_ms();
    if (!loop_timer_is_set(all->timer)) {
        loop_timer_set_in(all->timer, idle_ms);
    }
}

static enum ofp_error create(struct message_bundles *all, uint32_t id, uint16_t flags, struct message_bundle **result)
{
    if (all->n >= MESSAGE_BUNDLE_MAX) {
        COVERAGE_INC(bundle_refused);
        return OFPBFC_OUT_OF_BUNDLES;
    }
    struct message_bundle *bundle = xzalloc(sizeof *bundle);
    bundle->id = id;
    bundle->flags = flags;
    bundle->opening = xmemdup(all->conn->request, all->conn->request_size);
    bundle->opening_size = all->conn->request_size;
    cds_list_add_tail(&bundle->node, &all->list);
    all->n++;
    touch(all, bundle);
    *result = bundle;
    return OFPERR_OK;
}

/* States. A message that does not fit the state of its bundle ends it, as in OVS. */

enum ofp_error message_bundle_open(struct ofconn *conn, uint32_t id, uint16_t flags)
{
    struct message_bundles *all = bundles_of(conn);
    struct message_bundle *bundle = find(all, id);
    if (bundle) {
        destroy(all, bundle);
        return OFPBFC_BAD_ID;
    }
    return create(all, id, flags, &bundle);
}

enum ofp_error message_bundle_close(struct ofconn *conn, uint32_t id, uint16_t flags)
{
    struct message_bundles *all = bundles_of(conn);
    struct message_bundle *bundle = find(all, id);
    if (!bundle) {
        return OFPBFC_BAD_ID;
    }
    enum ofp_error error = bundle->closed            ? OFPBFC_BUNDLE_CLOSED
                           : bundle->flags != flags ? OFPBFC_BAD_FLAGS
                                                    : OFPERR_OK;
    if (error) {
        destroy(all, bundle);
        return error;
    }
    bundle->closed = true;
    touch(all, bundle);
    return OFPERR_OK;
}

enum ofp_error message_bundle_discard(struct ofconn *conn, uint32_t id)
{
    struct message_bundles *all = bundles_of(conn);
    struct message_bundle *bundle = find(all, id);
    if (!bundle) {
        return OFPBFC_BAD_ID;
    }
    destroy(all, bundle);
    return OFPERR_OK;
}

/* Messages. */

static void *reserve(struct message_bundle *bundle, size_t n)
{
    struct chunk *chunk = bundle->last;
    if (!chunk || chunk->allocated - chunk->size < n) {
        /* Small at first: most bundles are. */
        size_t allocated = MAX(n, chunk ? MIN(chunk->allocated * 2, (size_t) CHUNK_BYTES) : (size_t) 4096);
        chunk = xmalloc(sizeof *chunk + allocated);
        chunk->next = NULL;
        chunk->size = 0;
        chunk->allocated = allocated;
        if (bundle->last) {
            bundle->last->next = chunk;
        } else {
            bundle->first = chunk;
        }
        bundle->last = chunk;
    }
    void *p = (uint8_t *) chunk->bytes + chunk->size;
    chunk->size += n;
    return p;
}

/* A message that was decoded, for a while. */
struct addition {
    const struct ofp_bundle_add *ba;
    struct ofp_message msg;
    struct minimatch_key key; /* if it is to be packed */
    size_t packed_size;       /* 0: it is not */
    uint64_t options;         /* indexes of tunnel options that it names */
    size_t record_size;
};

static uint64_t options_of(const struct ofp_message *msg)
{
    uint64_t options = 0;
    if (msg->type == OFPMSG_FLOW_MOD) {
        const struct ofp_flow_mod *fm = &msg->u.flow_mod;
        options = field_map_used_by_match(&fm->match) | ofp_actions_tun_metadata(fm->actions.data, fm->actions.size);
    } else if (msg->type == OFPMSG_GROUP_MOD) {
        const struct ofp_group_mod *gm = &msg->u.group_mod;
        for (size_t i = 0; i < gm->n_buckets; i++) {
            options |= ofp_actions_tun_metadata(gm->buckets[i].actions.data, gm->buckets[i].actions.size);
        }
    }
    return options;
}

static enum ofp_error decode_addition(const struct ofconn *conn, const struct ofp_bundle_add *ba, struct addition *a)
{
    enum ofp_error error = ofp_decode(ba->message, ba->message_len, conn->flow_mod_table_id, &a->msg);
    a->ba = ba;
    a->packed_size = 0;
    a->options = error ? 0 : options_of(&a->msg);
    if (!error && a->msg.type == OFPMSG_FLOW_MOD && packed_flow_mod_possible(&a->msg.u.flow_mod)) {
        minimatch_key_init(&a->key, &a->msg.u.flow_mod.match);
        a->packed_size = ROUND_UP(packed_flow_mod_size(&a->msg.u.flow_mod, &a->key), sizeof(uint64_t));
    }
    a->record_size = sizeof(struct record) + a->packed_size + ROUND_UP(ba->message_len, sizeof(uint64_t));
    return error;
}

static void keep(struct message_bundles *all, struct message_bundle *bundle, const struct addition *a)
{
    struct record *record = reserve(bundle, a->record_size);
    uint8_t *message = (uint8_t *) record->bytes + a->packed_size;
    memcpy(message, a->ba->message, a->ba->message_len);
    record->source = (struct flow_mod_source) {
        .message = message,
        .size = a->ba->message_len,
        .version = all->conn->version,
        .flow_mod_table_id = all->conn->flow_mod_table_id,
        .xid = a->msg.xid,
    };
    record->size = a->record_size;
    record->packed = NULL;
    if (a->packed_size) {
        struct packed_flow_mod *packed = (void *) record->bytes;
        packed_flow_mod_init(packed, &a->msg.u.flow_mod, &a->key);
        record->packed = packed;
    }
    bundle->options |= a->options;
    bundle->n_messages++;
    bundle->n_bytes += a->record_size;
    all->n_messages++;
    all->n_bytes += a->record_size;
}

static enum ofp_error add(struct message_bundles *all, const struct addition *a)
{
    struct message_bundle *bundle = find(all, a->ba->id);
    enum ofp_error error = OFPERR_OK;
    if (!bundle) {
        error = create(all, a->ba->id, a->ba->flags, &bundle);
        if (error) {
            return error;
        }
    } else if (bundle->closed) {
        error = OFPBFC_BUNDLE_CLOSED;
    } else if (bundle->flags != a->ba->flags) {
        error = OFPBFC_BAD_FLAGS;
    }
    if (!error && (all->n_messages >= MESSAGE_BUNDLE_MAX_MESSAGES
                   || all->n_bytes + a->record_size > MESSAGE_BUNDLE_MAX_BYTES)) {
        COVERAGE_INC(bundle_refused);
        error = OFPBFC_MSG_TOO_MANY;
    }
    if (error) {
        destroy(all, bundle);
        return error;
    }
    /* What could never be carried out is refused at once, as OVS does; the bundle lives on without it. OVN finds out that way what
     * actions there are. */
    error = a->msg.type == OFPMSG_FLOW_MOD ? flow_mod_check(&a->msg.u.flow_mod) : OFPERR_OK;
    if (!error) {
        keep(all, bundle, a);
        touch(all, bundle);
    }
    return error;
}

/* What cannot be understood is refused first; what depends on the tables shows at the commit. */
enum ofp_error message_bundle_add(struct ofconn *conn, const struct ofp_bundle_add *ba)
{
    struct addition a;
    enum ofp_error error = decode_addition(conn, ba, &a);
    if (!error) {
        error = add(bundles_of(conn), &a);
    }
    ofp_message_destroy(&a.msg);
    return error;
}

/* The commit. */

/* A message that takes part in the transaction, but is carried out behind it: what it does is not versioned, and was checked. */
struct later {
    struct ofconn *conn;
    const struct record *record;
};

static enum ofp_error decode(const struct record *record, struct ofp_message *msg)
{
    return ofp_decode(record->source.message, record->source.size, record->source.flow_mod_table_id, msg);
}

static void carry_out_later(void *aux)
{
    const struct later *later = aux;
    struct ofp_message msg;
    enum ofp_error error = decode(later->record, &msg);
    if (!error && msg.type == OFPMSG_PACKET_OUT) {
        error = ofproto_packet_out(later->conn->ofproto, &msg.u.packet_out);
    } else if (!error) {
        error = ofproto_port_mod(later->conn->ofproto, &msg.u.port_mod);
    }
    ofp_message_destroy(&msg);
    if (error) {
        ofconn_send_error(later->conn, error, later->record->source.message, later->record->source.size);
    }
}

static const struct transaction_part later_part = { .published = carry_out_later, .destroy = free };

static void add_later(struct transaction *txn, struct ofconn *conn, const struct record *record)
{
    struct later *later = xmalloc(sizeof *later);
    *later = (struct later) { conn, record };
    transaction_add(txn, &later_part, later);
}

static enum ofp_error prepare(struct transaction *txn, struct ofconn *conn, const struct record *record)
{
    struct ofp_message msg;
    transaction_set_requester(txn, conn, record->source.xid);
    if (record->packed) {
        return transaction_packed_flow_mod(txn, conn->ofproto, record->packed, &record->source);
    }
    enum ofp_error error = decode(record, &msg);
    if (!error) {
        switch (msg.type) {
        case OFPMSG_FLOW_MOD:
            error = transaction_flow_mod(txn, conn->ofproto, &msg.u.flow_mod, &record->source);
            break;
        case OFPMSG_GROUP_MOD:
            error = group_change_prepare(txn, conn->ofproto, &msg.u.group_mod);
            break;
        case OFPMSG_PACKET_OUT:
            error = handle_packet_out_check(conn, &msg.u.packet_out);
            break;
        case OFPMSG_PORT_MOD:
            error = ofproto_port_mod_check(conn->ofproto, &msg.u.port_mod);
            break;
        default:
            error = OFPBFC_MSG_UNSUP;
            break;
        }
        if (!error && (msg.type == OFPMSG_PACKET_OUT || msg.type == OFPMSG_PORT_MOD)) {
            add_later(txn, conn, record);
        }
    }
    ofp_message_destroy(&msg);
    return error;
}

/* Prepares all. On an error '*failed' is the message that it is about. */
static enum ofp_error prepare_all(struct transaction *txn, struct ofconn *conn, const struct message_bundle *bundle,
                                  const struct record **failed)
{
    for (const struct chunk *chunk = bundle->first; chunk; chunk = chunk->next) {
        for (size_t at = 0; at < chunk->size;) {
            const struct record *record = (const void *) ((const uint8_t *) chunk->bytes + at);
            enum ofp_error error = prepare(txn, conn, record);
            if (error) {
                *failed = record;
                return error;
            }
            at += record->size;
        }
    }
    return OFPERR_OK;
}

static enum ofp_error carry_out(struct ofconn *conn, const struct message_bundle *bundle)
{
    const struct record *failed = NULL;
    struct transaction *txn = transaction_begin();
    enum ofp_error error = prepare_all(txn, conn, bundle, &failed);
    if (!error) {
        transaction_commit(txn);
        COVERAGE_INC(bundle_commit);
        return OFPERR_OK;
    }
    transaction_abort(txn);
    COVERAGE_INC(bundle_failed);
    ofconn_send_error(conn, error, failed->source.message, failed->source.size);
    return OFPBFC_MSG_FAILED;
}

enum ofp_error message_bundle_commit(struct ofconn *conn, uint32_t id, uint16_t flags)
{
    struct message_bundles *all = bundles_of(conn);
    struct message_bundle *bundle = find(all, id);
    if (!bundle) {
        return OFPBFC_BAD_ID;
    }
    enum ofp_error error = bundle->flags != flags ? OFPBFC_BAD_FLAGS : carry_out(conn, bundle);
    destroy(all, bundle);
    return error;
}
