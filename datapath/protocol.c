/* SPDX-License-Identifier: Apache-2.0 */
/* Building, checking and taking apart the messages on the datapath's socket. */
#include "datapath/protocol.h"

#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/smap.h"
#include "lib/net/action.h"

/* What an attribute's content may be. */

static bool check_string(const void *content, size_t len)
{
    return memchr(content, '\0', len) == (const char *) content + len - 1;
}

static bool check_flag(const void *content, size_t len)
{
    return *(const uint32_t *) content <= 1;
}

static bool check_settings(const void *content, size_t len)
{
    const char *s = content;
    size_t n_strings = 0;

    for (const char *end = s + len; s < end; n_strings++) {
        const char *nul = memchr(s, '\0', end - s);
        if (!nul || n_strings == 2 * DP_MAX_SETTINGS) {
            return false;
        }
        s = nul + 1;
    }
    return n_strings % 2 == 0;
}

static bool check_info(const void *content, size_t len)
{
    const struct dp_wire_info *info = content;

    return memchr(info->name, '\0', sizeof info->name) && info->n_threads <= DP_MAX_THREADS &&
           info->max_flows != DP_FLOW_NONE;
}

static bool check_port(const void *content, size_t len)
{
    const struct dp_wire_port *port = content;

    return port->no < DP_MAX_PORTS && port->admin_up <= 1 && port->carrier <= 1 &&
           port->ifindex <= INT32_MAX && memchr(port->name, '\0', sizeof port->name) &&
           memchr(port->type, '\0', sizeof port->type) &&
           memchr(port->error, '\0', sizeof port->error);
}

static bool check_op(const void *content, size_t len)
{
    const struct dp_wire_op *op = content;

    switch (op->type) {
    case DP_OP_FLOW_PUT:
        return !(op->flags & ~(DP_PUT_CREATE | DP_PUT_MODIFY | DP_PUT_ZERO_STATS));
    case DP_OP_FLOW_DEL:
    case DP_OP_EXECUTE:
        return !op->flags;
    default:
        return false;
    }
}

static bool check_stats(const struct dp_wire_stats *stats)
{
    return stats->tcp_flags <= UINT16_MAX && !stats->reserved;
}

static bool check_result(const void *content, size_t len)
{
    const struct dp_wire_result *result = content;

    return result->error <= INT32_MAX && result->exact <= 1 && !result->reserved &&
           check_stats(&result->stats);
}

static bool check_flow_head(const void *content, size_t len)
{
    const struct dp_wire_flow *head = content;

    return !head->reserved && check_stats(&head->stats);
}

/* The lines of a key or mask: those of the datapath only. */
static bool check_lines(const void *content, size_t len)
{
    const uint32_t *word = content;

    return word[0] < 1u << FLOW_N_DP_LINES && !word[1] &&
           len == 8 + (size_t) FLOW_LINE_SIZE * __builtin_popcount(word[0]);
}

static bool check_key(const void *content, size_t len)
{
    return check_lines(content, len) && *(const uint32_t *) content & 1u << FLOW_LINE_L2;
}

static bool check_fds(const void *content, size_t len)
{
    const struct dp_wire_fds *fds = content;

    return fds->n_threads && fds->n_threads <= DP_MAX_THREADS + 1 && fds->n_handlers &&
           fds->n_handlers <= DP_MAX_HANDLERS && fds->n <= DP_MSG_MAX_FDS &&
           fds->first <= (DP_MAX_THREADS + 2) * DP_MAX_HANDLERS;
}

static bool check_words(const void *content, size_t len)
{
    return len % sizeof(uint64_t) == 0;
}

static bool check_select(const void *content, size_t len)
{
    const struct dp_wire_select *select = content;

    if (!select->n_slots || select->n_slots > DP_SELECT_MAX_SLOTS || !select->n_buckets ||
        select->n_buckets > ACTION_SELECT_MAX_BUCKETS || select->deleted > 1 || select->reserved ||
        len != sizeof *select + select->n_slots * sizeof select->slots[0]) {
        return false;
    }
    for (uint32_t i = 0; i < select->n_slots; i++) {
        if (select->slots[i] >= select->n_buckets) {
            return false;
        }
    }
    return true;
}

static bool check_buckets(const void *content, size_t len)
{
    return len % sizeof(struct dp_wire_count) == 0;
}

