/* SPDX-License-Identifier: Apache-2.0 */
/* weft-ofctl: commands for extensions: add-tlv-map, del-tlv-map, dump-tlv-map, ct-flush-zone, ct-flush, dump-ipfix-bridge and
 * dump-ipfix-flow. */
#include <stdlib.h>
#include <string.h>

#include "utilities/ofctl.h"
#include "utilities/ofctl_connection.h"
#include "utilities/ofctl_flow_format.h"
#include "utilities/ofctl_multipart.h"
#include "utilities/ofctl_names.h"

/* 1.0 says what concerns tun_metadata only to who speaks NXM. */
static void use_nxm(struct connection *c)
{
    if (connection_version(c) == OFP10) {
        ofctl_format_for_flow_mods(c, OFCTL_P_ANY_NXM, OFCTL_P_OF10);
    }
}

static int change_tlv_map(const char *target, const char *text, enum ofp_tlv_command command)
{
    struct ofpbuf request = { NULL, 0, 0 };
    struct ofp_tlv_mod tm;

    ofctl_check(ofp_tlv_mod_parse(&tm, text, command));
    struct connection *c = connection_open(target, ofctl_options.versions);
    use_nxm(c);
    ofp_encode_tlv_mod(&request, connection_version(c), &tm, connection_xid());
    ofctl_transact_noreply(c, &request, NULL);
    ofpbuf_destroy(&request);
    connection_close(c);
    return 0;
}

int ofctl_add_tlv_map(int argc, char *argv[])
{
    return change_tlv_map(argv[1], argv[2], OFPTLV_ADD);
}

int ofctl_del_tlv_map(int argc, char *argv[])
{
    return change_tlv_map(argv[1], argc > 2 ? argv[2] : "", argc > 2 ? OFPTLV_DELETE : OFPTLV_CLEAR);
}

int ofctl_dump_tlv_map(int argc, char *argv[])
{
    struct connection *c = connection_open(argv[1], ofctl_options.versions);
    struct ofpbuf request = { NULL, 0, 0 }, reply = { NULL, 0, 0 };

    ofp_encode_empty(&request, connection_version(c), OFPMSG_NXT_TLV_TABLE_REQUEST,
                     connection_xid());
    connection_transact(c, &request, &reply);
    ofctl_print(stdout, &reply, NULL, 1);
    ofpbuf_destroy(&request);
    ofpbuf_destroy(&reply);
    connection_close(c);
    return 0;
}

static int transact(const char *target,
                    void (*encode)(struct ofpbuf *, enum ofp_version, const void *),
                    const void *what)
{
    struct connection *c = connection_open(target, ofctl_options.versions);
    struct ofpbuf request = { NULL, 0, 0 };

    encode(&request, connection_version(c), what);
    ofctl_transact_noreply(c, &request, NULL);
    ofpbuf_destroy(&request);
    connection_close(c);
    return 0;
}

static void encode_flush_zone(struct ofpbuf *out, enum ofp_version version, const void *zone)
{
    ofp_encode_ct_flush_zone(out, version, *(const uint16_t *) zone, connection_xid());
}

static void encode_flush(struct ofpbuf *out, enum ofp_version version, const void *cf)
{
    ofp_encode_ct_flush(out, version, cf, connection_xid());
}

static bool parse_zone(const char *text, uint16_t *zone)
{
    char *end;
    unsigned long n = strtoul(text, &end, 0);

    *zone = (uint16_t) n;
    return *text && !*end && n <= UINT16_MAX;
}

int ofctl_ct_flush_zone(int argc, char *argv[])
{
    uint16_t zone;

    if (!parse_zone(argv[2], &zone)) {
        ofctl_fatal("invalid zone_id \"%s\"", argv[2]);
    }
    return transact(argv[1], encode_flush_zone, &zone);
}

/* "5/7" into value and mask of up to 16 bytes; the mask is all ones without one. */
static bool parse_masked(const char *text, uint8_t *value, uint8_t *mask, size_t n)
{
    uint8_t *const to[] = { value, mask };
    const char *slash = strchr(text, '/');

    memset(mask, 0xff, n);
    for (int i = 0; i < (slash ? 2 : 1); i++) {
        char *end;
        unsigned long long x = strtoull(i ? slash + 1 : text, &end, 0);

        if (*end && *end != '/') {
            return false;
        }
        memset(to[i], 0, n);
        for (size_t j = 0; j < n && j < sizeof x; j++) {
            to[i][n - 1 - j] = (uint8_t) (x >> 8 * j);
        }
    }
    for (size_t i = 0; i < n; i++) {
        value[i] &= mask[i];
    }
    return true;
}

/* "zone=5", "mark=1/1", "labels=..." stand before the tuples. */
static bool parse_option(struct ofp_ct_flush *cf, const char *text)
{
    be32 mark, mask;

    if (!strncmp(text, "zone=", 5)) {
        cf->has_zone = parse_zone(text + 5, &cf->zone);
        return cf->has_zone;
    }
    if (!strncmp(text, "mark=", 5) &&
        parse_masked(text + 5, (uint8_t *) &mark, (uint8_t *) &mask, sizeof mark)) {
        cf->mark = ntohl(mark);
        cf->mark_mask = ntohl(mask);
        return true;
    }
    return !strncmp(text, "labels=", 7) &&
           parse_masked(text + 7, cf->labels, cf->labels_mask, sizeof cf->labels);
}

int ofctl_ct_flush(int argc, char *argv[])
{
    struct ofp_ct_flush cf = { 0 };
    struct ofp_ct_tuple *const tuples[] = { &cf.orig, &cf.reply };
    int i = 2;

    while (i < argc && parse_option(&cf, argv[i])) {
        i++;
    }
    for (size_t j = 0; i < argc; i++, j++) {
        if (j == ARRAY_SIZE(tuples)) {
            ofctl_fatal("Invalid arguments");
        }
        char *error = ofp_ct_tuple_parse(&cf, tuples[j], argv[i]);
        if (error) {
            ofctl_fatal("Failed to parse ct-tuple: %s", error);
        }
    }
    return transact(argv[1], encode_flush, &cf);
}

int ofctl_dump_ipfix_bridge(int argc, char *argv[])
{
    ofctl_multipart_command(argv[1], OFPMSG_NXST_IPFIX_BRIDGE_REQUEST,
                            OFPMSG_NXST_IPFIX_BRIDGE_REPLY, NULL);
    return 0;
}

int ofctl_dump_ipfix_flow(int argc, char *argv[])
{
    ofctl_multipart_command(argv[1], OFPMSG_NXST_IPFIX_FLOW_REQUEST, OFPMSG_NXST_IPFIX_FLOW_REPLY,
                            NULL);
    return 0;
}
