/* SPDX-License-Identifier: Apache-2.0 */
/* Flows as text: what Debian's Open vSwitch prints for the same flows, round trips of random ones,
 * and messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/net/flow_text.h"
#include "tests/unit/net/random_flow.h"

static char *print(const struct flow *key, const struct flow *mask, bool verbose)
{
    struct strbuf out = STRBUF_INIT;
    flow_format(&out, key, mask, NULL, verbose);
    return strbuf_steal(&out);
}

static void parse(const char *text, struct flow *key, struct flow *mask)
{
    char *error = flow_parse_text(text, NULL, key, mask);
    if (error) {
        fail_msg("%s: %s", text, error);
    }
}

static void assert_prints(const char *text, const char *expected, bool verbose)
{
    struct flow key, mask;
    parse(text, &key, &mask);
    char *printed = print(&key, &mask, verbose);
    assert_string_equal(printed, expected);
    free(printed);
}

/* Text that is printed as it was given. Taken from dpctl/dump-flows of Debian 12's ovs-vswitchd. */
static void same_as_ovs(void **state)
{
    static const char *const texts[] = {
        "recirc_id(0),in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
        "recirc_id(0),in_port(1),packet_type(ns=0,id=0),eth_type(0x1234/0xff00)",
        "recirc_id(0),in_port(1),packet_type(ns=0,id=0)",
        "ct_state(+new-est),ct_mark(0x5/0xff),ct_label(0x1234/"
        "0xffff),recirc_id(0x5),in_port(1),packet_type(ns=0,id=0),"
        "eth(src=00:00:00:00:00:01/ff:ff:00:00:00:00,dst=ff:ff:ff:ff:ff:ff),eth_type(0x0800),"
        "ipv4(src=10.0.0.1/255.255.255.0,proto=6,tos=0x4/0xfc,ttl=64,frag=first),tcp(dst=80/"
        "0xfff0),tcp_flags(+syn-ack)",
        "ct_state(+new-est-rel-rpl-inv+trk-snat-dnat),ct_zone(0x5),recirc_id(0),in_port(1),packet_"
        "type(ns=0,id=0),"
        "eth_type(0x0800),ipv4(proto=6),tcp_flags(0)",
        "ct_state(+new-est-rel-rpl-inv+trk),ct_tuple4(src=1.2.3.4,proto=6,tp_src=5),recirc_id(0),"
        "in_port(1),"
        "packet_type(ns=0,id=0),eth_type(0x0800),ipv4(frag=later)",
        "recirc_id(0),in_port(1),packet_type(ns=0,id=0),eth_type(0x0800),ipv4(proto=6),tcp_flags("
        "syn|ack|[200])",
        "recirc_id(0),in_port(1),packet_type(ns=0,id=0),eth_type(0x0800),ipv4(proto=6),"
        "tcp_flags(+syn+ack-urg-ece-cwr-ns+[200]-[400]-[800])",
        "ct_label(0x123456789abcdef0011223344556677),recirc_id(0),in_port(1),packet_type(ns=0,id=0)"
        ",eth_type(0x0800),"
        "ipv4(proto=6)",
        "recirc_id(0),in_port(1),eth(),eth_type(0x8100),vlan(vid=5),encap(eth_type(0x86dd),"
        "ipv6(src=fe80::/"
        "ffff::,label=0x5,proto=58,tclass=0x3,hlimit=255,frag=no),icmpv6(type=135,code=0),"
        "nd(target=::1,sll=00:00:00:00:00:01))",
        "recirc_id(0),in_port(1),packet_type(ns=0,id=0),eth_type(0x8100),vlan(),encap(eth_type("
        "0x0800))",
        "recirc_id(0),in_port(1),packet_type(ns=0,id=0),eth_type(0x0800),ipv4(proto=1),icmp(type=8/"
        "0xf,code=0)",
        "recirc_id(0),in_port(1),eth(),eth_type(0x0806),"
        "arp(sip=1.2.3.4,tip=1.2.3.5/255.255.255.0,op=1,sha=00:00:00:00:00:01)",
        "recirc_id(0),in_port(1),eth(),eth_type(0x8847),"
        "mpls(label=5/0xff,tc=3/7,ttl=64/0xff,bos=0/1,label=5/0xfffff,tc=1/7,ttl=2/0xff,bos=1/1)",
        "tunnel(tun_id=0x5,src=1.2.3.4,dst=1.2.3.5/255.0.0.0,tos=0x4/0xf,ttl=64,tp_src=5,tp_dst=6/"
        "0xff,flags(df|key)),"
        "recirc_id(0),in_port(1),packet_type(ns=0,id=0),eth_type(0x0800)",
        "tunnel(tun_id=0x5,src=1.2.3.4,dst=1.2.3.5,tos=0,ttl=64,vxlan(gbp(id=5,flags=0x48)),flags(key)),"
        "recirc_id(0),in_port(1),eth()",
        "tunnel(vxlan(gbp(id=5/0xff,flags=0x8/0x8)),flags(-oam+csum)),recirc_id(0),in_port(1),eth()",
        "tunnel(tun_id=0x5,geneve({class=0x102,type=0x80,len=4,0xa}{class=0xffff,type=0x1,len=0}"
        "{class=0x1,type=0x2,len=8,0x112233445566/0xffffffff0000}),flags(key)),recirc_id(0),in_port(1),eth()",
        "tunnel(ipv6_src=::1,geneve({class=0x102/0xff,type=0x80/0x7f,len=4/0x1f,0xa/0x0}),flags(l3)),"
        "recirc_id(0),in_port(1),eth()",
        "tunnel(geneve()),recirc_id(0),in_port(1),eth()",
    };
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        assert_prints(texts[i], texts[i], false);
    }
    assert_prints(
        "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no),recirc_id(0)",
        "skb_priority(0/0),skb_mark(0/0),ct_state(0/0),ct_zone(0/0),ct_mark(0/0),ct_label(0/"
        "0),recirc_id(0),"
        "dp_hash(0/0),in_port(1),packet_type(ns=0/0,id=0/0),"
        "eth(src=00:00:00:00:00:00/00:00:00:00:00:00,dst=00:00:00:00:00:00/00:00:00:00:00:00),"
        "eth_type(0x0800),ipv4(src=0.0.0.0/0.0.0.0,dst=0.0.0.0/0.0.0.0,proto=0/0,tos=0/0,ttl=0/"
        "0,frag=no)",
        true);
}

