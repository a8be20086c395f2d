/* SPDX-License-Identifier: Apache-2.0 */
/* Requests about select tables and meters. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "datapath/datapath.h"
#include "datapath/meter_table.h"
#include "datapath/select_table.h"
#include "datapath/server_request.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"

static uint32_t requested_id(const struct server_answer *answer)
{
    return dp_attr_u32(answer->request->attr[DP_A_ID]);
}

/* A dump's answer starts with the cursor to go on with, which is known last. */
static size_t start_page(struct server_answer *answer)
{
    size_t at = answer->b.len;

    dp_build_u32(&answer->b, DP_A_CURSOR, DP_FLOW_NONE);
    return at;
}

static void set_cursor(struct server_answer *answer, size_t at, uint32_t next)
{
    memcpy(answer->b.data + at + sizeof(struct dp_attr), &next, sizeof next);
}

/* Adds an attribute to a page; false if there is no room. */
static bool add_to_page(struct server_answer *answer, enum dp_attr_type type, const void *content,
                        size_t n)
{
    size_t len = answer->b.len;

    dp_build_put(&answer->b, type, content, n);
    if (answer->b.overflow) {
        dp_build_rewind(&answer->b, len);
        return false;
    }
    return true;
}

int server_select_put(struct server *server, struct server_answer *answer)
{
    const struct dp_wire_select *wire = dp_attr_content(answer->request->attr[DP_A_SELECT]);

    if (wire->deleted || wire->n_flows) {
        return EINVAL;
    }
    return select_tables_put(datapath_selects(server->dp), wire->id, wire->slots, wire->n_slots,
                             wire->n_buckets);
}

int server_select_del(struct server *server, struct server_answer *answer)
{
    return select_tables_del(datapath_selects(server->dp), requested_id(answer));
}

int server_select_stats(struct server *server, struct server_answer *answer)
{
    struct dp_select_stats *stats;
    uint32_t n;
    int error = select_tables_stats(datapath_selects(server->dp), requested_id(answer), &stats, &n);

    static_assert(sizeof *stats == sizeof(struct dp_wire_count), "packets and bytes");
    if (!error) {
        dp_build_put(&answer->b, DP_A_BUCKETS, stats, n * sizeof *stats);
        free(stats);
    }
    return error;
}

int server_select_dump(struct server *server, struct server_answer *answer)
{
    uint32_t cursor = dp_attr_u32(answer->request->attr[DP_A_CURSOR]), here = cursor;
    size_t at = start_page(answer);
    struct dp_select select;

    while (select_tables_next(datapath_selects(server->dp), &cursor, &select)) {
        size_t size = select.n_slots * sizeof *select.slots;
        struct dp_wire_select *wire = xmalloc(sizeof *wire + size);
        *wire = (struct dp_wire_select) { .id = select.id,
                                          .n_slots = select.n_slots,
                                          .n_buckets = select.n_buckets,
                                          .n_flows = select.n_flows,
                                          .deleted = select.deleted };
        memcpy(wire->slots, select.slots, size);
        bool added = add_to_page(answer, DP_A_SELECT, wire, sizeof *wire + size);
        free(wire);
        if (!added) {
            set_cursor(answer, at, here);
            break;
        }
        here = cursor;
    }
    return 0;
}

int server_meter_set(struct server *server, struct server_answer *answer)
{
    const struct dp_wire_meter *wire = dp_attr_content(answer->request->attr[DP_A_METER]);
    struct dp_meter_config config;

    dp_wire_to_meter(wire, &config);
    return meter_table_set(datapath_meters(server->dp), wire->id, &config, clock_ns());
}

/* Puts the meter's statistics into the answer. */
static int build_meter_stats(struct server *server, struct server_answer *answer)
{
    struct meter *meter = meter_table_find(datapath_meters(server->dp), requested_id(answer));
    struct dp_meter_config config;
    struct dp_meter_stats stats;
    struct dp_wire_meter_stats wire;

    if (!meter) {
        return ENOENT;
    }
    meter_get(meter, clock_ns(), &config, &stats);
    dp_wire_from_meter_stats(&wire, &stats);
    dp_build_put(&answer->b, DP_A_METER_STATS, &wire, sizeof wire);
    return 0;
}

int server_meter_del(struct server *server, struct server_answer *answer)
{
    int error = build_meter_stats(server, answer);

    return error ? error : meter_table_del(datapath_meters(server->dp), requested_id(answer));
}

int server_meter_stats(struct server *server, struct server_answer *answer)
{
    return build_meter_stats(server, answer);
}

int server_meter_dump(struct server *server, struct server_answer *answer)
{
    const struct meter_table *meters = datapath_meters(server->dp);
    uint32_t id = dp_attr_u32(answer->request->attr[DP_A_CURSOR]);
    size_t at = start_page(answer);

    while ((id = meter_table_next(meters, id)) < DP_MAX_METERS) {
        struct dp_wire_meter_record record;
        struct dp_meter_config config;
        struct dp_meter_stats stats;
        meter_get(meter_table_find(meters, id), clock_ns(), &config, &stats);
        dp_wire_from_meter(&record.meter, id, &config);
        dp_wire_from_meter_stats(&record.stats, &stats);
        if (!add_to_page(answer, DP_A_METER_RECORD, &record, sizeof record)) {
            set_cursor(answer, at, id);
            break;
        }
        id++;
    }
    return 0;
}
