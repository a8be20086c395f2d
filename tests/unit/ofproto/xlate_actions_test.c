/* SPDX-License-Identifier: Apache-2.0 */
/* Translation of each family of actions: flows in ovs-ofctl's words, packets as datapath flows, and what comes of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/net/flow_text.h"
#include "lib/ofp/action.h"
#include "ofproto/port_map.h"
#include "ofproto/port_set.h"
#include "ofproto/recirc.h"
#include "ofproto/table_private.h"
#include "ofproto/trace.h"
#include "ofproto/userdata.h"
#include "ofproto/xlate.h"
#include "tests/unit/ofproto/fake_switch.h"

static struct ofproto *br;

#define FLOWS(...) fake_switch_flows(br, (const char *const[]) { __VA_ARGS__, NULL })

static void translate_to(const char *packet, bool side_effects, uint16_t tcp_flags, struct xlate_out *out)
{
    struct flow key, mask;
    flow_init(&key);
    char *error = flow_parse_text(packet, NULL, &key, &mask);
    if (error) {
        fail_msg("%s: %s", packet, error);
    }
    struct xlate_in in = {
        .flow = &key,
        .side_effects = side_effects,
        .n_packets = side_effects,
        .n_bytes = 60,
        .tcp_flags = tcp_flags,
    };
    xlate(&in, out);
    assert_null(actions_validate(out->actions.data, out->actions.size));
}

static char *translate(const char *packet)
{
    struct xlate_out out;
    struct strbuf s = STRBUF_INIT;
    translate_to(packet, false, 0, &out);
    actions_format(&s, out.actions.data, out.actions.size, NULL);
    xlate_out_destroy(&out);
    strbuf_str(&s);
    return strbuf_steal(&s);
}

static void expect(const char *packet, const char *actions)
{
    char *got = translate(packet);
    if (strcmp(got, actions)) {
        fail_msg("%s: %s, not %s", packet, got, actions);
    }
    free(got);
}

#define M1 "02:00:00:00:00:01"
#define M2 "02:00:00:00:00:02"
#define ETH "in_port(101),eth(src=" M1 ",dst=" M2 ")"
#define PLAIN ETH ",eth_type(0x1234)"
#define TCP ETH ",eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=6,tos=0,ttl=64,frag=no),tcp(src=1,dst=2)"
#define LABEL(LABELS) ETH ",eth_type(0x8847),mpls(" LABELS ")"

/* Ports 1 to 4, datapath ports 101 to 104. */

static int setup(void **state)
{
    static const char *const names[] = { "p1", "p2", "p3", "p4" };
    fake_switch_start();
    br = fake_switch_bridge("br0");
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        assert_int_equal(fake_switch_port(br, names[i], "", NULL), i + 1);
        assert_int_equal(fake_switch_dp_no(br, names[i]), 101 + i);
    }
    port_map_publish();
    return 0;
}

static int teardown(void **state)
{
    fake_switch_stop();
    return 0;
}

/* Choosing by a hash. */

static void multipath_spreads(void **state)
{
    static const char *const algorithms[] = { "modulo_n", "hash_threshold", "hrw", "iter_hash" };
    for (size_t i = 0; i < ARRAY_SIZE(algorithms); i++) {
        char *flow = xasprintf("actions=multipath(eth_src,50,%s,3,4,NXM_NX_REG0[0..15]),resubmit(,1)", algorithms[i]);
        unsigned int seen[3] = { 0 };
        FLOWS(flow, "table=1,reg0=0,actions=2", "table=1,reg0=1,actions=3", "table=1,reg0=2,actions=4");
        for (unsigned int n = 0; n < 600; n++) {
            char *packet = xasprintf("in_port(101),eth(src=02:00:00:00:%02x:%02x,dst=" M2 "),eth_type(0x1234)", n >> 8, n & 0xff);
            char *got = translate(packet);
            assert_true(got[0] == '1' && got[2] >= '2' && got[2] <= '4');
            seen[got[2] - '2']++;
            free(got);
            free(packet);
        }
        for (int n = 0; n < 3; n++) {
            assert_in_range(seen[n], 150, 250);
        }
        free(flow);
    }
}

static void set_carrier(const char *name, bool carrier)
{
    struct ofport *port = port_set_find(br->ports, name);
    port->dp.carrier = carrier;
    port_map_changed();
    port_map_publish();
}