/* Other ways to write a flow. */
static void variants(void **state)
{
    assert_prints("  in_port(0x1) , tcp( dst=0x50 ),\n ipv4()",
                  "in_port(1),eth(),eth_type(0x0800),ipv4(proto=6),tcp(dst=80)", false);
    assert_prints("eth_type(0x8100),encap()", "eth(),eth_type(0x8100)", false);
    assert_prints("vlan(vid=5),encap()", "eth(),eth_type(0x8100/0x0000),vlan(vid=5),encap()",
                  false);
    assert_prints("vlan(vid=5,cfi=1/0),encap(eth_type(0x0806))",
                  "eth(),eth_type(0x8100/0x0000),vlan(vid=5,cfi=1/0x0),encap(eth_type(0x0806))",
                  false);
    assert_prints("vlan(vid=0,cfi=0)", "eth(),vlan(vid=0,cfi=0)", false);
    assert_prints("eth_type(0x88a8),vlan(vid=5,pcp=1/"
                  "4),encap(eth_type(0x8100),vlan(vid=7),encap(eth_type(0x0800)))",
                  "eth(),eth_type(0x88a8),vlan(vid=5,pcp=1/"
                  "0x4),encap(eth_type(0x8100),vlan(vid=7),encap(eth_type(0x0800)))",
                  false);
    assert_prints("ct_state(new|trk),tcp_flags(0x12),ipv6(proto=6)",
                  "ct_state(+new-est-rel-rpl-inv+trk-snat-dnat),eth(),eth_type(0x86dd),ipv6(proto="
                  "6),tcp_flags(syn|ack)",
                  false);
    assert_prints("ct_state(0x21/0x3f)", "ct_state(+new-est-rel-rpl-inv+trk),eth()", false);
    assert_prints("ipv4(frag=yes)", "eth(),eth_type(0x0800),ipv4(frag=yes)", false);
    assert_prints("ipv4(frag=0/1)", "eth(),eth_type(0x0800),ipv4(frag=0/0x1)", false);
    assert_prints("ipv4(proto=2),igmp(type=22,group=239.1.1.1)",
                  "eth(),eth_type(0x0800),ipv4(proto=2),igmp(type=22,group=239.1.1.1)", false);
    assert_prints("", "eth()", false);

    /* A field is looked at, but not what tells that it is there. */
    static const char *const odd[] = {
        "eth(),eth_type(0x0800/0x0000),ipv4(src=1.2.3.4)",
        "eth(),eth_type(0x8847/0x0000),mpls(label=1/0xfffff,tc=0/0,ttl=0/0x0,bos=0/0)",
        "ct_tuple4(src=1.2.3.4),eth(),eth_type(0x0800/0x0000)",
        ("eth(),eth_type(0x0800),ipv4(src=0.0.0.0/0.0.0.0,dst=0.0.0.0/0.0.0.0,proto=6/0,tos=0/"
         "0,ttl=0/0,frag=0/0),tcp(src=1)"),
        "eth(),eth_type(0x86dd),ipv6(proto=58),icmpv6(type=135/0,code=0/0),nd(target=::1)",
    };
    for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
        assert_prints(odd[i], odd[i], false);
    }

    /* A tag that is said not to be there keeps the mask that was given. */
    struct flow key, mask;
    parse("vlan(vid=0/0x1,pcp=0/0x0,cfi=0),eth_type(0x0800)", &key, &mask);
    assert_int_equal(mask.vlan[0].tci, htons(VLAN_CFI | 1));
    assert_int_equal(mask.vlan[0].tpid, 0);
    parse("eth_type(0x0800)", &key, &mask);
    assert_int_equal(mask.vlan[0].tci, BE16_MAX);
    assert_int_equal(mask.vlan[0].tpid, BE16_MAX);
}

