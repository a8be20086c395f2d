/* SPDX-License-Identifier: Apache-2.0 */
/* Translation case by case: flows in ovs-ofctl's words, packets as datapath flows, and the actions and traces that come out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/base/rcu.h"
#include "lib/base/strbuf.h"
#include "lib/net/flow_text.h"
#include "ofproto/mac_table.h"
#include "ofproto/packet_key.h"
#include "ofproto/port_map.h"
#include "ofproto/table_private.h"
#include "ofproto/trace.h"
#include "ofproto/validity.h"
#include "ofproto/xlate.h"
#include "tests/unit/ofproto/fake_switch.h"

static struct ofproto *br;

#define FLOWS(...) fake_switch_flows(br, (const char *const[]) { __VA_ARGS__, NULL })

/* A packet's flow; what the text leaves out is zero. */
static void parse_key(const char *text, struct flow *key)
{
    struct flow mask;
    flow_init(key);
    char *error = flow_parse_text(text, NULL, key, &mask);
    if (error) {
        fail_msg("%s: %s", text, error);
    }
}

static char *translate(const char *packet, bool side_effects)
{
    struct flow key;
    parse_key(packet, &key);
    struct xlate_in in = { .flow = &key, .side_effects = side_effects };
    struct xlate_out out;
    struct strbuf s = STRBUF_INIT;
    xlate(&in, &out);
    assert_null(actions_validate(out.actions.data, out.actions.size));
    actions_format(&s, out.actions.data, out.actions.size, NULL);
    xlate_out_destroy(&out);
    strbuf_str(&s);
    return strbuf_steal(&s);
}

static void expect(const char *packet, const char *actions)
{
    char *got = translate(packet, false);
    if (strcmp(got, actions)) {
        fail_msg("%s: %s, not %s", packet, got, actions);
    }
    free(got);
}

/* The mask of the megaflow has these fields, and no others but those that every megaflow has. */
static void expect_megaflow(const char *packet, const char *megaflow)
{
    struct flow key;
    parse_key(packet, &key);
    struct xlate_in in = { .flow = &key };
    struct xlate_out out;
    struct strbuf s = STRBUF_INIT;
    xlate(&in, &out);
    flow_format(&s, &key, &out.mask, NULL, false);
    assert_string_equal(strbuf_str(&s), megaflow);
    strbuf_destroy(&s);
    xlate_out_destroy(&out);
}

static void learn(uint8_t mac, uint16_t vlan, ofp_port_t port)
{
    struct mac_source source = { .mac = { { 2, 0, 0, 0, 0, mac } }, .vlan = vlan, .port = port };
    mac_table_learn(br->macs, &source, clock_ms());
}

#define M1 "02:00:00:00:00:01"
#define M2 "02:00:00:00:00:02"
#define ETH(IN, SRC, DST) "in_port(" IN "),eth(src=" SRC ",dst=" DST ")"
#define UNTAGGED(IN) ETH(IN, M1, M2) ",eth_type(0x1234)"
#define TAGGED(IN, VID) ETH(IN, M1, M2) ",eth_type(0x8100),vlan(vid=" VID ",pcp=3),encap(eth_type(0x1234))"
#define UDP(IN) ETH(IN, M1, M2) ",eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,tos=0,ttl=64,frag=no),udp(src=1,dst=2)"

/* Ports 1 to 6, datapath ports 101 to 106, and the local port, 100. */

