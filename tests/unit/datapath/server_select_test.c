/* SPDX-License-Identifier: Apache-2.0 */
/* Select tables and meters over the datapath's socket: they outlive the client that put them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/net/action.h"
#include "lib/net/flow_text.h"
#include "tests/unit/datapath/server_fixture.h"

enum { WAIT_MS = 20000 };
enum { N_SELECTS = 300, N_SLOTS = 32749, N_METERS = 2000 };

static unsigned int selects_seen[N_SELECTS];
static uint16_t slots[N_SLOTS];

/* Table i has i + 1 slots, or the most, and the bucket of a slot is its number modulo those that there are. */
static uint32_t slots_of(uint32_t id)
{
    return id % 50 == 49 ? N_SLOTS : id + 1;
}

static bool see_select(void *aux, const struct dp_select *select)
{
    uint32_t *n_flows = aux;

    assert_true(select->id < N_SELECTS && select->n_slots == slots_of(select->id));
    assert_int_equal(select->n_buckets, 1 + select->id % 7);
    for (uint32_t i = 0; i < select->n_slots; i++) {
        assert_int_equal(select->slots[i], i % select->n_buckets);
    }
    selects_seen[select->id]++;
    n_flows[select->id] = select->n_flows | (uint32_t) select->deleted << 16;
    return true;
}

static void put_selects(struct dp_client *client)
{
    for (uint32_t id = 0; id < N_SELECTS; id++) {
        for (uint32_t i = 0; i < N_SLOTS; i++) {
            slots[i] = i % (1 + id % 7);
        }
        assert_int_equal(dp_select_put(client, id, slots, slots_of(id), 1 + id % 7), 0);
    }
    assert_int_equal(dp_select_put(client, 5, slots, 1, 1), EEXIST);
    assert_int_equal(dp_select_put(client, 5000, slots, 0, 1), EINVAL);
    assert_int_equal(dp_select_put(client, 5000, slots, 1, 0), EINVAL);
    assert_int_equal(dp_select_put(client, 5000, slots, 1, 1025), EINVAL);
    assert_int_equal(dp_select_put(client, 5000, slots, N_SLOTS + 1, 7), EINVAL);
    assert_int_equal(dp_select_put(client, 5000, slots, N_SLOTS, 1), EINVAL); /* a slot names another */
}

static int put_with(struct dp_client *client, const char *text, uint32_t no, uint32_t n)
{
    struct actions actions = ACTIONS_INIT;
    struct flow key, mask;
    struct dp_op op;
    char *error = actions_parse_text(text, NULL, &actions);

    assert_null(error);
    make_put(&op, &key, &mask, &actions, no, n);
    op.flags = DP_PUT_CREATE | DP_PUT_MODIFY;
    assert_int_equal(dp_operate(client, &op, 1), 0);
    actions_destroy(&actions);
    return op.error;
}

/* Select tables stay as long as a flow names them, whoever put them. */
static void select_tables(void **state)
{
    static uint32_t n_flows[N_SELECTS];
    struct dp_client *client = open_client();
    struct dp_select_stats stats[7];
    uint32_t p1 = add_port(client, "p1");

    put_selects(client);
    assert_int_equal(put_with(client, "select(table=2,alg=l4,basis=0,bucket(1),bucket(2),bucket(3))", p1, 1), 0);
    assert_int_equal(put_with(client, "clone(select(table=0,alg=l4,basis=0,bucket(1))),"
                                      "select(table=1,alg=l4,basis=0,bucket(drop),bucket(2))", p1, 2), 0);
    assert_int_equal(put_with(client, "select(table=2,alg=l4,basis=0,bucket(1))", p1, 3), EINVAL);
    assert_int_equal(put_with(client, "select(table=5000,alg=l4,basis=0,bucket(1))", p1, 3), ENOENT);
    assert_int_equal(dp_select_del(client, 2), 0);
    assert_int_equal(dp_select_del(client, 2), ENOENT);
    assert_int_equal(dp_select_del(client, 3), 0);
    assert_int_equal(dp_select_put(client, 2, slots, 1, 1), EEXIST);
    assert_int_equal(put_with(client, "select(table=2,alg=l4,basis=0,bucket(1),bucket(2),bucket(3))", p1, 3), ENOENT);
    dp_client_destroy(client);

    /* The next control program finds what is there. */
    client = open_client();
    assert_int_equal(dp_select_dump(client, see_select, n_flows), 0);
    for (uint32_t id = 0; id < N_SELECTS; id++) {
        assert_int_equal(selects_seen[id], id != 3);
    }
    assert_int_equal(n_flows[0], 1);
    assert_int_equal(n_flows[1], 1);
    assert_int_equal(n_flows[2], 1 | 1 << 16);
    assert_int_equal(n_flows[4], 0);
    assert_int_equal(dp_select_stats(client, 2, stats, 3), 0);
    assert_int_equal(stats[2].packets, 0);
    assert_int_equal(dp_select_stats(client, 2, stats, 2), EINVAL);
    assert_int_equal(dp_select_stats(client, 3, stats, 4), ENOENT);

    /* Other actions, and then no flow: the deleted table goes some time after its last flow. */
    assert_int_equal(put_with(client, "1", p1, 1), 0);
    assert_int_equal(dp_flow_flush(client), 0);
    int64_t deadline = clock_ms() + WAIT_MS;
    while (dp_select_stats(client, 2, stats, 3) != ENOENT) {
        assert_true(clock_ms() < deadline);
        assert_int_equal(dp_flow_flush(client), 0);
    }
    for (uint32_t id = 0; id < N_SELECTS; id++) {
        assert_int_equal(dp_select_del(client, id), id == 2 || id == 3 ? ENOENT : 0);
    }
    memset(selects_seen, 0, sizeof selects_seen);
    assert_int_equal(dp_port_del(client, p1), 0);
    dp_client_destroy(client);
}