static bool check_meter(const void *content, size_t len)
{
    const struct dp_wire_meter *meter = content;

    return meter->n_bands <= DP_METER_MAX_BANDS && !meter->reserved && meter->id < DP_MAX_METERS;
}

static bool check_meter_stats(const void *content, size_t len)
{
    const struct dp_wire_meter_stats *stats = content;

    return stats->n_bands <= DP_METER_MAX_BANDS && !stats->reserved;
}

static bool check_meter_record(const void *content, size_t len)
{
    const struct dp_wire_meter_record *record = content;

    return check_meter(&record->meter, sizeof record->meter) &&
           check_meter_stats(&record->stats, sizeof record->stats);
}

static bool check_qos(const void *content, size_t len)
{
    return !((const struct dp_wire_qos *) content)->reserved;
}

static bool is_queue_id_in_order(const uint32_t *id, const uint32_t *before)
{
    return *id < DP_QOS_MAX_QUEUE_ID && (!before || *id > *before);
}

static bool check_queues(const void *content, size_t len)
{
    const struct dp_wire_queue *queues = content;
    size_t n = len / sizeof *queues;

    for (size_t i = 0; i < n; i++) {
        if (queues[i].reserved || !is_queue_id_in_order(&queues[i].id, i ? &queues[i - 1].id : NULL)) {
            return false;
        }
    }
    return len % sizeof *queues == 0;
}

static bool check_queue_stats(const void *content, size_t len)
{
    const struct dp_wire_queue_stats *stats = content;
    size_t n = len / sizeof *stats;

    for (size_t i = 0; i < n; i++) {
        if (stats[i].reserved || !is_queue_id_in_order(&stats[i].id, i ? &stats[i - 1].id : NULL)) {
            return false;
        }
    }
    return len % sizeof *stats == 0;
}

enum {
    KEY_MAX = 8 + FLOW_N_DP_LINES * FLOW_LINE_SIZE,
    PACKET_MAX = 65535 + 14 + 8, /* as PACKET_MAX_SIZE */
    STRING_MAX = 4096,
    ANY_LEN = DP_MSG_MAX,
};

struct attr_spec {
    uint32_t min, max;                              /* bytes of content */
    bool (*check)(const void *content, size_t len); /* may be null; the size is right */
};

static const struct attr_spec attr_specs[DP_A_N_TYPES] = {
    [DP_A_ERROR] = { 1, STRING_MAX, check_string },
    [DP_A_VERSIONS] = { sizeof(struct dp_wire_versions), sizeof(struct dp_wire_versions), NULL },
    [DP_A_INFO] = { sizeof(struct dp_wire_info), sizeof(struct dp_wire_info), check_info },
    [DP_A_PORT_NO] = { 4, 4, NULL },
    [DP_A_NAME] = { 2, DP_PORT_NAME_MAX + 1, check_string },
    [DP_A_TYPE] = { 2, DP_PORT_TYPE_MAX + 1, check_string },
    [DP_A_SETTINGS] = { 0, 65536, check_settings },
    [DP_A_MAC] = { sizeof(struct eth_addr), sizeof(struct eth_addr), NULL },
    [DP_A_MTU] = { 4, 4, NULL },
    [DP_A_ADMIN] = { 4, 4, check_flag },
    [DP_A_PORT] = { sizeof(struct dp_wire_port), sizeof(struct dp_wire_port), check_port },
    [DP_A_PORT_STATS] = { sizeof(struct dp_wire_port_record), sizeof(struct dp_wire_port_record),
                          check_port },
    [DP_A_DELETED] = { 0, 0, NULL },
    [DP_A_OP] = { 0, ANY_LEN, NULL },
    [DP_A_OP_HEAD] = { sizeof(struct dp_wire_op), sizeof(struct dp_wire_op), check_op },
    [DP_A_OP_RESULT] = { sizeof(struct dp_wire_result), sizeof(struct dp_wire_result),
                         check_result },
    [DP_A_KEY] = { 8, KEY_MAX, check_key },
    [DP_A_MASK] = { 8, KEY_MAX, check_lines },
    [DP_A_ACTIONS] = { 0, ACTIONS_MAX_SIZE, NULL },
    [DP_A_PACKET] = { 0, PACKET_MAX, NULL },
    [DP_A_OFFLOAD] = { sizeof(struct dp_offload), sizeof(struct dp_offload), NULL },
    [DP_A_UFID] = { sizeof(struct uuid), sizeof(struct uuid), NULL },
    [DP_A_CURSOR] = { 4, 4, NULL },
    [DP_A_FLOW] = { 0, ANY_LEN, NULL },
    [DP_A_FLOW_HEAD] = { sizeof(struct dp_wire_flow), sizeof(struct dp_wire_flow),
                         check_flow_head },
    [DP_A_TOTALS] = { sizeof(struct dp_wire_totals), sizeof(struct dp_wire_totals), NULL },
    [DP_A_DROPS] = { 0, DP_MAX_DROP_REASONS * 8, check_words },
    [DP_A_HANDLERS] = { 4, 4, NULL },
    [DP_A_FDS] = { sizeof(struct dp_wire_fds), sizeof(struct dp_wire_fds), check_fds },
    [DP_A_ARG] = { 1, 65536, check_string },
    [DP_A_TEXT] = { 0, ANY_LEN, NULL },
    [DP_A_ID] = { 4, 4, NULL },
    [DP_A_SELECT] = { sizeof(struct dp_wire_select),
                      sizeof(struct dp_wire_select) + DP_SELECT_MAX_SLOTS * sizeof(uint16_t),
                      check_select },
    [DP_A_BUCKETS] = { 0, ACTION_SELECT_MAX_BUCKETS * sizeof(struct dp_wire_count),
                       check_buckets },
    [DP_A_METER] = { sizeof(struct dp_wire_meter), sizeof(struct dp_wire_meter), check_meter },
    [DP_A_METER_STATS] = { sizeof(struct dp_wire_meter_stats), sizeof(struct dp_wire_meter_stats),
                           check_meter_stats },
    [DP_A_METER_RECORD] = { sizeof(struct dp_wire_meter_record),
                            sizeof(struct dp_wire_meter_record), check_meter_record },
    [DP_A_QOS] = { sizeof(struct dp_wire_qos), sizeof(struct dp_wire_qos), check_qos },
    [DP_A_QUEUES] = { 0, DP_QOS_MAX_QUEUES * sizeof(struct dp_wire_queue), check_queues },
    [DP_A_QUEUE_STATS] = { 0, DP_QOS_MAX_QUEUES * sizeof(struct dp_wire_queue_stats),
                           check_queue_stats },
};