static void exact_key(void **state)
{
    struct flow key, again;
    char *error = flow_parse_text("in_port(1),ipv4(src=1.2.3.4/255.0.0.0)", NULL, &key, NULL);
    assert_string_equal(error, "src: a mask cannot be given here");
    free(error);
    srandom(1);
    for (int step = 0; step < 20000; step++) {
        random_flow_key(&key);
        char *text = print(&key, NULL, false);
        error = flow_parse_text(text, NULL, &again, NULL);
        if (error || !flow_equal(&key, &again)) {
            fail_msg("%s: %s", text, error);
        }
        free(text);
    }
}

/* Text that names the Ethernet type but no tag means that there is no tag. */
static void imply_no_tag(struct flow *mask, const struct flow *key)
{
    int n_tags = !!key->vlan[0].tpid + !!key->vlan[1].tpid;
    if (mask->lines & 1 && mask->eth_type && n_tags < FLOW_MAX_VLANS) {
        memset(&mask->vlan[n_tags], 0xff, sizeof mask->vlan[0]);
    }
}

/* Labels behind the bottom of the stack are no part of the text. */
static void forget_labels(struct flow *mask, const struct flow *key)
{
    if (mask->lines & 1u << FLOW_LINE_MPLS) {
        for (int i = 1; i < FLOW_MAX_MPLS; i++) {
            if (key->mpls_lse[i - 1] & mask->mpls_lse[i - 1] & htonl(MPLS_BOS_MASK)) {
                memset(&mask->mpls_lse[i], 0, (FLOW_MAX_MPLS - i) * sizeof mask->mpls_lse[0]);
            }
        }
    }
}