static void bundles_take_members_with_a_link(void **state)
{
    FLOWS("actions=bundle(eth_src,0,active_backup,ofport,members:2,3)");
    expect(PLAIN, "102");
    set_carrier("p2", false);
    expect(PLAIN, "103");
    set_carrier("p3", false);
    expect(PLAIN, "drop");
    FLOWS("actions=bundle(eth_src,0,hrw,ofport,members:2,3,4)");
    expect(PLAIN, "104");
    FLOWS("actions=bundle_load(eth_src,0,active_backup,ofport,NXM_NX_REG1[0..15],members:2,4),output:NXM_NX_REG1[0..15]");
    expect(PLAIN, "104");
    set_carrier("p4", false);
    FLOWS("actions=bundle_load(eth_src,0,active_backup,ofport,NXM_NX_REG1[0..15],members:2,4),resubmit(,1)",
          "table=1,reg1=0xffff,actions=IN_PORT");
    expect(PLAIN, "101");
    set_carrier("p2", true);
    set_carrier("p3", true);
    set_carrier("p4", true);
}

/* Branches. */

static void check_pkt_larger_covers_all_that_follows(void **state)
{
    FLOWS("actions=check_pkt_larger(200)->NXM_NX_REG0[0],resubmit(,1),4", "table=1,reg0=1,actions=2", "table=1,reg0=0,actions=3");
    expect(PLAIN, "check_pkt_len(size=200,gt(102,104),le(103,104))");
    /* What outer lists do afterwards too. */
    FLOWS("actions=resubmit(,1),resubmit(,2)", "table=1,actions=check_pkt_larger(200)->NXM_NX_REG0[0]", "table=2,reg0=1,actions=2",
          "table=2,reg0=0,actions=3");
    expect(PLAIN, "check_pkt_len(size=200,gt(102),le(103))");
    /* The action set as well. */
    FLOWS("actions=check_pkt_larger(99)->NXM_NX_REG0[0],write_actions(output:4),goto_table:1", "table=1,reg0=1,actions=clear_actions",
          "table=1,reg0=0,actions=2");
    expect(PLAIN, "check_pkt_len(size=99,gt(drop),le(102,104))");
    FLOWS("actions=check_pkt_larger(99)->NXM_NX_REG0[0]");
    expect(PLAIN, "drop");
    /* Of clones only the clone. */
    FLOWS("actions=clone(check_pkt_larger(99)->NXM_NX_REG0[0],resubmit(,1)),4", "table=1,reg0=1,actions=2", "table=1,reg0=0,actions=3");
    expect(PLAIN, "check_pkt_len(size=99,gt(102),le(103)),104");
    /* Two of them: four ways. */
    FLOWS("actions=check_pkt_larger(9)->NXM_NX_REG0[0],check_pkt_larger(5)->NXM_NX_REG0[1],output:NXM_NX_REG0[0..1]");
    expect(PLAIN, "check_pkt_len(size=9,gt(check_pkt_len(size=5,gt(103),le(drop))),le(check_pkt_len(size=5,gt(102),le(drop))))");
}

static void branches_are_bounded(void **state)
{
    struct strbuf s = STRBUF_INIT;
    strbuf_puts(&s, "actions=");
    for (int i = 0; i < 30; i++) {
        strbuf_putf(&s, "check_pkt_larger(%d)->NXM_NX_REG0[%d],", 100 + i, i);
    }
    strbuf_puts(&s, "output:2");
    FLOWS(strbuf_str(&s));
    strbuf_destroy(&s);
    char *got = translate(PLAIN);
    assert_non_null(strstr(got, "drop(xlate_"));
    free(got);
}

/* Learning. */

static char *table_text(void)
{
    struct strbuf s = STRBUF_INIT;
    table_dump(br, &s, false);
    strbuf_str(&s);
    return strbuf_steal(&s);
}

static size_t count_learned(void)
{
    char *text = table_text();
    size_t n = 0;
    for (const char *p = text; (p = strstr(p, "table_id=5")); p++) {
        n++;
    }
    free(text);
    return n;
}

static void learn_with(const char *packet)
{
    struct xlate_out out;
    translate_to(packet, true, 0, &out);
    xlate_out_destroy(&out);
}

static void learning(void **state)
{
    FLOWS("actions=learn(table=5,priority=9,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],load:NXM_OF_IN_PORT[]->NXM_NX_REG0[0..15],"
          "load:7->NXM_NX_REG1[],output:NXM_OF_IN_PORT[]),2");
    char *got = translate(PLAIN);
    assert_string_equal(got, "102");
    assert_int_equal(count_learned(), 0); /* without side effects nothing is learned */
    free(got);
    learn_with(PLAIN);
    learn_with(PLAIN);
    assert_int_equal(count_learned(), 1);
    got = table_text();
    assert_non_null(strstr(got, "priority=9,dl_dst=" M1 ",actions=load:0x1->NXM_NX_REG0[0..15],load:0x7->NXM_NX_REG1[],output:1"));
    free(got);
}