/* What a message may hold. A bit per attribute. */

#define BIT(TYPE) (1ull << DP_A_##TYPE)
static_assert(DP_A_N_TYPES <= 64, "one bit for each attribute");

struct body_spec {
    uint64_t allowed, required, repeated; /* 'required' and 'repeated' are part of 'allowed' */
};

static const struct body_spec request_specs[DP_MSG_N_TYPES] = {
    [DP_MSG_HELLO] = { BIT(VERSIONS) | BIT(NAME), BIT(VERSIONS), 0 },
    [DP_MSG_PORT_ADD] = { BIT(NAME) | BIT(TYPE) | BIT(SETTINGS) | BIT(PORT_NO),
                          BIT(NAME) | BIT(TYPE) | BIT(PORT_NO), 0 },
    [DP_MSG_PORT_DEL] = { BIT(PORT_NO), BIT(PORT_NO), 0 },
    [DP_MSG_PORT_SET] = { BIT(PORT_NO) | BIT(SETTINGS) | BIT(MAC) | BIT(MTU) | BIT(ADMIN),
                          BIT(PORT_NO), 0 },
    [DP_MSG_PORT_GET] = { BIT(PORT_NO) | BIT(NAME), 0, 0 },
    [DP_MSG_PORT_DUMP] = { BIT(CURSOR), BIT(CURSOR), 0 },
    [DP_MSG_PORT_EVENTS] = { 0, 0, 0 },
    [DP_MSG_OPERATE] = { BIT(OP), BIT(OP), BIT(OP) },
    [DP_MSG_FLOW_FLUSH] = { 0, 0, 0 },
    [DP_MSG_FLOW_DUMP] = { BIT(CURSOR), BIT(CURSOR), 0 },
    [DP_MSG_FLOW_GET] = { BIT(UFID), BIT(UFID), 0 },
    [DP_MSG_TOTALS] = { 0, 0, 0 },
    [DP_MSG_STATS_OPEN] = { 0, 0, 0 },
    [DP_MSG_UPCALLS_OPEN] = { BIT(HANDLERS), BIT(HANDLERS), 0 },
    [DP_MSG_CONFIG_SET] = { BIT(SETTINGS), BIT(SETTINGS), 0 },
    [DP_MSG_COMMAND] = { BIT(ARG), BIT(ARG), BIT(ARG) },
    [DP_MSG_SELECT_PUT] = { BIT(SELECT), BIT(SELECT), 0 },
    [DP_MSG_SELECT_DEL] = { BIT(ID), BIT(ID), 0 },
    [DP_MSG_SELECT_STATS] = { BIT(ID), BIT(ID), 0 },
    [DP_MSG_SELECT_DUMP] = { BIT(CURSOR), BIT(CURSOR), 0 },
    [DP_MSG_METER_SET] = { BIT(METER), BIT(METER), 0 },
    [DP_MSG_METER_DEL] = { BIT(ID), BIT(ID), 0 },
    [DP_MSG_METER_STATS] = { BIT(ID), BIT(ID), 0 },
    [DP_MSG_METER_DUMP] = { BIT(CURSOR), BIT(CURSOR), 0 },
    [DP_MSG_PORT_QOS] = { BIT(PORT_NO) | BIT(QOS) | BIT(QUEUES), BIT(PORT_NO) | BIT(QOS) | BIT(QUEUES), 0 },
    [DP_MSG_PORT_QUEUES] = { BIT(PORT_NO), BIT(PORT_NO), 0 },
};