static bool see_meter(void *aux, uint32_t id, const struct dp_meter_config *config,
                      const struct dp_meter_stats *stats)
{
    unsigned int *n = aux;

    assert_int_equal(id % 131, 0);
    assert_int_equal(config->flags, DP_METER_KBPS | DP_METER_BURST | DP_METER_STATS);
    assert_int_equal(config->n_bands, id % 9);
    assert_int_equal(stats->n_bands, id % 9);
    for (unsigned int i = 0; i < config->n_bands; i++) {
        assert_int_equal(config->bands[i].rate, id + i);
        assert_int_equal(config->bands[i].burst, i);
        assert_int_equal(config->bands[i].type, i % 2 ? DP_METER_DROP : DP_METER_DSCP_REMARK);
        assert_int_equal(config->bands[i].prec_level, i % 2 ? 0 : i);
    }
    ++*n;
    return *n < N_METERS + 5;
}

static void meters(void **state)
{
    struct dp_client *client = open_client();
    struct dp_meter_stats stats;
    struct dp_meter_config config;
    unsigned int n = 0;

    for (uint32_t id = 0; id < N_METERS * 131; id += 131) {
        config = (struct dp_meter_config) { .flags = DP_METER_KBPS | DP_METER_BURST | DP_METER_STATS,
                                            .n_bands = id % 9 };
        for (unsigned int i = 0; i < config.n_bands; i++) {
            config.bands[i] = (struct dp_meter_band) { i % 2 ? DP_METER_DROP : DP_METER_DSCP_REMARK,
                                                       id + i, i, i % 2 ? 0 : i };
        }
        assert_int_equal(dp_meter_set(client, id, &config), 0);
    }
    assert_int_equal(dp_meter_set(client, 131, &config), 0); /* in place of the other one */
    assert_int_equal(dp_meter_set(client, DP_MAX_METERS, &config), EINVAL);
    config.flags = DP_METER_KBPS | DP_METER_PKTPS;
    assert_int_equal(dp_meter_set(client, 1, &config), EINVAL);
    config.flags = DP_METER_KBPS;
    config.bands[0].type = 3;
    config.n_bands = 1;
    assert_int_equal(dp_meter_set(client, 1, &config), EINVAL);
    config.n_bands = 9;
    assert_int_equal(dp_meter_set(client, 1, &config), EINVAL);
    assert_int_equal(dp_meter_stats(client, 1, &stats), ENOENT);
    assert_int_equal(dp_meter_del(client, 131, &stats), 0);
    assert_int_equal(stats.packets, 0);
    assert_int_equal(dp_meter_del(client, 131, NULL), ENOENT);
    dp_client_destroy(client);

    client = open_client();
    assert_int_equal(dp_meter_stats(client, 262, &stats), 0);
    assert_int_equal(stats.n_bands, 262 % 9);
    assert_int_equal(dp_meter_dump(client, see_meter, &n), 0);
    assert_int_equal(n, N_METERS - 1);
    for (uint32_t id = 0; id < N_METERS * 131; id += 131) {
        assert_int_equal(dp_meter_del(client, id, NULL), id == 131 ? ENOENT : 0);
    }
    dp_client_destroy(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(select_tables),
        cmocka_unit_test(meters),
    };
    return cmocka_run_group_tests(tests, server_fixture_start, server_fixture_stop);
}