static void learning_has_a_limit_and_a_result(void **state)
{
    FLOWS("actions=learn(table=5,limit=2,result_dst=NXM_NX_REG0[0],cookie=3,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[]),resubmit(,1)",
          "table=1,reg0=1,actions=2", "table=1,reg0=0,actions=3");
    for (int i = 1; i < 4; i++) {
        char *packet = xasprintf("in_port(101),eth(src=02:00:00:00:00:%02x,dst=" M2 "),eth_type(0x1234)", i);
        expect(packet, i < 3 ? "102" : "103");
        learn_with(packet);
        assert_int_equal(count_learned(), MIN(i, 2));
        expect(packet, i < 3 ? "102" : "103");
        free(packet);
    }
}

static const struct rule *only_rule(void)
{
    struct ofp_flow_stats_request request = { .table = OFP_TABLE_ALL, .out_port = OFPP_NONE, .out_group = OFPG_ANY };
    struct rule_list list = { NULL, 0, 0 };
    match_init(&request.match);
    table_collect(br, &request, &list);
    assert_int_equal(list.n, 1);
    const struct rule *rule = list.rules[0];
    rule_list_destroy(&list);
    return rule;
}

static void the_end_of_a_connection_shortens_its_flow(void **state)
{
    struct xlate_out out;
    FLOWS("tcp,idle_timeout=60,actions=fin_timeout(idle_timeout=5,hard_timeout=9),2");
    translate_to(TCP, true, TCP_ACK, &out);
    xlate_out_destroy(&out);
    assert_int_equal(only_rule()->hard_timeout, 0);
    translate_to(TCP, true, TCP_FIN | TCP_ACK, &out);
    xlate_out_destroy(&out);
    assert_int_equal(only_rule()->idle_timeout, 5);
    assert_int_equal(only_rule()->hard_timeout, 9);
}

static void conjunctions(void **state)
{
    FLOWS("priority=10,ip,nw_src=10.0.0.1,actions=conjunction(5,1/2)", "priority=10,ip,nw_dst=10.0.0.2,actions=conjunction(5,2/2)",
          "priority=10,conj_id=5,ip,actions=2", "priority=1,actions=3");
    expect(TCP, "102");
    expect(PLAIN, "103");
}

/* Headers. */

static void ttl_is_copied(void **state)
{
    FLOWS("mpls,actions=copy_ttl_out,2");
    expect(LABEL("label=5,tc=0,ttl=9,bos=1"), "copy_ttl_out,102");
    FLOWS("mpls,actions=copy_ttl_in,2");
    expect(LABEL("label=5,tc=0,ttl=9,bos=1"), "copy_ttl_in,102");
    /* Between two labels it is known what comes of it. */
    FLOWS("mpls,actions=copy_ttl_out,resubmit(,1)", "table=1,mpls,mpls_ttl=7,actions=2");
    expect(LABEL("label=5,tc=0,ttl=9,bos=0,label=6,tc=0,ttl=7,bos=1"), "copy_ttl_out,102");
    FLOWS("ip,actions=copy_ttl_out,2");
    expect(TCP, "102");
}

static void backbone_tags(void **state)
{
    FLOWS("actions=push_pbb:0x88e7,set_field:0x77->pbb_isid,2");
    char *got = translate(PLAIN);
    assert_non_null(strstr(got, "push_pbb("));
    assert_non_null(strstr(got, "102"));
    free(got);
    FLOWS("actions=push_pbb:0x88e7,resubmit(,1)", "table=1,dl_type=0x88e7,pbb_isid=0,actions=3");
    got = translate(PLAIN);
    assert_non_null(strstr(got, "),103"));
    free(got);
    FLOWS("dl_type=0x88e7,actions=pop_pbb,resubmit(,1)", "table=1,actions=3");
    got = translate(ETH ",eth_type(0x88e7),pbb(isid=7,uca=0)");
    assert_non_null(strstr(got, "pop_pbb,recirc("));
    free(got);
}

static void what_says_which_header_follows(void **state)
{
    FLOWS("ip,actions=set_field:0x86dd->eth_type,2");
    char *got = translate(TCP);
    assert_non_null(strstr(got, "102"));
    assert_null(strstr(got, "recirc"));
    free(got);
    FLOWS("ip,actions=set_field:17->ip_proto,resubmit(,1)");
    got = translate(TCP);
    assert_non_null(strstr(got, "set(ipv4(proto=17)),recirc("));
    free(got);
    FLOWS("mpls,actions=set_field:0->mpls_bos,2");
    got = translate(LABEL("label=5,tc=0,ttl=9,bos=1"));
    assert_non_null(strstr(got, "bos=0"));
    free(got);
}