/* Replies without error; those with one may hold ERROR, and the answer to a command also TEXT. */
static const struct body_spec reply_specs[DP_MSG_N_TYPES] = {
    [DP_MSG_HELLO] = { BIT(INFO), BIT(INFO), 0 },
    [DP_MSG_PORT_ADD] = { BIT(PORT_NO), BIT(PORT_NO), 0 },
    [DP_MSG_PORT_GET] = { BIT(PORT_STATS), BIT(PORT_STATS), 0 },
    [DP_MSG_PORT_DUMP] = { BIT(PORT_STATS) | BIT(CURSOR), BIT(CURSOR), BIT(PORT_STATS) },
    [DP_MSG_PORT_EVENT] = { BIT(PORT) | BIT(DELETED), BIT(PORT), 0 },
    [DP_MSG_OPERATE] = { BIT(OP_RESULT), BIT(OP_RESULT), BIT(OP_RESULT) },
    [DP_MSG_FLOW_DUMP] = { BIT(FLOW) | BIT(CURSOR), BIT(CURSOR), BIT(FLOW) },
    [DP_MSG_FLOW_GET] = { BIT(FLOW), BIT(FLOW), 0 },
    [DP_MSG_TOTALS] = { BIT(TOTALS) | BIT(DROPS), BIT(TOTALS) | BIT(DROPS), 0 },
    [DP_MSG_UPCALLS_OPEN] = { BIT(FDS), BIT(FDS), 0 },
    [DP_MSG_COMMAND] = { BIT(TEXT), BIT(TEXT), 0 },
    [DP_MSG_SELECT_STATS] = { BIT(BUCKETS), BIT(BUCKETS), 0 },
    [DP_MSG_SELECT_DUMP] = { BIT(SELECT) | BIT(CURSOR), BIT(CURSOR), BIT(SELECT) },
    [DP_MSG_METER_DEL] = { BIT(METER_STATS), BIT(METER_STATS), 0 },
    [DP_MSG_METER_STATS] = { BIT(METER_STATS), BIT(METER_STATS), 0 },
    [DP_MSG_METER_DUMP] = { BIT(METER_RECORD) | BIT(CURSOR), BIT(CURSOR), BIT(METER_RECORD) },
    [DP_MSG_PORT_QUEUES] = { BIT(QUEUE_STATS), BIT(QUEUE_STATS), 0 },
};

static const struct body_spec op_spec = {
    BIT(OP_HEAD) | BIT(KEY) | BIT(MASK) | BIT(ACTIONS) | BIT(PACKET) | BIT(OFFLOAD), BIT(OP_HEAD), 0
};
static const struct body_spec flow_spec = { BIT(FLOW_HEAD) | BIT(KEY) | BIT(MASK) | BIT(ACTIONS),
                                            BIT(FLOW_HEAD) | BIT(KEY) | BIT(MASK) | BIT(ACTIONS),
                                            0 };

static bool is_zero(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i]) {
            return false;
        }
    }
    return true;
}

