/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that change table features, in 1.3 to 1.5: names are taken, all or none of them; what cannot be is refused with the standard's error, as Open
 * vSwitch does, and changes nothing. A request is what the switch replied, edited. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/ofp/codec.h"
#include "lib/ofp/table_features.h"
#include "ofproto/connmgr.h"
#include "ofproto/table_config.h"
#include "tests/unit/ofproto/bridge.h"
#include "tests/unit/ofproto/peer.h"

enum { T_MULTIPART_REQUEST = 18, T_MULTIPART_REPLY = 19, MP_TABLE_FEATURES = 12, MP_MORE = 1, T_ROLE_REPLY = 25 };
enum { HEADERS = 16, COMMAND_AT = 3, NAME_AT = 8, MAX_ENTRIES_AT = 60, FIRST_PROP_AT = 64 };

static struct ofproto *br;
static struct peer peer;
static enum ofp_version version;

/* A request or a reply in pieces. */
struct pieces {
    uint8_t *piece[256];
    size_t size[256], n;
};

static void destroy(struct pieces *p)
{
    for (size_t i = 0; i < p->n; i++) {
        free(p->piece[i]);
    }
    p->n = 0;
}

static void receive(struct pieces *p)
{
    p->n = 0;
    do {
        assert_true(p->n < ARRAY_SIZE(p->piece));
        p->piece[p->n] = peer_expect(&peer, T_MULTIPART_REPLY, &p->size[p->n]);
        p->n++;
    } while (p->piece[p->n - 1][11] & MP_MORE);
}

static void ask(struct pieces *p)
{
    const uint8_t body[8] = { 0, MP_TABLE_FEATURES };
    peer_send_raw(&peer, (uint8_t) version, T_MULTIPART_REQUEST, 5, body, sizeof body);
    receive(p);
}

static uint8_t *entry(const struct pieces *p, uint8_t table)
{
    for (size_t i = 0; i < p->n; i++) {
        for (size_t at = HEADERS; at < p->size[i]; at += get_u16(p->piece[i] + at)) {
            if (p->piece[i][at + 2] == table) {
                return p->piece[i] + at;
            }
        }
    }
    fail_msg("table %u is not there", table);
    return NULL;
}

static void set_name(const struct pieces *p, uint8_t table, const char *name)
{
    uint8_t *e = entry(p, table);
    memset(e + NAME_AT, 0, 32);
    memcpy(e + NAME_AT, name, strlen(name));
}

static void send_pieces(const struct pieces *p)
{
    for (size_t i = 0; i < p->n; i++) {
        p->piece[i][1] = T_MULTIPART_REQUEST;
        peer_send(&peer, p->piece[i], p->size[i]);
    }
}

/* The request is taken; the answer is what the tables are like then. */
static void expect_taken(const struct pieces *request)
{
    struct pieces reply;
    send_pieces(request);
    receive(&reply);
    assert_string_equal(entry(&reply, 3) + NAME_AT, table_name(br, 3));
    destroy(&reply);
}

static void expect_refused(const struct pieces *request, enum ofp_error error)
{
    send_pieces(request);
    peer_expect_error(&peer, error);
    peer_expect_nothing(&peer);
    assert_string_equal(table_name(br, 3), "three");
    assert_string_equal(table_name(br, 9), "");
}

/* A request of one table. */
static struct pieces one(uint8_t table, const char *name, uint8_t command)
{
    struct pieces all, p = { .n = 1 };
    ask(&all);
    const uint8_t *e = entry(&all, table);
    size_t len = get_u16(e);
    p.size[0] = HEADERS + len;
    p.piece[0] = xzalloc(p.size[0]);
    memcpy(p.piece[0], all.piece[0], HEADERS);
    p.piece[0][11] = 0;
    put_be16(p.piece[0] + 2, htons((uint16_t) p.size[0]));
    memcpy(p.piece[0] + HEADERS, e, len);
    p.piece[0][HEADERS + COMMAND_AT] = command;
    set_name(&p, table, name);
    destroy(&all);
    return p;
}