static void tags_inherit(void **state)
{
    FLOWS("actions=push_vlan:0x88a8,2");
    expect(ETH ",eth_type(0x8100),vlan(vid=7,pcp=3),encap(eth_type(0x1234))", "push_vlan(tpid=0x88a8,vid=7,pcp=3),102");
    FLOWS("mpls,actions=push_mpls:0x8847,2");
    expect(LABEL("label=5,tc=2,ttl=9,bos=1"), "push_mpls(label=5,tc=2,ttl=9,bos=0,eth_type=0x8847),102");
}

/* The action set. */

static void the_action_set_has_the_standards_order(void **state)
{
    FLOWS("ip,actions=write_actions(output:2,set_queue:1,set_field:9->ip_dscp,dec_ttl,push_vlan:0x8100,push_mpls:0x8847,copy_ttl_out),goto_table:1",
          "table=1,actions=drop");
    struct strbuf s = STRBUF_INIT;
    assert_null(trace_run(2, (const char *const[]) { "br0", "in_port=1,ip,nw_ttl=9" }, &s));
    assert_non_null(strstr(strbuf_str(&s), "action set is: push_mpls:0x8847,push_vlan:0x8100,copy_ttl_out,dec_ttl,set_field:9->ip_dscp,"
                                           "set_queue:1,output:2"));
    strbuf_destroy(&s);
    FLOWS("actions=write_actions(output:2,set_field:" M1 "->eth_dst),goto_table:1", "table=1,actions=write_actions(output:3)");
    expect(PLAIN, "set(eth(dst=" M1 ")),103");
}

/* Controllers. */

static void pausing_says_where_to_go_on(void **state)
{
    struct xlate_out out;
    struct userdata u;
    FLOWS("cookie=0x77,actions=set_field:5->reg2,resubmit(,1),4", "table=1,cookie=0x88,actions=2,controller(pause,userdata=01.02),3");
    translate_to(PLAIN, false, 0, &out);
    const struct action *a = (const struct action *) (const void *) out.actions.data;
    assert_int_equal(a->type, ACTION_OUTPUT);
    a = action_next(a);
    assert_int_equal(a->type, ACTION_UPCALL);
    const struct action_upcall *upcall = (const struct action_upcall *) a;
    assert_true(userdata_decode(upcall->userdata, upcall->userdata_len, &u));
    assert_int_equal(u.table, 1);
    assert_int_equal(be64_to_host(u.cookie), 0x88);
    assert_int_equal(u.regs[2], 5);
    assert_int_equal(u.extra_len, 2);
    struct recirc_state *rest = recirc_find(u.pause);
    assert_non_null(rest);
    assert_int_equal(rest->content->n_frames, 2);
    recirc_unref(rest);
    assert_ptr_equal(action_next(a), out.actions.data + out.actions.size);
    xlate_out_destroy(&out);
}

static void limits(void **state)
{
    struct strbuf s = STRBUF_INIT;
    strbuf_puts(&s, "table=1,actions=");
    for (int i = 0; i < 300; i++) {
        strbuf_puts(&s, "push:NXM_NX_REG0[],");
    }
    strbuf_puts(&s, "2");
    FLOWS("actions=resubmit(,1),resubmit(,1),resubmit(,1),resubmit(,1)", strbuf_str(&s));
    strbuf_destroy(&s);
    expect(PLAIN, "drop(xlate_stack)");
    FLOWS("actions=output:NXM_NX_REG0[],resubmit(,0)");
    expect(PLAIN, "drop(xlate_too_deep)");
    FLOWS("actions=group:7");
    expect(PLAIN, "drop(xlate_no_group)");
    s = (struct strbuf) STRBUF_INIT;
    strbuf_puts(&s, "table=1,actions=");
    for (int i = 0; i < 200; i++) {
        strbuf_putf(&s, "mod_dl_src:02:00:00:00:01:%02x,2,", i);
    }
    strbuf_puts(&s, "3");
    FLOWS("actions=resubmit(,1),resubmit(,1),resubmit(,1),resubmit(,1),resubmit(,1),resubmit(,1),resubmit(,1),resubmit(,1)", strbuf_str(&s));
    strbuf_destroy(&s);
    expect(PLAIN, "drop(xlate_action_size)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(multipath_spreads),
        cmocka_unit_test(bundles_take_members_with_a_link),
        cmocka_unit_test(check_pkt_larger_covers_all_that_follows),
        cmocka_unit_test(branches_are_bounded),
        cmocka_unit_test(learning),
        cmocka_unit_test(learning_has_a_limit_and_a_result),
        cmocka_unit_test(the_end_of_a_connection_shortens_its_flow),
        cmocka_unit_test(conjunctions),
        cmocka_unit_test(ttl_is_copied),
        cmocka_unit_test(backbone_tags),
        cmocka_unit_test(what_says_which_header_follows),
        cmocka_unit_test(tags_inherit),
        cmocka_unit_test(the_action_set_has_the_standards_order),
        cmocka_unit_test(pausing_says_where_to_go_on),
        cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