static int setup(void **state)
{
    uint64_t trunks[VLAN_N / 64] = { UINT64_C(1) << 10 | UINT64_C(1) << 20 };
    fake_switch_start();
    br = fake_switch_bridge("br0");
    static const char *const names[] = { "access10", "access20", "trunk", "trunk1020", "native_t10", "native_u10" };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        assert_int_equal(fake_switch_port(br, names[i], "", NULL), i + 1);
        assert_int_equal(fake_switch_dp_no(br, names[i]), 101 + i);
    }
    fake_switch_bundle(br, "access10", VLAN_MODE_ACCESS, 10, NULL);
    fake_switch_bundle(br, "access20", VLAN_MODE_ACCESS, 20, NULL);
    fake_switch_bundle(br, "trunk", VLAN_MODE_TRUNK, -1, NULL);
    fake_switch_bundle(br, "trunk1020", VLAN_MODE_TRUNK, -1, trunks);
    fake_switch_bundle(br, "native_t10", VLAN_MODE_NATIVE_TAGGED, 10, trunks);
    fake_switch_bundle(br, "native_u10", VLAN_MODE_NATIVE_UNTAGGED, 10, trunks);
    port_map_publish();
    return 0;
}

static int teardown(void **state)
{
    fake_switch_stop();
    return 0;
}

static int fresh(void **state)
{
    mac_table_flush(br->macs);
    fake_switch_wants_misses = false;
    br->frag_handling = 0;
    return 0;
}

/* NORMAL. */

static void vlans_on_the_way_in_and_out(void **state)
{
    FLOWS("actions=NORMAL");
    /* VLAN 10 leaves tagged by trunks and native-tagged, untagged by access and native-untagged. */
    expect(UNTAGGED("101"), "push_vlan(vid=10,pcp=0),103,104,105,pop_vlan,106");
    expect(TAGGED("103", "10"), "pop_vlan,101,push_vlan(vid=10,pcp=3),104,105,pop_vlan,106");
    expect(UNTAGGED("105"), "101,push_vlan(vid=10,pcp=0),103,104,pop_vlan,106");
    expect(TAGGED("105", "20"), "pop_vlan,102,push_vlan(vid=20,pcp=3),103,104,106");
    expect(UNTAGGED("106"), "101,push_vlan(vid=10,pcp=0),103,104,105");
    /* VLAN 0 is carried by the trunk of all VLANs only; nobody else is there. */
    expect(UNTAGGED("103"), "drop");
    expect(TAGGED("103", "30"), "drop");
    /* A tag of VID 0 has a priority, but no VLAN. */
    expect(TAGGED("101", "0"), "pop_vlan,push_vlan(vid=10,pcp=3),103,104,105,pop_vlan,106");
}

static void vlans_that_may_not_come_in(void **state)
{
    FLOWS("actions=NORMAL");
    expect(TAGGED("101", "10"), "drop(xlate_vlan)");
    expect(TAGGED("101", "20"), "drop(xlate_vlan)");
    expect(TAGGED("104", "30"), "drop(xlate_vlan)");
    expect(UNTAGGED("104"), "drop(xlate_vlan)");
    expect(TAGGED("105", "30"), "drop(xlate_vlan)");
}

static void learned_addresses_are_used(void **state)
{
    FLOWS("actions=NORMAL");
    learn(2, 10, 5);
    expect(UNTAGGED("101"), "push_vlan(vid=10,pcp=0),105");
    expect(UNTAGGED("105"), "drop"); /* it is behind the port that it came from */
    learn(2, 10, 6);
    expect(UNTAGGED("101"), "106");
    learn(2, 20, 2);
    expect(UNTAGGED("101"), "106"); /* another VLAN's */

    char *got = translate(UNTAGGED("101"), true);
    free(got);
    ofp_port_t port;
    struct eth_addr mac = { { 2, 0, 0, 0, 0, 1 } };
    assert_true(mac_table_lookup(br->macs, mac, 10, &port));
    assert_int_equal(port, 1);
}

static void without_side_effects_nothing_is_learned(void **state)
{
    FLOWS("actions=NORMAL");
    free(translate(UNTAGGED("101"), false));
    struct mac_table_stats stats;
    mac_table_stats(br->macs, &stats);
    assert_int_equal(stats.n, 0);
}