static void round_trips(void **state)
{
    srandom(2);
    for (int step = 0; step < 30000; step++) {
        struct flow key, mask, key2, mask2;
        random_flow_key(&key);
        random_flow_mask(&mask, &key);
        for (int verbose = 0; verbose < 2; verbose++) {
            char *text = print(&key, &mask, verbose);
            parse(text, &key2, &mask2);
            if (!verbose) {
                imply_no_tag(&mask, &key);
            }
            forget_labels(&mask, &key);
            if (!flow_equal(&mask, &mask2) || !flow_equal_masked(&key, &key2, &mask)) {
                char *text2 = print(&key2, &mask2, true);
                fail_msg("%s\n%s", text, text2);
            }
            if (!(key.lines & 1u << FLOW_LINE_L3) ||
                !key.nw_frag) { /* else the rest of that key decides about L4 */
                char *again = print(&key2, &mask2, verbose);
                assert_string_equal(again, text);
                free(again);
            }
            free(text);
        }
    }
}

static const char *port_name(void *aux, uint32_t port)
{
    return port == 7 ? "vm-7.tap" : NULL;
}

static bool port_number(void *aux, const char *name, uint32_t *port)
{
    *port = 7;
    return !strcmp(name, "vm-7.tap");
}

static void port_names(void **state)
{
    const struct flow_port_names names = {port_name, port_number, NULL};
    struct flow key, mask;
    struct strbuf out = STRBUF_INIT;
    assert_null(flow_parse_text("in_port(vm-7.tap),packet_type(ns=0,id=0)", &names, &key, &mask));
    assert_int_equal(key.in_port, 7);
    flow_format(&out, &key, &mask, &names, false);
    assert_string_equal(strbuf_str(&out), "in_port(vm-7.tap),packet_type(ns=0,id=0)");
    key.in_port = 8;
    strbuf_clear(&out);
    flow_format(&out, &key, &mask, &names, false);
    assert_string_equal(strbuf_str(&out), "in_port(8),packet_type(ns=0,id=0)");
    strbuf_destroy(&out);
    char *error = flow_parse_text("in_port(nobody)", &names, &key, &mask);
    assert_string_equal(error, "'nobody' is not a value for in_port");
    free(error);
}

