/* SPDX-License-Identifier: Apache-2.0 */
/* Records of groups and meters. */
#include "ofproto/state_log_object.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "ofproto/group_change.h"
#include "ofproto/group_table.h"
#include "ofproto/meter_table.h"
#include "ofproto/private.h"
#include "ofproto/transaction.h"

LOG_MODULE(state_log_object);

/* Before the messages. */
struct object_head {
    int64_t created_ms;
    uint32_t dp_id;    /* meters: their number in the datapath */
    uint32_t reserved;
};

/* Groups: "add" with the first buckets, then "insert" with more, as many messages as it takes. */

static bool put_buckets(struct ofpbuf *out, const struct group *group, size_t from, size_t n)
{
    struct ofp_bucket *buckets = xcalloc(n + 1, sizeof *buckets);
    for (size_t i = 0; i < n; i++) {
        buckets[i] = group->buckets[from + i].b;
    }
    const struct ofp_group_mod gm = {
        .command = from ? OFPGC_INSERT_BUCKET : OFPGC_ADD,
        .type = group->type,
        .id = group->id,
        .command_bucket = from ? OFPG_BUCKET_LAST : OFPG_BUCKET_ALL,
        .buckets = buckets,
        .n_buckets = n,
        .props = from ? (struct ofp_group_props) { .masks = NULL } : group->props,
    };
    bool ok = ofp_encode_group_mod(out, OFP15, &gm, 0);
    free(buckets);
    return ok;
}

static bool encode_group(struct ofpbuf *out, const struct group *group)
{
    size_t piece = group->n_buckets, at = 0;
    do {
        size_t n = MIN(piece, group->n_buckets - at);
        if (put_buckets(out, group, at, n)) {
            at += n;
        } else if (piece > 1) {
            piece /= 2; /* the message would be too long */
        } else {
            return false;
        }
    } while (at < group->n_buckets);
    return true;
}

void state_log_put_group(struct state_log *log, const struct group *group)
{
    const struct object_head head = { .created_ms = group->created_ms };
    struct ofpbuf buf = { NULL, 0, 0 };
    if (!log) {
        return;
    }
    ofpbuf_put(&buf, &head, sizeof head);
    if (!encode_group(&buf, group) || !state_log_put(log, STATE_LOG_GROUP, group->id, buf.data, buf.size)) {
        log_warn_rl("group %u is too large to be logged and will not survive a restart", group->id);
        state_log_drop(log, STATE_LOG_GROUP, group->id);
    }
    ofpbuf_destroy(&buf);
}

void state_log_put_meter(struct state_log *log, const struct meter *meter)
{
    const struct object_head head = { .created_ms = meter->created_ms, .dp_id = meter->dp_id };
    const struct ofp_meter_mod mm = { .command = OFPMC_ADD, .config = meter->config };
    struct ofpbuf buf = { NULL, 0, 0 };
    if (log) {
        ofpbuf_put(&buf, &head, sizeof head);
        ofp_encode_meter_mod(&buf, OFP13, &mm, 0);
        if (!state_log_put(log, STATE_LOG_METER, meter->id, buf.data, buf.size)) {
            state_log_drop(log, STATE_LOG_METER, meter->id);
        }
        ofpbuf_destroy(&buf);
    }
}

/* Putting back. */

static enum ofp_error restore_message(struct transaction *txn, struct ofproto *ofproto, const struct object_head *head,
                                      const struct ofp_message *msg)
{
    enum ofp_error error = OFPBRC_BAD_TYPE;
    int64_t created_ms = MIN(head->created_ms, clock_ms());
    if (msg->type == OFPMSG_GROUP_MOD) {
        error = group_change_prepare(txn, ofproto, &msg->u.group_mod);
        struct group *group = error ? NULL : group_table_find(ofproto, msg->u.group_mod.id);
        if (group) {
            group->created_ms = created_ms;
        }
    } else if (msg->type == OFPMSG_METER_MOD) {
        error = meter_table_restore(ofproto, &msg->u.meter_mod.config, head->dp_id, created_ms);
    }
    return error;
}

bool state_log_restore_object(struct transaction *txn, struct ofproto *ofproto, enum state_log_kind kind,
                              const void *data, size_t size)
{
    struct object_head head;
    const uint8_t *p = data;
    if (size < sizeof head) {
        return false;
    }
    memcpy(&head, p, sizeof head);
    for (size_t at = sizeof head; at < size;) {
        struct ofp_message msg;
        int length = ofp_message_len(p + at, size - at);
        if (length <= 0 || (size_t) length > size - at) {
            return false;
        }
        enum ofp_error error = ofp_decode(p + at, (size_t) length, false, &msg);
        error = error ? error : restore_message(txn, ofproto, &head, &msg);
        ofp_message_destroy(&msg);
        if (error) {
            log_warn("a %s could not be restored: %s", kind == STATE_LOG_GROUP ? "group" : "meter",
                     ofp_error_name(error));
            return false;
        }
        at += (size_t) length;
    }
    return true;
}