static void reserved_addresses_stay(void **state)
{
    FLOWS("actions=NORMAL");
    expect(ETH("101", M1, "01:80:c2:00:00:0e") ",eth_type(0x88cc)", "drop(xlate_reserved_mac)");
    expect(ETH("101", M1, "01:80:c2:00:00:00") ",eth_type(0x0027)", "drop(xlate_reserved_mac)");
    expect(ETH("101", M1, "01:00:0c:cc:cc:cd") ",eth_type(0x0027)", "drop(xlate_reserved_mac)");
    expect(ETH("106", M1, "01:80:c2:00:00:10") ",eth_type(0x1234)", "101,push_vlan(vid=10,pcp=0),103,104,105");

    struct ofproto_config config = { .datapath_type = "", .forward_bpdu = true };
    ofproto_configure(br, &config);
    port_map_publish();
    expect(ETH("106", M1, "01:80:c2:00:00:0e") ",eth_type(0x88cc)", "101,push_vlan(vid=10,pcp=0),103,104,105");
    config.forward_bpdu = false;
    ofproto_configure(br, &config);
}

static void the_megaflow_of_a_switched_packet(void **state)
{
    FLOWS("actions=NORMAL");
    expect_megaflow(UDP("101"), "recirc_id(0),in_port(101),eth(src=" M1 ",dst=" M2 "),eth_type(0x0800),ipv4(frag=no)");
}

/* Ports. */

static void set_config(ofp_port_t no, uint32_t config)
{
    struct ofp_phy_port description;
    assert_true(ofproto_port_describe(br, no, &description));
    struct ofp_port_mod mod = { .no = no, .mac = description.mac, .config = config, .mask = 0x7f };
    assert_int_equal(ofproto_port_mod(br, &mod), OFPERR_OK);
}

static void port_config(void **state)
{
    FLOWS("in_port=1,actions=FLOOD", "in_port=2,actions=ALL", "in_port=3,actions=output:1", "in_port=4,actions=NORMAL");
    set_config(5, OFPPC_NO_FLOOD);
    set_config(6, OFPPC_NO_FWD);
    expect(UNTAGGED("101"), "102,103,104,100");
    expect(UNTAGGED("102"), "101,103,104,105,100");
    expect(TAGGED("104", "10"), "pop_vlan,101,push_vlan(vid=10,pcp=3),103");
    set_config(3, OFPPC_NO_RECV);
    expect(UNTAGGED("103"), "drop(xlate_port_config)");
    set_config(3, 0);
    expect(UNTAGGED("103"), "101");
    set_config(5, 0);
    set_config(6, 0);

    struct ofp_port_mod bad = { .no = 1 };
    assert_int_equal(ofproto_port_mod(br, &bad), OFPPMFC_BAD_HW_ADDR);
    bad.no = 77;
    assert_int_equal(ofproto_port_mod(br, &bad), OFPPMFC_BAD_PORT);
}

static void reserved_ports(void **state)
{
    FLOWS("in_port=1,actions=IN_PORT", "in_port=2,actions=LOCAL,output:2", "in_port=3,actions=output:55",
          "in_port=LOCAL,actions=output:1");
    expect(UNTAGGED("101"), "101");
    expect(UNTAGGED("102"), "100"); /* not back to where it came from */
    expect(UNTAGGED("103"), "drop");
    expect(UNTAGGED("100"), "101");
    expect(UNTAGGED("99"), "drop(xlate_bridge_gone)");
}

/* Actions. */

static void sets_are_masked_and_wide(void **state)
{
    FLOWS("actions=mod_dl_dst:02:00:00:00:00:09,output:2,mod_dl_dst:02:00:00:00:00:08,output:3");
    expect(UNTAGGED("101"), "set(eth(dst=02:00:00:00:00:09)),102,set(eth(dst=02:00:00:00:00:08)),103");
    expect_megaflow(UNTAGGED("101"), "recirc_id(0),in_port(101),eth(),eth_type(0x1234)");

    FLOWS("ip,actions=mod_nw_src:1.2.3.4,output:2");
    expect(UDP("101"), "set(ipv4(src=1.2.3.4)),102");
    expect(UNTAGGED("101"), "drop");
}

