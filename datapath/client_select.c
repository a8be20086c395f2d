/* SPDX-License-Identifier: Apache-2.0 */
/* Select tables and meters as clients put, delete and dump them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "datapath/client_request.h"
#include "lib/base/mem.h"
#include "lib/net/action.h"

/* 0, or why a datapath of this version cannot be asked. */
static int check_version(const struct dp_client *client)
{
    return client->info.version < DP_PROTOCOL_SELECT ? EOPNOTSUPP : 0;
}

/* Asks about the table or meter 'id'. */
static int call_by_id(struct dp_client *client, enum dp_msg_type type, uint32_t id,
                      struct dp_parsed *answer)
{
    int error = check_version(client);

    if (error) {
        return error;
    }
    dp_build_u32(dp_request_start(client, type), DP_A_ID, id);
    return dp_request_call(client, answer, NULL);
}

/* Asks for the next page of a dump. */
static int call_page(struct dp_client *client, enum dp_msg_type type, uint32_t cursor,
                     struct dp_parsed *answer)
{
    int error = check_version(client);

    if (error) {
        return error;
    }
    dp_build_u32(dp_request_start(client, type), DP_A_CURSOR, cursor);
    return dp_request_call(client, answer, NULL);
}

/* Where the dump goes on: 0 and '*cursor' moved on, DP_FLOW_NONE at the end; an errno if it would never end. */
static int turn_page(struct dp_client *client, const struct dp_parsed *answer, uint32_t *cursor)
{
    uint32_t next = dp_attr_u32(answer->attr[DP_A_CURSOR]);

    if (next <= *cursor) {
        return dp_request_break(client, EPROTO);
    }
    *cursor = next;
    return 0;
}

int dp_select_put(struct dp_client *client, uint32_t id, const uint16_t *slots, uint32_t n_slots,
                  uint32_t n_buckets)
{
    struct dp_parsed answer;
    int error = check_version(client);

    if (error) {
        return error;
    }
    if (!n_slots || n_slots > DP_SELECT_MAX_SLOTS || !n_buckets ||
        n_buckets > ACTION_SELECT_MAX_BUCKETS) {
        return EINVAL;
    }
    for (uint32_t i = 0; i < n_slots; i++) {
        if (slots[i] >= n_buckets) {
            return EINVAL;
        }
    }
    size_t size = n_slots * sizeof *slots;
    struct dp_wire_select *wire = xmalloc(sizeof *wire + size);
    *wire = (struct dp_wire_select) { .id = id, .n_slots = n_slots, .n_buckets = n_buckets };
    memcpy(wire->slots, slots, size);
    dp_build_put(dp_request_start(client, DP_MSG_SELECT_PUT), DP_A_SELECT, wire,
                 sizeof *wire + size);
    free(wire);
    return dp_request_call(client, &answer, NULL);
}

int dp_select_del(struct dp_client *client, uint32_t id)
{
    struct dp_parsed answer;

    return call_by_id(client, DP_MSG_SELECT_DEL, id, &answer);
}

int dp_select_stats(struct dp_client *client, uint32_t id, struct dp_select_stats *stats,
                    uint32_t n_buckets)
{
    struct dp_parsed answer;
    int error = call_by_id(client, DP_MSG_SELECT_STATS, id, &answer);

    if (error) {
        return error;
    }
    const struct dp_attr *a = answer.attr[DP_A_BUCKETS];
    const struct dp_wire_count *counts = dp_attr_content(a);
    if (a->len / sizeof *counts != n_buckets) {
        return EINVAL;
    }
    for (uint32_t i = 0; i < n_buckets; i++) {
        stats[i] = (struct dp_select_stats) { counts[i].packets, counts[i].bytes };
    }
    return 0;
}

int dp_select_dump(struct dp_client *client, bool (*cb)(void *aux, const struct dp_select *),
                   void *aux)
{
    for (uint32_t cursor = 0; cursor != DP_FLOW_NONE;) {
        struct dp_parsed answer;
        int error = call_page(client, DP_MSG_SELECT_DUMP, cursor, &answer);
        if (error) {
            return error;
        }
        const struct dp_attr *a = NULL;
        while ((a = dp_attr_next(&answer, DP_A_SELECT, a))) {
            const struct dp_wire_select *wire = dp_attr_content(a);
            const struct dp_select select = { .id = wire->id,
                                              .n_slots = wire->n_slots,
                                              .n_buckets = wire->n_buckets,
                                              .n_flows = wire->n_flows,
                                              .deleted = wire->deleted,
                                              .slots = wire->slots };
            if (!cb(aux, &select)) {
                return 0;
            }
        }
        error = turn_page(client, &answer, &cursor);
        if (error) {
            return error;
        }
    }
    return 0;
}

int dp_meter_set(struct dp_client *client, uint32_t id, const struct dp_meter_config *config)
{
    struct dp_parsed answer;
    struct dp_wire_meter wire;
    int error = check_version(client);

    if (error) {
        return error;
    }
    if (id >= DP_MAX_METERS || config->n_bands > DP_METER_MAX_BANDS) {
        return EINVAL;
    }
    dp_wire_from_meter(&wire, id, config);
    dp_build_put(dp_request_start(client, DP_MSG_METER_SET), DP_A_METER, &wire, sizeof wire);
    return dp_request_call(client, &answer, NULL);
}

int dp_meter_del(struct dp_client *client, uint32_t id, struct dp_meter_stats *stats)
{
    struct dp_parsed answer;
    int error = call_by_id(client, DP_MSG_METER_DEL, id, &answer);

    if (!error && stats) {
        dp_wire_to_meter_stats(dp_attr_content(answer.attr[DP_A_METER_STATS]), stats);
    }
    return error;
}

int dp_meter_stats(struct dp_client *client, uint32_t id, struct dp_meter_stats *stats)
{
    struct dp_parsed answer;
    int error = call_by_id(client, DP_MSG_METER_STATS, id, &answer);

    if (!error) {
        dp_wire_to_meter_stats(dp_attr_content(answer.attr[DP_A_METER_STATS]), stats);
    }
    return error;
}

int dp_meter_dump(struct dp_client *client,
                  bool (*cb)(void *aux, uint32_t id, const struct dp_meter_config *,
                             const struct dp_meter_stats *),
                  void *aux)
{
    for (uint32_t cursor = 0; cursor != DP_FLOW_NONE;) {
        struct dp_parsed answer;
        int error = call_page(client, DP_MSG_METER_DUMP, cursor, &answer);
        if (error) {
            return error;
        }
        const struct dp_attr *a = NULL;
        while ((a = dp_attr_next(&answer, DP_A_METER_RECORD, a))) {
            const struct dp_wire_meter_record *record = dp_attr_content(a);
            struct dp_meter_config config;
            struct dp_meter_stats stats;
            dp_wire_to_meter(&record->meter, &config);
            dp_wire_to_meter_stats(&record->stats, &stats);
            if (!cb(aux, record->meter.id, &config, &stats)) {
                return 0;
            }
        }
        error = turn_page(client, &answer, &cursor);
        if (error) {
            return error;
        }
    }
    return 0;
}