static const char *check_attr(const struct dp_attr *a, size_t room, const struct body_spec *spec)
{
    if (a->reserved || a->type >= DP_A_N_TYPES || !(spec->allowed & 1ull << a->type)) {
        return "an attribute that does not belong here";
    }

    const struct attr_spec *as = &attr_specs[a->type];
    if (a->len < as->min || a->len > as->max) {
        return "an attribute of a wrong size";
    }
    size_t padded = ROUND_UP((size_t) a->len, 8u);
    if (padded > room - sizeof *a) {
        return "an attribute that is cut off";
    }
    if (!is_zero((const uint8_t *) (a + 1) + a->len, padded - a->len)) {
        return "padding that is not zero";
    }
    return as->check && !as->check(a + 1, a->len) ? "an attribute with a bad value" : NULL;
}

static const char *check_body(const struct body_spec *spec, struct dp_parsed *parsed)
{
    uint64_t seen = 0;

    for (size_t ofs = 0; ofs < parsed->body_len;) {
        const struct dp_attr *a = (const void *) (parsed->body + ofs);
        size_t room = parsed->body_len - ofs;
        if (room < sizeof *a) {
            return "bytes behind the last attribute";
        }
        const char *error = check_attr(a, room, spec);
        if (error) {
            return error;
        }

        uint64_t bit = 1ull << a->type;
        if (!(seen & bit)) {
            parsed->attr[a->type] = a;
        } else if (!(spec->repeated & bit)) {
            return "an attribute that occurs twice";
        }
        seen |= bit;
        ofs += sizeof *a + ROUND_UP((size_t) a->len, 8u);
    }
    return spec->required & ~seen ? "an attribute is missing" : NULL;
}

/* What a message with this header may hold. Null: there is no such message. */
static const struct body_spec *find_spec(const struct dp_msg *msg, bool from_datapath)
{
    static const struct body_spec error_spec = { BIT(ERROR), 0, 0 };
    static const struct body_spec command_error_spec = { BIT(ERROR) | BIT(TEXT), 0, 0 };

    if (!msg->type || msg->type >= DP_MSG_N_TYPES) {
        return NULL;
    }
    if (!from_datapath) {
        return msg->type == DP_MSG_PORT_EVENT ? NULL : &request_specs[msg->type];
    }
    if (msg->error) {
        return msg->type == DP_MSG_COMMAND ? &command_error_spec : &error_spec;
    }
    return &reply_specs[msg->type];
}

static bool header_is_good(const struct dp_msg *msg, bool from_datapath)
{
    if (msg->magic != DP_MSG_MAGIC || msg->reserved || msg->error > INT32_MAX) {
        return false;
    }
    if (!from_datapath) {
        return !msg->flags && !msg->error;
    }
    return msg->type == DP_MSG_PORT_EVENT ? !msg->flags && !msg->error && !msg->seq
                                          : (msg->flags & ~DP_MSG_MORE) == DP_MSG_REPLY;
}

const char *dp_msg_check(const void *data, size_t n, bool from_datapath, struct dp_parsed *parsed)
{
    const struct dp_msg *msg = data;

    memset(parsed, 0, sizeof *parsed);
    if (n < sizeof *msg) {
        return "shorter than a header";
    }
    if (msg->len != n || n % 8) {
        return "a length that is not the message's";
    }
    if (!header_is_good(msg, from_datapath)) {
        return "a bad header";
    }
    const struct body_spec *spec = find_spec(msg, from_datapath);
    if (!spec) {
        return "a type of message that does not exist";
    }
    parsed->msg = msg;
    parsed->body = (const uint8_t *) (msg + 1);
    parsed->body_len = n - sizeof *msg;
    return check_body(spec, parsed);
}

const char *dp_nested_check(const struct dp_attr *a, struct dp_parsed *parsed)
{
    memset(parsed, 0, sizeof *parsed);
    parsed->body = (const uint8_t *) (a + 1);
    parsed->body_len = a->len;
    return check_body(a->type == DP_A_OP ? &op_spec : &flow_spec, parsed);
}

const struct dp_attr *dp_attr_next(const struct dp_parsed *parsed, enum dp_attr_type type,
                                   const struct dp_attr *a)
{
    const uint8_t *end = parsed->body + parsed->body_len;

    if (!a) {
        return parsed->attr[type];
    }
    for (;;) {
        const uint8_t *next = (const uint8_t *) (a + 1) + ROUND_UP((size_t) a->len, 8u);
        if (next >= end) {
            return NULL;
        }
        a = (const void *) next;
        if (a->type == type) {
            return a;
        }
    }
}

uint32_t dp_attr_u32(const struct dp_attr *a)
{
    return *(const uint32_t *) dp_attr_content(a);
}