static void a_written_field_is_not_the_packets(void **state)
{
    FLOWS("table=0,actions=mod_dl_dst:02:00:00:00:00:09,resubmit(,1)", "table=1,dl_dst=02:00:00:00:00:09,actions=output:2");
    expect_megaflow(UNTAGGED("101"), "recirc_id(0),in_port(101),eth(),eth_type(0x1234)");
    expect(UNTAGGED("101"), "set(eth(dst=02:00:00:00:00:09)),102");
}

static void ttl_is_decremented_by_the_datapath(void **state)
{
    FLOWS("ip,actions=dec_ttl,output:2");
    char *got = translate(UDP("101"), false);
    assert_memory_equal(got, "dec_ttl(le_1(userspace(", 23);
    free(got);
    expect_megaflow(UDP("101"), "recirc_id(0),in_port(101),eth(),eth_type(0x0800),ipv4(frag=no)");
    /* A look at the TTL behind it is one at all of the packet's. */
    FLOWS("table=0,ip,actions=dec_ttl,resubmit(,1)", "table=1,ip,nw_ttl=63,actions=output:2");
    expect_megaflow(UDP("101"), "recirc_id(0),in_port(101),eth(),eth_type(0x0800),ipv4(ttl=64,frag=no)");
    FLOWS("table=0,ip,actions=dec_ttl,move:NXM_NX_IP_TTL[0..1]->NXM_NX_REG0[0..1],resubmit(,1)",
          "table=1,reg0=3,actions=output:2");
    expect_megaflow(UDP("101"), "recirc_id(0),in_port(101),eth(),eth_type(0x0800),ipv4(ttl=64,frag=no)");
    /* A TTL that was written is known. */
    FLOWS("ip,actions=mod_nw_ttl:5,dec_ttl,output:2");
    expect(UDP("101"), "set(ipv4(ttl=4)),102");
}

static void resubmit_goto_and_the_action_set(void **state)
{
    FLOWS("table=0,in_port=1,actions=resubmit(,1),output:3", "table=1,actions=output:2");
    expect(UNTAGGED("101"), "102,103");
    FLOWS("table=0,actions=write_actions(output:3,push_vlan:0x8100),goto_table:1", "table=1,actions=output:2");
    expect(UNTAGGED("101"), "102,push_vlan(vid=0,pcp=0),103");
    FLOWS("table=0,actions=write_actions(output:3),goto_table:1", "table=1,actions=write_actions(output:4)");
    expect(UNTAGGED("101"), "104");
    FLOWS("table=0,actions=write_actions(output:3),goto_table:1", "table=1,actions=clear_actions");
    expect(UNTAGGED("101"), "drop");
    FLOWS("table=0,actions=resubmit(2,1)", "table=1,in_port=2,actions=IN_PORT");
    expect(UNTAGGED("101"), "101");
}

static void loops_end(void **state)
{
    FLOWS("actions=output:2,resubmit(,0)");
    expect(UNTAGGED("101"), "drop(xlate_too_deep)");
    FLOWS("table=0,actions=resubmit(,1),resubmit(,1)", "table=1,actions=resubmit(,2),resubmit(,2)",
          "table=2,actions=resubmit(,3),resubmit(,3)", "table=3,actions=resubmit(,4),resubmit(,4)",
          "table=4,actions=resubmit(,5),resubmit(,5)", "table=5,actions=resubmit(,6),resubmit(,6)",
          "table=6,actions=resubmit(,7),resubmit(,7)", "table=7,actions=resubmit(,8),resubmit(,8)",
          "table=8,actions=resubmit(,9),resubmit(,9)", "table=9,actions=resubmit(,10),resubmit(,10)",
          "table=10,actions=resubmit(,11),resubmit(,11)", "table=11,actions=resubmit(,12),resubmit(,12)");
    expect(UNTAGGED("101"), "drop(xlate_too_deep)");
}

