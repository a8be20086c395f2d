/* SPDX-License-Identifier: Apache-2.0 */
/* weft-ofctl: commands that build messages and packets without a switch: encode-hello, encode-error-reply, compose-packet,
 * parse-packet and parse-key-value. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/strbuf.h"
#include "lib/net/csum.h"
#include "lib/net/packet.h"
#include "lib/net/parse.h"
#include "lib/ofp/key_value.h"
#include "lib/ofp/print.h"
#include "utilities/ofctl.h"
#include "utilities/ofctl_connection.h"
#include "utilities/ofctl_hex.h"

static void dump(const uint8_t *p, size_t n)
{
    struct strbuf s = STRBUF_INIT;

    print_hex_dump(&s, p, n, false);
    fputs(strbuf_str(&s), stdout);
    strbuf_destroy(&s);
}

int ofctl_encode_hello(int argc, char *argv[])
{
    struct ofpbuf msg = { NULL, 0, 0 };

    ofp_encode_hello(&msg, (uint32_t) strtoul(argv[1], NULL, 0), connection_xid());
    dump(msg.data, msg.size);
    ofctl_print(stdout, &msg, NULL, 0);
    ofpbuf_destroy(&msg);
    return 0;
}

int ofctl_encode_error_reply(int argc, char *argv[])
{
    enum ofp_error error = ofp_error_from_name(argv[1]);
    struct ofpbuf request = { NULL, 0, 0 }, reply = { NULL, 0, 0 };

    if (error == OFPERR_OK) {
        ofctl_fatal("unknown error \"%s\"", argv[1]);
    }
    if (*hex_parse(argv[2], &request)) {
        ofctl_fatal("Trailing garbage in hex data");
    }
    if (request.size < OFP_HEADER_LEN || ntohs(get_be16(request.data + 2)) != request.size) {
        ofctl_fatal("not the length that the message tells");
    }
    ofp_encode_error(&reply, (enum ofp_version) request.data[0], error, request.data, request.size);
    dump(reply.data, reply.size);
    ofpbuf_destroy(&request);
    ofpbuf_destroy(&reply);
    return 0;
}

int ofctl_parse_key_value(int argc, char *argv[])
{
    for (int i = 1; i < argc; i++) {
        const char *separator = "";
        struct key_value kv;
        char *text = argv[i];

        while (key_value_next(&text, &kv)) {
            printf("%s%s", separator, kv.key);
            if (*kv.value) {
                printf("=%s", kv.value);
            }
            separator = ", ";
        }
        putchar('\n');
    }
    return 0;
}

/* What is behind the headers, where there were zeros; the checksum of TCP, UDP and ICMP takes it in. */
static void fill_payload(uint8_t *bytes, size_t n, const uint8_t *l7, size_t payload_len, uint8_t proto, size_t l4_ofs)
{
    size_t csum_at = proto == NW_PROTO_TCP ? 16 : proto == NW_PROTO_UDP ? 6 : proto == NW_PROTO_ICMP ? 2 : 0;
    uint8_t *payload = bytes + n - payload_len;

    memcpy(payload, l7, payload_len);
    if (csum_at && l4_ofs + csum_at + 2 <= n - payload_len) {
        uint8_t *at = bytes + l4_ofs + csum_at;
        uint32_t partial = csum_continue(0, payload, payload_len);
        be16 old = (be16) ~get_be16(at);
        put_be16(at, csum_finish(csum_continue(partial, &old, sizeof old)));
    }
}

/* The protocol of an IPv4 or IPv6 packet without extension headers. */
static uint8_t protocol_of(const struct flow *flow)
{
    return flow->eth_type == htons(0x0800) || flow->eth_type == htons(0x86dd) ? flow->nw_proto : 0;
}

/* The payload that the command line tells, or bytes that count up. */
static void read_payload(const char *hex, struct ofpbuf *l7)
{
    enum { DEFAULT_LEN = 64, MAX_LEN = 65000 };

    if (!hex) {
        for (unsigned int i = 0; i < DEFAULT_LEN; i++) {
            uint8_t byte = (uint8_t) i;
            ofpbuf_put(l7, &byte, 1);
        }
    } else if (*hex_parse(hex, l7)) {
        ofctl_fatal("%s: trailing garbage in packet data", hex);
    } else if (l7->size > MAX_LEN) {
        ofctl_fatal("%zu bytes of payload are more than a packet can have", l7->size);
    }
}

int ofctl_compose_packet(int argc, char *argv[])
{
    static uint8_t bytes[UINT16_MAX];
    struct ofp_flow_stats_request r;
    struct ofpbuf l7 = { NULL, 0, 0 };

    ofctl_check(ofp_flow_stats_request_parse(&r, argv[1], NULL));
    read_payload(argc > 2 ? argv[2] : NULL, &l7);
    struct flow *flow = &r.match.flow;
    uint8_t proto = protocol_of(flow);
    bool has_payload = proto == NW_PROTO_ICMP || proto == NW_PROTO_TCP || proto == NW_PROTO_UDP;
    if (r.match.mask.vlan[0].tci) {
        flow->vlan[0].tci |= htons(VLAN_CFI); /* there is a tag */
        flow->vlan[0].tpid = htons(0x8100);
    }
    size_t empty = flow_compose(flow, bytes, sizeof bytes, 0);
    size_t n = has_payload ? flow_compose(flow, bytes, sizeof bytes, l7.size) : empty;
    if (!n) {
        ofctl_fatal("the packet does not fit %zu bytes", sizeof bytes);
    }
    struct packet packet = { .data = bytes, .head_len = (uint32_t) n };
    struct flow parsed;
    if (l7.size && n == empty + l7.size && parse_packet(&packet, &parsed) == PARSE_OK &&
        packet.l4_ofs != PACKET_NO_OFFSET) {
        fill_payload(bytes, n, l7.data, l7.size, proto, packet.l4_ofs);
    }
    if (ofctl_options.bare) {
        struct strbuf s = STRBUF_INIT;
        strbuf_put_hex(&s, bytes, n);
        puts(strbuf_str(&s));
        strbuf_destroy(&s);
    } else {
        dump(bytes, n);
    }
    ofpbuf_destroy(&l7);
    return 0;
}

int ofctl_parse_packet(int argc, char *argv[])
{
    struct strbuf s = STRBUF_INIT;
    uint8_t bytes[8192];
    ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);

    if (n < 0) {
        ofctl_fatal("failed to read packet data (%s)", strerror(errno));
    }
    print_packet(&s, bytes, (size_t) n);
    const char *text = strbuf_str(&s);
    printf("%.*s\n", (int) strcspn(text, " \n"), text); /* checksums follow */
    strbuf_destroy(&s);
    return 0;
}