static void messages(void **state)
{
    static const char *const cases[][2] = {
        {"bogus", "'bogus' is not a field of a flow"},
        {"in_port(1),bogus(2)", "'bogus' is not a field of a flow"},
        {"in_port", "'in_port' is not a field of a flow"},
        {"in_port(", "in_port: ')' is missing"},
        {"in_port(1", "in_port: ')' is missing"},
        {"in_port()", "in_port: the value is missing"},
        {"in_port(-1)", "'-1' is not a value for in_port"},
        {"in_port(4294967296)", "'4294967296' is not a value for in_port"},
        {"in_port(1),in_port(2)", "in_port is given twice"},
        {"in_port(1 2)", "in_port: the value is given twice"},
        {"ipv4(src=300.1.1.1)", "'300.1.1.1' is not a value for src"},
        {"ipv4(src=1.1.1.1/24)", "'1.1.1.1/24' is not a value for src"},
        {"ipv4(src=1.1.1.1,src=1.1.1.2)", "ipv4: src is given twice"},
        {"ipv4(ttl=256)", "'256' is not a value for ttl"},
        {"ipv4(color=3)", "ipv4: unknown field 'color=3'"},
        {"ipv4(frag=maybe)", "'maybe' is not a value for frag"},
        {"ipv6(src=1::2::3)", "'1::2::3' is not a value for src"},
        {"ipv6(label=0x100000)", "'0x100000' is not a value for label"},
        {"eth(src=00:00:00:00:00)", "'00:00:00:00:00' is not a value for src"},
        {"eth_type(0x0800),eth_type(0x0806)", "eth_type is given twice"},
        {"eth_type(0x0806),ipv4()",
         "ipv4 does not go with the flow's Ethernet type, IP protocol or fragment"},
        {"tcp(dst=80)", "tcp does not go with the flow's Ethernet type, IP protocol or fragment"},
        {"ipv4(proto=17),tcp(dst=80)",
         "tcp does not go with the flow's Ethernet type, IP protocol or fragment"},
        {"ipv4(frag=later),tcp(dst=80)",
         "tcp does not go with the flow's Ethernet type, IP protocol or fragment"},
        {"nd(target=::1)", "nd needs icmpv6(type=135,code=0) or icmpv6(type=136,code=0)"},
        {"eth_type(0x0800),mpls(label=1)", "mpls does not go with the flow's Ethernet type"},
        {"mpls(label=1,label=2,label=3,label=4)", "mpls: more than 3 labels"},
        {"mpls(label=1048576)", "mpls: 'label=1048576' is not valid"},
        {"mpls(label=1,bos=1,label=2)", "mpls: 'label=2' is behind the bottom of the stack"},
        {"mpls(colour=1)", "mpls: unknown field 'colour=1'"},
        {"mpls(label=1", "mpls: ')' is missing"},
        {"vlan(vid=4096)", "vlan: '4096' is not a value for vid"},
        {"vlan(vid=1/0x1000)", "vlan: '0x1000' is not a mask for vid"},
        {"vlan(vid)", "vlan: unknown field 'vid'"},
        {"vlan(vid=1", "vlan: ')' is missing"},
        {"vlan(vid=1),vlan(vid=2)", "vlan is given twice"},
        {"vlan(tpid=0x8100)", "vlan: the tpid of a tag is the eth_type in front of it"},
        {"encap(eth_type(0x0800))", "encap: vlan(...) is missing in front of it"},
        {"vlan(vid=1),encap(eth_type(0x0800)", "encap: ')' is missing"},
        {"vlan(),encap(vlan(),encap(vlan()))", "vlan: more than 2 tags"},
        {"vlan(),encap(vlan(),encap(vlan(),encap()))", "encap is given too often"},
        {"vlan(),encap(in_port(1))", "'in_port' is not a field of a flow"},
        {"ct_state(+new+bogus)", "'+new+bogus' is not a value for ct_state"},
        {"ct_state(+new|est)", "'+new|est' is not a value for ct_state"},
        {"ct_state(0x100)", "'0x100' is not a value for ct_state"},
        {"tunnel(flags(df)", "tunnel: ')' is missing"},
        {"tunnel(erspan(1))", "tunnel: unknown field 'erspan'"},
        {"tunnel(geneve(1))", "geneve: ')' is missing"},
        {"tunnel(geneve({class=1,type=2,len=5,0x1}))",
         "geneve: an option has a length that is no multiple of 4, or above 124"},
        {"tunnel(geneve({class=1,type=2,len=4,0x123456789}))",
         "geneve: the data of an option does not have the length that it says"},
        {"tunnel(geneve({class=65536,type=2,len=0}))", "'65536' is not a value for class"},
        {"tunnel(geneve({class=1,type=2,len=0))", "geneve: '}' is missing"},
        {"tunnel(vxlan(gbp(id=1))", "'flags=' is missing"},
        {"tunnel(vxlan(gpe))", "vxlan: 'gbp(' is missing"},
        {"ct_label(0x123456789012345678901234567890123)",
         "'0x123456789012345678901234567890123' is not a value for ct_label"},
        {")", "')' is not a field of a flow"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct flow key, mask;
        char *error = flow_parse_text(cases[i][0], NULL, &key, &mask);
        assert_non_null(error);
        assert_string_equal(error, cases[i][1]);
        free(error);
    }
    char *word = xmalloc(5001);
    memset(word, 'x', 5000);
    word[5000] = '\0';
    char *text = xasprintf("in_port(%s)", word);
    struct flow key;
    char *error = flow_parse_text(text, NULL, &key, NULL);
    assert_string_equal(error, "in_port: a value is too long");
    free(error);
    free(text);
    free(word);
}

/* Every prefix and every change of one character of a long text is taken or refused, nothing worse.
 */
static void damaged(void **state)
{
    srandom(3);
    for (int step = 0; step < 200; step++) {
        struct flow key, mask, key2, mask2;
        random_flow_key(&key);
        random_flow_mask(&mask, &key);
        char *text = print(&key, &mask, step % 2);
        size_t n = strlen(text);
        for (size_t i = 0; i < n; i++) {
            char *copy = xstrndup(text, i);
            free(flow_parse_text(copy, NULL, &key2, &mask2));
            free(copy);
            copy = xstrdup(text);
            copy[i] = "(),=/x0-+|:\n"[random() % 12];
            free(flow_parse_text(copy, NULL, &key2, step % 3 ? &mask2 : NULL));
            free(copy);
        }
        free(text);
    }
}

static void addresses(void **state)
{
    struct eth_addr mac;
    assert_true(eth_parse("01:23:45:67:89:ab", &mac));
    assert_memory_equal(&mac, "\x01\x23\x45\x67\x89\xab", 6);
    assert_true(eth_parse("1:2:3:4:5:6", &mac));
    static const char *const bad_macs[] = {"",
                                           "01:23:45:67:89",
                                           "01:23:45:67:89:ab:",
                                           "01:23:45:67:89:abc",
                                           "001:2:3:4:5:6",
                                           "01:23:45:67:89:ag",
                                           "01-23-45-67-89-ab",
                                           " 1:2:3:4:5:6",
                                           "-1:2:3:4:5:6",
                                           "1:2:3:4:5:6 "};
    for (size_t i = 0; i < ARRAY_SIZE(bad_macs); i++) {
        assert_false(eth_parse(bad_macs[i], &mac));
    }

    static const char *const v4[][2] = {
        {"10.1.2.3", "10.1.2.3"},
        {"10.1.2.3/32", "10.1.2.3"},
        {"10.1.2.3/24", "10.1.2.3/24"},
        {"10.1.2.3/0", "10.1.2.3/0"},
        {"10.1.2.3/255.0.0.0", "10.1.2.3/8"},
        {"1.2.3.4/255.0.255.0", "1.2.3.4/255.0.255.0"},
        {"1.2.3.4/0.0.0.1", "1.2.3.4/0.0.0.1"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(v4); i++) {
        be32 ip, mask;
        struct strbuf out = STRBUF_INIT;
        assert_null(ipv4_parse_masked(v4[i][0], &ip, &mask));
        ipv4_format_masked(&out, ip, mask);
        assert_string_equal(strbuf_str(&out), v4[i][1]);
        strbuf_destroy(&out);
    }
    static const char *const v6[][2] = {
        {"fe80::1", "fe80::1"}, {"fe80::1/128", "fe80::1"}, {"fe80::1/64", "fe80::1/64"},
        {"::/0", "::/0"},       {"::1/ffff::", "::1/16"},   {"::1/::ffff", "::1/::ffff"},
        {"::1/61", "::1/61"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(v6); i++) {
        uint8_t ip[16], mask[16];
        struct strbuf out = STRBUF_INIT;
        assert_null(ipv6_parse_masked(v6[i][0], ip, mask));
        ipv6_format_masked(&out, ip, mask);
        assert_string_equal(strbuf_str(&out), v6[i][1]);
        strbuf_destroy(&out);
    }
    static const char *const bad[][2] = {
        {"10.1.2", "'10.1.2' is not an IPv4 address"},
        {"10.1.2.3/33", "'33' is not a mask of an IPv4 address"},
        {"10.1.2.3/", "'' is not a mask of an IPv4 address"},
        {"10.1.2.3/0x8", "'0x8' is not a mask of an IPv4 address"},
        {"10.1.2.3/8/8", "'8/8' is not a mask of an IPv4 address"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        be32 ip, mask;
        char *error = ipv4_parse_masked(bad[i][0], &ip, &mask);
        assert_string_equal(error, bad[i][1]);
        free(error);
    }
}

static void tcp_flags(void **state)
{
    struct strbuf out = STRBUF_INIT;
    tcp_flags_format(&out, TCP_SYN | TCP_ACK, 0xfff);
    strbuf_putc(&out, ' ');
    tcp_flags_format(&out, TCP_SYN, TCP_SYN | TCP_ACK);
    assert_string_equal(strbuf_str(&out), "syn|ack +syn-ack");
    strbuf_destroy(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_as_ovs), cmocka_unit_test(variants),   cmocka_unit_test(exact_key),
        cmocka_unit_test(round_trips), cmocka_unit_test(port_names), cmocka_unit_test(messages),
        cmocka_unit_test(damaged),     cmocka_unit_test(addresses),  cmocka_unit_test(tcp_flags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