static void copies(void **state)
{
    FLOWS("ip,actions=clone(mod_nw_src:1.2.3.4,output:2),output:3");
    expect(UDP("101"), "clone(set(ipv4(src=1.2.3.4)),102),103");
    FLOWS("ip,actions=clone(output:2),output:3");
    expect(UDP("101"), "102,103");
    FLOWS("ip,actions=output:3,clone(mod_nw_src:1.2.3.4,output:2)");
    expect(UDP("101"), "103,set(ipv4(src=1.2.3.4)),102");
}

static void queues(void **state)
{
    FLOWS("actions=set_queue:1,output:2,pop_queue,output:3");
    expect(UNTAGGED("101"), "set(skb_priority(0x10002)),102,set(skb_priority(0)),103");
    FLOWS("actions=enqueue:2:7,output:3");
    expect(UNTAGGED("101"), "set(skb_priority(0x10008)),102,set(skb_priority(0)),103");
}

static void truncated_output(void **state)
{
    FLOWS("actions=output(port=2,max_len=100),output:3");
    expect(UNTAGGED("101"), "trunc(100),102,103");
}

static void labels(void **state)
{
    FLOWS("ip,actions=push_mpls:0x8847,set_field:17->mpls_label,output:2");
    expect(UDP("101"), "push_mpls(label=17,tc=0,ttl=64,bos=1,eth_type=0x8847),102");

    /* What is behind a label that is popped is not known: the packet comes back. */
    FLOWS("table=0,mpls,actions=pop_mpls:0x0800,resubmit(,1)", "table=1,ip,nw_dst=10.0.0.2,actions=output:2");
    char *got = translate(ETH("101", M1, M2) ",eth_type(0x8847),mpls(label=17,tc=0,ttl=64,bos=1)", false);
    unsigned int id;
    int n = -1;
    assert_int_equal(sscanf(got, "pop_mpls(eth_type=0x800),recirc(%x)%n", &id, &n), 1);
    assert_int_equal(n, strlen(got));
    free(got);
    char again[512];
    snprintf(again, sizeof again, "recirc_id(%#x),%s", id, UDP("101"));
    expect(again, "102");
    /* Nobody needs to know more for this. */
    FLOWS("mpls,actions=pop_mpls:0x0800,output:2");
    expect(ETH("101", M1, M2) ",eth_type(0x8847),mpls(label=17,tc=0,ttl=64,bos=1)", "pop_mpls(eth_type=0x800),102");
    /* An id that nobody knows. */
    expect("recirc_id(0x77)," UNTAGGED("101"), "drop(xlate_no_recirc)");
}

/* Misses and fragments. */

static void misses(void **state)
{
    FLOWS("table=0,in_port=1,actions=resubmit(,5),output:2", "table=0,in_port=2,actions=goto_table:5");
    expect(UNTAGGED("103"), "drop");
    fake_switch_wants_misses = true;
    char *got = translate(UNTAGGED("103"), false);
    assert_memory_equal(got, "userspace(", 10);
    free(got);
    got = translate(UNTAGGED("102"), false); /* goto_table's miss is one, resubmit's is not */
    assert_memory_equal(got, "userspace(", 10);
    free(got);
    expect(UNTAGGED("101"), "102");
    set_config(3, OFPPC_NO_PACKET_IN);
    expect(UNTAGGED("103"), "drop");
    set_config(3, 0);
}

#define FRAG(F) ETH("101", M1, M2) ",eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,tos=0,ttl=64,frag=" F "),udp(src=1,dst=2)"

static void fragments(void **state)
{
    FLOWS("udp,tp_dst=2,actions=output:2", "priority=1,ip,actions=output:3");
    expect(FRAG("no"), "102");
    expect(FRAG("first"), "103"); /* normal: ports do not count */
    br->frag_handling = 3;
    expect(FRAG("first"), "102");
    br->frag_handling = 1;
    expect(FRAG("first"), "drop(xlate_fragment)");
    expect(FRAG("no"), "102");
}