const char *dp_attr_string(const struct dp_attr *a)
{
    return dp_attr_content(a);
}

void dp_attr_settings(const struct dp_attr *a, struct smap *to)
{
    const char *s = dp_attr_content(a);

    for (const char *end = s + a->len; s < end;) {
        const char *value = s + strlen(s) + 1;
        smap_set(to, s, value);
        s = value + strlen(value) + 1;
    }
}

void dp_attr_flow(const struct dp_attr *a, struct flow *to)
{
    const uint8_t *content = dp_attr_content(a);

    memcpy(&to->lines, content, sizeof to->lines);
    content += 8;
    for (unsigned int i = 0; i < FLOW_N_DP_LINES; i++) {
        if (to->lines & 1u << i) {
            memcpy(&to->line[i], content, FLOW_LINE_SIZE);
            content += FLOW_LINE_SIZE;
        }
    }
}

void dp_build_start(struct dp_builder *b, enum dp_msg_type type, uint16_t flags, uint32_t seq,
                    uint32_t error)
{
    struct dp_msg *msg = (void *) b->data;

    *msg = (struct dp_msg) {
        .magic = DP_MSG_MAGIC, .type = type, .flags = flags, .seq = seq, .error = error
    };
    b->len = sizeof *msg;
    b->overflow = false;
}

/* Room for an attribute with 'n' bytes of content, or null. */
static void *extend(struct dp_builder *b, enum dp_attr_type type, size_t n)
{
    size_t padded = ROUND_UP(n, 8u);

    if (b->overflow || n > DP_MSG_MAX || DP_MSG_MAX - b->len < sizeof(struct dp_attr) + padded) {
        b->overflow = true;
        return NULL;
    }
    struct dp_attr *a = (void *) (b->data + b->len);
    *a = (struct dp_attr) { .type = type, .len = n };
    memset((uint8_t *) (a + 1) + n, 0, padded - n);
    b->len += sizeof *a + padded;
    return a + 1;
}

void dp_build_put(struct dp_builder *b, enum dp_attr_type type, const void *content, size_t n)
{
    void *to = extend(b, type, n);

    if (to && n) {
        memcpy(to, content, n);
    }
}

void dp_build_u32(struct dp_builder *b, enum dp_attr_type type, uint32_t value)
{
    dp_build_put(b, type, &value, sizeof value);
}

void dp_build_string(struct dp_builder *b, enum dp_attr_type type, const char *s)
{
    dp_build_put(b, type, s, strlen(s) + 1);
}

void dp_build_settings(struct dp_builder *b, const struct smap *settings)
{
    const struct smap_node *entry;
    size_t n = 0;

    smap_for_each (entry, settings) {
        n += strlen(entry->key) + strlen(entry->value) + 2;
    }
    char *to = extend(b, DP_A_SETTINGS, n);
    if (!to) {
        return;
    }
    smap_for_each (entry, settings) {
        to = stpcpy(to, entry->key) + 1;
        to = stpcpy(to, entry->value) + 1;
    }
}

void dp_build_flow(struct dp_builder *b, enum dp_attr_type type, const struct flow *flow)
{
    uint32_t lines = flow->lines & ((1u << FLOW_N_DP_LINES) - 1);
    uint8_t *to = extend(b, type, 8 + (size_t) FLOW_LINE_SIZE * __builtin_popcount(lines));

    if (!to) {
        return;
    }
    memset(to, 0, 8);
    memcpy(to, &lines, sizeof lines);
    to += 8;
    for (unsigned int i = 0; i < FLOW_N_DP_LINES; i++) {
        if (lines & 1u << i) {
            memcpy(to, &flow->line[i], FLOW_LINE_SIZE);
            to += FLOW_LINE_SIZE;
        }
    }
}

size_t dp_build_begin(struct dp_builder *b, enum dp_attr_type type)
{
    size_t offset = b->len;

    return extend(b, type, 0) ? offset : 0;
}

void dp_build_end(struct dp_builder *b, size_t offset)
{
    if (!b->overflow) {
        struct dp_attr *a = (void *) (b->data + offset);
        a->len = b->len - offset - sizeof *a;
    }
}

void dp_build_rewind(struct dp_builder *b, size_t len)
{
    b->len = len;
    b->overflow = false;
}

bool dp_build_finish(struct dp_builder *b)
{
    struct dp_msg *msg = (void *) b->data;

    msg->len = b->len;
    return !b->overflow;
}
