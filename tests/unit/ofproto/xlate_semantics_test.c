/* SPDX-License-Identifier: Apache-2.0 */
/* That translation means what OpenFlow says: random tables and packets, the bytes that leave the switch compared with a twin that
 * does each action at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/base/rcu.h"
#include "lib/base/strbuf.h"
#include "lib/net/flow_text.h"
#include "ofproto/packet_key.h"
#include "ofproto/xlate.h"
#include "tests/unit/ofproto/fake_switch.h"
#include "tests/unit/ofproto/flows.h"
#include "tests/unit/ofproto/random_tables.h"
#include "tests/unit/ofproto/xlate_twin.h"

enum { ROUNDS = 200, PACKETS = 40, PACKET_SIZE = 512 };

static struct random_switch sw;
static unsigned long n_packets, n_events, n_skipped;

static void put_events(struct strbuf *s, const struct twin_events *events)
{
    for (size_t i = 0; i < events->n; i++) {
        struct flow flow;
        strbuf_putf(s, "\n  %u: ", events->items[i].port);
        if (packet_key(events->items[i].packet, events->items[i].len, &flow)) {
            flow_format(s, &flow, NULL, NULL, false);
        }
    }
}

static void explain(const struct flow *key, const struct twin_events *wanted, const struct twin_events *got)
{
    struct strbuf s = STRBUF_INIT, trace = STRBUF_INIT;
    struct xlate_in in = { .flow = key, .trace = &trace };
    struct xlate_out out;
    xlate(&in, &out);
    strbuf_puts(&s, "packet: ");
    flow_format(&s, key, NULL, NULL, false);
    strbuf_puts(&s, "\nactions: ");
    actions_format(&s, out.actions.data, out.actions.size, NULL);
    strbuf_puts(&s, "\nwanted:");
    put_events(&s, wanted);
    strbuf_puts(&s, "\ngot:");
    put_events(&s, got);
    const struct action *a;
    action_for_each (a, out.actions.data, out.actions.size) {
        if (a->type == ACTION_RECIRC) {
            struct flow again;
            struct xlate_out unused;
            flow_copy(&again, key);
            again.recirc_id = ((const struct action_recirc *) a)->recirc_id;
            in.flow = &again;
            xlate(&in, &unused);
            xlate_out_destroy(&unused);
        }
    }
    fprintf(stderr, "%s\n%s\n", strbuf_str(&s), strbuf_str(&trace));
    strbuf_destroy(&s);
    strbuf_destroy(&trace);
    xlate_out_destroy(&out);
}

static bool same(const struct twin_events *a, const struct twin_events *b)
{
    if (a->n != b->n) {
        return false;
    }
    for (size_t i = 0; i < a->n; i++) {
        if (a->items[i].port != b->items[i].port || a->items[i].len != b->items[i].len
            || memcmp(a->items[i].packet, b->items[i].packet, a->items[i].len)) {
            return false;
        }
    }
    return true;
}

static void check_packet(const struct flow *key, const uint8_t *packet, size_t n)
{
    struct twin_events wanted, got;
    twin_events_init(&wanted);
    twin_events_init(&got);
    twin_openflow(key->in_port, packet, n, &wanted);
    twin_datapath(key->in_port, packet, n, &got);
    if (wanted.too_many || got.too_many) {
        n_skipped++; /* a loop: translation drops the packet whole, the twin does not */
    } else if (!same(&wanted, &got)) {
        explain(key, &wanted, &got);
        fail_msg("other packets leave than OpenFlow says");
    }
    n_packets++;
    n_events += got.n;
    twin_events_destroy(&wanted);
    twin_events_destroy(&got);
}

static void run(unsigned int what, uint64_t seed)
{
    flows_seed(seed);
    for (int round = 0; round < ROUNDS; round++) {
        random_tables_fill(&sw, what);
        for (int i = 0; i < PACKETS; i++) {
            struct flow key;
            uint8_t packet[PACKET_SIZE];
            size_t n = random_packet(&sw, packet, sizeof packet, &key);
            check_packet(&key, packet, n);
        }
        rcu_quiesce();
    }
}

static void fields_and_tags(void **state)
{
    run(0, 1);
}

static void patch_ports(void **state)
{
    run(RANDOM_PATCH | RANDOM_CONTROLLER, 2);
}

static void ttl(void **state)
{
    run(RANDOM_TTL | RANDOM_CONTROLLER, 3);
}

static void labels(void **state)
{
    run(RANDOM_MPLS, 4);
}

static void everything(void **state)
{
    run(RANDOM_PATCH | RANDOM_TTL | RANDOM_MPLS | RANDOM_CONTROLLER, 5);
}

static void enough_happened(void **state)
{
    printf("%lu packets, %lu left the switch, %lu in loops\n", n_packets, n_events, n_skipped);
    assert_true(n_events > n_packets / 2);
    assert_true(n_skipped < n_packets / 4);
}

static int setup(void **state)
{
    fake_switch_start();
    random_switch_make(&sw);
    return 0;
}

static int teardown(void **state)
{
    fake_switch_stop();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_and_tags),
        cmocka_unit_test(patch_ports),
        cmocka_unit_test(ttl),
        cmocka_unit_test(labels),
        cmocka_unit_test(everything),
        cmocka_unit_test(enough_happened),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