/* What a translation depends on. */

static void add_flow(uint8_t table, const char *text)
{
    struct ofp_flow_mod mod;
    char *error = ofp_flow_mod_parse(&mod, text, OFPFC_ADD, NULL);
    assert_null(error);
    fake_switch_flow(br, table, mod.priority, &mod.match, &mod.actions);
    ofp_flow_mod_destroy(&mod);
}

static void changes_concern_who_could_see_them(void **state)
{
    FLOWS("table=0,actions=resubmit(,1)", "table=1,actions=NORMAL");
    struct flow key;
    parse_key(UNTAGGED("101"), &key);
    struct xlate_in in = { .flow = &key };
    struct xlate_out out;
    struct validity validity;
    validity_begin(&validity);
    xlate(&in, &out);
    validity_end(&validity, &out.credits);
    assert_true(validity_holds(&validity, &out.credits, NULL, NULL));

    learn(7, 10, 3); /* another address */
    assert_true(validity_holds(&validity, &out.credits, NULL, NULL));
    learn(2, 20, 2); /* another VLAN */
    assert_true(validity_holds(&validity, &out.credits, NULL, NULL));
    learn(2, 10, 5); /* the destination */
    assert_false(validity_holds(&validity, &out.credits, NULL, NULL));
    struct eth_addr mac = { { 2, 0, 0, 0, 0, 2 } };
    assert_true(mac_table_delete(br->macs, mac, 10));
    assert_true(validity_holds(&validity, &out.credits, NULL, NULL));

    add_flow(7, "table=7,actions=drop"); /* a table that was not looked into */
    tables_changed(br->tables);
    assert_true(validity_holds(&validity, &out.credits, NULL, NULL));
    add_flow(1, "table=1,priority=9,ip,actions=drop");
    tables_changed(br->tables);
    assert_false(validity_holds(&validity, &out.credits, NULL, NULL));
    xlate_out_destroy(&out);

    validity_begin(&validity);
    xlate(&in, &out);
    validity_end(&validity, &out.credits);
    assert_true(validity_holds(&validity, &out.credits, NULL, NULL));
    ofproto_need_revalidation();
    assert_false(validity_holds(&validity, &out.credits, NULL, NULL));
    xlate_out_destroy(&out);
}

/* Traces. */

static char *trace(const char *flow)
{
    const char *args[] = { "br0", flow };
    struct strbuf s = STRBUF_INIT;
    char *error = trace_run(2, args, &s);
    if (error) {
        fail_msg("%s", error);
    }
    strbuf_str(&s);
    return strbuf_steal(&s);
}

static void a_trace_tells_all(void **state)
{
    FLOWS("table=0,priority=7,in_port=1,actions=mod_vlan_vid:10,resubmit(,1),output:2", "table=1,dl_vlan=10,actions=NORMAL",
          "table=0,priority=3,cookie=0xabc,actions=goto_table:2");
    char *got = trace("in_port=1,dl_src=" M1 ",dl_dst=" M2 ",dl_type=0x1234");
    assert_string_equal(got, "Flow: in_port=1,vlan_tci=0x0000,dl_src=" M1 ",dl_dst=" M2 ",dl_type=0x1234\n"
                             "\n"
                             "bridge(\"br0\")\n"
                             "-------------\n"
                             " 0. in_port=1, priority 7\n"
                             "    mod_vlan_vid:10\n"
                             "    resubmit(,1)\n"
                             "     1. dl_vlan=10, priority 32768\n"
                             "            NORMAL\n"
                             "             -> dropping VLAN 10 tagged packet received on port access10 configured as VLAN 10 access port\n"
                             "    output:2\n"
                             "\n"
                             "Final flow: in_port=1,dl_vlan=10,dl_vlan_pcp=0,vlan_tci1=0x0000,dl_src=" M1 ",dl_dst=" M2 ",dl_type=0x1234\n"
                             "Megaflow: recirc_id=0,eth,in_port=1,vlan_tci=0x0000/0x1fff,dl_src=" M1 ",dl_dst=" M2 ",dl_type=0x1234\n"
                             "Datapath actions: push_vlan(vid=10,pcp=0),102\n");
    free(got);
    got = trace("in_port=2,dl_src=" M1 ",dl_dst=" M2 ",dl_type=0x1234");
    assert_non_null(strstr(got, " 0. priority 3, cookie 0xabc\n"
                                "    goto_table:2\n"
                                " 2. No match.\n"
                                "    drop\n"));
    assert_non_null(strstr(got, "Final flow: unchanged\n"));
    assert_non_null(strstr(got, "\nDropped: "));
    assert_non_null(strstr(got, "\nDatapath actions: drop\n"));
    free(got);
}