static void refuse_one(uint8_t command, enum ofp_error error)
{
    struct pieces p = one(9, "nine", command);
    expect_refused(&p, error);
    destroy(&p);
}

static void check_replace(void)
{
    struct pieces p;
    ask(&p);
    set_name(&p, 3, "three");
    expect_taken(&p);
    assert_string_equal(table_name(br, 3), "three");

    /* What is wrong with one table keeps the others from being changed. */
    set_name(&p, 9, "nine");
    put_be32(entry(&p, 200) + MAX_ENTRIES_AT, htonl(5));
    expect_refused(&p, OFPTFFC_EPERM);
    put_be32(entry(&p, 200) + MAX_ENTRIES_AT, htonl(OFP_TABLE_MAX_ENTRIES));
    uint8_t *e = entry(&p, 200);
    e[2] = 199;
    expect_refused(&p, NXTFFC_DUP_TABLE);
    e[2] = OFP_TABLE_ALL;
    expect_refused(&p, OFPTFFC_BAD_TABLE);
    e[2] = OFP_N_TABLES;
    expect_refused(&p, OFPTFFC_EPERM);
    e[2] = 200;
    /* Versions before have no number for it. */
    enum ofp_error bad_features = version >= OFP15 ? OFPTFFC_BAD_FEATURES : NXBRC_UNENCODABLE_ERROR;
    uint16_t len = get_u16(e + FIRST_PROP_AT + 2);
    put_be16(e + FIRST_PROP_AT + 2, htons(3)); /* shorter than its header */
    expect_refused(&p, OFPBPC_BAD_LEN);
    put_be16(e + FIRST_PROP_AT + 2, htons(len));
    put_be16(e + FIRST_PROP_AT, htons(1)); /* instructions of misses, in place of those of other packets */
    expect_refused(&p, bad_features);
    put_be16(e + FIRST_PROP_AT, htons(2)); /* next tables, twice */
    expect_refused(&p, bad_features);
    put_be16(e + FIRST_PROP_AT, htons(18)); /* what could be copied */
    expect_refused(&p, OFPBPC_BAD_TYPE);
    put_be16(e + FIRST_PROP_AT, htons(0));
    if (version >= OFP14) {
        put_be32(e + MAX_ENTRIES_AT - 4, htonl(4)); /* eviction */
        expect_refused(&p, OFPTFFC_EPERM);
    }
    destroy(&p);
    refuse_one(OFPTFC_REPLACE, OFPTFFC_EPERM); /* no table can be left out */
}

static void check_commands(void)
{
    refuse_one(OFPTFC_ENABLE, OFPTFFC_EPERM);
    refuse_one(OFPTFC_DISABLE, OFPTFFC_EPERM);
    refuse_one(OFPTFC_DISABLE + 1, OFPTFFC_BAD_COMMAND);
    struct pieces p = one(9, "nine", OFPTFC_MODIFY);
    expect_taken(&p);
    assert_string_equal(table_name(br, 9), "nine");
    set_name(&p, 9, "");
    expect_taken(&p);
    destroy(&p);
}

static void check_secondary(void)
{
    struct ofpbuf buf = { NULL, 0, 0 };
    ofp_encode_role(&buf, version, false, OFPCR_ROLE_SECONDARY, version, htonl(7));
    peer_send_buf(&peer, &buf);
    free(peer_expect(&peer, T_ROLE_REPLY, NULL));
    struct pieces p;
    ask(&p); /* who may read */
    set_name(&p, 9, "nine");
    expect_refused(&p, OFPBRC_IS_SECONDARY);
    destroy(&p);
}

static void all_versions(void **state)
{
    br = bridge_create("br-features", false, true);
    for (version = OFP13; version <= OFP15; version++) {
        peer_open(&peer, br, true, 1u << version);
        check_replace();
        if (version >= OFP15) {
            check_commands();
        }
        check_secondary();
        table_set_name(br, 3, "");
        peer_close(&peer);
    }
    bridge_destroy(br);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(all_versions) };
    bridge_tests_begin();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    bridge_tests_end();
    return failed;
}
