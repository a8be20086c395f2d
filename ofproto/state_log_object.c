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
    uint32_t dp_id;     /* meters: their number in the datapath */
    uint32_t n_slots;   /* groups: their counters, by number */
    uint32_t slots[];
};

/* The table of options is a list of these. */
struct option_record {
    struct ofp_tlv_map map;
    uint16_t offset;
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
    const struct object_head head = { .created_ms = group->created_ms,
                                      .n_slots = (uint32_t) group_tally_n_slots(group->tally) };
    struct ofpbuf buf = { NULL, 0, 0 };
    if (!log) {
        return;
    }
    ofpbuf_put(&buf, &head, sizeof head);
    for (size_t i = 0; i < head.n_slots; i++) {
        uint32_t slot = group_tally_slot(group->tally, i);
        ofpbuf_put(&buf, &slot, sizeof slot);
    }
    const struct field_map *before = field_map_use(&group->ofproto->options);
    if (!encode_group(&buf, group) || !state_log_put(log, STATE_LOG_GROUP, group->id, buf.data, buf.size)) {
        log_warn_rl("group %u is too large to be logged and will not survive a restart", group->id);
        state_log_drop(log, STATE_LOG_GROUP, group->id);
    }
    field_map_use(before);
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

void state_log_put_options(struct state_log *log, const struct field_map *options)
{
    struct option_record records[OFP_TLV_N_FIELDS];
    struct ofp_tlv_reply reply;
    memset(records, 0, sizeof records);
    field_map_describe(options, &reply);
    for (size_t i = 0; i < reply.n; i++) {
        records[i].map = reply.maps[i];
        records[i].offset = options->entries[reply.maps[i].index].offset;
    }
    if (!state_log_put(log, STATE_LOG_OPTIONS, 0, records, reply.n * sizeof records[0])) {
        log_abort("the table of tunnel options does not fit into a record");
    }
}

/* Putting back. */

struct group_tally *state_log_adopt_tally(struct counters *counters, const void *data, size_t size)
{
    const struct object_head *head = data; /* records are aligned */
    if (size < sizeof *head || head->n_slots > (size - sizeof *head) / sizeof head->slots[0]) {
        return NULL;
    }
    return group_tally_adopt(counters, head->slots, head->n_slots);
}

static bool restore_options(struct field_map *options, const uint8_t *p, size_t size)
{
    bool ok = size % sizeof(struct option_record) == 0;
    for (; size && ok; p += sizeof(struct option_record), size -= sizeof(struct option_record)) {
        struct option_record record;
        memcpy(&record, p, sizeof record);
        ok = field_map_restore(options, &record.map, record.offset);
    }
    if (!ok) {
        log_warn("the table of tunnel options could not be restored");
    }
    return ok;
}

static enum ofp_error restore_message(struct transaction *txn, struct ofproto *ofproto, const struct object_head *head,
                                      const struct ofp_message *msg, struct group **group)
{
    enum ofp_error error = OFPBRC_BAD_TYPE;
    int64_t created_ms = MIN(head->created_ms, clock_ms());
    if (msg->type == OFPMSG_GROUP_MOD) {
        error = group_change_prepare(txn, ofproto, &msg->u.group_mod);
        *group = error ? NULL : group_table_find(ofproto, msg->u.group_mod.id);
        if (*group) {
            (*group)->created_ms = created_ms;
        }
    } else if (msg->type == OFPMSG_METER_MOD) {
        error = meter_table_restore(ofproto, &msg->u.meter_mod.config, head->dp_id, created_ms);
    }
    return error;
}

/* '*group' is the one that was made, if it was one. */
static bool restore_messages(struct transaction *txn, struct ofproto *ofproto, enum state_log_kind kind, const void *data,
                             size_t size, struct group **group)
{
    struct object_head head;
    const uint8_t *p = data;
    if (size < sizeof head) {
        return false;
    }
    memcpy(&head, p, sizeof head);
    if (head.n_slots > (size - sizeof head) / sizeof head.slots[0]) {
        return false;
    }
    for (size_t at = sizeof head + head.n_slots * sizeof head.slots[0]; at < size;) {
        struct ofp_message msg;
        int length = ofp_message_len(p + at, size - at);
        if (length <= 0 || (size_t) length > size - at) {
            return false;
        }
        enum ofp_error error = ofp_decode(p + at, (size_t) length, false, &msg);
        error = error ? error : restore_message(txn, ofproto, &head, &msg, group);
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

bool state_log_restore_object(struct transaction *txn, struct ofproto *ofproto, enum state_log_kind kind,
                              const void *data, size_t size, struct group_tally *tally)
{
    struct group *group = NULL;
    bool ok = kind == STATE_LOG_OPTIONS ? restore_options(&ofproto->options, data, size)
                                        : restore_messages(txn, ofproto, kind, data, size, &group);
    if (group && ok && tally && group_tally_fits(tally, group->n_buckets, group->type == OFPGT_SELECT)) {
        group_set_tally(group, tally);
    } else {
        group_tally_unref(tally);
    }
    return ok;
}