static void a_trace_goes_on_after_recirculation(void **state)
{
    FLOWS("table=0,mpls,actions=pop_mpls:0x0800,resubmit(,1)", "table=1,actions=output:2");
    char *got = trace("in_port=1,dl_src=" M1 ",dl_dst=" M2 ",mpls,mpls_label=17,mpls_bos=1,mpls_ttl=64");
    assert_non_null(strstr(got, "=====\nrecirc(0x"));
    assert_non_null(strstr(got, "Datapath actions: 102\n"));
    free(got);
}

static void traces_of_nonsense(void **state)
{
    static const char *const cases[][3] = {
        { "br9", "in_port=1", "br9: unknown bridge" },
        { "br0", "in_port=1,nonsense=2", "nonsense" },
        { "br0", NULL, "Bad datapath flow syntax" },
        { "in_port(999)", NULL, "no bridge has the datapath port 999" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const char *args[] = { cases[i][0], cases[i][1] };
        struct strbuf s = STRBUF_INIT;
        char *error = trace_run(cases[i][1] ? 2 : 1, args, &s);
        assert_non_null(error);
        assert_non_null(strstr(error, cases[i][2]));
        free(error);
        strbuf_destroy(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(vlans_on_the_way_in_and_out, fresh),
        cmocka_unit_test_setup(vlans_that_may_not_come_in, fresh),
        cmocka_unit_test_setup(learned_addresses_are_used, fresh),
        cmocka_unit_test_setup(without_side_effects_nothing_is_learned, fresh),
        cmocka_unit_test_setup(reserved_addresses_stay, fresh),
        cmocka_unit_test_setup(the_megaflow_of_a_switched_packet, fresh),
        cmocka_unit_test_setup(port_config, fresh),
        cmocka_unit_test_setup(reserved_ports, fresh),
        cmocka_unit_test_setup(sets_are_masked_and_wide, fresh),
        cmocka_unit_test_setup(a_written_field_is_not_the_packets, fresh),
        cmocka_unit_test_setup(ttl_is_decremented_by_the_datapath, fresh),
        cmocka_unit_test_setup(resubmit_goto_and_the_action_set, fresh),
        cmocka_unit_test_setup(loops_end, fresh),
        cmocka_unit_test_setup(copies, fresh),
        cmocka_unit_test_setup(queues, fresh),
        cmocka_unit_test_setup(truncated_output, fresh),
        cmocka_unit_test_setup(labels, fresh),
        cmocka_unit_test_setup(misses, fresh),
        cmocka_unit_test_setup(fragments, fresh),
        cmocka_unit_test_setup(changes_concern_who_could_see_them, fresh),
        cmocka_unit_test_setup(a_trace_tells_all, fresh),
        cmocka_unit_test_setup(a_trace_goes_on_after_recirculation, fresh),
        cmocka_unit_test_setup(traces_of_nonsense, fresh),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
